"""Which hosts each exchange may be reached at, and whose certificates are believed there. Nothing else is reachable."""

import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
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
        return _trusting(self.ca)


@cache  # the system's store takes 35 ms to read, in which no order would be carried
def _trusting(ca: Path | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=ca)  # with a file, the system's store is left out
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def certificates() -> tuple[Path, ...]:
    """Say where the system's certificates are, which the first connection reads."""
    found = ssl.get_default_verify_paths()
    return tuple(Path(one) for one in (found.openssl_cafile, found.openssl_capath, found.cafile, found.capath) if one)


def carry_places(settings: Settings, dialects: Iterable[Dialect]) -> dict[str, Place]:
    """Say where signed requests may go: the hosts that each dialect names, and the rehearsal exchange's port."""
    return _places(settings, {dialect.name: dialect.hosts for dialect in dialects})


def public_places(settings: Settings, dialects: Iterable[Dialect]) -> dict[str, Place]:
    """Say where bots' market data is read."""
    return _places(settings, {dialect.name: None for dialect in dialects})


def follow_places(settings: Settings, frames: Mapping[ExchangeId, Frames]) -> dict[str, Place]:
    """Say where accounts' own events are followed."""
    return _places(settings, {name: frozenset({of.call_host}) for name, of in frames.items()})


def stream_places(settings: Settings, frames: Mapping[ExchangeId, Frames]) -> dict[str, Place]:
    """Say where public streams are read."""
    return _places(settings, {name: frozenset({of.stream_host}) for name, of in frames.items()})


def ticker_places(settings: Settings) -> dict[str, Place]:
    """Say where each venue's tickers are read."""
    places = {name: Place(frozenset({venue.host})) for name, venue in VENUES.items() if venue.host is not None}
    if settings.paper is not None:
        for name, port in _paper_ports(settings.paper).items():
            places[name] = _paper(settings, port)
    return places


def _places(settings: Settings, hosts: Mapping[str, frozenset[str] | None]) -> dict[str, Place]:
    """Take the real exchanges at their hosts, and the rehearsal exchange at its one port, where there is one."""
    places = {name: Place(of) for name, of in hosts.items() if not name.startswith(PAPER)}
    return places if settings.paper is None else {**places, "paper-binance": _paper(settings, settings.paper.port)}


def _paper_ports(paper: Paper) -> dict[str, int]:
    return {"paper-binance": paper.port, "paper-east": paper.east_port, "paper-west": paper.west_port}


def _paper(settings: Settings, port: int) -> Place:
    return Place(frozenset({f"{_LOOPBACK}:{port}"}), settings.paper_ca)
