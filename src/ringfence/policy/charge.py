"""What an order costs at most: its lane, its worst price, its notional and its loss. Pure.

Here an order without a limit gets one, and here it is decided whether an order is an exit. The proof that rests on both
is in docs/explanation/blast-radius.md.
"""

from decimal import Decimal

import msgspec
from msgspec.structs import replace

from ringfence.model.decision import Charge, Code, Lane, Refuse
from ringfence.model.facts import Facts, Holding, Instrument, Reference
from ringfence.model.order import WITH_LIMIT, Kind, Order, Side, Tif
from ringfence.policy.amounts import as_percent, ceiling, plain
from ringfence.policy.policy import Limits
from ringfence.policy.rules.case import no

FRESH_SECONDS = 5.0  # docs/explanation/blast-radius.md, "Exits without a price", has the reason for both
EXIT_FRESH_SECONDS = 30.0  # an exit outlives a short outage of the venues; its collar still holds (S56)
_EXITS_ONLY = frozenset(WITH_LIMIT) - {Kind.MARKET}


class _Market(msgspec.Struct, frozen=True):
    """How the order's symbol trades, the price that its side is judged by, and the one that its limit is held against.

    These two differ where an order waits for a trigger: its limit may be as far from that as another's from the market.
    """

    instrument: Instrument
    reference: Decimal
    anchor: Decimal
    age: float


def price(order: Order, facts: Facts, limits: Limits, fee: Decimal) -> Charge | Refuse:
    """Turn an order into what will be sent and what it reserves, or say why that cannot be known.

    An exit is judged within `exit_collar`, and by a reference of up to half a minute; any other order within `collar`,
    by one of up to five seconds. Without any reference nothing is priced, exits included: an exit at the bot's own
    price would let it give the position away while its accomplice blocks the venues.

    What an order that waits for a trigger could lose is counted from the reference of now to its limit: an accomplice
    can print the one trade that triggers it (docs/explanation/attacks.md, S08).
    """
    market = _market(order, facts)
    if isinstance(market, Refuse):
        return market
    if 0 < _quantity(order, market, limits.exit_collar) <= _room(order.side, facts.holding):
        lane, collar, patience = Lane.EXIT, limits.exit_collar, EXIT_FRESH_SECONDS
    else:
        lane, collar, patience = Lane.ORDINARY, limits.collar, FRESH_SECONDS
    if lane is Lane.ORDINARY and order.kind in _EXITS_ONLY:
        return no(Code.ORDER_TYPE, f"{order.kind} without a limit may only take this bot's position down")
    if not 0 <= market.age <= patience:
        return no(
            Code.PRICE, f"the reference price of {order.symbol} is {market.age:.1f} s old; {patience:g} s at most"
        )
    return _charge(lane, _sent(order, market, collar), market, collar, fee)


def cost(order: Order, lane: Lane, reference: Decimal, collar: Decimal, fee: Decimal) -> tuple[Decimal, Decimal]:
    """Say an order's notional, and its loss: the worst slippage against a reference and the taker's fee on it all.

    One that rests is swept when it leaves the collar of the price of that time, and may lose as much until then; an
    exit's position has paid for that already (docs/explanation/blast-radius.md, T6).
    """
    quantity, limit = _known(order.quantity), _known(order.price)
    slippage = max(Decimal(0), order.side.sign * (limit - reference))
    if lane is Lane.ORDINARY and order.rests:
        slippage = max(slippage, ceiling(limit * collar / (1 + collar if order.side is Side.BUY else 1 - collar)))
    notional = quantity * max(limit, reference)
    return notional, quantity * slippage + fee * notional


def _market(order: Order, facts: Facts) -> _Market | Refuse:
    """Pick the facts that apply, and refuse those that are absent, of another symbol, or contradict themselves."""
    instrument, reference = facts.instrument, facts.reference
    if instrument is None or instrument.symbol != order.symbol or min(instrument.tick, instrument.step) <= 0:
        return no(Code.INSTRUMENT, f"it is not known how {order.symbol} trades")
    if reference is None or not _sound(reference, order):
        return no(Code.PRICE, f"there is no reference price for {order.symbol}")
    if _contradictory(facts):
        return no(Code.JOURNAL, "the journal's totals contradict themselves: one is below zero")
    ours = reference.buy if order.side is Side.BUY else reference.sell
    anchor = order.trigger if order.trigger is not None and order.trailing is None else ours
    return _Market(instrument, ours, anchor, facts.now - reference.at)


def _sound(reference: Reference, order: Order) -> bool:
    return reference.symbol == order.symbol and reference.venues > 0 and min(reference.buy, reference.sell) > 0


def _contradictory(facts: Facts) -> bool:
    usage, holding = facts.usage, facts.holding
    return (
        min(usage.open_orders, usage.orders_last_minute, usage.exits_last_minute) < 0
        or min(usage.window_notional, usage.window_loss, holding.open_buys, holding.open_sells) < 0
        or (facts.others is not None and facts.others < 0)
    )


def _room(side: Side, holding: Holding) -> Decimal:
    """Say how much an order may take the position down by, whatever else fills, cancels or stays open.

    All open orders of its side count against the room, exits or not: with one resting sale from before, a second sale
    of the same position would open a short when both fill.
    """
    if side is Side.SELL:
        return holding.position - holding.open_sells
    return -holding.position - holding.open_buys


def _quantity(order: Order, market: _Market, collar: Decimal) -> Decimal:
    """Say what a quote-sized order buys at its limit, or sells at the reference: the lesser reading, each time."""
    if order.quantity is not None:
        return order.quantity
    per_unit = _limit(order.side, market, collar) if order.side is Side.BUY else market.reference
    step = market.instrument.step
    return _known(order.quote) / per_unit // step * step if per_unit else Decimal(0)


def _limit(side: Side, market: _Market, collar: Decimal) -> Decimal:
    """Say the limit of an order that has none: the collar, to the tick that is nearer to the reference."""
    worst, tick = _worst(side, market.anchor, collar), market.instrument.tick
    below = worst // tick * tick
    return below if side is Side.BUY or below == worst else below + tick


def _worst(side: Side, anchor: Decimal, collar: Decimal) -> Decimal:
    """Say the worst price that a collar lets an order have."""
    return anchor * (1 + collar if side is Side.BUY else 1 - collar)


def _sent(order: Order, market: _Market, collar: Decimal) -> Order:
    """Give an order that has no limit one; any other is sent as it came."""
    kind = WITH_LIMIT.get(order.kind)
    if kind is None:
        return order
    quantity, limit = _quantity(order, market, collar), _limit(order.side, market, collar)
    # What a trigger sets off stays until it is filled, since it protects; what is sent now must not rest.
    tif = Tif.GTC if kind is not Kind.LIMIT else Tif.FOK if order.tif is Tif.FOK else Tif.IOC
    return replace(order, kind=kind, quantity=quantity, quote=None, price=limit, tif=tif)


def _charge(lane: Lane, order: Order, market: _Market, collar: Decimal, fee: Decimal) -> Charge | Refuse:
    quantity, limit = _known(order.quantity), _known(order.price)
    if quantity <= 0 or limit <= 0:
        return no(Code.ORDER_NOTIONAL, "the order comes to less than one step of quantity or price")
    buys, worst = order.side is Side.BUY, _worst(order.side, market.anchor, collar)
    if limit > worst if buys else limit < worst:
        anchor = "reference" if market.anchor == market.reference else "trigger"
        return no(
            Code.COLLAR,
            f"the price {plain(limit)} is beyond the collar: at {'most' if buys else 'least'} {plain(worst)}"
            f" ({as_percent(collar)} from the {anchor} {plain(market.anchor)})",
        )
    notional, loss = cost(order, lane, market.reference, collar, fee)
    return Charge(order, lane, market.reference, notional, loss, collar)


def _known(value: Decimal | None) -> Decimal:
    """Unwrap what the order's kind promises; the engine turns the error into a refusal."""
    if value is None:
        raise ValueError("an order without its size or price")
    return value
