"""What of a bot's files holds a key: pure, from their texts. A key is told by its shape, and by where it stands."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from ringfence import jsonc
from ringfence.adopt import dotenv
from ringfence.dialects.virtual import recognise, shape_of
from ringfence.errors import Misconfigured
from ringfence.jsonc import Table, Text


class Kind(StrEnum):
    """What reads a file."""

    FREQTRADE = "freqtrade"
    PASSIVBOT = "passivbot"
    DOTENV = "environment"
    HUMMINGBOT = "hummingbot"
    CODE = "python"


class Half(StrEnum):
    """Which half of a key."""

    KEY = "key"
    SECRET = "secret"  # noqa: S105  # its name, in freqtrade's file too


@dataclass(frozen=True, slots=True)
class Source:
    """One file that was read."""

    path: Path
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Found:
    """One half of a key in a file; the span is the value's as it is written, `exchange` is empty where none is said."""

    path: Path
    half: Half
    value: str
    start: int
    end: int
    exchange: str = ""

    @property
    def virtual(self) -> bool:
        """Say whether it is one of ours."""
        return recognise(self.value) is not None


_PEM = "-----BEGIN "
_PLAIN_NAMES = {
    Half.KEY: re.compile(r"(?:.*_)?API_?KEY(?:_ID)?|.*_ACCESS_KEY", re.ASCII | re.IGNORECASE),
    Half.SECRET: re.compile(r"(?:.*_)?(?:API_?)?SECRET(?:_?KEY)?|.*_PRIVATE_KEY", re.ASCII | re.IGNORECASE),
}
# Where freqtrade's exchange has its key (exchange.py, _init_ccxt: the first that is there counts, and the settings of
# ccxt over it), and the variables that set the same.
MEMBERS = {"key": Half.KEY, "api_key": Half.KEY, "apiKey": Half.KEY, "secret": Half.SECRET}
_CCXT = ("ccxt_config", "ccxt_sync_config", "ccxt_async_config")
VARIABLES = {f"FREQTRADE__EXCHANGE__{name.upper()}": half for name, half in MEMBERS.items()}


def halves(source: Source, dialect: str) -> tuple[Found, ...]:
    """List what of a key stands in a file, in the shape of this dialect's; raises `Misconfigured` for a broken file."""
    return tuple(one for one in _candidates(source, dialect) if _has_shape(one, dialect))


def _candidates(source: Source, dialect: str) -> Iterator[Found]:
    match source.kind:
        case Kind.FREQTRADE:
            return _freqtrade(source)
        case Kind.PASSIVBOT:
            return _passivbot(source, dialect)
        case Kind.DOTENV:
            return _dotenv(source)
        case Kind.CODE:
            return _code(source)
        case Kind.HUMMINGBOT:  # its values are under a password of its own
            return iter(())


def exchange_of(source: Source) -> str:
    """Say which exchange a freqtrade configuration names; empty where it names none."""
    table = _exchange_table(source) if source.kind is Kind.FREQTRADE else None
    named = None if table is None else table.get("name")
    return named.value if isinstance(named, Text) else ""


def includes(source: Source) -> tuple[str, ...]:
    """List the further files that a freqtrade configuration names."""
    rows = jsonc.parse(str(source.path), source.text).get("add_config_files")
    if not isinstance(rows, jsonc.Rows):
        return ()
    return tuple(row.value for row in rows.rows if isinstance(row, Text))


def _has_shape(found: Found, dialect: str) -> bool:
    if found.half is Half.SECRET and found.value.lstrip().startswith(_PEM):
        return True
    shape = shape_of(dialect)
    letters = shape.alphabet.decode()
    return len(found.value) == shape.length and all(letter in letters for letter in found.value)


def _freqtrade(source: Source) -> Iterator[Found]:
    table = _exchange_table(source)
    if table is not None:
        tables = (table, *(table.get(name) for name in _CCXT))
        for one in tables:
            if isinstance(one, Table):
                yield from _members(source.path, one, exchange_of(source))


def _exchange_table(source: Source) -> Table | None:
    found = jsonc.parse(str(source.path), source.text).get("exchange")
    return found if isinstance(found, Table) else None


def _passivbot(source: Source, dialect: str) -> Iterator[Found]:
    for member in jsonc.parse(str(source.path), source.text).members:
        if isinstance(member.value, Table):
            named = member.value.get("exchange")
            if isinstance(named, Text) and named.value == dialect:
                yield from _members(source.path, member.value, named.value)


def _members(path: Path, table: Table, exchange: str) -> Iterator[Found]:
    for name, half in MEMBERS.items():
        value = table.get(name)
        if isinstance(value, Text):
            yield Found(path, half, value.value, value.start, value.end, exchange)


def _dotenv(source: Source) -> Iterator[Found]:
    for one in dotenv.parse(source.text):
        half = VARIABLES.get(one.name.upper()) or _named(one.name)
        if half is not None:
            yield Found(source.path, half, one.value, one.start, one.end)


def _named(name: str) -> Half | None:
    return next((half for half, pattern in _PLAIN_NAMES.items() if pattern.fullmatch(name)), None)


def _code(source: Source) -> Iterator[Found]:
    """List the string literals of a program; which half one is nobody can say for sure, so each is called a key."""
    starts = [0]
    for line in source.text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    try:
        for token in tokenize.generate_tokens(io.StringIO(source.text, newline="").readline):
            if token.type == tokenize.STRING and not token.string.lower().startswith(
                ("f", "rf", "fr", "b", "rb", "br")
            ):
                start, end = (starts[row - 1] + column for row, column in (token.start, token.end))
                yield Found(source.path, Half.KEY, str(ast.literal_eval(token.string)), start, end)
    except (tokenize.TokenError, SyntaxError, ValueError, IndexError):
        raise Misconfigured(f"{source.path} is no Python that can be read") from None
