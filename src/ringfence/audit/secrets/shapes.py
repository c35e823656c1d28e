"""How the keys of exchanges look: a table (shapes.toml), and which rows a token fits. Forms only, no words near it."""

import re
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import msgspec

from ringfence.audit.secrets.dummy import loosely_random, oddly_short, random_looking

_CHARACTERS = {
    "alnum": "[A-Za-z0-9]",
    "word": "[A-Za-z0-9]",
    "url": "[A-Za-z0-9_-]",
    "hex": "[0-9a-f]",
    "HEX": "[0-9A-F]",
}
_ALL_KINDS = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_UUID = r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}"
_SHORTER = 24  # keys, not secrets: those of Bybit, MEXC, BitMEX
_SHORT = 12  # too short for a measure of randomness: Deribit's key of 8


class _Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    key: tuple[str, ...]
    secret: tuple[str, ...]
    passphrase: bool = False
    certain: bool = False
    common: bool = False


class _Table(msgspec.Struct, frozen=True):
    exchange: tuple[_Row, ...]


class Exchange(msgspec.Struct, frozen=True):
    """The forms of one exchange's key and secret."""

    name: str
    key: re.Pattern[str]
    secret: re.Pattern[str]
    passphrase: bool
    certain: bool
    common: bool


class Fit(msgspec.Struct, frozen=True):
    """Whose key and whose secret a token could be, by its form alone; `certain` where nothing else looks like it."""

    keys: tuple[Exchange, ...]
    secrets: tuple[Exchange, ...]
    certain: bool

    def __bool__(self) -> bool:
        """Say whether it fits any."""
        return bool(self.keys or self.secrets)


NO_FIT = Fit((), (), certain=False)
"""What is no token fits nothing."""


def _pattern(form: str) -> str:
    if form.startswith("~"):
        return form[1:]
    if form == "uuid":
        return _UUID
    kind, size = form.split()
    if kind == "base64":
        return _base64(int(size))
    mixed = r"(?=[A-Za-z0-9]*[a-z])(?=[A-Za-z0-9]*[A-Z])(?=[A-Za-z0-9]*[0-9])" if kind == "alnum" else ""
    return f"{mixed}{_CHARACTERS[kind]}{{{size}}}"


def _base64(size: int) -> str:
    """88 characters are 64 bytes and end in two signs of padding; 56 and 64 have none."""
    padding = {88: 2}.get(size, 0)
    return f"[A-Za-z0-9+/]{{{size - padding}}}{'=' * padding}"


def _read() -> tuple[Exchange, ...]:
    table = msgspec.toml.decode(Path(__file__).with_name("shapes.toml").read_bytes(), type=_Table)
    return tuple(
        Exchange(
            row.name,
            re.compile("|".join(f"(?:{_pattern(form)})" for form in row.key)),
            re.compile("|".join(f"(?:{_pattern(form)})" for form in row.secret)),
            row.passphrase,
            row.certain,
            row.common,
        )
        for row in table.exchange
    )


EXCHANGES = _read()
"""One row an exchange."""

_ANY = re.compile("|".join(f"(?:{one.key.pattern})|(?:{one.secret.pattern})" for one in EXCHANGES))

_OWN = re.compile(
    r"bg_[0-9a-f]{32}|mx0[0-9A-Za-z]{12,18}|cxakp_[A-Za-z0-9]{20,24}|(?:account|master)-[A-Za-z0-9]{20}|organizations/.+"
)
_THREE_PARTS = re.compile(r"(?:[0-9a-z]{8,10}-)?[0-9a-f]{8}-[0-9a-f]{8}(?:-[0-9a-f]{8,10})?-[0-9a-f]{5}")


def _test(token: str) -> Callable[[str], bool]:
    if len(token) < _SHORT:
        return oddly_short
    return loosely_random if len(token) <= _SHORTER else random_looking


@lru_cache(maxsize=4096)
def fit(token: str) -> Fit:
    """Find whose key or secret a token could be."""
    if _ANY.fullmatch(token) is None or not _test(token)(token):
        return NO_FIT
    keys = tuple(one for one in EXCHANGES if one.key.fullmatch(token))
    secrets = tuple(one for one in EXCHANGES if one.secret.fullmatch(token))
    return Fit(keys, secrets, bool(keys or secrets) and _certain(token))


def _certain(token: str) -> bool:
    """A form that nothing else has: a prefix, HTX's parts, 64 letters of all kinds, 64 bytes in base64."""
    if _OWN.fullmatch(token) or _THREE_PARTS.fullmatch(token):
        return True
    mixed = _ALL_KINDS.match(token) is not None and _HEX.fullmatch(token) is None
    return mixed and token.isalnum() and len(token) == 64  # noqa: PLR2004
