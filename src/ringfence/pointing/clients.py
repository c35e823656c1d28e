"""The table of clients: what each needs in each mode, or why the mode cannot work. It stands in clients.toml."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from ringfence.errors import Misconfigured

Plain = str | int | Mapping[str, "Plain"]
"""A setting's value as JSON has it; text may hold `$names`."""

_HOSTS_LINE = "the line in /etc/hosts"


class Mode(StrEnum):
    """How a client comes to Ringfence."""

    PROXY = "proxy"
    BASE_URL = "base-url"
    NAMES = "names"


class Form(StrEnum):
    """What language a text is in."""

    PYTHON = "python"
    JAVASCRIPT = "javascript"
    JSON = "json"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Way:
    """What one client needs in one mode. `text` goes into `file`; `rest` and `stream` name what routes each.

    `secure` is the same at a listener with TLS, which is `over_tls`; None where nobody has seen that work.
    """

    mode: Mode
    file: str
    form: Form
    text: str
    config: Mapping[str, Plain]
    environment: tuple[str, ...]
    rest: str
    stream: str
    differs: tuple[str, ...]
    secure: "Way | None" = None
    over_tls: bool = False

    @property
    def name(self) -> str:
        """Call it apart from every other way of its client's."""
        return f"{self.mode}-tls" if self.over_tls else self.mode.value


@dataclass(frozen=True, slots=True)
class Client:
    """One client: the ways that work, and the reasons of the modes that do not."""

    name: str
    title: str
    signs: tuple[str, ...]
    default: Mode
    ways: Mapping[Mode, Way]
    refused: Mapping[Mode, str]

    def way(self, mode: Mode | None) -> Way:
        """Return one way, the best where none is asked for; raises `Misconfigured` with the reason."""
        found = self.ways.get(mode or self.default)
        if found is None:
            others = " or ".join(f"--mode {other}" for other in self.ways)
            why = self.refused.get(mode or self.default, "nobody has seen it work")
            raise Misconfigured(f"{self.title} cannot be pointed in the {mode} mode: {why}", hint=f"take {others}")
        return found


class _Way(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    file: str = ""
    form: Form | None = None
    text: str = ""
    config: dict[str, Any] = {}  # tables in tables, as `Plain`; msgspec takes no type that names itself
    environment: tuple[str, ...] = ()
    rest: str = ""
    stream: str = ""
    differs: tuple[str, ...] = ()
    refused: str = ""
    tls: "_Way | None" = None


class _Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    title: str
    signs: tuple[str, ...]
    default: Mode
    file: str
    form: Form
    text: str
    proxy: _Way
    base_url: _Way
    names: _Way


class _Addresses(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    usual: str
    others: tuple[str, ...]
    rest: dict[str, str]
    stream: dict[str, str | dict[str, str]]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    environment: dict[str, str]
    notes: dict[str, str]
    addresses: dict[str, _Addresses]
    clients: dict[str, _Client]


def clients() -> Mapping[str, Client]:
    """Return every client, by its name on the command line."""
    return {name: _client(name, row, _file().notes) for name, row in _file().clients.items()}


def client(name: str) -> Client:
    """Return one client; raises `Misconfigured`."""
    found = clients().get(name)
    if found is None:
        raise Misconfigured(f"there is no client {name}", hint=f"there is {', '.join(clients())}")
    return found


def recognised(text: str) -> Client | None:
    """Tell the client of a program or a command by its signs: the longest that is there, being the most particular."""
    found = [(len(sign), one) for one in clients().values() for sign in one.signs if sign in text]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def environment() -> Mapping[str, str]:
    """Return what each variable of the environment is set to, with `$names`."""
    return _file().environment


def addresses(dialect: str, http: str, ws: str) -> dict[str, Plain]:
    """Write every address that ccxt has of an exchange as one of ours: one that is left out would go past us."""
    return _written(dialect, lambda _kind: http, ws)


def secure_addresses(dialect: str, hostname: str, ws: str) -> dict[str, Plain]:
    """Write them over TLS, so that they begin as those by which ccxt with that `hostname` looks error classes up."""
    return _written(dialect, lambda kind: f"https://{kind}.{hostname}", ws)


def _written(dialect: str, http: Callable[[str], str], ws: str) -> dict[str, Plain]:
    known = _addresses(dialect)
    rest: dict[str, Plain] = {name: f"{http(_kind(known, name))}/{path}" for name, path in known.rest.items()}
    return rest | {"ws": {name: _under(ws, path) for name, path in known.stream.items()}}


def _kind(known: _Addresses, name: str) -> str:
    return next((kind for kind in known.others if name.startswith(kind)), known.usual)


def _addresses(dialect: str) -> _Addresses:
    known = _file().addresses.get(dialect)
    if known is None:
        raise Misconfigured(f"nobody has written down which addresses clients have of {dialect}")
    return known


def _under(ws: str, path: str | Mapping[str, str]) -> Plain:
    return f"{ws}/{path}" if isinstance(path, str) else {name: f"{ws}/{one}" for name, one in path.items()}


@cache
def _file() -> _File:
    return msgspec.toml.decode(files(__package__).joinpath("clients.toml").read_text("utf-8"), type=_File)


def _client(name: str, row: _Client, notes: Mapping[str, str]) -> Client:
    rows = {Mode.PROXY: row.proxy, Mode.BASE_URL: row.base_url, Mode.NAMES: row.names}
    best_first = sorted(rows, key=lambda mode: mode is not row.default)
    ways = {mode: _way(row, rows[mode], mode, notes) for mode in best_first if not rows[mode].refused}
    refused = {mode: one.refused for mode, one in rows.items() if one.refused}
    return Client(name, row.title, row.signs, row.default, ways, refused)


def _way(row: _Client, way: _Way, mode: Mode, notes: Mapping[str, str]) -> Way:
    usual = _HOSTS_LINE if mode is Mode.NAMES else ""
    return Way(
        mode=mode,
        file=way.file or row.file,
        form=way.form or row.form,
        text=(way.text or row.text).strip("\n"),
        config=way.config,
        environment=way.environment,
        rest=way.rest or usual,
        stream=way.stream or usual,
        differs=tuple(notes[one[1:]].strip() if one.startswith("@") else one for one in way.differs),
        secure=None if way.tls is None else replace(_way(row, way.tls, mode, notes), over_tls=True),
    )
