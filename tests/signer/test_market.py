"""The anchor of a day moves slowly whoever holds the prices, and a fill is held against the worst price of its time."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.ipc.messages import Quote, Quotes
from ringfence.model.names import Asset, Symbol
from ringfence.model.order import Side
from ringfence.signer.clock import boot_ms
from ringfence.signer.intent import Worst
from ringfence.signer.market import DAY_SECONDS, MAX_PRICE_AGE, Anchor, Market

BTC, USDT = Symbol("BTC/USDT"), Asset("USDT")
D = Decimal


def take(market: Market, price: str, moment: int, sell: str | None = None, age: float = 1.0) -> None:
    at = boot_ms() / 1000 - age
    market.take(Quotes((Quote(BTC, D(price), D(sell or price), 3, at),)), moment)


def test_the_first_price_is_the_first_anchor() -> None:
    market = Market()
    take(market, "100", 0)
    assert market.references[BTC].slow == 100


@given(st.lists(st.tuples(st.decimals("0.01", "1000000", places=2), st.floats(0, 600)), max_size=100))
def test_whoever_holds_every_price_moves_the_anchor_by_a_tenth_a_day_s56(moves: list[tuple[Decimal, float]]) -> None:
    anchor = Anchor(D(100), 0.0)
    for price, passed in moves:
        anchor = anchor.moved(price, anchor.at + passed)
    days = D(anchor.at) / D(DAY_SECONDS)
    assert 100 * (1 - D("0.1") * days) - 1 <= anchor.price <= 100 * (D("0.1") * days).exp() + D("0.001")


def test_an_honest_price_is_followed_by_how_long_it_stands() -> None:
    anchor = Anchor(D(100), 0.0)
    for minute in range(1, 24 * 60 + 1):
        anchor = anchor.moved(D(105), minute * 60.0)
    assert D("103.1") < anchor.price < D("103.2")  # 5 * (1 - 1/e)


def test_a_hole_counts_as_half_an_hour_at_most() -> None:
    assert Anchor(D(100), 0.0).moved(D(110), 10 * DAY_SECONDS).price == D("100.2")


def test_a_price_of_before_moves_nothing() -> None:
    assert Anchor(D(100), 100.0).moved(D(110), 50.0).price == 100


def test_a_restored_anchor_stands_from_now_on() -> None:
    market = Market()
    market.restore({BTC: D(90)})
    take(market, "100", 0, age=0)
    slow = market.references[BTC].slow
    assert slow is not None
    assert 90 <= slow < D("90.01")


WORST = [
    # side, since, the reference against which a fill since then lost most
    (Side.BUY, 10, "95"),  # 100 stood until 11
    (Side.BUY, 15, "95"),
    (Side.BUY, 20, "98"),
    (Side.SELL, 10, "103"),
    (Side.SELL, 20, "99"),
    (Side.SELL, 100, "99"),
]


@pytest.mark.parametrize(("side", "since", "worst"), WORST)
def test_a_fill_is_held_against_the_worst_reference_since_the_last_look(side: Side, since: int, worst: str) -> None:
    market = Market()
    take(market, "100", 10, age=3)
    take(market, "95", 15, "103", age=2)
    take(market, "98", 20, "99", age=1)
    assert market.worst(BTC, side, since) == Worst(D(worst), certain=True)


def test_what_was_not_watched_is_not_known() -> None:
    market = Market()
    assert market.worst(BTC, Side.BUY, 10) == Worst(None, certain=False)
    take(market, "100", 10)
    assert market.worst(BTC, Side.BUY, 9) == Worst(D(100), certain=False)
    assert market.worst(BTC, Side.BUY, 10) == Worst(D(100), certain=True)


def test_a_position_is_valued_at_the_worse_price() -> None:
    market = Market()
    take(market, "99", 0, "101")
    assert market.value(Asset("BTC"), D(2), USDT) == 198
    assert market.value(Asset("BTC"), D(-2), USDT) == -202


@pytest.mark.parametrize(("age", "known"), [(MAX_PRICE_AGE - 1, True), (MAX_PRICE_AGE + 1, False)])
def test_an_old_price_values_nothing(age: float, known: bool) -> None:
    market = Market()
    take(market, "100", 0, age=age)
    assert (market.value(Asset("BTC"), D(1), USDT) is not None) is known
