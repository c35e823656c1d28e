"""Every limit, on both sides of its boundary, and both ways: what it would have refused, and what it lets go."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from ringfence.model.action import Amend, CancelAll
from ringfence.model.order import Tif
from ringfence.replay.judge import Way
from ringfence.replay.report import Row
from tests.replay.world import BTC, D, Driven, place, policy, ref

Script = Callable[[Driven], None]


def go(*asked: object, filled: bool = False) -> Script:
    """Ask for one order after the other."""

    def script(desk: Driven) -> None:
        for each in asked:
            desk.venue.next = "fill" if filled else "rest"
            desk.place(("grid", each))  # type: ignore[arg-type]  # one of `place`'s

    return script


def then(*scripts: Script) -> Script:
    """Do one after the other."""

    def script(desk: Driven) -> None:
        for each in scripts:
            each(desk)

    return script


def cancel(desk: Driven) -> None:
    """Take everything off the book."""
    desk.reduce("grid", CancelAll(BTC))


def amend(desk: Driven) -> None:
    """Make what rests smaller."""
    (intent,) = desk.desk.ledger.live()
    desk.reduce("grid", Amend(ref(intent), D("0.5"), None))


def dearer(desk: Driven) -> None:
    """Let the price rise, which the average of a day does not follow."""
    desk.prices[BTC] = D(101)
    desk.quote()


ONE = place("buy", "1")
SELL = place("sell", "0.5")
NOW = place("buy", "1", tif=Tif.IOC)
TWO = go(ONE, ONE)


@dataclass(frozen=True, slots=True)
class Case:
    """A limit as it just lets the last order of a script pass, and as it just does not."""

    code: str
    wide: str
    narrow: str
    script: Script
    where: str = "limits"
    always: tuple[str, ...] = ()
    way: Way = Way.REFUSE

    def policy(self, limit: str) -> str:
        """Write the policy with the limit."""
        if self.where == "account":
            return policy(*self.always, account=limit)
        return policy(*self.always, bot=limit) if self.where == "bot" else policy(*self.always, limit)


MANY = then(go(*[place("buy", "0.1"), place("buy", "0.2")] * 15, filled=True), go(*[ONE] * 50), cancel, go(ONE))
CASES = [
    Case("order-notional", 'order_notional = "100"', 'order_notional = "99.99"', go(ONE)),
    Case("order-minimum", 'order_minimum = "100"', 'order_minimum = "100.01"', go(ONE)),
    Case(
        "order-quantity",
        'order_quantity = { "BTC/USDT" = "1", "ETH/USDT" = "9" }',
        'order_quantity = { "BTC/USDT" = "0.999", "ETH/USDT" = "9" }',
        go(ONE),
    ),
    Case("collar", 'collar = "0.5%"', 'collar = "0.49%"', go(place("buy", "1", "100.5"))),
    Case(
        "collar",
        'exit_collar = "1.5%"',
        'exit_collar = "1.49%"',
        then(go(ONE, filled=True), go(place("sell", "0.5", "98.5"))),
    ),
    Case("slow-collar", 'slow_collar = "1.5%"', 'slow_collar = "1.49%"', then(dearer, go(place("buy", "1", "101.5")))),
    Case("window-notional", 'window_notional = "200"', 'window_notional = "199.99"', TWO),
    Case("symbol-notional", 'symbol_notional = "200"', 'symbol_notional = "199.99"', TWO),
    Case("side-notional", 'side_notional = "200"', 'side_notional = "199.99"', TWO),
    Case("exposure", 'exposure = "200"', 'exposure = "199.99"', TWO),
    Case("symbol-exposure", 'symbol_exposure = "200"', 'symbol_exposure = "199.99"', TWO),
    Case("loss-budget", 'loss_budget = "2.202"', 'loss_budget = "2.201"', go(NOW)),
    Case("open-orders", "open_orders = 2", "open_orders = 1", TWO),
    Case("orders-per-minute", "orders_per_minute = 2", "orders_per_minute = 1", TWO),
    Case("symbol-orders", "symbol_orders = 2", "symbol_orders = 1", TWO),
    Case("far-orders", "far_orders = 2", "far_orders = 1", go(*[place("buy", "1", "94.99")] * 2)),
    Case("round-trips", "round_trips = 2", "round_trips = 1", go(ONE, SELL, ONE, filled=True)),
    Case("amends-per-minute", "amends_per_minute = 2", "amends_per_minute = 1", then(go(ONE), amend, go(ONE))),
    Case("cancels-per-minute", "cancels_per_minute = 2", "cancels_per_minute = 1", then(go(ONE), cancel, go(ONE))),
    Case("cancels-per-fill", "cancels_per_fill = 2", "cancels_per_fill = 1", MANY),
    Case("bot-stopped", "identical_fills = 3", "identical_fills = 2", go(ONE, ONE, ONE, ONE, filled=True)),
    Case("held", 'hold_above = "100"', 'hold_above = "99.99"', go(ONE), way=Way.HOLD),
    Case("symbol", 'symbols = ["BTC/USDT"]', 'symbols = ["ETH/USDT"]', go(ONE)),
    Case("order-type", 'orders = ["limit", "market"]', 'orders = ["limit"]', go(place("buy", "1", None))),
    Case("order-type", 'orders = ["limit", "market"]', 'orders = ["market"]', go(NOW)),
    Case("trading-hours", 'hours = ["Fri 08:00-09:00"]', 'hours = ["Fri 08:01-09:00"]', go(ONE), "bot"),
    Case("validity", 'valid_from = "2027-01-15T08:00Z"', 'valid_from = "2027-01-15T08:01Z"', go(ONE), "bot"),
    Case("validity", 'valid_until = "2027-01-15T08:01Z"', 'valid_until = "2027-01-15T08:00Z"', go(ONE), "bot"),
    Case("account-limit", 'window_notional = "200"', 'window_notional = "199.99"', TWO, "account"),
    Case("account-limit", 'exposure = "200"', 'exposure = "199.99"', TWO, "account"),
    Case("account-limit", 'loss_budget = "2.202"', 'loss_budget = "2.201"', go(NOW), "account"),
    Case("account-limit", "open_orders = 2", "open_orders = 1", TWO, "account"),
    Case("account-limit", "orders_per_minute = 2", "orders_per_minute = 1", TWO, "account"),
]
NAMES = [f"{case.where} {case.narrow}" for case in CASES]
# What no bot may trade is not pinned, so it is not known what it was: test_replay.py has that.
WIDENED = [case for case in CASES if case.code != "symbol"]


def shape(rows: tuple[Row, ...]) -> list[tuple[Way, str, int]]:
    return [(row.way, row.what, row.orders) for row in rows]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_limit_that_is_just_past_would_have_refused_the_order_and_one_that_just_fits_would_not(
    desk: Driven, case: Case
) -> None:
    desk.begin(case.policy(case.wide))
    case.script(desk)
    assert not desk.replay(case.policy(case.wide)).differs
    found = desk.replay(case.policy(case.narrow))
    assert shape(found.limits) == [(case.way, case.code, 1)]
    assert found.cannot == ()
    assert found.notes == ()


@pytest.mark.parametrize("case", WIDENED, ids=[f"{case.where} {case.wide}" for case in WIDENED])
def test_a_limit_that_refused_an_order_is_told_to_let_it_go_once_it_just_fits(desk: Driven, case: Case) -> None:
    desk.begin(case.policy(case.narrow))
    case.script(desk)
    assert not desk.replay(case.policy(case.narrow)).differs
    found = desk.replay(case.policy(case.wide))
    assert shape(found.limits) == [(Way.ALLOW, case.code, 1)]
    assert found.cannot == ()
    assert len(found.notes) == 1
