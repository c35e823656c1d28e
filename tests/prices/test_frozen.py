from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.prices.frozen import STILL_SECONDS, Row
from ringfence.prices.reference import Book

START = 10_000.0


def book(venue: str, mid: str | Decimal, at: float) -> Book:
    return Book(venue, Decimal(mid), Decimal(mid), at)


def moving(row: Row, now: float) -> set[str]:
    return {one.venue for one in row.moving(now)}


def after(seconds: float, *later: tuple[str, str], start: str = "100") -> set[str]:
    """Which venues count, when `still` and those of `later` began with one price and now say these."""
    row, now = Row(), START + seconds
    for venue in ("still", *(name for name, _ in later)):
        row.note(book(venue, start, START))
    for venue, mid in (("still", start), *later):
        row.note(book(venue, mid, now))
    return moving(row, now)


ALL = {"still", "a", "b"}


@pytest.mark.parametrize(
    ("seconds", "first", "second", "counts"),
    [
        (STILL_SECONDS, "100.11", "100.11", False),
        (STILL_SECONDS - 0.001, "100.11", "100.11", True),  # not yet for long enough
        (STILL_SECONDS, "99.89", "99.89", False),
        (STILL_SECONDS, "100.1", "100.11", True),  # a move has to be more than 0.1 %
        (STILL_SECONDS, "100.1000001", "100.11", False),
        (STILL_SECONDS, "99.9", "99.89", True),
        (STILL_SECONDS, "99.8999999", "99.89", False),
        (STILL_SECONDS, "100.2", "99.8", True),  # two ways: who is right is not known
        (STILL_SECONDS, "100.2", "100", True),  # one mover alone may be the liar
        (STILL_SECONDS, "100", "100", True),  # a quiet market
    ],
)
def test_a_venue_is_frozen_that_stood_for_minutes_while_two_others_moved_one_way(
    seconds: float, first: str, second: str, counts: bool
) -> None:
    assert ("still" in after(seconds, ("a", first), ("b", second))) is counts


@pytest.mark.parametrize("change", ["bid", "ask"])
def test_a_book_that_has_changed_at_all_is_not_frozen(change: str) -> None:
    row, now = Row(), START + STILL_SECONDS
    for venue in ALL:
        row.note(book(venue, "100", START))
    changed = Book("still", Decimal("99.99"), Decimal(100), START + 1)
    row.note(changed if change == "bid" else Book("still", Decimal(100), Decimal("100.01"), START + 1))
    for venue in ("a", "b"):
        row.note(book(venue, "101", now))
    row.note(Book("still", changed.bid, changed.ask, now) if change == "bid" else book("still", "100", now))
    assert moving(row, now) == ALL


def test_a_frozen_venue_counts_again_as_soon_as_it_moves() -> None:
    row, now = Row(), START + STILL_SECONDS
    for venue in ALL:
        row.note(book(venue, "100", START))
    for venue in ("a", "b"):
        row.note(book(venue, "101", now))
    row.note(book("still", "100", now))
    assert moving(row, now) == {"a", "b"}
    row.note(book("still", "101", now + 1))
    assert moving(row, now + 1) == ALL


def test_a_venue_that_comes_later_is_held_against_its_own_first_price() -> None:
    row, now = Row(), START + STILL_SECONDS
    row.note(book("still", "100", START))
    for venue in ("a", "b"):
        row.note(book(venue, "101", START + 10))
        row.note(book(venue, "101.05", now))
    row.note(book("still", "100", now))
    assert moving(row, now) == ALL
    for venue in ("a", "b"):
        row.note(book(venue, "101.2", now + 1))
    assert moving(row, now + 1) == {"a", "b"}


def test_venues_that_have_fallen_silent_are_no_witnesses() -> None:
    row, now = Row(), START + STILL_SECONDS
    for venue in ALL:
        row.note(book(venue, "100", START))
    for venue in ("a", "b"):
        row.note(book(venue, "101", START + 10))
    row.note(book("still", "100", now))
    assert "still" in moving(row, now)


def test_an_older_answer_does_not_replace_a_newer_one() -> None:
    row = Row()
    row.note(book("a", "100", START + 1))
    row.note(book("a", "99", START))
    assert [one.mid for one in row.moving(START + 1)] == [100]


MOVES = st.lists(st.decimals(min_value=Decimal(90), max_value=Decimal(110), places=1), min_size=1, max_size=8)


@given(MOVES, st.integers(1, 4))
def test_a_liar_alone_makes_no_quiet_honest_venue_look_frozen(lies: list[Decimal], honest: int) -> None:
    row, quiet = Row(), {f"v{n}" for n in range(honest)}
    for n, lie in enumerate(lies):
        at = START + n * STILL_SECONDS
        for venue in sorted(quiet):
            row.note(book(venue, "100", at))
        row.note(book("liar", lie, at))
        assert quiet <= moving(row, at)
