from collections.abc import Iterator
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.model.decision import Charge, Lane
from ringfence.model.names import AccountName, Asset, BotName, ClientId, ExchangeId, OrderId, Symbol
from ringfence.model.order import Kind, Order, Side, Tif
from ringfence.model.reply import Report
from ringfence.signer.intent import MINUTE_MS, WINDOW_MS, Intent, State, Worst, drop, settle
from ringfence.signer.ledger import Ledger

BOT, BTC = BotName("grid"), Asset("BTC")
NOW = 1_800_000_000_000
D = Decimal
AT_100 = Worst(D(100), certain=True)

NAME = ClientId("a")
ORDER = Order(Symbol("BTC/USDT"), Side.BUY, Kind.LIMIT, D(2), None, D(101), Tif.GTC, NAME)
CHARGE = Charge(ORDER, Lane.ORDINARY, reference=D(100), notional=D(202), loss=D("2.202"), collar=D("0.01"))
BUY = Intent(
    seq=7, bot=BOT, account=AccountName("main"), exchange=ExchangeId("paper-binance"), base=BTC, charge=CHARGE,
    quantity=D(2), price=D(101), client_id=NAME, fee=D("0.001"), at=NOW, content="c", digest="d",
)  # fmt: skip


def report(executed: str, quote: str, *, final: bool, fees: tuple[tuple[Asset, Decimal], ...] | None = None) -> Report:
    return Report(ORDER.symbol, OrderId("9"), NAME, D(2), D(executed), D(quote), final, fees)


def ledger_with(*intents: Intent) -> Ledger:
    ledger = Ledger()
    for intent in intents:
        ledger.reserve(intent)
    return ledger


SETTLED = [
    # executed, quote, final -> notional that counts, loss that counts
    ("0", "0", False, "202", "2.202"),  # resting: all of it
    ("1", "101", False, "202", "2.202"),  # partly filled at its limit, and still resting: all of it
    ("1", "100", False, "202", "1.201"),  # partly filled at the price of now: its fee, and the rest in full
    ("2", "202", True, "202", "2.202"),  # filled at its limit: the worst that was charged
    ("2", "200", True, "202", "0.200"),  # filled at the reference: only the fee was lost
    ("2", "190", True, "202", "0.190"),  # filled better than the reference: a gain is no credit
    ("1", "101", True, "101", "1.101"),  # half filled, then over: half
    ("0", "0", True, "0", "0.000"),  # never filled: nothing
]


@pytest.mark.parametrize(("executed", "quote", "final", "notional", "loss"), SETTLED)
def test_what_an_order_counts_for(executed: str, quote: str, final: bool, notional: str, loss: str) -> None:
    ledger = ledger_with(BUY)
    ledger.update(settle(BUY, report(executed, quote, final=final), NOW, AT_100), NOW)
    usage = ledger.usage(BOT, NOW)
    assert (usage.window_notional, usage.window_loss) == (D(notional), D(loss))


def test_an_unknown_outcome_stays_reserved_in_full_however_long_it_takes() -> None:
    ledger = ledger_with(BUY)
    assert ledger.usage(BOT, NOW + 100 * WINDOW_MS).window_notional == D(202)


@pytest.mark.parametrize(("after", "counted"), [(WINDOW_MS - 1, "202"), (WINDOW_MS, "0")])
def test_a_fill_counts_for_a_whole_window_after_its_end_is_known_s36(after: int, counted: str) -> None:
    ledger = ledger_with(BUY)
    ledger.update(settle(BUY, report("2", "202", final=True), NOW, AT_100), NOW)
    assert ledger.usage(BOT, NOW + after).window_notional == D(counted)


@pytest.mark.parametrize(("after", "count"), [(MINUTE_MS - 1, 1), (MINUTE_MS, 0)])
def test_orders_are_counted_over_a_sliding_minute(after: int, count: int) -> None:
    assert ledger_with(BUY).usage(BOT, NOW + after).orders_last_minute == count


def test_exits_have_a_rate_and_a_window_of_their_own() -> None:
    usage = ledger_with(replace(BUY, charge=replace(CHARGE, lane=Lane.EXIT))).usage(BOT, NOW)
    assert (usage.exits_last_minute, usage.orders_last_minute) == (1, 0)
    assert (usage.window_notional, usage.open_orders) == (D(0), 1)
    assert usage.window_loss == CHARGE.loss


def test_a_position_is_what_filled_less_the_fee_in_the_asset() -> None:
    ledger = ledger_with(BUY)
    ledger.update(settle(BUY, report("1", "101", final=False, fees=((BTC, D("0.001")),)), NOW, AT_100), NOW)
    assert ledger.position(BOT, BTC) == D("0.999")


def test_where_the_fee_is_not_told_a_buy_is_taken_to_have_paid_it_in_the_asset() -> None:
    ledger = ledger_with(BUY)
    ledger.update(settle(BUY, report("2", "202", final=True), NOW, AT_100), NOW)
    assert ledger.position(BOT, BTC) == D("1.998")


def test_a_fee_in_another_asset_leaves_the_position_whole() -> None:
    ledger = ledger_with(BUY)
    ledger.update(settle(BUY, report("2", "202", final=True, fees=((Asset("BNB"), D(1)),)), NOW, AT_100), NOW)
    assert ledger.position(BOT, BTC) == D(2)


def test_an_older_report_never_takes_a_fill_back_s35() -> None:
    ahead = settle(BUY, report("2", "202", final=False), NOW, AT_100)
    assert settle(ahead, report("1", "101", final=True), NOW, AT_100) == ahead


NOT_SURE = [
    # the worst reference that is known, what a purchase of 2 at 101 counts for, of which 2.202 was reserved
    (Worst(None, certain=False), "2.404"),  # what was reserved, and the fee of what was filled
    (Worst(D(100), certain=False), "2.404"),
    (Worst(D(101), certain=False), "2.404"),
    (Worst(D(90), certain=False), "22.202"),  # worse than what was reserved
    (Worst(D(90), certain=True), "22.202"),
]


@pytest.mark.parametrize(("worst", "counted"), NOT_SURE)
def test_where_not_all_prices_of_its_time_are_known_a_fill_counts_at_least_as_reserved(
    worst: Worst, counted: str
) -> None:
    """A restart forgets prices, and what waits for a trigger reserves little: what is known counts where it is more."""
    ledger = ledger_with(BUY)
    ledger.update(settle(BUY, report("2", "202", final=True), NOW, worst), NOW)
    assert ledger.usage(BOT, NOW).window_loss == D(counted)


def test_open_exits_are_counted_apart_as_well() -> None:
    sale = replace(CHARGE, order=replace(ORDER, side=Side.SELL), lane=Lane.EXIT)
    ledger = ledger_with(BUY, replace(BUY, seq=8, charge=sale), replace(BUY, seq=11))
    held = ledger.holding(BOT, BTC)
    assert (held.open_buys, held.open_sells, held.exit_buys, held.exit_sells) == (D(4), D(2), D(0), D(2))
    ledger.update(drop(replace(BUY, seq=8, charge=sale), NOW), NOW)
    assert ledger.holding(BOT, BTC).exit_sells == 0


def test_what_is_final_never_reopens() -> None:
    closed = drop(BUY, NOW)
    assert settle(closed, report("2", "202", final=False), NOW, AT_100) == closed
    assert drop(closed, NOW + 1) == closed


def test_the_same_report_twice_moves_the_position_once() -> None:
    ledger = ledger_with(BUY)
    for _ in range(2):
        current = ledger.find(7, BOT)
        assert current is not None
        ledger.update(settle(current, report("1", "101", final=False), NOW, AT_100), NOW)
    assert ledger.position(BOT, BTC) == D("0.999")


def test_one_bot_never_counts_against_another() -> None:
    other = BotName("other")
    usage = ledger_with(BUY).usage(other, NOW)
    assert (usage.window_notional, usage.open_orders) == (D(0), 0)


steps = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 20), st.booleans(), st.integers(0, WINDOW_MS // 4)), max_size=30
)


def played(moves: list[tuple[int, int, bool, int]]) -> Iterator[tuple[Ledger, dict[int, Intent], int]]:
    """Play moves (which order, how much of it filled, whether it ended, how long since) on one ledger."""
    ledger, now = Ledger(), NOW
    known: dict[int, Intent] = {}
    for which, executed, final, passed in moves:
        now += passed
        if which not in known:
            known[which] = replace(BUY, seq=which, quantity=D(20), at=now, client_id=ClientId(str(which)))
            ledger.reserve(known[which])
        known[which] = settle(known[which], report(str(executed), str(101 * executed), final=final), now, AT_100)
        ledger.update(known[which], now)
        yield ledger, known, now


@given(steps)
def test_sums_kept_as_they_come_and_go_equal_sums_made_afresh(moves: list[tuple[int, int, bool, int]]) -> None:
    for ledger, known, now in played(moves):
        counted = [i for i in known.values() if i.settled_at is None or i.settled_at > now - WINDOW_MS]
        usage = ledger.usage(BOT, now)
        assert usage.window_notional == sum((i.counted_notional for i in counted), D(0))
        assert usage.window_loss == sum((i.counted_loss for i in counted), D(0))
        assert ledger.position(BOT, BTC) == sum((i.effect for i in known.values()), D(0))


@given(steps)
def test_a_ledger_restored_from_its_intents_counts_the_same(moves: list[tuple[int, int, bool, int]]) -> None:
    for ledger, known, now in played(moves):
        again = Ledger()
        again.restore(known.values())
        again.restore_position(BOT, BUY.account, BTC, ledger.position(BOT, BTC))
        assert again.usage(BOT, now) == ledger.usage(BOT, now)
        assert again.holding(BOT, BTC) == ledger.holding(BOT, BTC)
        assert {i.seq for i in again.live()} == {i.seq for i in known.values() if i.state is not State.FINAL}


SECOND = replace(
    BUY,
    seq=8,
    shares=7,
    client_id=ClientId("b"),
    charge=replace(CHARGE, notional=D(250), loss=D("1.5"), order=replace(ORDER, client_id=ClientId("b"))),
)


@pytest.mark.parametrize("intents", [(BUY, SECOND), (SECOND, BUY)])
def test_of_two_orders_of_which_one_can_fill_the_larger_counts(intents: tuple[Intent, ...]) -> None:
    ledger = ledger_with(*intents)
    usage = ledger.usage(BOT, NOW)
    assert (usage.window_notional, usage.window_loss, usage.open_orders) == (D(250), D("2.202"), 2)
    assert ledger.holding(BOT, BTC).open_buys == D(2)


def test_once_one_of_the_two_is_over_the_other_counts_in_full() -> None:
    ledger = ledger_with(BUY, SECOND)
    ledger.update(settle(BUY, report("2", "202", final=True), NOW, AT_100), NOW)
    usage = ledger.usage(BOT, NOW)
    assert usage.window_notional == D(202) + D(250)
    assert (usage.open_orders, ledger.holding(BOT, BTC).open_buys) == (1, D(2))
    ledger.update(drop(SECOND, NOW), NOW)
    usage = ledger.usage(BOT, NOW)
    assert (usage.window_notional, usage.open_orders, ledger.holding(BOT, BTC).open_buys) == (D(202), 0, D(0))


def test_a_neighbour_by_number_is_not_an_alternative() -> None:
    ledger = ledger_with(BUY, replace(SECOND, shares=None))
    assert ledger.usage(BOT, NOW).window_notional == D(202) + D(250)


def test_an_order_that_was_made_smaller_reserves_what_it_is_now() -> None:
    smaller = settle(BUY, replace(report("0", "0", final=False), quantity=D("0.5")), NOW, AT_100)
    assert (smaller.quantity, smaller.charge.order.quantity) == (D("0.5"), D("0.5"))
    assert (smaller.charge.notional, smaller.charge.loss) == (
        D("50.5"),
        D("0.5505"),
    )  # 101 each; 1 (its collar) and 0.1 % of it
    assert settle(smaller, report("0", "0", final=False), NOW, AT_100).quantity == D("0.5")  # and never larger again
