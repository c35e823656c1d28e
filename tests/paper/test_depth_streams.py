"""Books as they are told: changes, best levels and best prices are those of the one book."""

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.paper.listener import Listener, buy
from tests.paper.venue import ACCOMPLICE, MAIN, START, Venue

ORDERS = st.lists(
    st.tuples(
        st.sampled_from(["BUY", "SELL"]),
        st.sampled_from(["0.3999", "0.4", "0.4039", "0.404", "0.42", "0.3"]),
        st.integers(20, 300),
        st.sampled_from(["none", "cancel", "cancel back", "step", "other symbol"]),
        st.integers(0, 700),
    ),
    max_size=8,
)


def resting(book: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {side: dict(sorted(rows.items())) for side, rows in book.items()}


def asked(venue: Venue) -> tuple[int, dict[str, dict[str, str]]]:
    """The book as the endpoint tells it: its version and its levels."""
    _, answer = venue.get("/api/v3/depth", symbol="VIAUSDT", limit=5000)
    return answer["lastUpdateId"], {"b": dict(answer["bids"]), "a": dict(answer["asks"])}


def applied(book: dict[str, dict[str, str]], message: dict[str, Any]) -> None:
    for side in ("b", "a"):
        for price, amount in message[side]:
            if Decimal(amount):
                book[side][price] = amount
            else:
                book[side].pop(price, None)


def act(venue: Venue, what: str, placed: dict[str, Any]) -> None:
    if what.startswith("cancel") and placed.get("status") == "NEW":
        venue.signed("DELETE", "/api/v3/order", symbol="VIAUSDT", orderId=placed["orderId"])
    elif what == "step":
        venue.exchange.step(venue.now)
    elif what == "other symbol":
        buy(venue, "0.001", "BTCUSDT")


@given(ORDERS, st.integers(0, 8), st.sampled_from(["viausdt@depth", "viausdt@depth@100ms"]))
def test_changes_on_top_of_a_snapshot_of_any_moment_give_the_book_at_every_moment(
    orders: list[tuple[str, str, int, str, int]], moment: int, name: str
) -> None:
    """web-socket-streams.md, "How to manage a local order book correctly"."""
    venue = Venue.make(frozen=False, listings=START.listings[::2])
    heard = Listener(venue, name)
    mirror: dict[str, dict[str, str]] | None = None
    events: list[dict[str, Any]] = []
    version = 0
    for number, (side, price, quantity, what, after) in enumerate(orders):
        _, placed = venue.limit(side, str(quantity), price, by=MAIN if side == "BUY" else ACCOMPLICE)
        if number == moment:
            version, mirror = asked(venue)  # a moment between two messages
        act(venue, what, placed)
        events += heard.take(after)
    events += heard.take(1000)
    if mirror is None:
        version, mirror = asked(venue)
    assert all(later["U"] == earlier["u"] + 1 for earlier, later in pairwise(events))
    fresh = [event for event in events if event["u"] > version]
    assert not fresh or fresh[0]["U"] <= version + 1
    for event in fresh:
        applied(mirror, event)
    assert resting(mirror) == resting(asked(venue)[1])


def test_nothing_is_said_of_a_book_in_which_nothing_was_touched() -> None:
    heard = Listener(Venue.make(), "viausdt@depth")
    assert heard.take() == []
    buy(heard.venue, "0.001", "BTCUSDT")
    assert heard.take(1000) == []
    heard.venue.limit("BUY", "50", "0.3")
    (message,) = heard.take(1000)
    assert (message["b"], message["a"]) == ([["0.30000000", "50.00000000"]], [])
    assert message.keys() == {"e", "E", "s", "U", "u", "b", "a"}


@pytest.mark.parametrize("levels", [5, 10, 20])
def test_the_best_levels_and_the_best_price_are_those_of_one_book(levels: int) -> None:
    venue = Venue.make()
    for cents in range(10, 34):
        venue.limit("BUY", "60", f"0.{cents}")
    heard = Listener(venue, f"viausdt@depth{levels}@100ms", "viausdt@bookTicker")
    for quantity in ("20", "60", "100"):
        buy(venue, quantity)
        told = {"u" if "u" in message else "lastUpdateId": message for message in heard.take(100)}
        part, top = told["lastUpdateId"], told["u"]
        assert part == venue.get("/api/v3/depth", symbol="VIAUSDT", limit=levels)[1]
        assert [top["b"], top["B"]] == part["bids"][0]
        assert [top["a"], top["A"]] == part["asks"][0]
        assert top["u"] == part["lastUpdateId"]
        assert len(part["bids"]) == levels
