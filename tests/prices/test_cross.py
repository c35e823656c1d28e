from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.prices.cross import DEPEG, Peg, crossed, peg
from ringfence.prices.reference import FRESH_SECONDS, Book, accepted

NOW = 10_000.0


def rate(venue: str, mid: str, at: float = NOW, half: str = "0") -> Book:
    return Book(venue, Decimal(mid) - Decimal(half), Decimal(mid) + Decimal(half), at)


def over(book: Book, own: Book) -> tuple[Decimal, Decimal, float] | None:
    found = crossed(book, own, NOW)
    return None if found is None else (found.bid, found.ask, found.at)


def test_a_book_priced_over_keeps_the_worst_of_both_spreads_and_the_older_time() -> None:
    book = Book("kraken", Decimal(100), Decimal(102), NOW - 1)
    own = Book("kraken", Decimal("0.98"), Decimal("1.00"), NOW - 3)
    found = over(book, own)
    assert found is not None
    bid, ask, at = found
    assert (bid, at) == (Decimal(100), NOW - 3)
    assert ask == Decimal("104.081632653061225")  # 102 / 0.98, rounded up
    assert crossed(Book("kraken", Decimal(100), Decimal(102), NOW - 4), own, NOW) == Book("kraken", bid, ask, NOW - 4)


@pytest.mark.parametrize(
    ("own", "usable"),
    [
        (rate("kraken", "1"), True),
        (rate("kraken", "1.02"), True),
        (rate("kraken", "1.0200001"), False),
        (rate("kraken", "0.98"), True),
        (rate("kraken", "0.9799999"), False),
        (rate("kraken", "1", NOW - FRESH_SECONDS), True),
        (rate("kraken", "1", NOW - FRESH_SECONDS - 0.001), False),
        (rate("kraken", "1", NOW + 0.001), False),
        (rate("kraken", "1", half="0.03"), True),
        (rate("kraken", "1", half="0.0301"), False),
        (rate("kraken", "1", half="-0.001"), False),  # bid above ask
        (rate("kraken", "0"), False),
        (rate("kraken", "-1"), False),
        (rate("kraken", "NaN"), False),
        (rate("bitstamp", "1"), False),  # another venue's rate is another voice
    ],
)
def test_a_rate_that_is_stale_broken_or_anothers_prices_nothing_over(own: Book, usable: bool) -> None:
    assert (over(Book("kraken", Decimal(100), Decimal(100), NOW), own) is not None) is usable


@pytest.mark.parametrize("bid", ["0", "-1", "NaN", "101"])
def test_a_book_that_is_no_price_is_not_priced_over(bid: str) -> None:
    assert over(Book("kraken", Decimal(bid), Decimal(100), NOW), rate("kraken", "1")) is None


def test_a_book_whose_rate_has_a_wide_spread_is_too_uncertain_to_be_accepted() -> None:
    book = Book("kraken", Decimal(99), Decimal(101), NOW)
    narrow, wide = (
        crossed(book, rate("kraken", "1", half="0.01"), NOW),
        crossed(book, rate("kraken", "1", half="0.025"), NOW),
    )
    assert narrow is not None
    assert wide is not None
    assert accepted([narrow], NOW) == (narrow,)
    assert accepted([wide], NOW) == ()


PRICES = st.decimals(min_value=Decimal("0.00000001"), max_value=10**9, places=8)
SPREADS = st.decimals(min_value=0, max_value=Decimal("0.02"), places=4)
RATES = st.decimals(min_value=Decimal("0.985"), max_value=Decimal("1.015"), places=6)


@given(PRICES, SPREADS, RATES, SPREADS)
def test_a_price_over_and_back_is_never_better_than_it_was(
    price: Decimal, wide: Decimal, mid: Decimal, gap: Decimal
) -> None:
    """Whoever goes through USD pays no less when he buys, and gets no more when he sells, than the book over says."""
    book = Book("kraken", price * (1 - wide), price * (1 + wide), NOW)
    own = Book("kraken", mid * (1 - gap), mid * (1 + gap), NOW)
    found = crossed(book, own, NOW)
    if found is None:
        assert abs(own.mid - 1) > DEPEG or not accepted([book], NOW)
        return
    assert 0 < found.bid <= found.ask
    assert found.bid * own.ask <= book.bid
    assert found.ask * own.bid >= book.ask


@pytest.mark.parametrize(
    ("mids", "expected"),
    [
        ((), Peg.UNKNOWN),
        (("1",), Peg.UNKNOWN),
        (("0.5",), Peg.UNKNOWN),  # one venue alone is believed in nothing
        (("1", "1"), Peg.HOLDS),
        (("1.02", "0.98"), Peg.HOLDS),
        (("1", "1.0200001"), Peg.BROKEN),  # of two the worse counts, since the other may be hiding it
        (("0.9799999", "1"), Peg.BROKEN),
        (("1", "1", "0.5"), Peg.HOLDS),  # of three the median
        (("0.97", "0.97", "1"), Peg.BROKEN),
        (("0.98", "0.98", "1"), Peg.HOLDS),
        (("0.9799999", "0.9799999", "1"), Peg.BROKEN),
        (("1.0200001", "1.03", "1"), Peg.BROKEN),
        (("1", "1", "0.9", "0.9"), Peg.BROKEN),
        (("1", "1", "1", "0.9"), Peg.HOLDS),
    ],
)
def test_a_peg_is_held_or_broken_by_the_median_of_three_or_the_worse_of_two(
    mids: tuple[str, ...], expected: Peg
) -> None:
    assert peg([rate(f"v{n}", mid) for n, mid in enumerate(mids)], Peg.UNKNOWN, NOW) is expected


@pytest.mark.parametrize(
    ("before", "mids", "expected"),
    [
        (Peg.BROKEN, (), Peg.BROKEN),
        (Peg.BROKEN, ("1",), Peg.BROKEN),
        (Peg.BROKEN, ("1", "1"), Peg.HOLDS),
        (Peg.BROKEN, ("0.9", "0.9"), Peg.BROKEN),
        (Peg.HOLDS, (), Peg.UNKNOWN),
        (Peg.HOLDS, ("0.9",), Peg.UNKNOWN),
        (Peg.HOLDS, ("0.9", "0.9"), Peg.BROKEN),
    ],
)
def test_a_broken_peg_stays_broken_until_two_venues_say_that_it_holds(
    before: Peg, mids: tuple[str, ...], expected: Peg
) -> None:
    assert peg([rate(f"v{n}", mid) for n, mid in enumerate(mids)], before, NOW) is expected


def test_stale_rates_and_a_second_book_of_one_venue_are_no_witnesses() -> None:
    assert peg([rate("a", "0.9"), rate("a", "0.9")], Peg.HOLDS, NOW) is Peg.UNKNOWN
    assert peg([rate("a", "0.9"), rate("b", "0.9", NOW - 5.001)], Peg.HOLDS, NOW) is Peg.UNKNOWN
    assert peg([rate("a", "0.9"), rate("b", "0.9", NOW - 5)], Peg.HOLDS, NOW) is Peg.BROKEN


LIES = st.decimals(min_value=Decimal("0.5"), max_value=Decimal("1.5"), places=4)
WORTHS = st.decimals(min_value=Decimal("0.9"), max_value=Decimal("1.1"), places=4)


@given(st.lists(WORTHS, min_size=1, max_size=4), LIES, st.sampled_from([Peg.HOLDS, Peg.BROKEN]))
def test_one_liar_can_hide_no_break_that_all_the_honest_see(honest: list[Decimal], lie: Decimal, before: Peg) -> None:
    books = [Book(f"v{n}", mid, mid, NOW) for n, mid in enumerate(honest)]
    found = peg([*books, Book("liar", lie, lie, NOW)], before, NOW)
    if all(mid - 1 > DEPEG for mid in honest) or all(1 - mid > DEPEG for mid in honest):
        assert found is Peg.BROKEN
    if len(honest) > 1 and all(abs(mid - 1) <= DEPEG for mid in honest):
        assert found is Peg.HOLDS
