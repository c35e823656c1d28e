"""The ways in that a deployment has: listeners for base URLs, the proxy, and exchanges' own names."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Protocol

from ringfence.dialects.hosts import HOSTS, hosts_of
from ringfence.errors import Misconfigured
from ringfence.gateway.admission import Admission
from ringfence.gateway.connection import Answering
from ringfence.gateway.doors import Behind, Door, Doors, doors
from ringfence.gateway.limits import Limits
from ringfence.gateway.names import NamedSite
from ringfence.gateway.ports import Ports
from ringfence.gateway.proxy import Proxy
from ringfence.gateway.secure import SecureSite
from ringfence.gateway.site import Site
from ringfence.gateway.tls import Leaves
from ringfence.gateway.tunnel import Tunnels
from ringfence.model.names import ExchangeId
from ringfence.settings import Listener, Names, Settings, by_name, by_proxy


class Way(Protocol):
    """One port that bots come in by."""

    @property
    def port(self) -> int:
        """The port that is listened on."""
        ...

    async def open(self, ports: Ports) -> None:
        """Begin to listen; raises `Misconfigured` where that cannot be."""
        ...

    async def close(self) -> None:
        """Listen no more, and let open requests end."""
        ...


FrontOf = Callable[[str, ExchangeId], Behind]
"""Makes the front of a way in, by its name, to an exchange."""


def ways_in(settings: Settings, front_of: FrontOf, limits: Limits, counts: Counter[str]) -> Iterator[tuple[str, Way]]:
    """List all ways in, and what the log calls each; raises `Misconfigured` for one that cannot be meant."""
    leaves = Leaves(settings.leaf)
    for listener in settings.listeners:
        front = _narrowed(listener, front_of(listener.name, listener.exchange))
        if listener.tls:
            secure = SecureSite(listener.name, front, listener.port, leaves, limits, counts)
            yield f"for {listener.exchange} bots, over TLS,", secure
        else:
            yield f"for {listener.exchange} bots", Site(front, listener.port, limits)
    if settings.proxy is not None:
        inside = {exchange: doors(front_of(by_proxy(exchange), exchange), hosts) for exchange, hosts in HOSTS.items()}
        admission = Admission(settings.passes, limits.tries)
        tunnels = Tunnels(settings.socket("tunnels"), settings.uids("courier"), limits.patience_seconds, counts)
        yield "as a proxy", Proxy(settings.proxy.port, inside, leaves, admission, tunnels, limits, counts)
    if settings.names is not None:
        named = _named(settings.names, front_of)
        for port in settings.names.ports:
            yield "by name", NamedSite(settings.names.address, port, named, leaves, limits, counts)


def _narrowed(listener: Listener, front: Behind) -> Answering:
    """Narrow a listener to what its host serves, where it names one."""
    if listener.host is None:
        return front
    hosts = hosts_of(listener.exchange)
    if listener.host not in hosts:
        hint = f"there is {', '.join(sorted(hosts))}"
        raise Misconfigured(f"listener {listener.name}: {listener.exchange} has no host {listener.host}", hint=hint)
    return Door(front, hosts[listener.host], named=False)


def _named(names: Names, front_of: FrontOf) -> Doors:
    """Join the hosts of several exchanges; a name cannot mean two of them."""
    joined: dict[str, Door] = {}
    for exchange in names.exchanges:
        new = doors(front_of(by_name(exchange), exchange), hosts_of(exchange))
        if joined.keys() & new.keys():
            raise Misconfigured(f"names: {min(joined.keys() & new.keys())} would mean two exchanges")
        joined |= new
    return joined
