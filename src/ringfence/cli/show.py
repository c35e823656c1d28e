"""How things look: tables, times, errors, JSON. What a bot or an exchange said is shown as text and never obeyed."""

import json
import sys
import time
from datetime import UTC, datetime
from decimal import ROUND_UP, Decimal, InvalidOperation
from typing import Annotated

import msgspec
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ringfence.errors import Misconfigured, RingfenceError
from ringfence.policy.amounts import plain as in_digits

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]

_NEARLY = Decimal("0.8")  # where a used-up limit begins to show
_CENT = Decimal("0.01")
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def out() -> Console:
    """Open standard output, as it is now."""
    return Console(highlight=False, markup=False, emoji=False)


def fail(error: RingfenceError, *, as_json: bool) -> int:
    """Tell an error to a person, or to a program; returns the exit code."""
    if as_json:
        typer.echo(json.dumps({"error": str(error), "hint": error.hint}))
        return error.exit_code
    console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.print(Text.assemble(("error: ", "bold red"), plain(str(error))))
    if error.hint:
        console.print(Text.assemble(("hint: ", "bold"), plain(error.hint)))
    return error.exit_code


def document(body: bytes) -> None:
    """Print a JSON document for a program; only ASCII, so that nothing in it can steer a terminal."""
    value(msgspec.json.decode(body))


def value(thing: object) -> None:
    """Print anything as JSON."""
    typer.echo(json.dumps(msgspec.to_builtins(thing), indent=2))


def plain(text: str) -> str:
    """Take out what could steer a terminal: some of these words were chosen by a bot."""
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)


def table(*columns: str, right: tuple[str, ...] = ()) -> Table:
    """Begin a table; `right` names the columns of figures."""
    made = Table(box=box.SIMPLE_HEAD, header_style="dim", pad_edge=False, show_edge=False, padding=(0, 2, 0, 0))
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def facts(*rows: tuple[str, Text | str]) -> Table:
    """Lay out names and what they are, one a line."""
    made = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    made.add_column(style="dim", no_wrap=True)
    made.add_column(overflow="fold")
    for name, said in rows:
        made.add_row(name, said if isinstance(said, Text) else plain(said))
    return made


def used(pair: tuple[str | int | None, str | int | None] | None) -> Text:
    """Show what is used of a limit, coloured where little is left."""
    if pair is None:
        return Text("-", "dim")
    spent, cap = pair
    text = f"{'?' if spent is None else _cents(spent)} / {'?' if cap is None else cap}"
    share = _share(spent, cap)
    style = "" if share is None or share < _NEARLY else "bold red" if share >= 1 else "yellow"
    return Text(plain(text), style)


def lamp(name: str, lit: bool) -> Text:
    """Show that something is there, or is not."""
    return Text.assemble(("● ", "green") if lit else ("○ ", "red"), name)


def at(milliseconds: int) -> str:
    """Show a time of the journal on the reader's clock."""
    return f"{_moment(milliseconds):%Y-%m-%d %H:%M:%S}"


def when(milliseconds: int) -> str:
    """Show a time of the journal in short: today's without the date."""
    moment, today = _moment(milliseconds), _moment(int(time.time() * 1000))
    return f"{moment:%H:%M:%S}" if moment.date() == today.date() else f"{moment:%Y-%m-%d %H:%M:%S}"


def ago(milliseconds: int, now: int | None = None) -> str:
    """Show how long ago a time of the journal was."""
    seconds = max(0, ((int(time.time() * 1000) if now is None else now) - milliseconds) // 1000)
    for unit, name in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= unit:
            count = seconds // unit
            return f"{count} {name}{'s' * (count != 1)} ago"
    return f"{seconds} s ago"


def left(milliseconds: int) -> str:
    """Show how long something takes from now, rounded up to a minute."""
    minutes = max(0, -(-milliseconds // 60_000))
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = ((days, "d"), (hours, "h"), (minutes, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "less than a minute"


def confirm(question: str, *, yes: bool) -> None:
    """Ask before something that is hard to take back; without a terminal only `--yes` answers."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise Misconfigured("this asks for a yes, and there is no terminal", hint="add --yes if you mean it")
    typer.confirm(question, abort=True, err=True)  # standard output may be a document


def terminal() -> bool:
    """Say whether a person is watching."""
    return sys.stdout.isatty()


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone()


def amount(text: str) -> str:
    """Write an amount without exponent or idle zeros; what is none stays as it is."""
    try:
        return in_digits(Decimal(text))
    except InvalidOperation:
        return text


def _cents(spent: str | int) -> str:
    """Round what is used up to the cent: a limit never looks less used than it is."""
    try:
        return in_digits(Decimal(spent).quantize(_CENT, ROUND_UP))
    except InvalidOperation:
        return str(spent)


def _share(spent: str | int | None, cap: str | int | None) -> Decimal | None:
    try:
        return Decimal(str(spent)) / Decimal(str(cap))
    except (InvalidOperation, ZeroDivisionError):
        return None
