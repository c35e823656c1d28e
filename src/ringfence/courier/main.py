"""`python -m ringfence.courier`: the only process that reaches the exchanges. It decides nothing and keeps nothing."""

import logging
from collections.abc import Mapping
from contextlib import AsyncExitStack

from ringfence.confine.harden import harden
from ringfence.courier.budget import Budget, share
from ringfence.courier.carry import Carrying
from ringfence.courier.describe import MarketData, Tickers
from ringfence.courier.follow import Followed
from ringfence.courier.hosts import (
    carry_places,
    certificates,
    follow_places,
    public_places,
    stream_places,
    ticker_places,
)
from ringfence.courier.pools import Pools
from ringfence.courier.public import Public
from ringfence.courier.relay import OPENED_PER_MINUTE, Relays
from ringfence.courier.tunnels import Tunnelling
from ringfence.dialects.dialect import Dialect
from ringfence.dialects.registry import DIALECTS
from ringfence.dialects.sockets import FRAMES
from ringfence.dialects.tickers import VENUES
from ringfence.ipc.messages import Fetch, FromBot, ToCourier, Tunnel
from ringfence.ipc.pipe import Pipe
from ringfence.ipc.process import run, until_stopped
from ringfence.ipc.server import listen
from ringfence.model.names import ExchangeId
from ringfence.settings import Settings

_log = logging.getLogger("ringfence.courier")
# All reads together may use half of what an exchange gives our address, so that orders, cancels and the stop always
# have the other half (docs/explanation/attacks.md, S25). Tickers have their own fixed part of that half; bots have
# what is left of it.
_READS = 2


async def serve(settings: Settings, dialects: Mapping[ExchangeId, Dialect]) -> None:
    """Carry and fetch until stopped."""
    async with AsyncExitStack() as stack:
        orders, reads, tickers = (
            Pools(carry_places(settings, dialects.values())),
            Pools(public_places(settings, dialects.values())),
            Pools(ticker_places(settings)),
        )
        for pools in (orders, reads, tickers):
            stack.push_async_callback(pools.close)
        tunnelling = Tunnelling()
        carrying = Carrying(orders, Followed(follow_places(settings, FRAMES)), tunnelling)
        relays = Relays(stream_places(settings, FRAMES), FRAMES, Budget(OPENED_PER_MINUTE, OPENED_PER_MINUTE))
        bots = Public(reads, MarketData(dialects, reads), bot_budgets(dialects))
        prices = Public(tickers, Tickers(tickers), {name: share(venue.per_minute) for name, venue in VENUES.items()})
        settings.socket("carry").parent.mkdir(mode=0o750, exist_ok=True)
        for server in (
            await listen(
                settings.socket("carry"), ToCourier, settings.uids("signer"), carrying.received, carrying.changed
            ),
            await listen(
                settings.socket("streams"), FromBot, settings.uids("gateway"), relays.received, relays.changed, Pipe
            ),
            await listen(
                settings.socket("tunnels"),
                Tunnel,
                settings.uids("gateway"),
                tunnelling.received,
                tunnelling.changed,
                Pipe,
            ),
            await listen(settings.socket("public"), Fetch, settings.uids("gateway"), bots.received),
            await listen(settings.socket("tickers"), Fetch, settings.uids("prices"), prices.received),
        ):
            stack.callback(server.close)
        _log.info("ready to carry for %s", ", ".join(sorted(dialects)))
        await until_stopped(tunnelling.tell())


def bot_budgets(dialects: Mapping[ExchangeId, Dialect]) -> dict[str, Budget]:
    """Say how much weight bots' reads may use at each exchange."""
    return {
        name: share(dialect.weight_per_minute // _READS - (VENUES[name].per_minute if name in VENUES else 0))
        for name, dialect in dialects.items()
    }


def main() -> None:
    """Run the courier until SIGTERM."""
    run(
        "courier",
        lambda settings: harden("courier", settings, certificates()),
        lambda settings: serve(settings, DIALECTS),
    )
