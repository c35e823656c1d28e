from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.model.facts import Reference
from ringfence.model.names import Symbol
from ringfence.prices.history import EVERY_SECONDS, History
from ringfence.prices.reference import (
    FRESH_SECONDS,
    GAP_SECONDS,
    HOUR,
    Book,
    Sample,
    accepted,
    consensus,
    hour_average,
    median,
    reference,
)

BTC = Symbol("BTC/USDT")
NOW = 10_000.0


def book(venue: str, mid: str | Decimal, at: float = NOW, half: str = "0") -> Book:
    return Book(venue, Decimal(mid) - Decimal(half), Decimal(mid) + Decimal(half), at)


def of(books: list[Book], hour: str | None = None) -> tuple[str, str, int] | None:
    found = reference(BTC, books, None if hour is None else Decimal(hour), NOW)
    return None if found is None else (str(found.buy), str(found.sell), found.venues)


@pytest.mark.parametrize(
    ("mids", "hour", "expected"),
    [
        (["100", "101", "102"], None, ("101", "101", 3)),
        (["100", "101", "102"], "50", ("101", "101", 3)),  # with enough venues the hour says nothing
        (["100", "101", "102", "103"], None, ("101.5", "101.5", 4)),
        (["100", "101", "102", "101", "100"], None, ("101", "101", 5)),
        (["100", "102"], None, ("100", "102", 2)),
        (["100", "102"], "99", ("99", "102", 2)),
        (["100", "102"], "103", ("100", "103", 2)),
        (["100", "102"], "101", ("100", "102", 2)),
        (["100"], "101", ("100", "101", 1)),
        (["100"], "99", ("99", "100", 1)),
        (["100"], None, None),
        ([], "100", None),
        ([], None, None),
        (["100", "101", "200"], None, ("100", "101", 2)),  # the liar is dropped, and two are few
        (["100", "107"], None, None),  # two that disagree: neither is believed
        (["100", "107"], "100", None),
    ],
)
def test_a_reference_is_the_median_of_three_or_the_tighter_of_few(
    mids: list[str], hour: str | None, expected: tuple[str, str, int] | None
) -> None:
    assert of([book(f"v{n}", mid) for n, mid in enumerate(mids)], hour) == expected


@pytest.mark.parametrize(
    ("third", "venues"),
    [("103", 3), ("103.0000001", 2), ("97", 3), ("96.9999999", 2)],
)
def test_a_venue_further_than_three_percent_from_the_median_is_dropped(third: str, venues: int) -> None:
    found = of([book("a", "100"), book("b", "100"), book("c", third)])
    assert found is not None
    assert found[2] == venues


@pytest.mark.parametrize(
    ("age", "kept"),
    [(0.0, True), (FRESH_SECONDS, True), (FRESH_SECONDS + 0.001, False), (-0.001, False), (1e6, False)],
)
def test_a_book_counts_for_five_seconds_and_not_before_it_was_asked_for(age: float, kept: bool) -> None:
    assert bool(accepted([book("a", "100", NOW - age)], NOW)) is kept


@pytest.mark.parametrize(
    ("bid", "ask", "kept"),
    [
        ("99", "101", True),
        ("100", "100", True),
        ("100.01", "100", False),
        ("0", "100", False),
        ("-1", "100", False),
        ("0", "0", False),
        ("100", "Infinity", False),
    ],
)
def test_a_crossed_or_empty_book_is_no_price(bid: str, ask: str, kept: bool) -> None:
    assert bool(accepted([Book("a", Decimal(bid), Decimal(ask), NOW)], NOW)) is kept


def test_one_venue_counts_once_with_its_newest_book() -> None:
    books = [book("a", "100", NOW - 2), book("a", "101", NOW - 1), book("a", "99", NOW - 3)]
    assert [(kept.mid, kept.at) for kept in accepted(books, NOW)] == [(Decimal(101), NOW - 1)]
    assert of([*books, *books]) is None


def test_a_reference_is_as_old_as_its_oldest_book() -> None:
    books = [book("a", "100", NOW - 4), book("b", "100", NOW - 1), book("c", "100", NOW)]
    assert reference(BTC, books, None, NOW) == Reference(BTC, Decimal(100), Decimal(100), 3, NOW - 4)


MIDS = st.decimals(min_value=1, max_value=100_000, places=2)
NEAR = st.decimals(min_value=Decimal("0.9"), max_value=Decimal("1.1"), places=4)


@given(MIDS, NEAR, NEAR, st.decimals(min_value=Decimal("0.01"), max_value=10**9, places=2), st.data())
def test_one_lying_venue_of_three_cannot_loosen_what_honest_ones_say(
    mid: Decimal, first: Decimal, second: Decimal, lie: Decimal, data: st.DataObject
) -> None:
    honest = [mid * first, mid * second]
    lie = data.draw(st.sampled_from([lie, mid * data.draw(NEAR)]))
    hour = data.draw(st.sampled_from([None, *honest]))
    books = [book("a", honest[0]), book("b", honest[1]), book("liar", lie)]
    found = reference(BTC, books, hour, NOW)
    if found is not None:
        assert found.buy <= max(honest)
        assert found.sell >= min(honest)


@given(MIDS, NEAR, NEAR, st.data())
def test_a_held_venue_of_two_can_only_tighten(mid: Decimal, near: Decimal, lie: Decimal, data: st.DataObject) -> None:
    """Against what the honest venue says by itself: nobody may buy above it or sell below it."""
    honest, hour = mid, data.draw(st.sampled_from([None, mid * near]))
    found = reference(BTC, [book("a", honest), book("liar", mid * lie)], hour, NOW)
    if found is not None and found.venues == 2:
        assert found.buy <= honest <= found.sell


@given(st.lists(st.tuples(st.sampled_from("abcdef"), MIDS, st.floats(0, 20)), max_size=12))
def test_stale_feeds_vanish_and_buys_are_never_above_sells(feeds: list[tuple[str, Decimal, float]]) -> None:
    books = [book(venue, mid, NOW - age) for venue, mid, age in feeds]
    found = reference(BTC, books, None, NOW)
    fresh = {one.venue for one in books if NOW - one.at <= FRESH_SECONDS}
    if found is not None:
        assert 2 <= found.venues <= len(fresh)
        assert found.buy <= found.sell
        assert NOW - found.at <= FRESH_SECONDS
    assert reference(BTC, books, None, NOW + 30) is None


@given(st.lists(MIDS, min_size=1, max_size=9))
def test_the_median_has_as_many_below_as_above(values: list[Decimal]) -> None:
    middle = median(values)
    assert sum(value < middle for value in values) <= len(values) / 2
    assert sum(value > middle for value in values) <= len(values) / 2


def watched(seconds: float, step: float = 10.0, mid: str = "100") -> list[Sample]:
    return [Sample(NOW - seconds + n * step, Decimal(mid)) for n in range(int(seconds / step) + 1)]


@pytest.mark.parametrize(("seconds", "known"), [(0.0, False), (HOUR - 10, False), (HOUR, True), (2 * HOUR, True)])
def test_an_average_needs_an_hour(seconds: float, known: bool) -> None:
    assert (hour_average(watched(seconds), NOW) is not None) is known


@pytest.mark.parametrize(("step", "known"), [(GAP_SECONDS, True), (72.0, False)])
def test_an_hour_with_a_hole_is_not_an_hour(step: float, known: bool) -> None:
    assert (hour_average(watched(HOUR, step), NOW) is not None) is known


def test_an_hour_that_ended_too_long_ago_is_not_an_hour() -> None:
    samples = watched(HOUR)
    assert hour_average(samples, NOW + GAP_SECONDS) is not None
    assert hour_average(samples, NOW + GAP_SECONDS + 1) is None


def test_an_average_is_by_time_and_not_by_count() -> None:
    half = HOUR / 2
    samples = [Sample(NOW - HOUR + n * 10.0, Decimal(100)) for n in range(int(half / 10))]
    samples += [Sample(NOW - half + n * 50.0, Decimal(200)) for n in range(int(half / 50))]
    average = hour_average(samples, NOW)
    assert average is not None
    assert abs(average - 150) < Decimal("0.000001")


@given(st.lists(MIDS, min_size=61, max_size=61))
def test_an_average_is_between_the_lowest_and_the_highest(mids: list[Decimal]) -> None:
    samples = [Sample(NOW - HOUR + n * 60.0, mid) for n, mid in enumerate(mids)]
    average = hour_average(samples, NOW)
    assert average is not None
    assert min(mids) - Decimal("1e-6") <= average <= max(mids) + Decimal("1e-6")


def test_a_history_keeps_an_hour_and_forgets_the_rest() -> None:
    history = History()
    for second in range(0, 3 * int(HOUR), 5):
        history.note(BTC, Decimal(second), float(second))
    end = 3 * HOUR - 5
    average = history.average(BTC, end)
    assert average is not None
    assert abs(average - Decimal(end - HOUR / 2)) < 10
    assert len(history._samples[BTC]) <= HOUR / EVERY_SECONDS + 2
    history.keep_only(frozenset())
    assert history.average(BTC, end) is None


def test_a_consensus_needs_one_venue_and_no_venue_has_none() -> None:
    assert consensus([book("a", "100")], NOW) == 100
    assert consensus([], NOW) is None
    assert consensus([book("a", "100", NOW - 60)], NOW) is None
