"""Where a deployment's files and sockets are, and which ports it listens on: `ringfence.toml` in its home.

Nothing here can name a host for a real exchange: those come from the dialect alone.
"""

import ipaddress
import os
import pwd
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId

_PORTS = range(1024, 65536)  # below 1024 needs root
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
PROCESSES = ("signer", "courier", "gateway", "prices")
LISTENS = {
    **dict.fromkeys(("asks", "quotes", "owner"), "signer"),
    **dict.fromkeys(("carry", "public", "streams", "tunnels", "tickers"), "courier"),
    "paper": "paper",
}
"""Which process listens on the socket of a pair."""

OWN_HOST = "localhost"  # whose leaf every listener with TLS shows
NAMED_PORTS = (443, 9443, 8443)  # where exchanges' clients expect TLS: Binance streams on 9443, OKX on 8443


@dataclass(frozen=True, slots=True)
class Listener:
    """A loopback port for bots of one exchange, and, where one is named, for what that host of the exchange serves.

    `tls`: the gateway ends TLS there, and nothing is spoken in plain.
    """

    name: str
    exchange: ExchangeId
    port: int
    host: str | None = None
    tls: bool = False

    @property
    def url(self) -> str:
        """Where bots find it."""
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"


@dataclass(frozen=True, slots=True)
class Proxy:
    """The loopback port where bots find an HTTPS proxy."""

    port: int


@dataclass(frozen=True, slots=True)
class Names:
    """The loopback address that exchanges' host names are made to mean, and the exchanges whose those are."""

    address: str
    exchanges: tuple[ExchangeId, ...]
    ports: tuple[int, ...] = NAMED_PORTS


@dataclass(frozen=True, slots=True)
class Paper:
    """The loopback ports of the rehearsal exchange: trading over TLS and plain, and two more venues' tickers."""

    port: int
    plain_port: int
    east_port: int
    west_port: int


@dataclass(frozen=True, slots=True)
class Settings:
    """One deployment. `users` maps a process to the uid it runs as; absent means our own."""

    home: Path
    listeners: tuple[Listener, ...] = ()
    paper: Paper | None = None
    users: Mapping[str, int] = field(default_factory=dict)
    proxy: Proxy | None = None
    names: Names | None = None

    @property
    def vault(self) -> Path:
        """The sealed keys."""
        return self.home / "vault"

    @property
    def journal(self) -> Path:
        """The journal's directory."""
        return self.home / "journal"

    @property
    def policy_draft(self) -> Path:
        """The policy file that `policy apply` reads."""
        return self.home / "policy.toml"

    @property
    def known(self) -> Path:
        """Digests of the vault's secrets, by which an audit knows a copy of one."""
        return self.home / "known.json"

    @property
    def snapshot(self) -> Path:
        """What is known against packages, as of a day."""
        return self.home / "snapshot.ringsnap"

    @property
    def paper_ca(self) -> Path:
        """The certificate that the rehearsal exchange's TLS is checked against."""
        return self.home / "paper" / "ca.pem"

    @property
    def trust(self) -> Path:
        """What bots are to trust: our authority's certificate, alone and beside the system's roots."""
        return self.home / "trust"

    @property
    def authority(self) -> Path:
        """Our authority's certificate; its key is in the vault."""
        return self.trust / "ca.pem"

    @property
    def bundle(self) -> Path:
        """The system's roots and ours, for clients in which a file replaces the roots."""
        return self.trust / "bundle.pem"

    @property
    def passes(self) -> Path:
        """The bots' credentials for the proxy."""
        return self.home / "gateway" / "passes.toml"

    def leaf(self, host: str) -> Path:
        """The certificate and its key with which the gateway answers for a host."""
        return self.home / "gateway" / f"{host}.pem"

    def socket(self, name: str) -> Path:
        """The socket of one pair: asks, carry, public, streams, tunnels, quotes, owner, tickers, paper.

        Where each process has a user of its own, each listens in a directory that no other can write to.
        """
        run = self.home / "run"
        return (run / LISTENS[name] if self.users else run) / f"{name}.sock"

    def ways(self, exchanges: Iterable[ExchangeId]) -> Mapping[str, ExchangeId]:
        """The exchange of each way in, by the way's name: listeners, the proxy to any exchange, and names."""
        ways = {listener.name: listener.exchange for listener in self.listeners}
        if self.proxy is not None:
            ways |= {by_proxy(exchange): exchange for exchange in exchanges}
        if self.names is not None:
            ways |= {by_name(exchange): exchange for exchange in self.names.exchanges}
        return ways

    @property
    def apart(self) -> bool:
        """Whether each process has a user of its own, and none is the owner's."""
        uids = [self.users[name] for name in PROCESSES if name in self.users]
        return len({*uids, self.home.stat().st_uid}) == len(PROCESSES) + 1

    def uids(self, *processes: str) -> frozenset[int]:
        """Which users the named processes run as; "owner" is whoever owns the home."""
        owner = self.home.stat().st_uid
        return frozenset(owner if name == "owner" else self.users.get(name, os.getuid()) for name in processes)


def by_proxy(exchange: ExchangeId) -> str:
    """Name the way in to an exchange that leads through the proxy; no listener can have such a name."""
    return f"proxy/{exchange}"


def by_name(exchange: ExchangeId) -> str:
    """Name the way in to an exchange by its hosts' own names."""
    return f"names/{exchange}"


def load(home: Path) -> Settings:
    """Read `ringfence.toml`; raises `Misconfigured` with the key that is wrong."""
    path = home / "ringfence.toml"
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Misconfigured(f"there is no deployment in {home}", hint="run `ringfence init` first") from None
    except PermissionError:
        raise Misconfigured(f"only its owner may read {path}", hint="run it with sudo") from None
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path}: {error}") from error
    _only(path, raw, "listeners", "proxy", "names", "paper", "users")
    return Settings(
        home=home,
        listeners=tuple(_listener(path, name, entry) for name, entry in _table(path, raw, "listeners").items()),
        paper=_paper(path, _table(path, raw, "paper")),
        users={name: _user(path, _table(path, raw, "users"), name) for name in _table(path, raw, "users")},
        proxy=_proxy(path, _table(path, raw, "proxy")) if "proxy" in raw else None,
        names=_names(path, _table(path, raw, "names")) if "names" in raw else None,
    )


def _listener(path: Path, name: str, entry: object) -> Listener:
    _only(path, entry, "exchange", "port", "host", "tls")
    if not _NAME.fullmatch(name):
        raise Misconfigured(f"{path}: {name!r} is no name for a listener", hint="letters, digits, - and _")
    host = _text(path, entry, "host") if isinstance(entry, dict) and "host" in entry else None
    if host is not None and not _HOST.fullmatch(host):
        raise Misconfigured(f"{path}: host is not a host's name in lower case, such as stream.binance.com")
    tls = _switch(path, entry, "tls")
    return Listener(name, ExchangeId(_text(path, entry, "exchange")), _port(path, entry, "port"), host, tls)


def _paper(path: Path, entry: dict[str, object]) -> Paper | None:
    keys = ("port", "plain_port", "east_port", "west_port")
    _only(path, entry, *keys)
    return Paper(*(_port(path, entry, key) for key in keys)) if entry else None


def _proxy(path: Path, entry: dict[str, object]) -> Proxy:
    _only(path, entry, "port")
    return Proxy(_port(path, entry, "port"))


def _names(path: Path, entry: dict[str, object]) -> Names:
    _only(path, entry, "address", "exchanges")
    address = _text(path, entry, "address")
    try:
        inside = ipaddress.ip_address(address) in _LOOPBACK
    except ValueError:
        inside = False
    if not inside:
        raise Misconfigured(f"{path}: address is not one of this machine's own", hint='such as "127.0.0.91"')
    exchanges = entry.get("exchanges")
    if not isinstance(exchanges, list) or not exchanges or not all(isinstance(name, str) for name in exchanges):
        raise Misconfigured(f"{path}: exchanges is not a list of exchanges", hint='such as ["binance"]')
    return Names(address, tuple(map(ExchangeId, exchanges)))


def _only(path: Path, entry: object, *known: str) -> None:
    unknown = set(entry) - set(known) if isinstance(entry, dict) else set()
    if unknown:
        raise Misconfigured(f"{path}: unknown key {min(unknown)!r}", hint=f"there is {', '.join(known)}")


def _table(path: Path, raw: object, key: str) -> dict[str, object]:
    value = raw.get(key, {}) if isinstance(raw, dict) else None
    if not isinstance(value, dict):
        raise Misconfigured(f"{path}: {key} is not a table")
    return value


def _text(path: Path, entry: object, key: str) -> str:
    value = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(value, str):
        raise Misconfigured(f"{path}: {key} is missing or not text")
    return value


def _number(path: Path, entry: object, key: str) -> int:
    value = entry.get(key) if isinstance(entry, dict) else None
    if not isinstance(value, int) or isinstance(value, bool):
        raise Misconfigured(f"{path}: {key} is missing or not a whole number")
    return value


def _user(path: Path, entry: object, key: str) -> int:
    """Read a user, by name or by number."""
    if not isinstance(entry, dict) or not isinstance(entry.get(key), str):
        return _number(path, entry, key)
    try:
        return pwd.getpwnam(entry[key]).pw_uid
    except KeyError:
        raise Misconfigured(f"{path}: there is no user {entry[key]!r}", hint="`ringfence deploy` makes them") from None


def _switch(path: Path, entry: object, key: str) -> bool:
    value = entry.get(key, False) if isinstance(entry, dict) else None
    if not isinstance(value, bool):
        raise Misconfigured(f"{path}: {key} is neither true nor false")
    return value


def _port(path: Path, entry: object, key: str) -> int:
    value = _number(path, entry, key)
    if value not in _PORTS:
        raise Misconfigured(f"{path}: {key} is not a port from 1024 to 65535")
    return value
