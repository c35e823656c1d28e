"""`python -m ringfence.prices`: reads public tickers through the courier. It holds nothing and decides nothing."""

import logging
from collections.abc import Coroutine

from ringfence.asking import Asking
from ringfence.confine.harden import harden
from ringfence.ipc.client import stay_connected
from ringfence.ipc.messages import Fetched, Watch
from ringfence.ipc.process import run, until_stopped
from ringfence.prices.feed import Feed
from ringfence.prices.venues import Source, plan_for
from ringfence.settings import Settings

_log = logging.getLogger("ringfence.prices")
_IN_FLIGHT = 512  # more than all venues' requests at their pace within the courier's whole patience
_PATIENCE_SECONDS = 12.0  # a little longer than the courier's own, which is 10


async def serve(settings: Settings) -> None:
    """Price what the signer names until stopped; raises `Misconfigured`."""
    plan = plan_for(settings)
    courier: Asking[Fetched] = Asking(_IN_FLIGHT, _PATIENCE_SECONDS)
    feed = Feed({name: Source(name, courier) for name in plan.venues}, plan)
    _log.info("ready to ask %s", ", ".join(plan.venues))
    asking: list[Coroutine[object, object, object]] = [feed.ask(name) for name in plan.venues]
    await until_stopped(
        stay_connected(
            settings.socket("tickers"), Fetched, settings.uids("courier"), courier.received, courier.changed
        ),
        stay_connected(settings.socket("quotes"), Watch, settings.uids("signer"), feed.watch, feed.signer),
        feed.tell(),
        *asking,
    )


def main() -> None:
    """Run the prices process until SIGTERM."""
    run("prices", lambda settings: harden("prices", settings), serve)
