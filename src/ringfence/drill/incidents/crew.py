"""A stolen key and a rich accomplice on pairs of any grid. It knows a port, a key and a secret, and of no guard.

What it is told when an order does not come through it uses: that is what makes the loss behind a guard a fair figure.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import Enum, auto

import msgspec

from ringfence.drill import calls
from ringfence.drill.client import Answer, Client
from ringfence.errors import Broken

_FEE_KEPT = Decimal("0.998")  # of what is bought, the fee goes; and of money, it is left for
_DEEP = Decimal("1.2")  # beyond the furthest quote of the makers that costs little to take away
_ALL_OF_THE_BOOK = Decimal(1_000_000)  # USDT: more than any of these books has on a side so near the price
_PATIENCE, _PAUSE_SECONDS = 50, 0.2  # together longer than Ringfence makes a bot wait for a read
_TOO_FAR = frozenset({"collar", "slow-collar"})
# Nothing that is asked for less of would pass; a minute's pause might, and a replay has none.
_HOPELESS = frozenset(
    {
        "symbol",
        "order-type",
        "role",
        "no-policy",
        "halted",
        "exits-only",
        "key-rights",
        "instrument",
        "orders-per-minute",
    }
)


class Advice(Enum):
    """What one who sent an order makes of the answer."""

    GO_ON = auto()
    NEARER_THE_PRICE = auto()
    SMALLER = auto()
    GIVE_UP = auto()


class _Balance(msgspec.Struct, frozen=True):
    asset: str
    free: str


class _Account(msgspec.Struct, frozen=True):
    balances: tuple[_Balance, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """One pair: what everybody knows the coin to be worth, and the grid of its prices and quantities."""

    symbol: str
    price: Decimal
    tick: Decimal
    step: Decimal

    def at(self, times: Decimal) -> Decimal:
        """A price that is so many times the coin's worth."""
        return max((self.price * times).quantize(self.tick, ROUND_DOWN), self.tick)

    def coins(self, worth: Decimal, price: Decimal) -> Decimal:
        """How many coins some money buys."""
        return (worth / price).quantize(self.step, ROUND_DOWN)


@dataclass(frozen=True, slots=True)
class Deal:
    """One order of the stolen key, which the accomplice is to fill."""

    pair: Pair
    side: str
    form: str
    price: Decimal
    quantity: Decimal

    @property
    def call(self) -> calls.Call:
        """The order as it is sent: at market by what it may cost, and a sale by its coins."""
        if self.form == "limit":
            return calls.limit(self.pair.symbol, self.side, self.quantity, self.price)
        return at_market(self.pair, self.side, self.quantity, self.price)

    @property
    def clearing(self) -> calls.Call:
        """The accomplice's order that takes every quote which is better than his own, and not his own."""
        pair = self.pair
        if self.side == "BUY":
            edge = min(self.price - pair.tick, pair.at(_DEEP))
        else:
            edge = max(self.price + pair.tick, pair.at(1 / _DEEP))
        return calls.limit(pair.symbol, self.side, pair.coins(_ALL_OF_THE_BOOK, edge), edge)


@dataclass(frozen=True, slots=True)
class Crew:
    """`bot` is the stolen key at the address where it works; its client keeps every answer."""

    bot: Client
    accomplice: Client
    pairs: Mapping[str, Pair]

    def free(self, asset: str) -> Decimal:
        """Read how much of an asset the key can use, with patience where it has asked too often; raises `Broken`."""
        answer, patience = self.bot.quietly(calls.account()), _PATIENCE
        while not answer.ok and patience:
            time.sleep(_PAUSE_SECONDS)
            answer, patience = self.bot.quietly(calls.account()), patience - 1
        if not answer.ok:
            raise Broken(f"the account cannot be read: {answer.body.decode('utf-8', 'replace')}")
        held = msgspec.json.decode(answer.body, type=_Account).balances
        return next((Decimal(each.free) for each in held if each.asset == asset), Decimal(0))

    def hand_over(self, deal: Deal) -> Answer:
        """Make the accomplice's order the best one in the book, and send the stolen key's into that moment.

        The makers quote afresh twice a second, so nothing comes between taking their quotes away and the order.
        """
        symbol, other = deal.pair.symbol, "SELL" if deal.side == "BUY" else "BUY"
        bait = calls.limit(symbol, other, deal.quantity, deal.price, timeInForce="GTC")
        hook = self.accomplice.quietly(bait).placed
        self.accomplice.quietly(deal.clearing)
        answer = self.bot.send(deal.call)
        self.accomplice.quietly(calls.cancel(symbol, hook.orderId))
        return answer


def at_market(pair: Pair, side: str, quantity: Decimal, price: Decimal) -> calls.Call:
    """Write a market order: a purchase by what it may cost, a sale by its coins."""
    if side == "BUY":
        return calls.market(pair.symbol, side, quoteOrderQty=f"{(quantity * price).quantize(Decimal('0.01')):f}")
    return calls.market(pair.symbol, side, quantity=f"{quantity:f}")


def kept(amount: Decimal) -> Decimal:
    """What is left of an amount when the fee is taken, or laid by."""
    return amount * _FEE_KEPT


def advice(answer: Answer) -> Advice:
    """Say what to do next: a thief reads refusals too."""
    if answer.ok:
        return Advice.GO_ON if Decimal(answer.placed.executedQty) else Advice.NEARER_THE_PRICE
    code = "" if answer.refusal is None else answer.refusal[0]
    if code in _TOO_FAR:
        return Advice.NEARER_THE_PRICE
    return Advice.GIVE_UP if code in _HOPELESS or not answer.status else Advice.SMALLER
