"""Every host that Ringfence answers for, by exchange: what clients call it, and what it serves. Pure.

Whoever holds a key does not load it: where signed requests go is sealed in the key's record.
"""

from collections.abc import Mapping
from importlib.resources import files
from typing import Final

import msgspec

from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId


class Host(msgspec.Struct, frozen=True):
    """One host: its name, the ports that clients say it with, and how the paths begin that it serves."""

    name: str
    ports: frozenset[int]
    paths: tuple[str, ...]

    def serves(self, path: str) -> bool:
        """Say whether a path is one of this host's."""
        return any(path == begin or path.startswith(f"{begin}/") for begin in self.paths)


Hosts = Mapping[str, Host]


class _Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    hosts: tuple[str, ...]
    ports: frozenset[int]
    paths: tuple[str, ...]


def _load(package: str) -> Hosts:
    told = files(package).joinpath("hosts.toml").read_text("utf-8")
    groups = msgspec.toml.decode(told, type=dict[str, _Group]).values()
    return {name: Host(name, group.ports, group.paths) for group in groups for name in group.hosts}


_BINANCE: Final = _load("ringfence.dialects.binance")

HOSTS: Final[Mapping[ExchangeId, Hosts]] = {
    ExchangeId("binance"): _BINANCE,
    ExchangeId("paper-binance"): _BINANCE,  # its clients are pointed at the real names, and come to the rehearsal
}


def hosts_of(exchange: ExchangeId) -> Hosts:
    """Return an exchange's hosts by name; raises `Misconfigured` where there is no such exchange."""
    if exchange not in HOSTS:
        raise Misconfigured(f"there is no exchange {exchange!r}", hint=f"there are: {', '.join(sorted(HOSTS))}")
    return HOSTS[exchange]


def known_hosts() -> tuple[str, ...]:
    """List every host of every exchange."""
    return tuple(sorted({name for hosts in HOSTS.values() for name in hosts}))
