"""What is counted, what cannot be judged, and what a journal of before or a damaged one comes to."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from ringfence.errors import Broken
from ringfence.model.action import ListForm, PlaceList
from ringfence.model.facts import Switch
from ringfence.model.order import Tif
from ringfence.policy.load import load
from ringfence.replay.judge import Way
from ringfence.replay.replay import replay
from ringfence.replay.report import Report
from ringfence.signer import switch
from ringfence.signer.world import Position
from tests.replay.test_limits import ONE, go, shape
from tests.replay.world import BTC, ETH, D, Driven, order, place, policy
from tests.signer.owner import DAY, HOUR

Entry = dict[str, Any]


def changed(journal: list[bytes], change: Callable[[Entry], None]) -> list[bytes]:
    """Write a journal with something about its entries changed."""
    entries = [json.loads(text) for text in journal]
    for entry in entries:
        change(entry)
    return [json.dumps(entry).encode() for entry in entries]


def older(entry: Entry) -> None:
    """Take out what older versions did not write."""
    for name in ("seen", "asked", "orders", "account", "slipped") if entry["kind"] != "intent" else ("seen", "asked"):
        if entry["kind"] != "instruments":
            entry.pop(name, None)


def again(journal: list[bytes], text: str, since: int = 0) -> Report:
    return replay(journal, load(text), since)


def test_an_order_that_would_have_been_refused_is_not_counted_from_then_on(desk: Driven) -> None:
    """The second order would pass the window of 150 beside the first; where that is not there, it passes."""
    desk.begin(policy())
    go(ONE, place("buy", "0.6"), place("buy", "0.5"))(desk)
    found = desk.replay(policy('order_notional = "60"', 'window_notional = "110"'))
    assert shape(found.limits) == [(Way.REFUSE, "order-notional", 1)]


def test_nor_are_its_fills(desk: Driven) -> None:
    """Without the purchase that was refused there is no position, and the sale of it is no exit."""
    desk.begin(policy())
    go(ONE, place("sell", "0.5", "99"), filled=True)(desk)
    found = desk.replay(policy('order_notional = "60"', 'order_minimum = "51"'))
    assert [(row.what, row.first.entry) for row in found.limits] == [("order-notional", 3), ("order-minimum", 5)]
    assert not desk.replay(policy('order_minimum = "51"')).differs


def test_what_would_have_passed_is_counted_as_nothing_and_the_report_says_so_once(desk: Driven) -> None:
    desk.begin(policy('order_notional = "90"'))
    go(ONE, ONE, place("buy", "0.9"))(desk)
    found = desk.replay(policy('window_notional = "190"'))
    assert shape(found.limits) == [(Way.ALLOW, "order-notional", 2)]
    assert [note.startswith("bot grid: from entry 3 on its totals are a guess") for note in found.notes] == [True]


def test_an_order_past_two_limits_counts_for_both_and_once_for_its_bot(desk: Driven) -> None:
    desk.begin(policy())
    go(ONE)(desk)
    found = desk.replay(policy('order_notional = "60"', 'window_notional = "70"'))
    assert shape(found.limits) == [(Way.REFUSE, "order-notional", 1), (Way.REFUSE, "window-notional", 1)]
    assert [(bot.orders, bot.refused) for bot in found.bots] == [(1, 1)]


@pytest.mark.parametrize(("ago", "judged"), [(HOUR, 0), (HOUR + 1, 1)])
def test_what_came_before_the_first_moment_counts_and_is_not_judged(desk: Driven, ago: int, judged: int) -> None:
    desk.begin(policy())
    go(ONE, filled=True)(desk)
    desk.machine.wait(HOUR)
    desk.quote()
    go(ONE)(desk)
    found = desk.replay(policy('order_notional = "99"'), desk.now - ago)
    assert sum(bot.orders for bot in found.bots) == 1 + judged
    assert desk.replay(policy('window_notional = "199"'), desk.now - 1).differs
    assert not desk.replay(policy('window_notional = "200"'), desk.now - 1).differs


@pytest.mark.parametrize(("later", "counts"), [(DAY - 1, True), (DAY, False)])
def test_a_fill_counts_for_a_day(desk: Driven, later: int, counts: bool) -> None:
    desk.begin(policy())
    go(ONE, filled=True)(desk)
    desk.machine.wait(later)
    desk.quote()
    go(ONE)(desk)
    assert desk.replay(policy('window_notional = "199"'), desk.now - 1).differs is counts


LISTED = 'symbols = ["BTC/USDT", "ETH/USDT"]'


def classed(*changes: str, barred: str = "") -> str:
    """The policy with a class of symbols."""
    never = f', except = ["{barred}"]' if barred else ""
    described = f'symbols = {{ most = 5, venues = 3, volume = "1", listed = "30d"{never} }}'
    return policy(*changes).replace(LISTED, described)


def test_a_class_is_judged_by_what_it_came_to(desk: Driven) -> None:
    desk.begin(classed())
    go(ONE, place("buy", "5", "10", symbol=ETH))(desk)
    desk.exchange.trades.pop("ETHUSDT")
    desk.machine.wait(HOUR)
    desk.apply(classed('order_notional = "400"', barred="ETH/USDT"), proven=False)
    desk.quote()
    go(ONE, place("buy", "5", "10", symbol=ETH))(desk)
    same = desk.replay(classed(barred="ETH/USDT"), desk.now - 1)
    assert not same.differs
    assert "symbols by class" not in [each.what for each in same.not_judged]
    found = desk.replay(classed(barred="ETH/USDT"))
    assert shape(found.limits) == [(Way.REFUSE, "symbol", 1)]
    assert "symbols by class" in [each.what for each in found.not_judged]
    assert shape(desk.replay(classed(barred="BTC/USDT")).limits)[0] == (Way.REFUSE, "symbol", 2)


def test_a_list_is_judged_as_one(desk: Driven) -> None:
    desk.begin(policy('orders = ["limit", "limit-maker"]'))
    desk.place(("grid", PlaceList(ListForm.OTO, (order("buy", "1"), order("buy", "0.5")), None)))
    assert not desk.replay(policy('window_notional = "150"')).differs
    assert shape(desk.replay(policy('window_notional = "149"')).limits) == [(Way.REFUSE, "window-notional", 1)]


def test_what_no_policy_decides_is_no_difference(desk: Driven) -> None:
    desk.begin(policy('order_notional = "50"'))
    desk.exchange.up = False
    go(ONE)(desk)
    found = desk.replay(policy())
    assert not found.differs
    assert [(bot.orders, bot.elsewhere) for bot in found.bots] == [(1, 1)]


def test_a_halt_halts_under_every_policy(desk: Driven) -> None:
    desk.begin(policy('order_notional = "50"'))
    desk.run(switch.throw(desk.desk, Position(Switch.HALTED, "why", desk.now), "owner"))
    go(ONE)(desk)
    found = desk.replay(policy())
    assert not found.differs
    assert [bot.same for bot in found.bots] == [1]


def test_an_order_that_a_person_allowed_passes_again(desk: Driven) -> None:
    desk.begin(policy('hold_above = "90"'))
    go(ONE)(desk)
    (name,) = desk.desk.holds.held
    desk.run(desk._open[1]._allow(name))
    go(ONE)(desk)
    assert [bot.same for bot in desk.replay(policy('hold_above = "80"')).bots] == [2]
    assert shape(desk.replay(policy()).limits) == [(Way.ALLOW, "held", 1)]


def test_what_a_person_allowed_and_another_limit_refused_would_pass_without_that_limit(desk: Driven) -> None:
    desk.begin(policy('hold_above = "90"', 'window_notional = "120"'))
    go(ONE)(desk)
    (name,) = desk.desk.holds.held
    desk.run(desk._open[1]._allow(name))
    go(place("buy", "0.5"), ONE)(desk)
    found = desk.replay(policy('hold_above = "90"', 'window_notional = "150"'))
    assert shape(found.limits) == [(Way.ALLOW, "window-notional", 1)]


def test_a_hold_that_another_reason_hid_is_no_contradiction(desk: Driven) -> None:
    desk.begin(policy('hold_above = "90"', 'order_share = "4%"'))
    go(ONE)(desk)
    found = desk.replay(policy('hold_above = "90"'))
    assert not found.differs
    assert found.cannot == ()


def test_a_bot_that_is_not_named_would_have_been_refused(desk: Driven) -> None:
    desk.begin(policy())
    go(ONE)(desk)
    assert shape(desk.replay(policy().replace("bot.grid", "bot.other")).limits) == [(Way.REFUSE, "no-policy", 1)]


def test_a_bot_that_no_policy_named_cannot_be_judged(desk: Driven) -> None:
    desk.begin(policy().replace("bot.grid", "bot.other"))
    go(ONE)(desk)
    found = desk.replay(policy())
    assert [row.what for row in found.cannot] == ["no policy named its bot then, so no price was looked up"]


@pytest.mark.parametrize(
    ("symbols", "reasons"),
    [
        ('symbols = ["ETH/USDT"]', []),
        ('symbols = ["ETH/USDT", "BTC/USDT"]', ["no policy named its symbol then, so neither its price"]),
    ],
)
def test_a_symbol_that_no_policy_named_cannot_be_judged_by_one_that_does(
    desk: Driven, symbols: str, reasons: list[str]
) -> None:
    desk.prices = {ETH: D(10)}
    desk.begin(policy('symbols = ["ETH/USDT"]'))
    go(place("buy", "1", "100", "BTCUSDT"))(desk)  # as a request is read whose symbol is not pinned
    found = desk.replay(policy(symbols))
    assert not found.differs
    assert [row.what[: len(reasons[0])] for row in found.cannot] == reasons


UNKNOWN = [('order_share = "4%"', "order_share"), ('drawdown_stop = "5"', "drawdown_stop")]


@pytest.mark.parametrize(("limit", "what"), UNKNOWN)
def test_limits_that_go_by_the_accounts_worth_are_told_once_to_be_not_judged(
    desk: Driven, limit: str, what: str
) -> None:
    desk.begin(policy())
    go(ONE, ONE)(desk)
    found = desk.replay(policy(limit))
    assert not found.differs
    assert [each.what for each in found.not_judged] == [what, "instrument-drift"]
    assert [each.what for each in desk.replay(policy()).not_judged] == ["instrument-drift"]


def refused_by_share(desk: Driven) -> None:
    go(ONE)(desk)


def stopped(desk: Driven) -> None:
    """Lose ten, and be stopped for it."""
    go(ONE, filled=True)(desk)
    desk.guard()
    desk.prices[BTC] = D(90)
    desk.quote()
    desk.guard()
    go(place("buy", "1", "90"))(desk)


@pytest.mark.parametrize(
    ("was", "script", "now", "outcome"),
    [
        ('order_share = "4%"', refused_by_share, 'order_share = "4%"', Way.SAME),
        ('order_share = "4%"', refused_by_share, 'order_share = "6%"', Way.CANNOT),
        ('order_share = "4%"', refused_by_share, "open_orders = 100", Way.ALLOW),
        ('drawdown_stop = "5"', stopped, 'drawdown_stop = "5"', Way.SAME),
        ('drawdown_stop = "5"', stopped, 'drawdown_stop = "50"', Way.CANNOT),
        ('drawdown_stop = "5"', stopped, "open_orders = 100", Way.ALLOW),
    ],
)
def test_what_such_a_limit_refused_is_judged_only_where_the_candidate_has_the_same_or_none(
    desk: Driven, was: str, script: Callable[[Driven], None], now: str, outcome: Way
) -> None:
    desk.begin(policy(was))
    script(desk)
    found = desk.replay(policy(now))
    assert {row.way for row in (*found.limits, *found.cannot)} == {outcome} - {Way.SAME}


def test_refusals_past_the_first_twenty_in_a_second_cannot_be_judged(desk: Driven) -> None:
    desk.begin(policy('order_notional = "50"'))
    go(*[ONE] * 22)(desk)
    desk.machine.wait(1_000)
    go(ONE)(desk)
    found = desk.replay(policy())
    assert [(row.orders, row.what[:30]) for row in found.cannot] == [(2, "it came past the first twenty ")]
    assert shape(found.limits) == [(Way.ALLOW, "order-notional", 21)]


def test_a_position_that_would_still_be_held_and_whose_price_nobody_wrote_down_is_not_guessed(desk: Driven) -> None:
    """The sale of ETH would have been refused; what it was worth later, when it was sold, the journal does not say."""
    desk.begin(policy())
    asked = (("buy", "10", "10", ETH), ("sell", "9.99", None, ETH), ("buy", "1", "100", BTC))
    go(*(place(*each) for each in asked), filled=True)(desk)
    found = desk.replay(policy('orders = ["limit"]', 'exposure = "150"'))
    assert shape(found.limits) == [(Way.REFUSE, "order-type", 1)]
    assert [row.what for row in found.cannot] == ["what ETH/USDT was worth at that moment is not in the journal"]


def test_the_policy_of_each_moment_is_what_is_compared_with(desk: Driven) -> None:
    desk.begin(policy('order_notional = "100"'))
    go(ONE)(desk)
    desk.apply(policy('order_notional = "90"'), proven=False)
    go(ONE)(desk)
    assert shape(desk.replay(policy('order_notional = "90"')).limits) == [(Way.REFUSE, "order-notional", 1)]
    assert shape(desk.replay(policy('order_notional = "100"')).limits) == [(Way.ALLOW, "order-notional", 1)]


def test_a_contradiction_between_the_journal_and_its_policy_cannot_be_judged(desk: Driven) -> None:
    desk.begin(policy())
    go(place("buy", "1", "101"))(desk)

    def otherwise(entry: Entry) -> None:
        if entry["kind"] == "intent":
            entry["seen"]["buy"] = "50"

    found = again(changed(desk.journal(), otherwise), policy())
    (row,) = found.cannot
    assert row.what == "the journal does not hold all that decided it: asked again, the policy of then says collar"


def test_a_journal_of_before_is_read_and_what_it_lacks_is_told(desk: Driven) -> None:
    desk.begin(policy('collar = "0.6%"'))
    go(ONE, place("buy", "0.5", None), place("buy", "1", "105"), filled=True)(desk)
    journal = changed(desk.journal(), older)
    found = again(journal, policy('collar = "0.6%"', 'orders = ["limit"]', 'slow_collar = "1%"'))
    assert not found.differs
    assert [(row.what, row.orders) for row in found.cannot] == [
        ("its entry does not say whether it was a market order", 1),
        ("its entry is of an older version, and holds words", 1),
    ]
    assert {each.what for each in found.not_judged} == {"slow_collar", "instrument-drift"}
    assert shape(again(journal, policy('collar = "0.6%"', 'order_notional = "99"')).limits) == [
        (Way.REFUSE, "order-notional", 1)
    ]


def test_what_fills_of_before_have_lost_is_not_known_for_a_day(desk: Driven) -> None:
    desk.begin(policy('loss_budget = "500"'))
    go(ONE, filled=True)(desk)
    number = [json.loads(text)["kind"] for text in desk.journal()].index("intent")

    def first(entry: Entry) -> None:
        if entry["seq"] == number:
            older(entry)

    budget = policy('loss_budget = "0.5"')
    for wait, judged in ((DAY - 1, False), (1, True)):
        desk.machine.wait(wait)
        desk.quote()
        go(place("sell", "0.1", "99"), place("buy", "1", tif=Tif.IOC))(desk)
        found = again(changed(desk.journal(), first), budget, desk.now - 1)
        assert found.differs is judged
        assert ("loss_budget" in {each.what for each in found.not_judged}) is not judged


@pytest.mark.parametrize(("limit", "way"), [("identical_fills = 2", Way.SAME), ("open_orders = 100", Way.ALLOW)])
def test_a_stop_of_before_the_first_moment_goes_on_where_the_candidate_has_such_a_limit(
    desk: Driven, limit: str, way: Way
) -> None:
    desk.begin(policy("identical_fills = 1"))
    go(ONE, ONE, filled=True)(desk)
    desk.machine.wait(HOUR)
    desk.quote()
    go(ONE)(desk)
    found = desk.replay(policy(limit), desk.now - 1)
    assert {row.way for row in found.limits} == {way} - {Way.SAME}


@pytest.mark.parametrize(("again", "refused"), [(False, 2), (True, 1)])
def test_a_bot_that_a_person_lets_go_on_is_stopped_no_more(desk: Driven, again: bool, refused: int) -> None:
    desk.begin(policy("identical_fills = 2"))
    go(ONE, ONE, ONE, ONE, filled=True)(desk)
    if again:
        desk.run(desk._open[1]._let_go_on("grid"))
    go(ONE)(desk)
    assert [row.orders for row in desk.replay(policy("identical_fills = 1")).limits] == [1]
    assert [row.orders for row in desk.replay(policy()).limits] == [refused]


Damage = Callable[[list[bytes]], list[bytes]]
DAMAGED: list[tuple[str, Damage, str]] = [
    ("an entry is missing", lambda all_: [*all_[:3], *all_[4:]], "entry 4 of the journal comes where 3 should"),
    ("not JSON", lambda all_: [*all_[:3], b"{"], "an entry of the journal cannot be read"),
    ("a field is missing", lambda all_: [*all_[:3], all_[3].replace(b'"lane"', b'"lame"')], "entry 3 of the journal"),
    ("no number", lambda all_: [*all_[:3], all_[3].replace(b'"price":"100"', b'"price":"NaN"')], "entry 3"),
    ("a kind of a later version", lambda all_: [all_[0].replace(b'"start"', b'"stint"')], "cannot be read"),
    ("an order that is not there", lambda all_: [*all_[:4], all_[4].replace(b'"intent":3', b'"intent":2')], "order 2"),
    ("half a list", lambda all_: [*all_[:3], all_[3].replace(b'"v":1', b'"form":"OTO","list":"x","v":1')], "not whole"),
    (
        "a policy that cannot be meant",
        lambda all_: [*all_[:1], all_[1].replace(b"collar", b"colar")],
        "policy of entry 1",
    ),
]


@pytest.mark.parametrize(("damage", "said"), [case[1:] for case in DAMAGED], ids=[case[0] for case in DAMAGED])
def test_a_damaged_journal_is_an_error_that_says_where(desk: Driven, damage: Damage, said: str) -> None:
    desk.begin(policy())
    go(ONE, filled=True)(desk)
    with pytest.raises(Broken, match=said):
        again(damage(desk.journal()), policy())
