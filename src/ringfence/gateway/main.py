"""`python -m ringfence.gateway`: the process that bots talk to. It holds no key and makes no signature."""

import asyncio
import logging
import os
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack

from ringfence.asking import Asking
from ringfence.confine.harden import harden
from ringfence.dialects.frames import Frames
from ringfence.dialects.registry import dialect_of
from ringfence.dialects.sockets import FRAMES
from ringfence.gateway.feeds import Feeds
from ringfence.gateway.front import Front, Tongue
from ringfence.gateway.limits import Limits
from ringfence.gateway.ports import Ports
from ringfence.gateway.relay import Spring
from ringfence.gateway.ways import ways_in
from ringfence.ipc.client import stay_connected
from ringfence.ipc.messages import Answered, Fetched, ToGateway
from ringfence.ipc.process import run, until_stopped
from ringfence.model.names import ExchangeId
from ringfence.settings import Settings

_log = logging.getLogger("ringfence.gateway")
_COUNT_SECONDS = 60  # one line a minute, however many requests there are (docs/explanation/attacks.md, S30)


async def serve(
    settings: Settings,
    tongue_of: Callable[[ExchangeId], Tongue],
    frames_of: Callable[[ExchangeId], Frames],
    limits: Limits,
) -> None:
    """Listen for bots until stopped."""
    signer: Asking[Answered] = Asking(limits.in_flight, limits.patience_seconds)
    courier: Asking[Fetched] = Asking(limits.in_flight, limits.patience_seconds)
    counts: Counter[str] = Counter()
    feeds = Feeds(signer)
    spring = Spring(settings.socket("streams"), settings.uids("courier"), limits.patience_seconds)

    def front_of(way: str, exchange: ExchangeId) -> Front:
        tongue, frames = tongue_of(exchange), frames_of(exchange)
        return Front(way, exchange, tongue, signer, courier, counts, frames, feeds, spring, limits)

    ports = Ports.given(os.environ)
    async with AsyncExitStack() as stack:
        for what, way in ways_in(settings, front_of, limits, counts):
            await way.open(ports)
            stack.push_async_callback(way.close)
            _log.info("listening %s on port %s", what, way.port)
        ports.insist_on_all()
        await until_stopped(
            stay_connected(settings.socket("asks"), ToGateway, settings.uids("signer"), feeds.received, feeds.changed),
            stay_connected(
                settings.socket("public"), Fetched, settings.uids("courier"), courier.received, courier.changed
            ),
            _tell(counts),
        )


async def _tell(counts: Counter[str]) -> None:
    while True:
        await asyncio.sleep(_COUNT_SECONDS)
        if counts:
            _log.info("in the last minute: %s", ", ".join(f"{count} {what}" for what, count in sorted(counts.items())))
            counts.clear()


def main() -> None:
    """Run the gateway until SIGTERM."""
    run(
        "gateway",
        lambda settings: harden("gateway", settings),
        lambda settings: serve(settings, dialect_of, FRAMES.__getitem__, Limits()),
    )
