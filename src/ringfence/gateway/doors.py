"""Which host of an exchange meets which front: only what a host serves is asked through it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from ringfence.dialects.hosts import Host, Hosts
from ringfence.gateway.connection import Answering
from ringfence.gateway.http import Refused
from ringfence.gateway.reply import Reply
from ringfence.gateway.websocket import Talk
from ringfence.model.request import Request


class Behind(Answering, Protocol):
    """What is behind a door."""

    def of(self, bot: str) -> "Behind":
        """Make the same for one bot, whose the connection is known to be."""
        ...


@dataclass(frozen=True, slots=True)
class Door:
    """One host of an exchange. `named`: its clients call it by its own name, as through a proxy; else by ours."""

    front: Behind
    host: Host
    named: bool

    def of(self, bot: str) -> "Door":
        """Make the same for one bot."""
        return replace(self, front=self.front.of(bot))

    async def answer(self, request: Request) -> Reply:
        """Have a request answered, where this host would answer it. Never raises."""
        refused = self._against(request)
        return await self.front.answer(request) if refused is None else self.front.refuse(refused)

    async def open(self, request: Request) -> Talk | Reply:
        """Have a WebSocket opened, where this host would open it. Never raises."""
        refused = self._against(request)
        return await self.front.open(request) if refused is None else self.front.refuse(refused)

    def refuse(self, refused: Refused) -> Reply:
        """Say no to what is not a request."""
        return self.front.refuse(refused)

    def _against(self, request: Request) -> Refused | None:
        name, _, port = request.host.partition(":")
        meant = name.lower() == self.host.name and (not port or int(port) in self.host.ports)
        if self.named and not meant:
            return Refused(421, f"this connection is to {self.host.name}, and the request names another host")
        if not self.host.serves(request.path):
            return Refused(404, f"{self.host.name} does not serve that path")
        return None


Doors = Mapping[str, Door]
"""The doors of one exchange, by the hosts' names."""


def doors(front: Behind, hosts: Hosts) -> Doors:
    """Make a door for each host of an exchange."""
    return {name: Door(front, host, named=True) for name, host in hosts.items()}
