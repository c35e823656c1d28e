"""What an order costs at most: its lane, its worst price, its notional and its loss. Pure.

Here a market order gets its limit, and here it is decided whether an order is an exit. The proof that rests on both
is in docs/explanation/blast-radius.md.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from ringfence.model.decision import Charge, Code, Lane, Reason, Refuse
from ringfence.model.facts import Facts, Holding, Instrument, Reference
from ringfence.model.order import Kind, Order, Side, Tif
from ringfence.policy.amounts import as_percent, plain
from ringfence.policy.policy import Limits

FRESH_SECONDS = 5.0  # facts/blast-radius.md, 3.4: age of the fast reference
EXIT_FRESH_SECONDS = 60.0  # an exit outlives a short outage of the venues; its collar still holds (design, 7; S56)


@dataclass(frozen=True, slots=True)
class _Market:
    """How the order's symbol trades, and the price that its side is judged by."""

    instrument: Instrument
    reference: Decimal
    age: float


@dataclass(frozen=True, slots=True)
class _Bounded:
    """An order that says how much and at what price at worst."""

    order: Order
    quantity: Decimal
    limit: Decimal


def price(order: Order, facts: Facts, limits: Limits, fee: Decimal) -> Charge | Refuse:
    """Turn an order into what will be sent and what it reserves, or say why that cannot be known.

    An exit is judged within `exit_collar`, and by a reference of up to a minute; any other order within `collar`, by
    one of up to five seconds. Without any reference nothing is priced, exits included: an exit at the bot's own price
    would let it give the position away while its accomplice blocks the venues.
    """
    market = _market(order, facts)
    if isinstance(market, Refuse):
        return market
    bounded = _bounded(order, market, limits.exit_collar)
    if _reduces(order.side, bounded.quantity, facts.holding):
        lane, collar, patience = Lane.EXIT, limits.exit_collar, EXIT_FRESH_SECONDS
    else:
        bounded = _bounded(order, market, limits.collar)
        lane, collar, patience = Lane.ORDINARY, limits.collar, FRESH_SECONDS
    if not 0 <= market.age <= patience:
        return _no(
            Code.PRICE, f"the reference price of {order.symbol} is {market.age:.1f} s old; {patience:g} s at most"
        )
    return _charge(lane, bounded, market.reference, collar, fee)


def edge(side: Side, reference: Decimal, collar: Decimal) -> Decimal:
    """Say the worst price that a collar lets an order have."""
    return reference * (1 + side.sign * collar)


def _market(order: Order, facts: Facts) -> _Market | Refuse:
    """Pick the facts that apply, and refuse those that are absent, of another symbol, or contradict themselves."""
    instrument, reference = facts.instrument, facts.reference
    if instrument is None or instrument.symbol != order.symbol or min(instrument.tick, instrument.step) <= 0:
        return _no(Code.INSTRUMENT, f"it is not known how {order.symbol} trades")
    if reference is None or not _sound(reference, order):
        return _no(Code.PRICE, f"there is no reference price for {order.symbol}")
    usage, holding = facts.usage, facts.holding
    totals = (usage.window_notional, usage.window_loss, holding.open_buys, holding.open_sells, facts.others or 0)
    if min(*totals, usage.open_orders, usage.orders_last_minute, usage.exits_last_minute) < 0:
        return _no(Code.JOURNAL, "the journal's totals contradict themselves: one is below zero")
    ours = reference.buy if order.side is Side.BUY else reference.sell
    return _Market(instrument, ours, facts.now - reference.at)


def _sound(reference: Reference, order: Order) -> bool:
    return reference.symbol == order.symbol and reference.venues > 0 and min(reference.buy, reference.sell) > 0


def _bounded(order: Order, market: _Market, collar: Decimal) -> _Bounded:
    """Give a market order its limit: the collar, to the tick that is nearer to the reference.

    A quote-sized buy becomes what its quote affords at that limit, a quote-sized sale what brings the quote at the
    reference: the smaller of the two readings, each time.
    """
    if order.kind is not Kind.MARKET:
        return _Bounded(order, _known(order.quantity), _known(order.price))
    limit = _to_tick(order.side, edge(order.side, market.reference, collar), market.instrument.tick)
    quantity = order.quantity
    if quantity is None:
        per_unit = limit if order.side is Side.BUY else market.reference
        step = market.instrument.step
        quantity = _known(order.quote) / per_unit // step * step if per_unit else Decimal(0)
    tif = Tif.FOK if order.tif is Tif.FOK else Tif.IOC
    sent = replace(order, kind=Kind.LIMIT, quantity=quantity, quote=None, price=limit, tif=tif)
    return _Bounded(sent, quantity, limit)


def _to_tick(side: Side, worst: Decimal, tick: Decimal) -> Decimal:
    below = worst // tick * tick
    return below if side is Side.BUY or below == worst else below + tick


def _reduces(side: Side, quantity: Decimal, holding: Holding) -> bool:
    """Say whether the order takes the position down whatever else fills, cancels or stays open.

    All open orders of its side count against the room, exits or not: with one resting sale from before, a second sale
    of the same position would open a short when both fill.
    """
    if side is Side.SELL:
        return 0 < quantity <= holding.position - holding.open_sells
    return 0 < quantity <= -holding.position - holding.open_buys


def _charge(lane: Lane, bounded: _Bounded, reference: Decimal, collar: Decimal, fee: Decimal) -> Charge | Refuse:
    order, quantity, limit = bounded.order, bounded.quantity, bounded.limit
    if quantity <= 0 or limit <= 0:
        return _no(Code.ORDER_NOTIONAL, "the order comes to less than one step of quantity or price")
    if order.side.sign * (limit - edge(order.side, reference, collar)) > 0:
        return _beyond(bounded, reference, collar)
    notional = quantity * max(limit, reference)
    loss = quantity * max(Decimal(0), order.side.sign * (limit - reference)) + fee * notional
    return Charge(order, lane, reference, notional, loss)


def _beyond(bounded: _Bounded, reference: Decimal, collar: Decimal) -> Refuse:
    side = bounded.order.side
    bound = "at most" if side is Side.BUY else "at least"
    worst = plain(edge(side, reference, collar))
    return _no(
        Code.COLLAR,
        f"the price {plain(bounded.limit)} is beyond the collar: {bound} {worst}"
        f" ({as_percent(collar)} from the reference {plain(reference)})",
    )


def _known(value: Decimal | None) -> Decimal:
    """Unwrap what the order's kind promises; the engine turns the error into a refusal."""
    if value is None:
        raise ValueError("an order without its size or price")
    return value


def _no(code: Code, text: str) -> Refuse:
    return Refuse(Reason(code, text))
