"""Answer one listener's bots: market data through the courier, everything else through the signer. Never hang."""

from collections import Counter
from dataclasses import dataclass, replace
from typing import Protocol, Self

from ringfence.asking import Asking, Silence
from ringfence.dialects.dialect import Answer
from ringfence.dialects.frames import Frames
from ringfence.gateway.calls import Calls
from ringfence.gateway.feeds import Feeds
from ringfence.gateway.http import Refused
from ringfence.gateway.limits import Limits
from ringfence.gateway.relay import Spring
from ringfence.gateway.reply import Reply
from ringfence.gateway.websocket import Talk
from ringfence.ipc.messages import Answered, Ask, Fetch, Fetched
from ringfence.model.action import Read
from ringfence.model.decision import Code, Reason
from ringfence.model.names import ExchangeId
from ringfence.model.request import Request

_STATUSES = range(200, 600)  # what may end an HTTP exchange
_UNHEARD = {
    Silence.UNSENT: Reason(Code.BUSY, "ringfence is not ready; nothing was done, try again"),
    Silence.UNANSWERED: Reason(Code.UPSTREAM, "no answer in time; it may or may not have been done, so look first"),
}


class Tongue(Protocol):
    """What of a dialect the gateway needs: it verifies nothing, reads no order and signs nothing."""

    def read_public(self, request: Request) -> Read | None:
        """As `Dialect` has it."""
        ...

    def refuse(self, reason: Reason) -> Answer:
        """As `Dialect` has it."""
        ...


@dataclass(frozen=True, slots=True)
class Front:
    """One listener's way in. `counts` is what the log tells once a minute, since a bot could fill a log.

    `bot` is there where a pass has told whose the connection is; it shares nothing with others then.
    """

    listener: str
    exchange: ExchangeId
    dialect: Tongue
    signer: Asking[Answered]
    courier: Asking[Fetched]
    counts: Counter[str]
    frames: Frames
    feeds: Feeds
    spring: Spring
    limits: Limits
    bot: str = ""

    def of(self, bot: str) -> Self:
        """Make the same for one bot."""
        return replace(self, bot=bot)

    async def answer(self, request: Request) -> Reply:
        """Ask whoever knows, and say what came of it. Never raises."""
        try:
            return await self._answer(request)
        except Exception as broken:  # noqa: BLE001  # hostile bytes found a hole: close it
            return self._broken(broken)

    async def grant(self, request: Request) -> tuple[Reply, str | None]:
        """Ask whether a socket may hear an account's events, and name the feed where it may. Never raises."""
        try:
            heard = await self._ask(request)
        except Exception as broken:  # noqa: BLE001  # as above
            return self._broken(broken), None
        feed = heard.feed if isinstance(heard, Answered) else None
        return self._reply(heard), feed

    async def open(self, request: Request) -> Talk | Reply:
        """Say what a socket that is opened here carries, or why none is. Never raises."""
        try:
            return await self._open(request)
        except Exception as broken:  # noqa: BLE001  # as above
            return self._broken(broken)

    def no(self, reason: Reason) -> Answer:
        """Say no in the exchange's own shape."""
        return self.dialect.refuse(reason)

    def refuse(self, refused: Refused) -> Reply:
        """Say no to what is not a request."""
        self.counts[refused.counted] += 1
        return Reply(refused.status, self._no(Code.UNKNOWN, refused.why).body)

    async def _answer(self, request: Request) -> Reply:
        public = self.dialect.read_public(request)
        return self._reply(await (self._ask(request) if public is None else self._fetch(public)))

    async def _open(self, request: Request) -> Talk | Reply:
        if self.frames.takes_calls(request.path):
            self.counts["sockets for calls"] += 1
            return Calls(self, self.frames, self.feeds, self.limits, request.host)
        streams = self.frames.read_streams(request.path, request.query)
        if streams is None:
            return self._no(Code.UNKNOWN, "no public stream is known there, and no calls are taken")
        self.counts["sockets for streams"] += 1
        asker = f"bot {self.bot}" if self.bot else self.listener  # no listener's name has a space
        opened = await self.spring.open(self.exchange, self.frames, streams, asker)
        return self._no(Code.UPSTREAM, opened) if isinstance(opened, str) else opened

    def _broken(self, broken: Exception) -> Reply:
        """Name no byte of what broke us."""
        self.counts[f"broken by {type(broken).__name__}"] += 1
        return self._no(Code.UNKNOWN, "the request cannot be read")

    def _reply(self, heard: Answered | Fetched | Silence) -> Reply:
        match heard:
            case Silence():
                self.counts[heard.value] += 1
                return _reply(self.dialect.refuse(_UNHEARD[heard]))
            case Fetched(status=429, error=str(why)):  # the courier's own budget, in the exchange's words
                self.counts["over budget"] += 1
                return self._no(Code.BUSY, why, heard.retry_after)
            case Fetched(status=None) | Fetched(error=str()):
                self.counts["upstream"] += 1
                return self._no(Code.UPSTREAM, heard.error or "no answer", heard.retry_after)
            case Answered(status=int(status)) | Fetched(status=int(status)) if status in _STATUSES:
                return Reply(status, heard.body, heard.retry_after)
            case _:
                self.counts["unusable"] += 1
                return self._no(Code.UPSTREAM, "the answer has no HTTP status")

    async def _ask(self, request: Request) -> Answered | Silence:
        self.counts["asked"] += 1
        return await self.signer.ask(lambda number: _ask(number, self.listener, request))

    async def _fetch(self, public: Read) -> Fetched | Silence:
        self.counts["fetched"] += 1
        return await self.courier.ask(lambda number: Fetch(number, self.exchange, public.what, public.fields))

    def _no(self, code: Code, why: str, retry_after: int | None = None) -> Reply:
        return _reply(self.dialect.refuse(Reason(code, why)), retry_after)


def _reply(answer: Answer, retry_after: int | None = None) -> Reply:
    return Reply(answer.status, answer.body, retry_after)


def _ask(number: int, listener: str, request: Request) -> Ask:
    return Ask(
        id=number,
        listener=listener,
        method=request.method,
        host=request.host,
        path=request.path,
        query=request.query,
        headers=request.headers,
        body=request.body,
    )
