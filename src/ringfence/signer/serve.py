"""The signer's door: who asks, whether it is theirs and fresh, what it means; then to the part that answers."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Iterable

import msgspec

from ringfence.dialects.dialect import Answer, Envelope
from ringfence.dialects.registry import DIALECTS, dialect_of
from ringfence.errors import Misread, Unreachable
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Answered, Ask
from ringfence.model.action import (
    Action,
    Amend,
    Cancel,
    CancelAll,
    CancelList,
    Follow,
    Forbidden,
    Place,
    PlaceList,
    Preview,
    Read,
    Replace,
    Unknown,
)
from ringfence.model.decision import Code, Reason
from ringfence.model.names import ExchangeId, KeyId
from ringfence.model.request import Request
from ringfence.settings import Settings
from ringfence.signer.cancels import Cancels
from ringfence.signer.clock import wall_ms
from ringfence.signer.desk import BUSY, Desk, fingerprint
from ringfence.signer.errands import Errands
from ringfence.signer.feeds import Feeds
from ringfence.signer.intent import Intent
from ringfence.signer.keyring import BotKey
from ringfence.signer.orders import Orders, Signed, content_of
from ringfence.signer.reads import Reads
from ringfence.signer.refusals import Refusal

# Binance accepts a timestamp up to 1 s ahead and a window of at most 60 s (docs/explanation/sources.md).
_AHEAD_MS = 1_000
_MAX_WINDOW_MS = 60_000
_REMEMBERED = 50_000
_IN_FLIGHT = 2_048
# Binance's 4 for the amendment and 4 for the question how the order stands then. An order can be made smaller by one
# step a thousand times, so this counts as reading does; a cancel ends its order, and always passes (S25).
_AMEND_WEIGHT = 8
_NOT_FOLLOWED = Reason(Code.UPSTREAM, "the account's events are not followed just now; try again in a moment")


class Granted(msgspec.Struct, frozen=True):
    """The bot may hear a feed."""

    feed: str


class Serve:
    """Answers what gateways ask."""

    def __init__(
        self, desk: Desk, errands: Errands, feeds: Feeds, settings: Settings, recent: Iterable[Intent] = ()
    ) -> None:
        self._desk = desk
        self._exchanges = settings.ways(DIALECTS)
        self._orders = Orders(desk, errands, recent)
        self._cancels = Cancels(desk, errands)
        self._reads = Reads(desk)
        self._feeds = feeds
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: OrderedDict[str, tuple[float, str]] = OrderedDict()
        self._answered: dict[str, asyncio.Task[Answer]] = {}
        self.gateways = 0

    def changed(self, _link: Link[Ask], up: bool) -> None:  # noqa: FBT001  # the shape that Link calls
        """Count the gateways that are connected."""
        self.gateways += 1 if up else -1

    def received(self, link: Link[Ask], ask: Ask) -> None:
        """Begin to answer one request."""
        if len(self._tasks) >= _IN_FLIGHT:
            self._say(link, ask, Answer(503, b"{}"))
            return
        task = asyncio.create_task(self._serve(link, ask))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    async def _serve(self, link: Link[Ask], ask: Ask) -> None:
        exchange = self._exchanges.get(ask.listener)
        if exchange is None:
            self._say(link, ask, Answer(404, b"{}"))
            return
        request = Request(ask.method, ask.host, ask.path, ask.query, ask.headers, ask.body)
        self._say(link, ask, await self._answer(exchange, request, link, ask.listener))

    async def _answer(self, exchange: ExchangeId, request: Request, link: Link[Ask], way: str) -> Answer | Granted:
        dialect = dialect_of(exchange)
        identified = self._identify(exchange, request, way)
        if isinstance(identified, Reason):
            self._turn_away(request, identified)
            return dialect.refuse(identified)
        key, envelope = identified
        action = dialect.read(request, self._desk.world.symbols(key.account))
        signed = self._signed(key, envelope, action, request)
        if signed is None:
            reason = Reason(Code.REPLAY, "this signature was used before, for something else")
            return self._desk.refuse(key, f"{request.method} {request.path}", _hash(request), (reason,))
        return await self._act(key, action, signed, link)

    def _follow(self, key: BotKey, action: Follow, signed: Signed, link: Link[Ask]) -> Answer | Granted:
        """Let a bot hear its account's events, where it may read at all."""
        decided = self._desk.judge(key, action)
        if not decided.allowed:
            return self._desk.refuse(key, "FOLLOW", signed.request, decided.because)
        feed = self._feeds.grant(key.account, link)
        return dialect_of(key.exchange).refuse(_NOT_FOLLOWED) if feed is None else Granted(feed)

    async def _act(self, key: BotKey, action: Action, signed: Signed, link: Link[Ask]) -> Answer | Granted:
        match action:
            case Follow():
                return self._follow(key, action, signed, link)
            case Place() | PlaceList():
                return await self._orders.place(key, action, signed)
            case Amend() if not self._reads.affordable(key, _AMEND_WEIGHT):
                return dialect_of(key.exchange).refuse(BUSY)
            case Cancel() | CancelAll() | CancelList() | Amend():
                return await self._once(signed, lambda: self._cancels.reduce(key, action, signed))
            case Replace():
                return await self._once(signed, lambda: self._replace(key, action, signed))
            case Read() | Preview():
                return await self._reads.read(key, action, signed.request)
            case _:
                return self._never(key, action, signed)

    async def _once(self, signed: Signed, work: Callable[[], Coroutine[None, None, Answer]]) -> Answer:
        """Answer what is repeated with the first answer, so that repeating a cancel reaches no newer order."""
        first = self._answered.get(signed.digest)
        if first is None:
            first = asyncio.create_task(work())
            self._answered[signed.digest] = first
            asyncio.get_running_loop().call_later(_MAX_WINDOW_MS / 1000, self._answered.pop, signed.digest)
        return await asyncio.shield(first)

    async def _replace(self, key: BotKey, action: Replace, signed: Signed) -> Answer:
        """Cancel, then place: the new order is judged when it is known what became of the old one, and not before.

        Where the cancel failed, or its outcome is not known, the old order still counts in full (S14). A replacement
        whose order was sent before this process began is not begun again.
        """
        known = self._orders.known(signed)
        if known is not None:
            return dialect_of(key.exchange).refuse(known)
        cancelled = await self._cancels.reduce(key, action.cancel, signed)
        placed = None
        if cancelled.status == 200 or action.insist:  # noqa: PLR2004  # HTTP OK
            placed = await self._orders.place(key, Place(action.order), signed)
        return dialect_of(key.exchange).replaced(cancelled, placed)

    def _never(self, key: BotKey, action: Forbidden, signed: Signed) -> Answer:
        words = f"UNKNOWN {action.why}"[:200] if isinstance(action, Unknown) else action.route
        return self._desk.refuse(key, words, signed.request, self._desk.judge(key, action).because)

    def _identify(self, exchange: ExchangeId, request: Request, way: str) -> tuple[BotKey, Envelope] | Reason:
        """Say which bot signed this, just now; or why that cannot be said."""
        dialect = dialect_of(exchange)
        try:
            envelope = dialect.envelope(request)
        except Misread as error:
            return Reason(Code.UNKNOWN, str(error))
        if envelope.key is None:
            return Reason(Code.KEY, "the request names no key")
        key = self._desk.keyring.bots.get((exchange, envelope.key))
        if key is None:  # what a decoy's thief hears, and when, is what everybody hears whose key is nobody's
            asyncio.get_running_loop().call_soon(self._look_for_decoy, envelope.key, way)
            return Reason(Code.KEY, "the request's key is not a virtual key of this deployment for this exchange")
        if envelope.signature is None or not dialect.verify(request, key.checker):
            return Reason(Code.SIGNATURE, "the signature does not fit the request")
        return _stale(envelope) or (key, envelope)

    def _look_for_decoy(self, key: KeyId, way: str) -> None:
        """Raise an alarm where a key that is no bot's is a decoy. The mark alone means nothing: anybody can make it."""
        decoy = self._desk.keyring.decoys.get(key)
        if decoy is not None:
            before, text = self._desk.decoys.used(decoy, way, self._desk.timeline.now())
            if text:
                self._desk.alarm(text, instead=before)

    def _signed(self, key: BotKey, envelope: Envelope, action: Action, request: Request) -> Signed | None:
        """Digest a request; None where its signature was seen before with another meaning.

        On some exchanges a signature covers neither method nor path, so one may be shown for two things. Two reads in
        the same millisecond do share one, as clients that start up show; anything else needs one of its own.
        """
        digest = fingerprint(key.key.encode(), (envelope.signature or "").encode()).hex()
        content = content_of(key.bot, action)
        meaning = "read" if isinstance(action, Read) else content
        now = time.monotonic()
        while self._seen and (len(self._seen) > _REMEMBERED or next(iter(self._seen.values()))[0] < now):
            self._seen.popitem(last=False)
        known = self._seen.setdefault(digest, (now + 2 * _MAX_WINDOW_MS / 1000, meaning))
        if known[1] != meaning:
            return None
        return Signed(digest, content, _hash(request))

    def _turn_away(self, request: Request, reason: Reason) -> None:
        """Write down a request that belongs to nobody."""
        refusals = self._desk.refusals
        refusals.add(
            Refusal(self._desk.timeline.now(), "?", f"{request.method} {request.path}"[:200], _hash(request), (reason,))
        )

    def _say(self, link: Link[Ask], ask: Ask, answer: Answer | Granted) -> None:
        if isinstance(answer, Granted):
            told = Answered(ask.id, 200, b"{}", feed=answer.feed)
        else:
            told = Answered(ask.id, answer.status, answer.body, answer.retry_after)
        try:
            link.send(told)
        except Unreachable:
            return  # the gateway is gone, and its bot with it; what was done is in the journal

    def _done(self, task: "asyncio.Task[None]") -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self._desk.alarm(f"answering a request failed: {type(task.exception()).__name__}")


def _stale(envelope: Envelope) -> Reason | None:
    now, said = wall_ms(), envelope.timestamp_ms
    window = envelope.window_ms
    if said is None or not 0 < window <= _MAX_WINDOW_MS:
        return Reason(Code.STALE, f"the request needs a timestamp, and a window of at most {_MAX_WINDOW_MS} ms")
    if said > now + _AHEAD_MS:
        return Reason(Code.STALE, f"the timestamp is {said - now} ms ahead of this server's time")
    if now - said > window:
        return Reason(Code.STALE, f"the timestamp is {now - said} ms old, outside the window of {window} ms")
    return None


def _hash(request: Request) -> str:
    """SHA-256 of the bytes as the bot sent them (hex)."""
    return fingerprint(request.method.encode(), request.path.encode(), request.query, request.body).hex()
