"""`ringfence incidents`: what stolen keys did to real accounts, done again on paper, without Ringfence and with it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.text import Text

from ringfence.cli import show

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NOT_AS_PROMISED = 1
_INTERRUPTED = 130  # 128 and SIGINT, as shells have it


def incidents(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Such as I1 I7; without a name, all.")
    ] = None,
    as_json: show.AsJson = False,
) -> None:
    """Replay real incidents on paper; ends with 1 where one costs more than the limits promise."""
    from ringfence.drill.incidents import replay  # noqa: PLC0415  # nothing else waits for it
    from ringfence.drill.incidents.show import document, draw  # noqa: PLC0415  # the same
    from ringfence.drill.incidents.verdict import faults  # noqa: PLC0415  # the same

    progress = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    try:
        with _ended_in_order(), progress.status("", spinner="line") as busy:
            moving = progress.is_terminal
            replayed = replay(names, lambda text: busy.update(Text(text, "dim")) if moving else progress.print(text))
    except KeyboardInterrupt:
        progress.print("stopped; nothing is left running")
        raise typer.Exit(_INTERRUPTED) from None
    if as_json:
        show.value(document(replayed))
    else:
        draw(show.out(), replayed)
    raise typer.Exit(_NOT_AS_PROMISED if faults(replayed) else 0)


@contextmanager
def _ended_in_order() -> Iterator[None]:
    """Let the first signal end it in order, and later ones not end the cleaning up."""
    before = {number: signal.signal(number, _interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt
