"""What an order costs at most is known before it leaves, or it does not leave."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.model.decision import Charge, Code, Lane, Refuse
from ringfence.model.facts import Facts, Reference
from ringfence.model.names import Symbol
from ringfence.model.order import Kind, Order, Side, Tif
from ringfence.policy.charge import EXIT_FRESH_SECONDS, FRESH_SECONDS, price
from tests.policy.world import BTC, CALM, FEE, INSTRUMENT, LIMITS, REFERENCE, UNUSED, D, holding, limit, market

BUY, SELL = Side.BUY, Side.SELL


def charged(order: Order, facts: Facts = CALM) -> Charge:
    answer = price(order, facts, LIMITS, FEE)
    assert isinstance(answer, Charge), answer
    return answer


def refused(order: Order, facts: Facts = CALM) -> Code:
    answer = price(order, facts, LIMITS, FEE)
    assert isinstance(answer, Refuse), answer
    return answer.reason.code


def aged(seconds: float) -> Facts:
    return replace(CALM, now=REFERENCE.at + seconds)


def held(position: str, buys: str = "0", sells: str = "0") -> Facts:
    return replace(CALM, holding=holding(position, buys, sells))


# The collar is 0.5 % around 100, the tick 0.01.
COLLARS = [
    (limit(BUY, "1", "100.50"), None),
    (limit(BUY, "1", "100.51"), Code.COLLAR),
    (limit(SELL, "1", "99.50"), None),
    (limit(SELL, "1", "99.49"), Code.COLLAR),
    (limit(BUY, "1", "0.01"), None),
    (limit(SELL, "1", "1000000"), None),
    (limit(BUY, "1", "100.51", Kind.LIMIT_MAKER), Code.COLLAR),
    (limit(BUY, "1", "100.50", Kind.LIMIT_MAKER), None),
    (limit(BUY, "0", "100"), Code.ORDER_NOTIONAL),
    (limit(BUY, "1", "0"), Code.ORDER_NOTIONAL),
]


@pytest.mark.parametrize(("order", "code"), COLLARS)
def test_a_limit_lies_within_the_collar_on_the_harmful_side(order: Order, code: Code | None) -> None:
    if code is None:
        assert charged(order).order == order
    else:
        assert refused(order) is code


def test_a_refusal_at_the_collar_says_where_it_is() -> None:
    answer = price(limit(SELL, "1", "99.49"), CALM, LIMITS, FEE)
    assert isinstance(answer, Refuse)
    assert answer.reason.text == "the price 99.49 is beyond the collar: at least 99.5 (0.5% from the reference 100)"


MARKETS = [
    # market order                            becomes quantity, price, how long
    (market(BUY, "2"),                        "2",     "100.50", Tif.IOC),
    (market(SELL, "2"),                       "2",     "99.50",  Tif.IOC),
    (market(BUY, "2", tif=Tif.FOK),           "2",     "100.50", Tif.FOK),
    (market(BUY, "2", tif=Tif.GTC),           "2",     "100.50", Tif.IOC),
    (market(BUY, quote="100"),                "0.995", "100.50", Tif.IOC),
    (market(BUY, quote="100.5"),              "1",     "100.50", Tif.IOC),
    (market(BUY, quote="100.4999"),           "0.999", "100.50", Tif.IOC),
    (market(SELL, quote="100"),               "1",     "99.50",  Tif.IOC),
    (market(SELL, quote="99.99"),             "0.999", "99.50",  Tif.IOC),
]  # fmt: skip


@pytest.mark.parametrize(("order", "quantity", "limit_price", "tif"), MARKETS)
def test_a_market_order_becomes_a_limit_at_the_collar(order: Order, quantity: str, limit_price: str, tif: Tif) -> None:
    sent = charged(order).order
    assert (sent.kind, sent.quantity, sent.price, sent.tif) == (Kind.LIMIT, D(quantity), D(limit_price), tif)
    assert sent.quote is None
    assert (sent.symbol, sent.side, sent.client_id) == (order.symbol, order.side, order.client_id)


@pytest.mark.parametrize(("side", "reference", "expected"), [(BUY, "100.123", "100.62"), (SELL, "100.123", "99.63")])
def test_the_collar_is_rounded_to_the_tick_that_is_nearer_to_the_reference(
    side: Side, reference: str, expected: str
) -> None:
    facts = replace(CALM, reference=replace(REFERENCE, buy=D(reference), sell=D(reference)))
    assert charged(market(side, "1"), facts).order.price == D(expected)


@pytest.mark.parametrize("quote", ["0.1", "0.1004"])
def test_a_market_order_that_affords_less_than_one_step_is_refused(quote: str) -> None:
    assert refused(market(BUY, quote=quote)) is Code.ORDER_NOTIONAL
    assert charged(market(BUY, quote="0.1005")).order.quantity == D("0.001")


def test_a_market_buy_of_what_trades_below_one_tick_is_refused() -> None:
    coarse = replace(CALM, instrument=replace(INSTRUMENT, tick=D(1000)))
    assert refused(market(BUY, quote="100"), coarse) is Code.ORDER_NOTIONAL
    assert refused(market(BUY, "1"), coarse) is Code.ORDER_NOTIONAL


def now(side: Side, price: str) -> Order:
    return replace(limit(side, "1", price), tif=Tif.IOC)


CHARGES = [
    # order                     notional      loss: slippage + fee
    (limit(BUY, "1", "100.50"), "100.50",     "0.6005"),
    (limit(BUY, "1", "80.4"),   "100",        "0.5"),  # it rests, and is swept once the price is 80
    (now(BUY, "80.4"),          "100",        "0.1"),
    (limit(SELL, "1", "99.50"), "100",        "0.6"),
    (limit(SELL, "1", "199"),   "199",        "1.199"),  # swept once the price is 200
    (now(SELL, "199"),          "199",        "0.199"),
    (market(BUY, "1"),          "100.50",     "0.6005"),
    (market(SELL, "1"),         "100",        "0.6"),
]  # fmt: skip


@pytest.mark.parametrize(("order", "notional", "loss"), CHARGES)
def test_an_order_is_charged_at_the_worse_of_limit_and_reference(order: Order, notional: str, loss: str) -> None:
    charge = charged(order)
    assert (charge.lane, charge.reference) == (Lane.ORDINARY, D(100))
    assert (charge.notional, charge.loss) == (D(notional), D(loss))


LANES = [
    # holding                        order                     lane
    (held("1"),                      market(SELL, "1"),        Lane.EXIT),
    (held("1"),                      market(SELL, "1.001"),    Lane.ORDINARY),
    (held("1"),                      market(BUY, "1"),         Lane.ORDINARY),
    (held("0"),                      market(SELL, "0.001"),    Lane.ORDINARY),
    (held("-1"),                     market(BUY, "1"),         Lane.EXIT),
    (held("-1"),                     market(BUY, "1.001"),     Lane.ORDINARY),
    (held("-1"),                     market(SELL, "0.5"),      Lane.ORDINARY),
    (held("1", sells="0.4"),         market(SELL, "0.6"),      Lane.EXIT),
    (held("1", sells="0.4"),         market(SELL, "0.601"),    Lane.ORDINARY),
    (held("1", buys="5"),            market(SELL, "1"),        Lane.EXIT),
    (held("1", buys="5"),            market(SELL, "1.001"),    Lane.ORDINARY),
    (held("-1", buys="0.4"),         market(BUY, "0.601"),     Lane.ORDINARY),
    (held("-1", buys="0.4"),         market(BUY, "0.6"),       Lane.EXIT),
    (held("1"),                      limit(SELL, "1", "150"),  Lane.EXIT),
    (held("1"),                      limit(SELL, "1", "98", Kind.LIMIT_MAKER), Lane.EXIT),
    (held("1"),                      market(SELL, quote="100"), Lane.EXIT),
    (held("1"),                      market(SELL, quote="100.1"), Lane.ORDINARY),
    (held("-1"),                     market(BUY, quote="102"), Lane.EXIT),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "order", "lane"), LANES)
def test_an_order_is_an_exit_only_where_it_reduces_the_position_whatever_else_fills(
    facts: Facts, order: Order, lane: Lane
) -> None:
    assert charged(order, facts).lane is lane


@pytest.mark.parametrize(
    ("order", "facts", "allowed"),
    [
        (limit(SELL, "1", "98"), held("1"), True),
        (limit(SELL, "1", "97.99"), held("1"), False),
        (limit(SELL, "1.001", "98"), held("1"), False),
        (limit(BUY, "1", "102"), held("-1"), True),
        (limit(BUY, "1", "102.01"), held("-1"), False),
    ],
)
def test_an_exit_may_reach_as_far_as_its_own_collar(order: Order, facts: Facts, allowed: bool) -> None:
    if allowed:
        assert charged(order, facts).lane is Lane.EXIT
    else:
        assert refused(order, facts) is Code.COLLAR


def test_a_quote_sized_exit_that_is_too_large_at_its_own_collar_is_sized_again_by_the_ordinary_one() -> None:
    charge = charged(market(BUY, quote="103"), held("-1"))
    assert (charge.lane, charge.order.price) == (Lane.ORDINARY, D("100.50"))
    assert charge.order.quantity == D("1.024")


AGES = [
    # age                        an ordinary order  an exit
    (0.0,                        True,              True),
    (FRESH_SECONDS,              True,              True),
    (FRESH_SECONDS + 0.001,      False,             True),
    (EXIT_FRESH_SECONDS,         False,             True),
    (EXIT_FRESH_SECONDS + 0.001, False,             False),
    (-0.001,                     False,             False),
]  # fmt: skip


@pytest.mark.parametrize(("age", "ordinary", "leaving"), AGES)
def test_a_stale_reference_stops_risk_after_five_seconds_and_exits_after_sixty(
    age: float, ordinary: bool, leaving: bool
) -> None:
    for order, passes in ((market(BUY, "1"), ordinary), (market(SELL, "1"), leaving)):
        answer = price(order, replace(aged(age), holding=holding("1")), LIMITS, FEE)
        assert isinstance(answer, Charge) is passes
        assert passes or (isinstance(answer, Refuse) and answer.reason.code is Code.PRICE)


ABSENT = [
    (replace(CALM, instrument=None), Code.INSTRUMENT),
    (replace(CALM, instrument=replace(INSTRUMENT, symbol=Symbol("ETH/USDT"))), Code.INSTRUMENT),
    (replace(CALM, instrument=replace(INSTRUMENT, tick=D(0))), Code.INSTRUMENT),
    (replace(CALM, instrument=replace(INSTRUMENT, step=D(0))), Code.INSTRUMENT),
    (replace(CALM, reference=None), Code.PRICE),
    (replace(CALM, reference=replace(REFERENCE, symbol=Symbol("ETH/USDT"))), Code.PRICE),
    (replace(CALM, reference=replace(REFERENCE, venues=0)), Code.PRICE),
    (replace(CALM, reference=replace(REFERENCE, buy=D(0))), Code.PRICE),
    (replace(CALM, reference=replace(REFERENCE, sell=D(-1))), Code.PRICE),
    (replace(CALM, usage=replace(UNUSED, window_notional=D("-0.01"))), Code.JOURNAL),
    (replace(CALM, usage=replace(UNUSED, window_loss=D("-0.01"))), Code.JOURNAL),
    (replace(CALM, usage=replace(UNUSED, open_orders=-1)), Code.JOURNAL),
    (replace(CALM, usage=replace(UNUSED, orders_last_minute=-1)), Code.JOURNAL),
    (replace(CALM, usage=replace(UNUSED, exits_last_minute=-1)), Code.JOURNAL),
    (replace(CALM, holding=holding("0", buys="-1")), Code.JOURNAL),
    (replace(CALM, holding=holding("0", sells="-1")), Code.JOURNAL),
    (replace(CALM, others=D(-1)), Code.JOURNAL),
]


@pytest.mark.parametrize(("facts", "code"), ABSENT)
@pytest.mark.parametrize("position", ["0", "1"])
def test_a_missing_or_contradictory_fact_refuses_orders_and_exits_alike(
    facts: Facts, code: Code, position: str
) -> None:
    if position != "0":
        facts = replace(facts, holding=replace(facts.holding, position=D(position)))
    assert refused(market(SELL, "1"), facts) is code
    assert refused(limit(SELL, "1", "100"), facts) is code


def test_with_two_venues_a_buy_is_judged_by_the_lower_and_a_sale_by_the_higher() -> None:
    split = replace(CALM, reference=Reference(BTC, buy=D(90), sell=D(110), venues=2, at=REFERENCE.at))
    assert charged(market(BUY, "1"), split).order.price == D("90.45")
    assert charged(market(SELL, "1"), split).order.price == D("109.45")
    assert refused(limit(BUY, "1", "90.46"), split) is Code.COLLAR
    assert refused(limit(SELL, "1", "109.44"), split) is Code.COLLAR


amounts = st.decimals("0.00000001", "100000", places=8)
prices = st.decimals("0.0001", "100000", places=6)
sides = st.sampled_from(Side)
steps = st.sampled_from([D("0.00000001"), D("0.001"), D("0.1"), D(1)])


markets = st.one_of(
    st.builds(Order, st.just(BTC), sides, st.just(Kind.MARKET), amounts, *[st.none()] * 4),
    st.builds(Order, st.just(BTC), sides, st.just(Kind.MARKET), st.none(), amounts, *[st.none()] * 3),
)


@given(markets, prices, steps, steps)
def test_a_converted_order_never_exceeds_its_quote_its_collar_or_its_size(
    order: Order, reference: Decimal, tick: Decimal, step: Decimal
) -> None:
    facts = replace(
        CALM,
        instrument=replace(INSTRUMENT, tick=tick, step=step),
        reference=replace(REFERENCE, buy=reference, sell=reference),
    )
    answer = price(order, facts, LIMITS, FEE)
    assume(isinstance(answer, Charge))
    assert isinstance(answer, Charge)
    sent, side = answer.order, order.side
    assert sent.quantity is not None
    assert sent.price is not None
    assert side.sign * (sent.price - reference * (1 + side.sign * LIMITS.collar)) <= 0
    assert sent.price % tick == 0
    if order.quote is not None:
        assert sent.quantity * (sent.price if side is BUY else reference) <= order.quote
        assert sent.quantity % step == 0
    else:
        assert sent.quantity == order.quantity
    assert answer.loss <= answer.notional * (LIMITS.collar + FEE)


signed = st.decimals("-10", "10", places=3)
small = st.decimals("0", "10", places=3)


@given(sides, st.decimals("0.001", "20", places=3), signed, small, small)
def test_an_exit_never_crosses_zero_whichever_open_orders_fill(
    side: Side, quantity: Decimal, position: Decimal, buys: Decimal, sells: Decimal
) -> None:
    order = Order(BTC, side, Kind.MARKET, quantity, None, None, None, None)
    facts = replace(CALM, holding=holding(str(position), str(buys), str(sells)))
    if charged(order, facts).lane is Lane.EXIT:
        assert quantity <= abs(position)
        assert side.sign * position < 0
        worst = position - sells - quantity if side is SELL else position + buys + quantity
        assert side.sign * worst <= 0
