"""Candles as they are told: each one once when it is over, and as the endpoint answers for it from then on."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.paper.intervals import INTERVALS
from tests.paper.listener import Listener, buy
from tests.paper.venue import START, Venue


def candle(row: list[Any]) -> dict[str, Any]:
    """A row of the klines endpoint under the letters of the stream."""
    letters = ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")
    return dict(zip(letters, row, strict=True))


def same(told: dict[str, Any], row: list[Any]) -> bool:
    return {name: told["k"][name] for name in candle(row)} == candle(row)


def klines(venue: Venue, name: str) -> dict[int, list[Any]]:
    rows = venue.get("/api/v3/klines", symbol="VIAUSDT", interval=name, limit=1000)[1]
    return {row[0]: row for row in rows}


@pytest.mark.parametrize("name", INTERVALS)
def test_a_candle_is_told_once_as_closed_when_its_time_is_over_and_the_next_one_begins_open(name: str) -> None:
    interval, venue = INTERVALS[name], Venue.make()
    heard = Listener(venue, f"viausdt@kline_{name}")
    heard.take()
    end = interval.end(venue.now)
    venue.now = end - 1
    buy(venue)
    assert [message["k"]["x"] for message in heard.take()] in ([False], [])
    closed, opened = heard.take(1)
    assert (closed["k"]["x"], closed["k"]["T"], closed["k"]["t"]) == (True, end - 1, interval.start(end - 1))
    assert (closed["k"]["i"], closed["k"]["s"], closed["s"]) == (name, "VIAUSDT", "VIAUSDT")
    assert closed["k"]["n"] >= 1
    assert (opened["k"]["x"], opened["k"]["t"], opened["k"]["n"]) == (False, end, 0)
    assert opened["k"]["o"] == closed["k"]["c"] == "0.40400000"
    assert same(closed, klines(venue, name)[closed["k"]["t"]])
    assert heard.take() == []


@pytest.mark.parametrize("name", INTERVALS)
def test_a_jump_over_several_candles_closes_each_of_them_once_and_in_turn(name: str) -> None:
    interval, venue = INTERVALS[name], Venue.make()
    heard = Listener(venue, f"viausdt@kline_{name}")
    start = interval.start(venue.now)
    heard.take()
    buy(venue)
    venue.now = interval.end(interval.end(interval.end(venue.now)))
    venue.exchange.set_price("VIAUSDT", Decimal("0.5"), venue.now)
    buy(venue)
    *closed, opened = [message["k"] for message in heard.take()]
    assert [each["x"] for each in closed] == [True, True, True]
    assert [each["t"] for each in (*closed, opened)] == [
        start, interval.end(start), interval.end(interval.end(start)), venue.now,
    ]  # fmt: skip
    assert [each["n"] for each in closed[1:]] == [0, 0]
    assert (opened["x"], opened["n"], opened["o"]) == (False, 1, "0.50500000")


STEPS = st.lists(st.tuples(st.integers(1, 5000), st.sampled_from(["buy", "sell", "step", "jump", ""])), max_size=20)


@given(STEPS, st.sampled_from(["1s", "1m", "3m"]))
def test_what_is_told_last_of_a_candle_is_what_the_endpoint_answers_for_it_for_ever(
    steps: list[tuple[int, str]], name: str
) -> None:
    venue = Venue.make(listings=START.listings[2:])
    heard, seen, start = Listener(venue, f"viausdt@kline_{name}"), list[Any](), INTERVALS[name].start(venue.now)
    for after, what in steps:
        venue.now += after * (40 if name == "3m" else 20 if name == "1m" else 1)
        if what in {"buy", "sell"}:
            buy(venue, side=what.upper())
        elif what == "step":
            venue.exchange.step(venue.now)
        elif what == "jump":
            venue.exchange.set_price("VIAUSDT", Decimal("0.41"), venue.now)
        seen += heard.take()
    venue.now += 5000
    seen += heard.take()
    closed = [message["k"]["t"] for message in seen if message["k"]["x"]]
    rows = klines(venue, name)
    assert closed == [time for time in rows if start <= time < INTERVALS[name].start(venue.now)]
    last = {message["k"]["t"]: message for message in seen}
    assert all(same(message, rows[time]) for time, message in last.items())
    order = [(message["k"]["t"], message["k"]["x"]) for message in seen]
    assert order == sorted(order)


def test_a_clock_that_goes_back_breaks_no_candle() -> None:
    venue = Venue.make()
    heard = Listener(venue, "viausdt@kline_1s")
    heard.take()
    assert heard.take(-5000) == []
    later = Listener(venue, "viausdt@kline_1s")
    assert len(later.take(-2000)) == 1
    assert [message["k"]["x"] for message in heard.take(9000)] == [True, True, False]


def test_an_open_candle_is_told_again_where_a_trade_has_changed_it() -> None:
    heard = Listener(Venue.make(), "viausdt@kline_1h")
    (first,) = heard.take()
    buy(heard.venue, "30")
    (second,) = heard.take(2000)
    assert (first["k"]["x"], second["k"]["x"]) == (False, False)
    assert second["k"]["n"] == first["k"]["n"] + 1
    assert Decimal(second["k"]["v"]) - Decimal(first["k"]["v"]) == 30
    assert same(second, klines(heard.venue, "1h")[second["k"]["t"]])
