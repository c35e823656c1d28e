"""One order that was allowed, and what has become of it. Pure: time and prices come as arguments."""

from decimal import Decimal
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from ringfence.model.decision import Charge
from ringfence.model.names import AccountName, Asset, BotName, ClientId, ExchangeId, OrderId, Symbol
from ringfence.model.order import TRIGGERED, Side
from ringfence.model.reply import Report
from ringfence.policy.amounts import ceiling
from ringfence.policy.charge import cost

WINDOW_MS = 24 * 3600 * 1000  # a window that slides: docs/explanation/attacks.md, S36
MINUTE_MS = 60 * 1000
_ZERO = Decimal(0)
_COME_IN_MS = 7_000  # a reference is up to five seconds old, and told each second


class Worst(msgspec.Struct, frozen=True):
    """The reference of a time against which a fill lost most, of those that are known; None where none is.

    `certain`: they are all known, from the time's beginning on.
    """

    price: Decimal | None
    certain: bool


class State(StrEnum):
    """How far an intent has come. Only FINAL releases what it did not fill."""

    RESERVED = "reserved"  # durable, perhaps sent, no answer that can be believed yet
    OPEN = "open"  # the exchange has it, and it may still fill
    FINAL = "final"  # it can fill no more


class Intent(msgspec.Struct, frozen=True):
    """One order that was allowed: the charge it was admitted with, and what has become of it.

    `charge.order` is what was sent, `quantity`, `price` and `client_id` are its own; times are timeline ms. `content`
    digests what the bot meant, `digest` how it signed that. `list_name` and `list_id` name the list that it is part of;
    `shares` is the intent just before it, where only one of the two can fill. `slipped` is what its fills have lost
    against the price of their time. `bot` is whose position it changes, `by` who placed it where that is another.
    """

    seq: int
    bot: BotName
    account: AccountName
    exchange: ExchangeId
    base: Asset
    charge: Charge
    quantity: Decimal
    price: Decimal
    client_id: ClientId
    fee: Decimal
    at: int
    content: str
    digest: str
    state: State = State.RESERVED
    order_id: OrderId | None = None
    executed: Decimal = _ZERO
    executed_quote: Decimal = _ZERO
    base_fee: Decimal = _ZERO
    settled_at: int | None = None
    list_name: ClientId | None = None
    list_id: OrderId | None = None
    shares: int | None = None
    by: BotName | None = None
    slipped: Decimal = _ZERO

    @property
    def placer(self) -> BotName:
        """Who placed it, and alone may take it off the book."""
        return self.by or self.bot

    @property
    def symbol(self) -> Symbol:
        """What it trades."""
        return self.charge.order.symbol

    @property
    def side(self) -> Side:
        """Which way the money goes."""
        return self.charge.order.side

    @property
    def remaining(self) -> Decimal:
        """What may still fill."""
        return _ZERO if self.state is State.FINAL else self.quantity - self.executed

    @property
    def effect(self) -> Decimal:
        """What its fills have done to the bot's position in the base asset."""
        return self.side.sign * self.executed - self.base_fee

    @property
    def counted_notional(self) -> Decimal:
        """What it counts for in the window: all of it while it may fill, then what did."""
        if self.state is not State.FINAL:
            return self.charge.notional
        return self.executed * max(self.price, self.charge.reference)

    @property
    def counted_loss(self) -> Decimal:
        """What it counts for in the loss budget: what was really lost, and the worst of what may still fill."""
        lost = self.slipped + self.fee * self.executed_quote
        return lost if self.state is State.FINAL else lost + ceiling(self.charge.loss * self.remaining / self.quantity)

    @property
    def cash(self) -> Decimal:
        """What its fills have done to the account's currency; a fee that the base asset did not pay was paid here."""
        fee = _ZERO if self.base_fee else self.fee * self.executed_quote
        return -self.side.sign * self.executed_quote - fee


def settle(intent: Intent, report: Report, now: int, worst: Worst) -> Intent:
    """Take in how the exchange says an order stands. What it filled never shrinks, and FINAL never reopens.

    `worst` is of the time since the last look; where not all references of it are known the new fills count at least as
    what was reserved for them. The order itself may have been made smaller, and then reserves less.
    """
    if intent.state is State.FINAL or report.executed < intent.executed:
        return intent
    slipped = intent.slipped + _slipped(intent, report, worst)
    if report.quantity < intent.quantity:
        intent = _smaller(intent, report.quantity)
    return replace(
        intent,
        state=State.FINAL if report.final else State.OPEN,
        order_id=report.order_id,
        list_id=report.list_id,
        executed=report.executed,
        executed_quote=report.executed_quote,
        base_fee=_base_fee(intent, report),
        settled_at=now if report.final else None,
        slipped=slipped,
    )


def _slipped(intent: Intent, report: Report, worst: Worst) -> Decimal:
    filled, paid = report.executed - intent.executed, report.executed_quote - intent.executed_quote
    least = _ZERO if worst.certain else ceiling(intent.charge.loss * filled / intent.quantity)
    return least if worst.price is None else max(least, intent.side.sign * (paid - filled * worst.price))


def _smaller(intent: Intent, quantity: Decimal) -> Intent:
    order = replace(intent.charge.order, quantity=quantity)
    was = intent.charge
    notional, loss = cost(order, was.lane, was.reference, was.collar, intent.fee)
    return replace(intent, quantity=quantity, charge=replace(was, order=order, notional=notional, loss=loss))


class Unsure(msgspec.Struct, frozen=True):
    """A fill whose price was looked at before the references of its time had all come in.

    `since` is the last look before it, `due` when to look again (timeline ms), `counted` what it counts as lost so far.
    """

    seq: int
    bot: BotName
    symbol: Symbol
    side: Side
    filled: Decimal
    paid: Decimal
    counted: Decimal
    since: int
    due: int

    def more(self, worst: Worst) -> Decimal:
        """Say what it lost beyond what was counted, against the worst reference of its time."""
        if worst.price is None:
            return _ZERO
        return max(_ZERO, self.side.sign * (self.paid - self.filled * worst.price) - self.counted)


def unsure(before: Intent, after: Intent, since: int, now: int) -> Unsure | None:
    """Say whether a fill is to be looked at again; what left at once was filled at the reference that judged it."""
    order, filled = after.charge.order, after.executed - before.executed
    if filled <= 0 or not (order.rests or order.kind in TRIGGERED):
        return None
    paid, counted = after.executed_quote - before.executed_quote, after.slipped - before.slipped
    return Unsure(after.seq, after.bot, after.symbol, after.side, filled, paid, counted, since, now + _COME_IN_MS)


def drop(intent: Intent, now: int) -> Intent:
    """Close an order that the exchange certainly does not have."""
    return intent if intent.state is State.FINAL else replace(intent, state=State.FINAL, settled_at=now)


def _base_fee(intent: Intent, report: Report) -> Decimal:
    """Fees paid in the base asset; where the exchange does not say, a buy is taken to have paid the full rate."""
    if report.fees is not None:
        return sum((amount for asset, amount in report.fees if asset == intent.base), _ZERO)
    return intent.fee * report.executed if intent.side is Side.BUY else _ZERO
