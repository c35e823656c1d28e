"""Under the policy that was in force a replay finds nothing, and leaves nothing unjudged: whatever has happened."""

import random  # noqa: TID251  # seeded, so that a day comes again
import re

import pytest

from ringfence.model.action import Amend, Cancel, CancelAll, ListForm, Place, PlaceList, Placing
from ringfence.model.decision import Code, Reason
from ringfence.model.facts import Switch
from ringfence.model.names import BotName, Symbol
from ringfence.model.order import TRIGGERED, WITH_LIMIT, Kind, Order, Side, Tif
from ringfence.replay import judge, replay
from ringfence.replay.asked import Request
from ringfence.replay.books import Answer
from ringfence.replay.entries import RefusalLine, read
from ringfence.replay.judge import Way
from ringfence.signer import switch
from ringfence.signer.intent import Intent, State
from ringfence.signer.world import Position
from tests.replay.world import BTC, ETH, MAIN, D, Driven, policy, ref

STEPS = 350
ENOUGH = 9  # reasons of a day that say that it was a full one
KINDS = (Kind.MARKET, *(kind for kind in Kind if kind is not Kind.MARKET))
TIFS = {
    Kind.MARKET: (None, Tif.FOK),
    Kind.LIMIT: (Tif.GTC, Tif.GTC, Tif.GTC, Tif.IOC, Tif.FOK),
    Kind.STOP_LOSS_LIMIT: (Tif.GTC,),
    Kind.TAKE_PROFIT_LIMIT: (Tif.GTC,),
}
SEEDS = (1, 2, 3, 5)
MORE = [pytest.param(seed, marks=pytest.mark.deep) for seed in range(100, 140)]
BOTS = ("grid", "trend", "guard")
FULL = (
    'order_notional = "160"', 'order_minimum = "6"', 'order_share = "9%"', 'window_notional = "5000"',
    'symbol_notional = "4000"', 'side_notional = "2700"', 'exposure = "700"', 'symbol_exposure = "450"',
    'loss_budget = "45"', 'drawdown_stop = "30"', "open_orders = 14", "orders_per_minute = 12", "symbol_orders = 9",
    "far_orders = 3", "round_trips = 25", "amends_per_minute = 2", "cancels_per_minute = 6", "cancels_per_fill = 2",
    "identical_fills = 4", 'hold_above = "140"', 'slow_collar = "3%"', 'order_lifetime = "2h"',
)  # fmt: skip
ACCOUNT = 'window_notional = "9000"\nexposure = "1100"\nloss_budget = "80"\nopen_orders = 24\norders_per_minute = 25'
TREND = """
[bot.trend]
account = "main"
role    = "trade"
symbols = ["ETH/USDT"]
orders  = ["limit", "market"]

[bot.trend.limits]
collar            = "2%"
exit_collar       = "3%"
order_notional    = "300"
window_notional   = "unlimited"
exposure          = "900"
loss_budget       = "50"
open_orders       = 20
orders_per_minute = 30

[bot.guard]
account = "main"
role    = "trade"
guards  = "grid"
"""
ALL = policy(*FULL, account=ACCOUNT, more=TREND, bot='hours = ["Mon-Sun 00:00-23:00"]')


class Day:
    """A day of bots, an exchange and an owner who do what they like."""

    def __init__(self, desk: Driven, seed: int) -> None:
        self.desk = desk
        self.dice = random.Random(seed)

    def go(self, steps: int) -> None:
        for _ in range(steps):
            self.time()
            self.step()

    def time(self) -> None:
        """Let time pass and prices move."""
        desk, dice = self.desk, self.dice
        desk.machine.wait(dice.choice((7, 400, 2_000, 9_000, 31_000, 240_000)))
        for symbol, price in desk.prices.items():
            moved = price * D(dice.choice(("0.996", "0.999", "1", "1.001", "1.004")))
            desk.prices[symbol] = moved.quantize(D("0.01"))
        if dice.random() < 0.93:
            few = dice.random() < 0.2
            age = dice.choice((0.0, 0.4, 4.9996, 5.0)) if not few else 2.0
            desk.quote(venues=2 if few else 4, spread="0.001" if few else "0", age=age)
        else:
            desk.quote(age=dice.choice((6.0, 29.0, 31.0)))

    def step(self) -> None:
        steps = {
            self.ask: 50, self.ask_together: 8, self.cancel: 10, self.amend: 6, self.fill: 14, self.look: 10,
            self.sweep: 4, self.throw: 3, self.let_go: 3, self.restart: 1, self.allow: 4, self.blind: 2,
        }  # fmt: skip
        self.dice.choices(list(steps), list(steps.values()))[0]()

    def ask(self) -> None:
        self.desk.venue.next = self.dice.choices(
            ("rest", "fill", "part", "reject", "lost", "silent", "unsent"), (30, 40, 12, 6, 2, 3, 2)
        )[0]
        self.desk.venue.share = D(self.dice.choice(("0.25", "0.5", "0.9")))
        bot = self.dice.choices(BOTS, (6, 3, 1))[0]
        self.desk.place((bot, self.action(bot)))

    def ask_together(self) -> None:
        self.desk.venue.next = "rest"
        asked = [(bot, self.action(bot)) for bot in self.dice.choices(BOTS, k=self.dice.choice((2, 5, 24)))]
        self.desk.place(*asked)

    def action(self, bot: str) -> Placing:
        symbol = ETH if bot == "trend" else self.dice.choice((BTC, BTC, ETH))
        if bot != "trend" and self.dice.random() < 0.12:
            return self.list(symbol)
        return Place(self.order(symbol))

    def order(self, symbol: Symbol) -> Order:
        """Make an order of any kind, near the price or far from it, small or too large."""
        dice, price = self.dice, self.desk.prices[symbol]
        side = dice.choice(list(Side))
        money = D(dice.choice(("5", "20", "60", "90", "139", "150", "170")))
        size, kind = (money / price).quantize(D("0.001")), dice.choices(KINDS, (30, 50, 5, 4, 3, 4, 3))[0]
        off = dice.choice(("0.93", "0.98", "0.995", "1", "1.004", "1.01", "1.02", "1.07"))
        limit = None if kind in WITH_LIMIT else (price * D(off)).quantize(D("0.01"))
        trigger = (price * D("1.001")).quantize(D("0.01")) if kind in TRIGGERED else None
        tif = dice.choice(TIFS.get(kind, (None,)))
        if kind is Kind.MARKET and dice.random() < 0.5:
            return Order(symbol, side, kind, None, money, None, tif, None)
        return Order(symbol, side, kind, size, None, limit, tif, None, trigger)

    def list(self, symbol: Symbol) -> PlaceList:
        """Make a list: the two of which one can fill are of one side and size."""
        dice, price = self.dice, self.desk.prices[symbol]
        side, size = dice.choice(list(Side)), (D(dice.choice((10, 40))) / price).quantize(D("0.001"))
        near, far = (price * D("1.004")).quantize(D("0.01")), (price * D("0.996")).quantize(D("0.01"))
        first = Order(symbol, dice.choice(list(Side)), Kind.LIMIT, size, None, price, Tif.GTC, None)
        above = Order(symbol, side, Kind.LIMIT_MAKER, size, None, near, None, None)
        below = Order(symbol, side, Kind.STOP_LOSS_LIMIT, size, None, far, Tif.GTC, None, far)
        form = dice.choice(list(ListForm))
        orders = {ListForm.OCO: (above, below), ListForm.OTO: (first, above), ListForm.OTOCO: (first, above, below)}
        return PlaceList(form, orders[form], None)

    def mine(self) -> Intent | None:
        live = [intent for intent in self.desk.desk.ledger.live() if intent.state is State.OPEN]
        return self.dice.choice(live) if live else None

    def cancel(self) -> None:
        intent = self.mine()
        if intent is not None:
            every = self.dice.random() < 0.2
            self.desk.reduce(intent.placer, CancelAll(intent.symbol) if every else Cancel(ref(intent)))

    def amend(self) -> None:
        intent = self.mine()
        if intent is not None and intent.charge.order.visible is None:
            self.desk.reduce(intent.placer, Amend(ref(intent), (intent.quantity * D("0.7")).quantize(D("0.001")), None))
            self.desk.look()

    def fill(self) -> None:
        """Let some that rest be filled, and hear of it."""
        for row in [row for row in self.desk.venue.rows.values() if row.open]:
            if self.dice.random() < 0.4:
                worse = D(self.dice.choice(("0.99", "1", "1.01")))
                row.fill(D(self.dice.choice(("0.3", "1"))), row.intent.price * worse)
        self.desk.poll()

    def look(self) -> None:
        self.desk.guard()

    def sweep(self) -> None:
        async def go() -> None:
            self.desk.errands._sweep(MAIN)

        self.desk.run(go())
        self.desk.look()

    def throw(self) -> None:
        to = self.dice.choice((Switch.HALTED, Switch.EXITS_ONLY))
        self.desk.run(switch.throw(self.desk.desk, Position(to, "a test", self.desk.now), "owner"))

    def let_go(self) -> None:
        desk = self.desk.desk
        self.desk.run(switch.release(desk, Position(Switch.TRADING, since=self.desk.now), "owner"))
        for bot in list(desk.world.stops):
            self.desk.run(self.desk._open[1]._let_go_on(BotName(bot)))

    def restart(self) -> None:
        self.desk.restart()

    def allow(self) -> None:
        for name in list(self.desk.desk.holds.held):
            self.desk.run(self.desk._open[1]._allow(name))

    def blind(self) -> None:
        """Not know what a signer must know, for one order."""
        world = self.desk.desk.world
        known = world.offsets.pop(MAIN, 0)
        self.ask()
        world.offsets[MAIN] = known


def told(desk: Driven) -> set[str]:
    """Every reason that was given."""
    lines = [read(text) for text in desk.journal()]
    return {said.code for line in lines if isinstance(line, RefusalLine) for said in line.reasons}


def word_for_word(request: Request, answer: Answer, untold: frozenset[str]) -> bool:
    """Hold the answers against each other to the last figure: a total that is a cent off shows."""
    said = [(reason.code, _figures(reason)) for reason in request.reasons if reason.code not in untold]
    again = [(reason.code, _figures(reason)) for reason in answer.because if reason.code not in untold]
    if said and said[0][0] == "held":
        return bool(again) and said[0][1].startswith(again[0][1])
    return not answer.unsure and said == again


def _figures(reason: Reason) -> str:
    """Take what a reason says; an age that is rounded to a tenth of a second may be rounded the other way."""
    return "" if reason.code is Code.PRICE else reason.text


@pytest.mark.parametrize("seed", [*SEEDS, *MORE])
def test_the_policy_of_the_time_is_found_to_say_what_it_said_to_the_last_figure(
    desk: Driven, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge, "_fits", word_for_word)
    desk.begin(ALL)
    Day(desk, seed).go(STEPS)
    found = desk.replay(desk.in_force)
    asked = sum(bot.orders for bot in found.bots)
    assert found.limits == ()
    assert {row.what for row in found.cannot} <= {replay._COUNTED_ONLY}
    assert asked > STEPS / 2
    assert len(told(desk)) > ENOUGH


WIDE = re.sub(r'(order_notional|_?notional|exposure|loss_budget|hold_above) *= "[0-9]+"', r'\1 = "99999"', ALL)


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_a_policy_that_only_lets_more_happen_would_have_refused_nothing_that_passed(desk: Driven, seed: int) -> None:
    desk.begin(ALL)
    Day(desk, seed).go(STEPS)
    found = desk.replay(WIDE)
    assert {row.way for row in found.limits} == {Way.ALLOW}
    assert all(bot.orders == bot.same + bot.allowed + bot.cannot + bot.elsewhere for bot in found.bots)
