"""An account's past trades, as the exchange has them on record: asked for by the owner, a page at a time.

It reads and nothing else, and leaves to bots, exits and errands what they need of the exchange's weight.
"""

import math
import time

import msgspec

from ringfence.dialects.registry import dialect_of
from ringfence.errors import Misconfigured, Misread, Unreachable
from ringfence.ipc.messages import Outcome
from ringfence.model.action import Read
from ringfence.model.entry import EntryKind
from ringfence.model.fill import Fill
from ringfence.model.names import AccountName, ExchangeId, Symbol
from ringfence.model.reply import Limited, Rejected, Reply, Told
from ringfence.signer.desk import Desk
from ringfence.signer.lanes import Bucket
from ringfence.signer.questions import Send

# A tenth of what the exchange gives one address a minute, a burst included. Bots have three, unsigned reads five.
_SHARE = 0.1
_BURST_SECONDS = 20.0
_PAGE = 1_000  # the most that Binance gives at once


class Page(msgspec.Struct, frozen=True):
    """Some fills; `after` is where to go on, None at the end. With `wait_s` there are none: ask again then."""

    exchange: ExchangeId
    fills: tuple[Fill, ...] = ()
    after: int | None = None
    wait_s: int = 0


class Trades:
    """Asks for pages; `send` signs a read, has it carried and says what its answer means."""

    def __init__(self, desk: Desk, send: Send) -> None:
        self._desk = desk
        self._send = send
        self._buckets: dict[ExchangeId, Bucket] = {}

    async def page(self, account: AccountName, symbol: Symbol, after: int | None) -> Page:
        """Ask for one page, unless it is not its turn yet; raises `Misconfigured` or `Unreachable`."""
        desk, key = self._desk, self._desk.keyring.accounts.get(account)
        if key is None:
            raise Misconfigured(f"account {account} has no key", hint=f"ringfence key add {account}")
        away = desk.waiting_out(account)
        if away:
            raise Unreachable(f"{key.exchange} has asked to be left alone for {away} s", hint="try again then")
        native = self._native(key.exchange, account, symbol)
        first = () if after is None else (("fromId", str(max(0, after + 1))),)
        read = Read("my-trades", (*first, ("limit", str(_PAGE))), symbol)
        wait = self._turn(key.exchange, read)
        if wait:
            return Page(key.exchange, wait_s=wait)
        desk.writer.note(EntryKind.ERRAND, "owner", {"read": read.what, "account": account, "symbol": symbol})
        outcome, reply = await self._send(account, read)
        return _page(key.exchange, self._heard(account, symbol, outcome, reply), native)

    def _native(self, exchange: ExchangeId, account: AccountName, symbol: Symbol) -> str:
        """Name a symbol as it was pinned, or as it is likely called: a draft may name what no policy has yet."""
        pinned = self._desk.world.instruments(account).get(symbol)
        try:
            return dialect_of(exchange).native(symbol) if pinned is None else pinned.native
        except Misread as error:
            raise Misconfigured(f"{symbol} cannot be a symbol of {exchange}: {error}") from None

    def _heard(self, account: AccountName, symbol: Symbol, outcome: Outcome, reply: Reply) -> tuple[Fill, ...]:
        exchange = self._desk.keyring.accounts[account].exchange
        what = f"{exchange} did not tell the trades in {symbol}"
        match reply:
            case Told():
                try:
                    return dialect_of(exchange).hear_fills(outcome.body)
                except Misread as error:
                    raise Unreachable(f"{what} in a way that can be read: {error}") from None
            case Rejected(_, text):
                raise Misconfigured(
                    f"{what}: {text}", hint=f"is it traded there? `ringfence key check {account}` tries the key"
                )
            case Limited(seconds):
                raise Unreachable(f"{what}, and asks to be left alone for {seconds} s", hint="try again then")
            case _:
                raise Unreachable(f"{what}: {outcome.error or 'its answer is none'}", hint="ringfence status")

    def _turn(self, exchange: ExchangeId, read: Read) -> int:
        """Spend some of the share, or say in how many seconds there is enough of it."""
        dialect = dialect_of(exchange)
        rate = dialect.weight_per_minute * _SHARE / (60 + _BURST_SECONDS)
        bucket = self._buckets.setdefault(exchange, Bucket(rate, rate * _BURST_SECONDS))
        weight = dialect.weight(read)
        return 0 if bucket.take(weight, time.monotonic()) else math.ceil(weight / rate)


def _page(exchange: ExchangeId, fills: tuple[Fill, ...], native: str) -> Page:
    """Go on before the last one: one trade with oneself has two fills, and a page may end between them."""
    if any(fill.native != native for fill in fills):
        raise Unreachable(f"{exchange} told trades in another symbol than {native}")
    more = max(fill.trade for fill in fills) - 1 if len(fills) >= _PAGE else None
    return Page(exchange, tuple(sorted(fills, key=lambda fill: fill.trade)), more)
