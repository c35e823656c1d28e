"""The parts of a server that can be hardened one by one, and what is offered for each: plain values."""

from dataclasses import dataclass
from enum import StrEnum

from ringfence.deploy.wants import Want


class Area(StrEnum):
    """A part of the server."""

    SSH = "ssh"
    FIREWALL = "firewall"
    KERNEL = "kernel"
    UPGRADES = "upgrades"
    TIME = "time"
    ACCOUNTS = "accounts"


TRIED = frozenset({Area.SSH, Area.FIREWALL, Area.KERNEL})
"""Those that can lock somebody out: they are tried first, and go back by themselves unless they are kept."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the owner has said. `ssh_from`: interfaces and networks, none for those that were said before.

    `ports` are what may be reached from outside beside SSH, such as `tcp/443`.
    """

    ssh_from: tuple[str, ...] = ()
    ports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Proposal:
    """What is offered for an area: what is wanted of it, and which units read anew what changes.

    `refused` says why nothing can be offered, though something may be wrong. `notes` are what somebody should know
    before saying yes.
    """

    area: Area
    wants: tuple[Want, ...] = ()
    rereads: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    refused: str = ""
