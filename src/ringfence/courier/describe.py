"""Turn a `Fetch` into the one request that its table describes: no path and no host comes from whoever asks."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ringfence.courier.pools import Pools
from ringfence.courier.public import Errand
from ringfence.dialects import tickers
from ringfence.dialects.dialect import Wire
from ringfence.errors import Misread
from ringfence.ipc.messages import Fetch
from ringfence.model.action import Read
from ringfence.model.names import ExchangeId

_NAMED = (("User-Agent", "ringfence"),)  # Coinbase answers 400 to a request without one


class Market(Protocol):
    """What of a dialect describes market data."""

    def write_public(self, action: Read) -> Wire:
        """As `Dialect` has it."""
        ...

    def public_host(self, what: str) -> str:
        """As `Dialect` has it."""
        ...

    def weight(self, action: Read) -> int:
        """As `Dialect` has it."""
        ...


@dataclass(frozen=True, slots=True)
class MarketData:
    """What bots read, by the dialects' tables."""

    dialects: Mapping[ExchangeId, Market]
    pools: Pools

    def __call__(self, fetch: Fetch) -> Errand:
        """Describe one read; raises `Misread`. A rehearsal exchange answers everything at its one port."""
        dialect = self.dialects.get(ExchangeId(fetch.exchange))
        if dialect is None:
            raise Misread("exchange", "not one that this deployment reaches")
        action = Read(fetch.what, fetch.fields)
        host = self.pools.only_host(fetch.exchange) or dialect.public_host(fetch.what)
        return Errand(host, dialect.write_public(action), dialect.weight(action))


@dataclass(frozen=True, slots=True)
class Tickers:
    """What prices reads, by the table of venues."""

    pools: Pools

    def __call__(self, fetch: Fetch) -> Errand:
        """Describe one read; raises `Misread`."""
        venue = tickers.VENUES.get(fetch.exchange)
        host = self.pools.only_host(fetch.exchange)
        if venue is None or host is None:
            raise Misread("exchange", "not a venue that this deployment reaches")
        if fetch.what != tickers.WHAT:
            raise Misread("what", "not in the table of tickers")
        return Errand(host, Wire("GET", tickers.target(venue, fetch.fields), _NAMED, b""), venue.weight)
