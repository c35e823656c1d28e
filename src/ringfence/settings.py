"""Where a deployment's files and sockets are, and which ports it listens on: `ringfence.toml` in its home.

Nothing here can name a host for a real exchange: those come from the dialect alone.
"""

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId

_PORTS = range(1024, 65536)  # below 1024 needs root
PROCESSES = ("signer", "courier", "gateway", "prices")


@dataclass(frozen=True, slots=True)
class Listener:
    """A loopback port for bots of one exchange."""

    name: str
    exchange: ExchangeId
    port: int


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
    def paper_ca(self) -> Path:
        """The certificate that the rehearsal exchange's TLS is checked against."""
        return self.home / "paper" / "ca.pem"

    def socket(self, name: str) -> Path:
        """The socket of one pair: asks, carry, public, quotes, owner, tickers, paper."""
        return self.home / "run" / f"{name}.sock"

    def uids(self, *processes: str) -> frozenset[int]:
        """Which users the named processes run as; "owner" is whoever owns the home."""
        owner = self.home.stat().st_uid
        return frozenset(owner if name == "owner" else self.users.get(name, os.getuid()) for name in processes)


def load(home: Path) -> Settings:
    """Read `ringfence.toml`; raises `Misconfigured` with the key that is wrong."""
    path = home / "ringfence.toml"
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise Misconfigured(f"there is no deployment in {home}", hint="run `ringfence init` first") from None
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path}: {error}") from error
    listeners = tuple(
        Listener(name, ExchangeId(_text(path, entry, "exchange")), _port(path, entry, "port"))
        for name, entry in _table(path, raw, "listeners").items()
    )
    paper = _table(path, raw, "paper")
    users = {name: _number(path, _table(path, raw, "users"), name) for name in _table(path, raw, "users")}
    unknown = set(raw) - {"listeners", "paper", "users"}
    if unknown:
        raise Misconfigured(f"{path}: unknown key {min(unknown)!r}")
    return Settings(
        home=home,
        listeners=listeners,
        paper=Paper(*(_port(path, paper, key) for key in ("port", "plain_port", "east_port", "west_port")))
        if paper
        else None,
        users=users,
    )


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


def _port(path: Path, entry: object, key: str) -> int:
    value = _number(path, entry, key)
    if value not in _PORTS:
        raise Misconfigured(f"{path}: {key} is not a port from 1024 to 65535")
    return value
