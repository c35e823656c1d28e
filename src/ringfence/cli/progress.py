"""What is shown on the terminal while something takes longer than a person likes to wait without a word."""

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.status import Status

from ringfence.cli import show

QUIET_SECONDS = 2.0
"""What is over by then needs no word."""


class Progress:
    """Says how far something has come, once it has taken a while; on standard error, and only to a person."""

    def __init__(self) -> None:
        self._since = time.monotonic()
        self._status: Status | None = None
        self.said = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._status is not None:
            self._status.stop()

    def say(self, text: str) -> None:
        """Say it in the place of what was said before."""
        if time.monotonic() - self._since < QUIET_SECONDS:
            return
        self.said = text
        if self._status is None:
            self._status = Console(stderr=True, highlight=False, markup=False, emoji=False).status(self)
            self._status.start()

    def __rich__(self) -> str:
        """Give what was said last, whenever it is drawn: it is said more often than anybody can read."""
        return show.plain(self.said)
