"""Names that this server resolves for itself, from /etc/hosts, and which of them are an exchange's (hosts(5))."""

import ipaddress
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from ringfence.audit.host.host import Host

EXCHANGES: Final[frozenset[str]] = frozenset(
    tomllib.loads(Path(__file__).with_name("exchanges.toml").read_text("utf-8"))["domains"]
)
"""Domains of exchanges and of everything below them."""


class Redirected(NamedTuple):
    """A name of an exchange that leads somewhere by a line of the file."""

    name: str
    address: str
    line: int

    @property
    def is_local(self) -> bool:
        """Say whether it leads to this machine."""
        try:
            return ipaddress.ip_address(self.address.partition("%")[0]).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        """Say it in a few words."""
        return f"{self.name} leads to {self.address} (line {self.line})"


def redirected(host: Host) -> Iterator[Redirected]:
    """Read the lines that name an exchange."""
    for number, line in enumerate((host.text("/etc/hosts") or "").splitlines(), 1):
        address, *names = line.partition("#")[0].split() or [""]
        yield from (Redirected(name, address, number) for name in names if _is_exchange(name))


def _is_exchange(name: str) -> bool:
    labels = name.lower().rstrip(".").split(".")
    return any(".".join(labels[start:]) in EXCHANGES for start in range(len(labels)))
