"""Each limit of a draft, tried on past orders: what it would have had to be, and which it would have refused. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import msgspec

from ringfence.model.names import Symbol
from ringfence.model.order import Kind
from ringfence.policy.amounts import plain
from ringfence.policy.gauges import Alone, Exposure, Gauge, Identical, Judged, Pace, RoundTrips, Window, replay
from ringfence.policy.past import PastOrder
from ringfence.policy.policy import BotPolicy, Limits, Unlimited
from ringfence.policy.times import as_hours, open_at

_HUNDRED = 100
_DIGITS = 2  # nobody writes a limit with more, and the next order may be a little larger


class Row(msgspec.Struct, frozen=True):
    """One limit: what the draft says, the most that an order needed, and the values that refuse none, or 1 in 100.

    Of `judged` orders the draft refuses `refused`, `first` of them first; `does` says what it does to them. Where no
    value is at stake (symbols, orders, hours), `most` and the values are None; where no order was judged, too.
    """

    limit: str
    draft: str | None
    most: Decimal | None
    none: Decimal | None
    hundredth: Decimal | None
    judged: int
    refused: int
    first: PastOrder | None
    does: str


@dataclass(frozen=True, slots=True)
class _Limit:
    """A limit to be tried: its name and cap, and how to begin its count. `sign` -1: it is a least and not a most."""

    name: str
    cap: Decimal | int | Unlimited | None
    gauge: Callable[[], Gauge]
    sign: int = 1
    does: str = "refuses"


def rows_of(bot: BotPolicy, limits: Limits, orders: tuple[PastOrder, ...]) -> tuple[Row, ...]:
    """Try every limit that fills can tell about, in the order of the policy file."""
    tried = (*_limits(bot, limits, orders), *_of_account(bot, orders))
    return (*_listed(bot, orders), *(_row(limit, orders) for limit in tried))


def up(value: Decimal) -> Decimal:
    """Round to two significant figures, towards more; a value below zero as well."""
    if not value:
        return value
    step = Decimal(1).scaleb(value.adjusted() - _DIGITS + 1)
    return (value / step).to_integral_value(ROUND_CEILING) * step


def _limits(bot: BotPolicy, limits: Limits, orders: tuple[PastOrder, ...]) -> Iterator[_Limit]:
    worth = Alone(lambda order: order.worth)
    yield _Limit("order_notional", limits.order_notional, lambda: worth)
    yield _Limit("window_notional", limits.window_notional, Window)
    yield _Limit("exposure", limits.exposure, lambda: Exposure(orders))
    yield _Limit("orders_per_minute", limits.orders_per_minute, Pace)
    quantities = dict(limits.order_quantity or ())
    for symbol in bot.symbols:
        yield _Limit(f"order_quantity {symbol}", quantities.get(symbol), _quantity(symbol))
    yield _Limit("order_minimum", limits.order_minimum, lambda: Alone(lambda order: -order.paid), sign=-1)
    yield _Limit("symbol_notional", limits.symbol_notional, lambda: Window(lambda order: order.symbol))
    yield _Limit("side_notional", limits.side_notional, lambda: Window(lambda order: order.side))
    yield _Limit("symbol_exposure", limits.symbol_exposure, lambda: Exposure(orders, alone=True))
    yield _Limit("round_trips", limits.round_trips, RoundTrips)
    yield _Limit("identical_fills", limits.identical_fills, Identical, does="stops the bot at")
    yield _Limit("hold_above", limits.hold_above, lambda: worth, does="holds")


def _quantity(symbol: Symbol) -> Callable[[], Gauge]:
    return lambda: Alone(lambda order: order.quantity if order.symbol == symbol else None)


def _of_account(bot: BotPolicy, orders: tuple[PastOrder, ...]) -> Iterator[_Limit]:
    """List those of the account that are in force; its other bots' orders are not all here."""
    of_all = bot.account_limits
    tried: tuple[tuple[str, Decimal | int | None, Callable[[], Gauge]], ...] = (
        ("window_notional", of_all.window_notional, Window),
        ("exposure", of_all.exposure, lambda: Exposure(orders)),
        ("orders_per_minute", of_all.orders_per_minute, Pace),
    )
    return (_Limit(f"account {name}", cap, gauge) for name, cap, gauge in tried if cap is not None)


def _row(limit: _Limit, orders: tuple[PastOrder, ...]) -> Row:
    """Try one limit without a cap, to see what was needed, and then with the draft's."""
    cap = None if limit.cap is None or isinstance(limit.cap, Unlimited) else Decimal(limit.cap)
    needs = sorted((each.need for each in replay(limit.gauge(), orders, None)), reverse=True)
    judged = replay(limit.gauge(), orders, None if cap is None else cap * limit.sign)
    return Row(
        limit=limit.name,
        draft=limit.cap.value if isinstance(limit.cap, Unlimited) else None if cap is None else plain(cap),
        most=_told(needs[0], limit) if needs else None,
        none=_told(up(needs[0]), limit) if needs else None,
        # Under it even fewer are refused: what is refused does not count for those after it.
        hundredth=_told(up(needs[len(needs) // _HUNDRED]), limit) if needs else None,
        judged=len(judged),
        refused=sum(each.refused for each in judged),
        first=_first(judged),
        does=limit.does,
    )


def _told(need: Decimal, limit: _Limit) -> Decimal:
    return Decimal(plain(need * limit.sign))


def _first(judged: list[Judged]) -> PastOrder | None:
    return next((each.order for each in judged if each.refused), None)


def _listed(bot: BotPolicy, orders: tuple[PastOrder, ...]) -> Iterator[Row]:
    """Try what is a list in the policy: an order is among it or not."""
    symbols, kinds = set(bot.symbols), set(bot.kinds)
    if bot.symbol_class is None:  # nobody knows what a class came to on the day of an order
        yield _either("symbols", f"{len(symbols)}", lambda order: order.symbol in symbols, orders)
    # A market order never rests, and one that only makes never takes; of the others both may be.
    fits = {True: bool(kinds - {Kind.MARKET}), False: bool(kinds - {Kind.LIMIT_MAKER})}
    yield _either("orders", f"{len(kinds)}", lambda order: fits[order.maker], orders)
    if bot.hours:
        written = ", ".join(map(as_hours, bot.hours))
        yield _either("hours", written, lambda order: order.exits or open_at(bot.hours, order.at), orders)


def _either(name: str, draft: str, passes: Callable[[PastOrder], bool], orders: tuple[PastOrder, ...]) -> Row:
    refused = [order for order in orders if not passes(order)]
    first = refused[0] if refused else None
    return Row(name, draft, None, None, None, len(orders), len(refused), first, "refuses")
