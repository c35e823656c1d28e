"""Which orders must leave the book: those that the price has left behind, and those that are too old. Pure.

An order that rests is an option that its owner gives away for nothing: an accomplice takes it once the market has
moved. Sweeping cuts what he gains to the collar and the move of a few seconds (docs/explanation/blast-radius.md, T6).
"""

from ringfence.model.decision import Charge, Lane
from ringfence.model.facts import Reference
from ringfence.model.order import Side
from ringfence.policy.amounts import plain
from ringfence.policy.charge import EXIT_FRESH_SECONDS
from ringfence.policy.policy import Limits
from ringfence.policy.times import as_duration

SWEEP_SECONDS = 5.0  # a look each half second, a slow signature, and the way to the exchange: sources.md, Sweeping


def overdue(charge: Charge, reference: Reference | float, limits: Limits | None, now: float, age: int) -> str | None:
    """Say why an open order must leave the book, or None.

    `reference` is, where there is none, the boot-clock second since which one has been waited for; `now` is that of
    now, `age` how long ago the order was admitted (milliseconds). What waits for a trigger stays: it protects, and its
    limit is meant to be far from the price. So does an exit, however old.
    """
    lifetime = None if limits is None else limits.order_lifetime
    if lifetime is not None and charge.lane is Lane.ORDINARY and age >= lifetime:
        return f"it is older than {as_duration(lifetime)}"
    if not charge.order.rests:
        return None
    at = reference.at if isinstance(reference, Reference) else reference
    if not 0 <= now - at <= EXIT_FRESH_SECONDS:
        return f"the price of {charge.order.symbol} has not been known for {EXIT_FRESH_SECONDS:g} s"
    return _left_behind(charge, reference) if isinstance(reference, Reference) else None


def _left_behind(charge: Charge, reference: Reference) -> str | None:
    order, collar = charge.order, charge.collar
    if order.price is None:
        return "it has no price"
    buys = order.side is Side.BUY
    worst = reference.buy * (1 + collar) if buys else reference.sell * (1 - collar)
    if order.price <= worst if buys else order.price >= worst:
        return None
    return f"its price {plain(order.price)} is beyond the collar of now, which ends at {plain(worst)}"
