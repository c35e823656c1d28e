"""The signer's side of the link to the courier: one signed request out, one outcome back."""

import asyncio
from collections.abc import Callable

import msgspec

from ringfence.dialects.dialect import Opening, Wire
from ringfence.errors import Unreachable
from ringfence.ipc.link import Link
from ringfence.ipc.messages import Carry, Ended, Event, Follow, FromCourier, Outcome, Tunnels, Unfollow
from ringfence.model.names import ExchangeId
from ringfence.signer.keyring import AccountKey

# How long the courier may wait for the exchange; Binance's own gateway gives up after 10 s (error -1007).
PATIENCE_MS = 10_000
_GRACE_SECONDS = 2.0


class Carrier:
    """Numbers each request and waits for its outcome. A number is never used twice, and nothing is sent again."""

    def __init__(self) -> None:
        self._link: Link[FromCourier] | None = None
        self._waiting: dict[int, asyncio.Future[Outcome]] = {}
        self._next = 1
        self._tunnels = Tunnels(())
        self.listener: Callable[[Event | Ended | None], None] = lambda _message: None  # of what is followed

    @property
    def up(self) -> bool:
        """Whether the courier is connected."""
        return self._link is not None

    def changed(self, link: Link[FromCourier], up: bool) -> None:  # noqa: FBT001
        """Note that the courier has come or gone; what it was carrying may or may not have been sent."""
        self._link = link if up else None
        if up:
            self._say(self._tunnels)
        else:
            for seq in list(self._waiting):
                self._settle(_silence(seq, "the courier went away"))
            self.listener(None)

    def received(self, _link: Link[FromCourier], message: FromCourier) -> None:
        """Take in an outcome, or what is followed; an outcome that nobody waits for (late, or repeated) is dropped."""
        if isinstance(message, Outcome):
            self._settle(message)
        else:
            self.listener(message)

    def lead(self, tunnels: Tunnels) -> None:
        """Tell the courier where bots' connections may be led, now and whenever it comes anew."""
        self._tunnels = tunnels
        self._say(tunnels)

    def follow(self, exchange: ExchangeId, opening: Opening) -> int | None:
        """Have a socket opened and its messages handed on under a number; None where there is no courier."""
        seq, self._next = self._next, self._next + 1
        return seq if self._say(Follow(seq, exchange, opening.host, opening.target, opening.text)) else None

    def unfollow(self, seq: int) -> None:
        """Have a socket ended."""
        self._say(Unfollow(seq))

    def _say(self, message: Follow | Unfollow | Tunnels) -> bool:
        try:
            if self._link is not None:
                self._link.send(message)
        except Unreachable:
            return False
        return self._link is not None

    def _settle(self, outcome: Outcome) -> None:
        future = self._waiting.pop(outcome.seq, None)
        if future is not None and not future.done():
            future.set_result(outcome)

    async def carry(self, account: AccountKey, wire: Wire) -> Outcome:
        """Send once, to the host that the key is sealed to. Always answers."""
        seq, self._next = self._next, self._next + 1
        if self._link is None:
            return Outcome(seq, sent=False, status=None, body=b"", error="the courier is not running")
        request = (account.exchange, account.hosts[0], wire.method, wire.target, wire.headers, wire.body)
        try:
            self._link.send(Carry(seq, *request, PATIENCE_MS))
        except Unreachable as error:
            return Outcome(seq, sent=False, status=None, body=b"", error=str(error))
        loop = asyncio.get_running_loop()
        self._waiting[seq] = loop.create_future()
        late = loop.call_later(
            PATIENCE_MS / 1000 + _GRACE_SECONDS, self._settle, _silence(seq, "the courier did not report")
        )
        try:
            outcome = await self._waiting[seq]
        finally:
            late.cancel()
        return msgspec.structs.replace(outcome, body=scrub(outcome.body, wire.hidden))


def scrub(body: bytes, hidden: tuple[str, ...]) -> bytes:
    """Blank out whatever of the real key an exchange echoes (docs/explanation/attacks.md, S53)."""
    for text in hidden:
        echo = text.encode()
        if echo in body:
            body = body.replace(echo, b"*" * len(echo))
    return body


def _silence(seq: int, why: str) -> Outcome:
    return Outcome(seq, sent=True, status=None, body=b"", error=why)
