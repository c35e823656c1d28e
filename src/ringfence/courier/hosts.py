"""Which hosts each exchange may be reached at, and whose certificates are believed there. Nothing else is reachable."""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ringfence.dialects.dialect import Dialect
from ringfence.dialects.frames import Frames
from ringfence.dialects.tickers import VENUES
from ringfence.model.names import ExchangeId
from ringfence.settings import Paper, Settings

PAPER = "paper-"  # how the id of a rehearsal exchange begins; no real one's may
_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Place:
    """Where one exchange is. `ca` is the one certificate file that is believed there; None: the system's store.

    `hosts` None: whichever the dialect's table of market data names, since it names the host and not the asker.
    """

    hosts: frozenset[str] | None
    ca: Path | None = None

    def trust(self) -> ssl.SSLContext:
        """Make the TLS settings: certificate and name always checked; raises `OSError` where `ca` cannot be read."""
        context = ssl.create_default_context(cafile=self.ca)  # with a file, the system's store is left out
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        return context


def carry_places(settings: Settings, dialects: Iterable[Dialect]) -> dict[str, Place]:
    """Say where signed requests may go: the hosts that each dialect names, and the rehearsal exchange's port."""
    places = {dialect.name: Place(dialect.hosts) for dialect in dialects if not dialect.name.startswith(PAPER)}
    return places | _paper_places(settings)


def public_places(settings: Settings, dialects: Iterable[Dialect]) -> dict[str, Place]:
    """Say where bots' market data is read."""
    places = {dialect.name: Place(None) for dialect in dialects if not dialect.name.startswith(PAPER)}
    return places | _paper_places(settings)


def follow_places(settings: Settings, frames: Mapping[ExchangeId, Frames]) -> dict[str, Place]:
    """Say where accounts' own events are followed."""
    places = {name: Place(frozenset({of.call_host})) for name, of in frames.items() if not name.startswith(PAPER)}
    return places | _paper_places(settings)


def stream_places(settings: Settings, frames: Mapping[ExchangeId, Frames]) -> dict[str, Place]:
    """Say where public streams are read."""
    places = {name: Place(frozenset({of.stream_host})) for name, of in frames.items() if not name.startswith(PAPER)}
    return places | _paper_places(settings)


def ticker_places(settings: Settings) -> dict[str, Place]:
    """Say where each venue's tickers are read."""
    places = {name: Place(frozenset({venue.host})) for name, venue in VENUES.items() if venue.host is not None}
    if settings.paper is not None:
        for name, port in _paper_ports(settings.paper).items():
            places[name] = _paper(settings, port)
    return places


def _paper_places(settings: Settings) -> dict[str, Place]:
    return {} if settings.paper is None else {"paper-binance": _paper(settings, settings.paper.port)}


def _paper_ports(paper: Paper) -> dict[str, int]:
    return {"paper-binance": paper.port, "paper-east": paper.east_port, "paper-west": paper.west_port}


def _paper(settings: Settings, port: int) -> Place:
    return Place(frozenset({f"{_LOOPBACK}:{port}"}), settings.paper_ca)
