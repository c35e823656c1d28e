"""No limit was passed at any moment, by the checker's own arithmetic over what the exchange really had and filled.

Where the reference price of a moment matters, the price in the band that was set which says the least is taken, so that
nothing is claimed that was not; the band of a run is narrow. The formulas are of docs/explanation/blast-radius.md.
"""

import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from tests.matrix.evidence import Evidence, Row

_ZERO = Decimal(0)
_OPEN = ("PENDING_NEW", "NEW", "PARTIALLY_FILLED")
_MINUTE_MS = 60_000
_TINY = Decimal("0.00000001")


@dataclass(frozen=True, slots=True)
class Limits:
    """A bot's limits as its owner wrote them; percentages as shares."""

    window_notional: Decimal
    exposure: Decimal
    loss_budget: Decimal
    order_notional: Decimal
    open_orders: int
    orders_per_minute: int
    leaving: Decimal
    """What leaving a position costs at worst, as a share of its worth: the exit collar, and the fee on top."""
    fee: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """One order of a bot, with the few facts that limits are about; `steps` is (time, executed, is open)."""

    name: str
    symbol: str
    sign: int
    quantity: Decimal
    price: Decimal
    exit: bool
    decided: int
    """Its place among the decisions: on its way to the exchange one order may overtake another."""
    pair: str
    """What it shares with the order that cancels it and is cancelled by it (OCO); of the two, the larger counts."""
    steps: tuple[tuple[int, Decimal, bool], ...]
    fills: tuple[Row, ...]

    @property
    def came(self) -> int:
        """When it came to the exchange."""
        return self.steps[0][0]

    def at(self, when: int) -> tuple[Decimal, Decimal]:
        """What had been filled and what was still open at a moment: (executed, remaining)."""
        before = [step for step in self.steps if step[0] <= when]
        if not before:
            return _ZERO, _ZERO
        _, executed, is_open = before[-1]
        return executed, self.quantity - executed if is_open else _ZERO


def problems(evidence: Evidence) -> Iterator[str]:
    """Say which limits were passed."""
    policy = tomllib.loads(evidence.policy)
    owners = {intent["client_id"]: intent for intent in evidence.of("intent")}
    for bot in policy["bot"]:
        limits = limits_of(policy, bot)
        rows = [row for row in evidence.orders if owners.get(row["clientOrderId"], {}).get("actor") in _names(bot)]
        orders = [_order(row, owners[row["clientOrderId"]]) for row in rows]
        for problem in _of_bot(orders, limits, evidence.band):
            yield f"bot {bot}: {problem}"
        yield from _pace(evidence, bot, limits)


def _names(bot: str) -> tuple[str, str]:
    return bot, f"bot:{bot}"


def limits_of(policy: Row, bot: str) -> Limits:
    """Read a bot's limits from the policy's text."""
    limits, fee = policy["bot"][bot]["limits"], _share(policy["account"][policy["bot"][bot]["account"]]["fee"])
    leave = _share(limits["exit_collar"])
    return Limits(
        window_notional=Decimal(limits["window_notional"]),
        exposure=Decimal(limits["exposure"]),
        loss_budget=Decimal(limits["loss_budget"]),
        order_notional=Decimal(limits["order_notional"]),
        open_orders=limits["open_orders"],
        orders_per_minute=limits["orders_per_minute"],
        leaving=leave + fee * (1 + leave),
        fee=fee,
    )


def _share(text: str) -> Decimal:
    return Decimal(text.removesuffix("%")) / 100


def _order(row: Row, intent: Row) -> Order:
    steps = tuple((step["time"], Decimal(step["executedQty"]), step["status"] in _OPEN) for step in row["history"])
    amounts = (Decimal(row["quantity"]), Decimal(row["price"]))
    sign = 1 if row["side"] == "BUY" else -1
    names = (row["clientOrderId"], row["symbol"])
    pair = intent["list"] if intent.get("form") == "OCO" else row["clientOrderId"]
    return Order(*names, sign, *amounts, intent["lane"] == "exit", intent["seq"], pair, steps, tuple(row["fills"]))


def _of_bot(orders: list[Order], limits: Limits, band: dict[str, tuple[Decimal, Decimal]]) -> Iterator[str]:
    """Look at each moment at which an order came; between two of them the sums can only fall."""
    for order in orders:
        yield from _at_arrival(order, [each for each in orders if each.came <= order.came], limits, band)


def _at_arrival(
    order: Order, now: list[Order], limits: Limits, band: dict[str, tuple[Decimal, Decimal]]
) -> Iterator[str]:
    """Hold one order, and all that came before it, against each limit."""
    if order.exit:
        yield from _really_leaves(order, [each for each in now if each.decided <= order.decided])
        return
    worth = order.quantity * max(order.price, band[order.symbol][0])
    if worth > limits.order_notional:
        yield f"{order.name} comes to {worth:f} of {limits.order_notional:f}"
    window = _summed([each for each in now if not each.exit], lambda each: _counted(each, order.came))
    if window > limits.window_notional:
        yield f"with {order.name} the window comes to {window:f} of {limits.window_notional:f}"
    exposure = sum(max(map(abs, _range(now, symbol, order.came))) * band[symbol][0] for symbol in band)
    if exposure > limits.exposure:
        yield f"with {order.name} the exposure comes to {exposure:f} of {limits.exposure:f}"
    count = sum(each.at(order.came)[1] > 0 for each in now)
    if count > limits.open_orders:
        yield f"with {order.name} {count} orders are open, of {limits.open_orders}"
    loss = _summed(now, lambda each: _lost(each, order.came, limits, band[each.symbol])) + exposure * limits.leaving
    if loss > limits.loss_budget + _slack(now, limits, band):
        yield f"with {order.name} the losses come to {loss:f} of {limits.loss_budget:f}"


def _counted(order: Order, at: int) -> Decimal:
    """What it filled and what it may still fill, at its limit."""
    return sum(order.at(at)) * order.price


def _summed(orders: list[Order], counts: Callable[[Order], Decimal]) -> Decimal:
    """Add up what orders count for; of a pair the larger."""
    largest: dict[str, Decimal] = {}
    for order in orders:
        largest[order.pair] = max(counts(order), largest.get(order.pair, _ZERO))
    return sum(largest.values(), _ZERO)


def _range(orders: list[Order], symbol: str, at: int) -> tuple[Decimal, Decimal]:
    """The lowest and the highest that the position in a symbol can become through what is open."""
    mine = [order for order in orders if order.symbol == symbol]
    held = sum((order.sign * order.at(at)[0] - _base_fees(order, at) for order in mine), _ZERO)
    sales = _summed([order for order in mine if order.sign < 0], lambda order: order.at(at)[1])
    buys = _summed([order for order in mine if order.sign > 0], lambda order: order.at(at)[1])
    return held - sales, held + buys


def _base_fees(order: Order, at: int) -> Decimal:
    base = order.symbol.removesuffix("USDT")
    paid = (Decimal(f["commission"]) for f in order.fills if f["commissionAsset"] == base and f["time"] <= at)
    return sum(paid, _ZERO)


def _lost(order: Order, at: int, limits: Limits, band: tuple[Decimal, Decimal]) -> Decimal:
    """What its fills really lost, and the worst that what is open of it may lose."""
    reference = band[1] if order.sign > 0 else band[0]
    fills = [fill for fill in order.fills if fill["time"] <= at]
    quote = sum((Decimal(fill["quoteQty"]) for fill in fills), _ZERO)
    executed, remaining = order.at(at)
    slipped = max(_ZERO, order.sign * (quote - executed * reference))
    if order.exit:  # an open one is paid for by the way out that is set aside, which it shortens as it fills (T4)
        remaining = _ZERO
    still = remaining * (max(_ZERO, order.sign * (order.price - reference)) + limits.fee * order.price)
    return slipped + sum(map(_fee, fills), _ZERO) + still


def _fee(fill: Row) -> Decimal:
    """What a fill really cost, in USDT."""
    paid = Decimal(fill["commission"])
    return paid if fill["commissionAsset"] == "USDT" else paid * Decimal(fill["price"])


def _slack(now: list[Order], limits: Limits, band: dict[str, tuple[Decimal, Decimal]]) -> Decimal:
    """What exits may cost more than was set aside for them, since prices moved in between (T4)."""
    left = ((each, *band[each.symbol]) for each in now if each.exit)
    return sum((each.quantity * (high - low) * limits.leaving for each, low, high in left), _ZERO)


def _really_leaves(order: Order, now: list[Order]) -> Iterator[str]:
    """An exit never takes the position past nothing, whatever was decided before it of the same side fills.

    What was decided later was charged with this exit counted, also where it came to the exchange first.
    """
    low, high = _range(now, order.symbol, order.came)
    past = -low if order.sign < 0 else high
    if past > _TINY:
        yield f"{order.name} passed as an exit, and goes {past:f} past the position"


def _pace(evidence: Evidence, bot: str, limits: Limits) -> Iterator[str]:
    """Count what was decided in any minute of the clock that nobody sets."""
    mine = (entry for entry in evidence.of("intent") if entry["actor"] in _names(bot) and entry["lane"] != "exit")
    times = sorted(entry["t_boot"] for entry in mine)
    for index in range(limits.orders_per_minute, len(times)):
        if times[index] - times[index - limits.orders_per_minute] < _MINUTE_MS:
            yield f"bot {bot}: more than {limits.orders_per_minute} orders in a minute were let through"
            return
