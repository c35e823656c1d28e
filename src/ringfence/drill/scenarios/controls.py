"""What must be so beside an attack: that what is ordinary passes, that nothing went out, that nobody was led astray."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ringfence.drill import calls
from ringfence.drill.calls import Call
from ringfence.drill.client import Client
from ringfence.drill.line import opened
from ringfence.drill.scene import Scene
from ringfence.drill.tunnel import LOOPBACK

_TIME = Call("GET", "/api/v3/time")
_CAUGHT_SECONDS = 0.2
_ORDERS = ("/order", "order.")


@dataclass(frozen=True, slots=True)
class Trap:
    """A port where nobody should come."""

    server: socket.socket

    @property
    def port(self) -> int:
        """Where it is."""
        return int(self.server.getsockname()[1])

    def anybody(self) -> bool:
        """Whether anybody came."""
        try:
            self.server.accept()[0].close()
        except TimeoutError:
            return False
        return True


@contextmanager
def trap() -> Iterator[Trap]:
    """Wait where somebody could be led."""
    with socket.create_server((LOOPBACK, 0)) as server:
        server.settimeout(_CAUGHT_SECONDS)
        yield Trap(server)


@contextmanager
def nothing_sent(scene: Scene) -> Iterator[None]:
    """See that nothing of an attack came to the exchange, not even what it would refuse."""
    before = scene.ground.venue.moment()
    yield
    came = [each for each in scene.arrived(before) if each.method != "GET" and any(o in each.target for o in _ORDERS)]
    scene.claim(not came, f"{len(came)} requests of an attack came to the exchange")


@contextmanager
def with_all_ways_open(scene: Scene) -> Iterator[None]:
    """See before the attack and after it that what is ordinary passes: a door that lets nobody in refuses all."""
    if scene.rehearsed is None:
        yield
        return
    _ordinary(scene)
    yield
    _ordinary(scene)
    beside = scene.bot.by(scene.guard.neighbour(scene.bot.key))
    scene.claim(_tells_the_time(beside), "another bot cannot come in by the proxy")


@contextmanager
def with_all_sockets_open(scene: Scene) -> Iterator[None]:
    """The same of calls by WebSocket."""
    with with_all_ways_open(scene):
        _call_as_ever(scene)
        yield
        _call_as_ever(scene)


def _ordinary(scene: Scene) -> None:
    """Ask the time, and let an order rest and take it away, by each way; what a policy allows is alike by all."""
    first = None
    for way in scene.ways:
        scene.claim(_tells_the_time(way), f"nothing is answered at {way.host}")
        placed = way.quietly(scene.resting(scene.means.modest))
        first = placed.refusal if first is None else first
        scene.claim(placed.ok or (placed.refusal is not None and placed.refusal == first), _not_placed(way))
        if placed.ok:
            gone = way.quietly(calls.cancel(scene.symbol, placed.placed.orderId))
            scene.claim(gone.ok, f"an order cannot be cancelled at {way.host}")


def _call_as_ever(scene: Scene) -> None:
    for way in scene.ways:
        with opened(_unheard(way)) as line:
            placed = line.place(scene.resting(scene.means.modest))
            scene.claim(placed.ok or placed.refusal is not None, _not_placed(way))
            if placed.ok:
                gone = line.place(calls.cancel(scene.symbol, placed.placed.orderId), "order.cancel")
                scene.claim(gone.ok, f"an order cannot be cancelled by WebSocket at {way.host}")


def _tells_the_time(way: Client) -> bool:
    return _unheard(way).again(_TIME, calls.plain(_TIME)).ok


def _unheard(way: Client) -> Client:
    """The same, whose answers are no part of the attack."""
    return replace(way, answers=[])


def _not_placed(way: Client) -> str:
    return f"an ordinary order is not taken at {way.host}"
