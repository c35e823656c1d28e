"""One pool of connections for each exchange, opened when first needed."""

from ringfence.courier.answer import Heard
from ringfence.courier.connection import Tell
from ringfence.courier.hosts import Place
from ringfence.courier.idle import Connections
from ringfence.courier.once import send, send_at_once, unfit
from ringfence.dialects.dialect import Wire


class Pools:
    """The places that may be reached, and the connections to them; whatever is not listed is not reached."""

    def __init__(self, places: dict[str, Place]) -> None:
        self._places = places
        self._open: dict[str, Connections] = {}

    def only_host(self, exchange: str) -> str | None:
        """Say the host of a place that has exactly one."""
        place = self._places.get(exchange)
        return None if place is None or place.hosts is None or len(place.hosts) != 1 else next(iter(place.hosts))

    async def send(self, exchange: str, host: str, wire: Wire, seconds: float) -> Heard:
        """Send once, where exchange, host and request are all allowed."""
        connections = self._to(exchange, host, wire)
        return connections if isinstance(connections, Heard) else await send(connections, host, wire, seconds)

    def send_at_once(self, exchange: str, host: str, wire: Wire, seconds: float, tell: Tell) -> bool:
        """As `send`, over an idle connection and without a task; False: there is none, and nothing was done."""
        connections = self._to(exchange, host, wire)
        return not isinstance(connections, Heard) and send_at_once(connections, host, wire, seconds, tell)

    async def close(self) -> None:
        """End every connection."""
        for connections in self._open.values():
            await connections.close()

    def _to(self, exchange: str, host: str, wire: Wire) -> Connections | Heard:
        """Find the way there, or say why there is none."""
        place = self._places.get(exchange)
        if place is None or (place.hosts is not None and host not in place.hosts):
            return Heard(sent=False, status=None, error="that exchange may not be reached at that host")
        why = unfit(wire)
        if why is not None:
            return Heard(sent=False, status=None, error=why)
        if exchange not in self._open:
            try:
                self._open[exchange] = Connections(place)
            except OSError:
                return Heard(sent=False, status=None, error="the exchange's certificate file cannot be read")
        return self._open[exchange]
