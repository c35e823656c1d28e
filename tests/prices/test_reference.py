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
    Agreed,
    Book,
    Hour,
    Sample,
    accepted,
    agreed,
    hour_average,
    median,
    reference,
)

BTC = Symbol("BTC/USDT")
NOW = 10_000.0


def book(venue: str, mid: str | Decimal, at: float = NOW, half: str = "0") -> Book:
    return Book(venue, Decimal(mid) - Decimal(half), Decimal(mid) + Decimal(half), at)


def flat(price: str | Decimal) -> Hour:
    return Hour(Decimal(price), Decimal(price))


def of(books: list[Book], hour: str | None = None) -> tuple[str, str, int] | None:
    found = reference(BTC, books, None if hour is None else flat(hour), NOW)
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
        (["100", "101", "102", "103", "103"], None, ("102", "102", 5)),  # two of five that agree move nothing beyond
        (["100", "100", "100", "102.9", "102.9"], None, ("100", "100", 5)),
        (["100", "100", "100", "97.1", "97.1"], None, ("100", "100", 5)),
        (["100", "100", "100", "900", "900"], None, ("100", "100", 3)),  # both are dropped
        (["100", "100", "900", "900"], None, None),  # half against half: neither is believed
        (["100", "100", "100", "1"], None, ("100", "100", 3)),
        (["100", "100", "100", "1e17"], None, ("100", "100", 3)),
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


def test_of_five_venues_with_three_down_buys_are_held_to_the_lowest_and_sales_to_the_highest_of_all_that_is_known() -> (
    None
):
    mids = {"a": ("100", 0.0), "b": ("101", 0.0), "c": ("90", 6.0), "d": ("91", 7.0), "e": ("92", 8.0)}
    books = [book(name, mid, NOW - age) for name, (mid, age) in mids.items()]
    assert of(books) == ("100", "101", 2)
    found = reference(BTC, books, Hour(Decimal("99.5"), Decimal("101.5")), NOW)
    assert found == Reference(BTC, Decimal("99.5"), Decimal("101.5"), 2, NOW)


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
        ("NaN", "100", False),
        ("100", "NaN", False),
        ("sNaN", "sNaN", False),
        ("-Infinity", "100", False),
        ("97", "103", True),  # as far to either side as a mid may be from the others
        ("96.99", "103.01", False),
        ("0.00000001", "200", False),
        ("1e17", "1e17", True),  # alone it is not told from a price; beside others it is dropped
    ],
)
def test_a_crossed_empty_or_gaping_book_is_no_price(bid: str, ask: str, kept: bool) -> None:
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
    hour = data.draw(st.sampled_from([None, *map(flat, honest)]))
    books = [book("a", honest[0]), book("b", honest[1]), book("liar", lie)]
    found = reference(BTC, books, hour, NOW)
    if found is not None:
        assert found.buy <= max(honest)
        assert found.sell >= min(honest)


@given(MIDS, NEAR, NEAR, st.data())
def test_a_held_venue_of_two_can_only_tighten(mid: Decimal, near: Decimal, lie: Decimal, data: st.DataObject) -> None:
    """Against what the honest venue says by itself: nobody may buy above it or sell below it."""
    honest, hour = mid, data.draw(st.sampled_from([None, flat(mid * near)]))
    found = reference(BTC, [book("a", honest), book("liar", mid * lie)], hour, NOW)
    if found is not None and found.venues == 2:
        assert found.buy <= honest <= found.sell


TIGHT = st.decimals(min_value=Decimal("0.9995"), max_value=Decimal("1.0005"), places=6)
PRICES = st.decimals(min_value=Decimal("1e-8"), max_value=10**9, places=8)


@given(MIDS, st.lists(TIGHT, min_size=3, max_size=7), PRICES, st.booleans(), st.data())
def test_one_liar_beside_three_honest_venues_leaves_the_reference_among_the_honest(
    mid: Decimal, honest: list[Decimal], lie: Decimal, near: bool, data: st.DataObject
) -> None:
    """Honest ones within 0.1 % of each other; the liar says anything, also what is only just not dropped."""
    mids = [mid * one for one in honest]
    if near:
        lie = mid * data.draw(NEAR)
    found = reference(BTC, [*(book(f"v{n}", one) for n, one in enumerate(mids)), book("liar", lie)], None, NOW)
    assert found is not None
    assert min(mids) <= found.buy == found.sell <= max(mids)


@given(MIDS, st.lists(NEAR, min_size=1, max_size=5), st.data())
def test_one_liar_never_loosens_beyond_the_honest_however_far_these_are_apart(
    mid: Decimal, honest: list[Decimal], data: st.DataObject
) -> None:
    """Also with fewer than three, and where some are dropped: None, or no buy above and no sale below all of them."""
    mids = [mid * one for one in honest]
    hour = data.draw(st.sampled_from([None, *map(flat, mids)]))
    lie = book("liar", mid * data.draw(NEAR))
    found = reference(BTC, [*(book(f"v{n}", one) for n, one in enumerate(mids)), lie], hour, NOW)
    if found is not None:
        assert found.buy <= max(mids)
        assert found.sell >= min(mids)


@given(MIDS, NEAR, PRICES)
def test_a_liar_alone_is_held_by_the_hour_before(mid: Decimal, width: Decimal, lie: Decimal) -> None:
    hour = Hour(min(mid, mid * width), max(mid, mid * width))
    found = reference(BTC, [book("liar", lie)], hour, NOW)
    assert found is not None
    assert found.buy <= hour.low <= hour.high <= found.sell


BELIEVED = st.decimals(min_value=Decimal("0.95"), max_value=Decimal("1.05"), places=4)  # near enough to be accepted


@given(st.lists(st.tuples(MIDS, BELIEVED), min_size=61, max_size=61))
def test_a_liar_beside_one_honest_venue_for_an_hour_has_not_loosened_the_hour(
    minutes: list[tuple[Decimal, Decimal]],
) -> None:
    samples, honest = [], []
    for n, (mid, lie) in enumerate(minutes):
        at = NOW - HOUR + n * 60.0
        found = agreed([book("a", mid, at), book("liar", mid * lie, at)], at)
        assert found is not None
        samples.append(Sample(at, found.low, found.high))
        honest.append(Sample(at, mid, mid))
    mine, true = hour_average(samples, NOW), hour_average(honest, NOW)
    assert mine is not None
    assert true is not None
    assert mine.low <= true.low
    assert mine.high >= true.high


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
    return [Sample(NOW - seconds + n * step, Decimal(mid), Decimal(mid)) for n in range(int(seconds / step) + 1)]


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
    samples = [Sample(NOW - HOUR + n * 10.0, Decimal(100), Decimal(110)) for n in range(int(half / 10))]
    samples += [Sample(NOW - half + n * 50.0, Decimal(200), Decimal(220)) for n in range(int(half / 50))]
    average = hour_average(samples, NOW)
    assert average is not None
    assert abs(average.low - 150) < Decimal("0.000001")
    assert abs(average.high - 165) < Decimal("0.000001")


@given(st.lists(MIDS, min_size=61, max_size=61))
def test_an_average_is_between_the_lowest_and_the_highest(mids: list[Decimal]) -> None:
    samples = [Sample(NOW - HOUR + n * 60.0, mid, mid) for n, mid in enumerate(mids)]
    average = hour_average(samples, NOW)
    assert average is not None
    assert min(mids) - Decimal("1e-6") <= average.low == average.high <= max(mids) + Decimal("1e-6")


@pytest.mark.parametrize(("jump", "known"), [(0.0, True), (GAP_SECONDS, True), (GAP_SECONDS + 1, False), (-1.0, False)])
def test_a_clock_that_jumps_leaves_no_hour(jump: float, known: bool) -> None:
    assert (hour_average(watched(HOUR + 120), NOW + jump) is not None) is known


@pytest.mark.parametrize("jump", [FRESH_SECONDS + 0.001, 3600.0, -0.001, -3600.0])
def test_a_clock_that_jumps_leaves_no_book(jump: float) -> None:
    assert accepted([book(name, "100") for name in "abcde"], NOW + jump) == ()


def at_once(mid: Decimal | str) -> Agreed:
    return Agreed(Decimal(mid), Decimal(mid), 3, 0.0)


def test_a_history_keeps_an_hour_and_forgets_the_rest() -> None:
    history = History()
    for second in range(0, 3 * int(HOUR), 5):
        history.note(BTC, at_once(Decimal(second)), float(second))
    end = 3 * HOUR - 5
    average = history.average(BTC, end)
    assert average is not None
    assert abs(average.low - Decimal(end - HOUR / 2)) < 10
    assert len(history._samples[BTC]) <= HOUR / EVERY_SECONDS + 2
    history.keep_only(frozenset())
    assert history.average(BTC, end) is None


@pytest.mark.parametrize(("after", "due"), [(0.0, False), (EVERY_SECONDS - 0.001, False), (EVERY_SECONDS, True)])
def test_a_sample_is_due_every_ten_seconds(after: float, due: bool) -> None:
    history = History()
    assert history.due(BTC, NOW)
    history.note(BTC, at_once("100"), NOW)
    assert history.due(BTC, NOW + after) is due


@pytest.mark.parametrize(
    ("mids", "expected"),
    [
        (["100"], ("100", "100", 1)),
        (["100", "101"], ("100", "101", 2)),
        (["100", "101", "102"], ("101", "101", 3)),
        ([], None),
    ],
)
def test_what_is_agreed_needs_one_venue_and_is_one_price_from_three_on(
    mids: list[str], expected: tuple[str, str, int] | None
) -> None:
    found = agreed([book(f"v{n}", mid, NOW - n) for n, mid in enumerate(mids)], NOW)
    if expected is None:
        assert found is None
        return
    low, high, venues = expected
    assert found == Agreed(Decimal(low), Decimal(high), venues, NOW - len(mids) + 1)


def test_nothing_is_agreed_by_books_that_are_stale() -> None:
    assert agreed([book("a", "100", NOW - 60)], NOW) is None
