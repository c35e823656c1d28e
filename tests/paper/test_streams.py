import json
from collections.abc import Iterable
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.paper.call import Json
from ringfence.paper.intervals import DAY, HOUR, INTERVALS, MINUTE
from ringfence.paper.streams import Name, Streams, read
from tests.paper.venue import ACCOMPLICE, MAIN, NOW, START, Venue

NAMES = {
    "btcusdt@trade": Name("trade", "BTCUSDT"),
    "btcusdt@aggTrade": Name("aggTrade", "BTCUSDT"),
    "btcusdt@bookTicker": Name("bookTicker", "BTCUSDT"),
    "btcusdt@avgPrice": Name("avgPrice", "BTCUSDT"),
    "btcusdt@ticker": Name("ticker", "BTCUSDT"),
    "btcusdt@miniTicker": Name("miniTicker", "BTCUSDT"),
    "btcusdt@ticker_4h": Name("ticker", "BTCUSDT", "4h"),
    "btcusdt@depth": Name("depth", "BTCUSDT"),
    "btcusdt@depth@100ms": Name("depth", "BTCUSDT", "", 100),
    "btcusdt@depth@1000ms": Name("depth", "BTCUSDT", "", 1000),
    "1000satsusdt@depth20@100ms": Name("depth", "1000SATSUSDT", "20", 100),
    "!ticker@arr": Name("ticker"),
    "!miniTicker@arr": Name("miniTicker"),
    "!ticker_1d@arr": Name("ticker", "", "1d"),
    **{f"btcusdt@kline_{name}": Name("kline", "BTCUSDT", name) for name in INTERVALS},
}
NO_NAMES = [
    "", "btcusdt", "btcusdt@", "@trade", "BTCUSDT@trade", "btcusdt@Trade", "btcusdt@trade@100ms", "btcusdt@trade5",
    "btcusdt@depth7", "btcusdt@depth@10ms", "btcusdt@depth5_1m", "btcusdt@kline", "btcusdt@kline_2m",
    "btcusdt@kline_1m@100ms", "btcusdt@kline_1d@+08:00", "btcusdt@ticker_2h", "btcusdt@trade\n", "!bookTicker",
    "!miniTicker_1h@arr", "!trade@arr", "\u0431tcusdt@trade", "a" * 5000, "btcusdt@depth\u0665",
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), NAMES.items())
def test_a_documented_name_is_read(text: str, name: Name) -> None:
    assert read(text) == name


@pytest.mark.parametrize("text", NO_NAMES)
def test_what_names_no_stream_is_none_and_stays_silent(text: str) -> None:
    assert read(text) is None
    assert told(Venue.make(), text) == []


class Listener:
    """Streams of a venue that somebody listens to, at the venue's time."""

    def __init__(self, venue: Venue, *names: str) -> None:
        self.venue = venue
        self.streams = Streams(venue.exchange)
        self.streams.keep(names, venue.now)

    def take(self, after: int = 0) -> list[Any]:
        self.venue.now += after
        return [json.loads(json.dumps(message)) for _, message in self.streams.take(self.venue.now)]


def told(venue: Venue, name: str) -> list[Any]:
    return Listener(venue, name).take()


def buy(venue: Venue, quantity: str = "20", symbol: str = "VIAUSDT", side: str = "BUY") -> None:
    by = MAIN if side == "BUY" else ACCOMPLICE
    status, answer = venue.order(by, symbol=symbol, side=side, type="MARKET", quantity=quantity)
    assert status == 200, answer


def candle(row: list[Any]) -> dict[str, Any]:
    """A row of the klines endpoint under the letters of the stream."""
    letters = ("t", "o", "h", "l", "c", "v", "T", "q", "n", "V", "Q", "B")
    return dict(zip(letters, row, strict=True))


def same(told: dict[str, Any], row: list[Any]) -> bool:
    return {name: told["k"][name] for name in candle(row)} == candle(row)


def test_a_stream_of_a_symbol_that_is_not_listed_stays_silent() -> None:
    assert told(Venue.make(), "xrpusdt@ticker") == []


def test_a_stream_that_nobody_listens_to_any_more_is_told_no_more() -> None:
    heard = Listener(Venue.make(), "viausdt@bookTicker", "btcusdt@bookTicker")
    assert len(heard.take()) == 2
    heard.streams.keep(["viausdt@bookTicker"], heard.venue.now)
    buy(heard.venue)
    buy(heard.venue, "0.001", "BTCUSDT")
    assert [message["s"] for message in heard.take()] == ["VIAUSDT"]


def test_the_same_name_goes_on_where_it_was_while_somebody_listens() -> None:
    heard = Listener(Venue.make(), "viausdt@trade")
    buy(heard.venue)
    heard.streams.keep(["viausdt@trade"], heard.venue.now)
    assert [message["t"] for message in heard.take()] == [1]


# trades


@pytest.mark.parametrize(("name", "number"), [("trade", "t"), ("aggTrade", "a")])
def test_trades_are_told_once_each_and_their_numbers_have_no_gap(name: str, number: str) -> None:
    venue = Venue.make()
    buy(venue, "80")
    heard = Listener(venue, f"viausdt@{name}")
    assert heard.take() == []
    seen = []
    for count in (1, 3, 2):
        for _ in range(count):
            buy(venue)
            buy(venue, side="SELL")
        seen += heard.take(1)
        assert heard.take() == []
    assert [each[number] for each in seen] == list(range(3, 15))
    _, rows = venue.get("/api/v3/trades", symbol="VIAUSDT", limit=12)
    assert [(each["p"], each["q"], each["T"], each["m"]) for each in seen] == [
        (row["price"], row["qty"], row["time"], row["isBuyerMaker"]) for row in rows
    ]


def test_a_group_of_trades_is_what_the_endpoint_says() -> None:
    heard = Listener(Venue.make(), "viausdt@aggTrade")
    buy(heard.venue, "80")
    messages = heard.take()
    _, rows = heard.venue.get("/api/v3/aggTrades", symbol="VIAUSDT")
    assert [{name: each[name] for name in row} for each, row in zip(messages, rows, strict=True)] == rows
    assert messages[0].keys() == {"e", "E", "s", "a", "p", "q", "f", "l", "T", "m", "M"}


def test_a_trade_has_the_documented_letters() -> None:
    heard = Listener(Venue.make(), "viausdt@trade")
    buy(heard.venue)
    (message,) = heard.take(7)
    assert message == {
        "e": "trade", "E": NOW + 7, "s": "VIAUSDT", "t": 1, "p": "0.40400000", "q": "20.00000000", "T": NOW,
        "m": False, "M": True,
    }  # fmt: skip


# books

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


PACES = [
    ("viausdt@depth", 1000), ("viausdt@depth@100ms", 100), ("viausdt@depth5", 1000), ("viausdt@depth5@100ms", 100),
    ("viausdt@ticker", 1000), ("viausdt@miniTicker", 1000), ("viausdt@ticker_1h", 1000),
    ("viausdt@avgPrice", 1000), ("viausdt@kline_1m", 2000), ("!ticker@arr", 1000),
    ("!miniTicker@arr", 1000), ("!ticker_1d@arr", 1000),
]  # fmt: skip


@pytest.mark.parametrize(("name", "step"), PACES)
def test_a_stream_is_told_in_its_documented_step_and_no_faster(name: str, step: int) -> None:
    venue = Venue.make()
    venue.now += -venue.now % MINUTE  # a candle that ends is told at once, so begin where none does
    heard = Listener(venue, name)
    heard.take()
    buy(venue)
    assert heard.take(step - 1) == []
    buy(venue)
    assert len(heard.take(1)) == 1
    assert heard.take() == []


def test_the_best_price_is_told_as_soon_as_it_has_changed_and_a_candle_of_a_second_each_second() -> None:
    venue = Venue.make()
    heard = Listener(venue, "viausdt@bookTicker")
    heard.take()
    for _ in range(3):
        buy(venue)
        assert len(heard.take()) == 1
    venue.now += -venue.now % 1000
    seconds = Listener(venue, "viausdt@kline_1s")
    seconds.take()
    buy(venue)
    assert seconds.take(999) == []
    assert [message["k"]["x"] for message in seconds.take(1)] == [True, False]


@pytest.mark.parametrize("name", ["bookTicker", "miniTicker", "avgPrice", "depth5", "kline_1d"])
def test_what_has_not_changed_is_not_told_again(name: str) -> None:
    heard = Listener(Venue.make(), f"viausdt@{name}")
    assert len(heard.take()) == 1
    buy(heard.venue, "0.001", "BTCUSDT")
    assert heard.take(2000) == []


# figures


def letters(message: dict[str, Any], row: dict[str, Any], names: dict[str, str]) -> None:
    assert {letter: message[letter] for letter in names} == {letter: row[name] for letter, name in names.items()}


MINI = {"c": "lastPrice", "o": "openPrice", "h": "highPrice", "l": "lowPrice", "v": "volume", "q": "quoteVolume"}
MORE = {
    "p": "priceChange", "P": "priceChangePercent", "w": "weightedAvgPrice", "x": "prevClosePrice", "Q": "lastQty",
    "b": "bidPrice", "B": "bidQty", "a": "askPrice", "A": "askQty", "O": "openTime", "C": "closeTime",
    "F": "firstId", "L": "lastId", "n": "count",
}  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "names"), [
    ("ticker", "24hrTicker", {**MINI, **MORE}), ("miniTicker", "24hrMiniTicker", MINI),
])  # fmt: skip
def test_a_ticker_says_what_the_endpoint_says(name: str, kind: str, names: dict[str, str]) -> None:
    venue = Venue.make()
    for passed in (0, 90_000, DAY):
        venue.now += passed
        buy(venue, "20")
        (message,) = told(venue, f"viausdt@{name}")
        assert (message["e"], message["s"]) == (kind, "VIAUSDT")
        letters(message, venue.get("/api/v3/ticker/24hr", symbol="VIAUSDT")[1], names)
        (rows,) = told(venue, f"!{name}@arr")
        assert message in rows
        assert message.keys() == {"e", "E", "s", *names}


def test_all_tickers_in_one_message_are_only_those_that_changed() -> None:
    heard = Listener(Venue.make(), "!ticker@arr", "!miniTicker@arr", "!ticker_1h@arr")
    assert [len(rows) for rows in heard.take()] == [3, 3, 3]
    assert heard.take(1000) == []
    buy(heard.venue)
    assert [[row["s"] for row in rows] for rows in heard.take(1000)] == [["VIAUSDT"]] * 3


@pytest.mark.parametrize(("name", "length"), [("1h", HOUR), ("4h", 4 * HOUR), ("1d", DAY)])
def test_a_window_begins_with_a_minute_and_is_as_long_as_it_says(name: str, length: int) -> None:
    venue = Venue.make(past_minutes=2000)
    buy(venue, "20")
    venue.now += length
    (message,) = told(venue, f"viausdt@ticker_{name}")
    assert (message["e"], message["C"]) == (f"{name}Ticker", venue.now)
    assert message["O"] % MINUTE == 0
    assert length <= message["C"] - message["O"] < length + MINUTE
    assert message["L"] == 1  # the trade of so long ago is in the minute with which it begins
    venue.now += MINUTE
    (later,) = told(venue, f"viausdt@ticker_{name}")
    assert (later["n"], later["F"], later["c"]) == (0, -1, "0.40400000")


def test_the_average_price_says_when_the_last_trade_was() -> None:
    venue = Venue.make()
    assert told(venue, "viausdt@avgPrice")[0]["T"] == 0
    buy(venue)
    venue.now += 5000
    (message,) = told(venue, "viausdt@avgPrice")
    _, answer = venue.get("/api/v3/avgPrice", symbol="VIAUSDT")
    assert (message["w"], message["T"], message["i"]) == (answer["price"], answer["closeTime"], "5m")
    assert message["T"] == NOW


# candles


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


def test_every_message_is_plain_json() -> None:
    venue = Venue.make()
    names: Iterable[str] = [name.replace("btcusdt", "viausdt") for name in NAMES]
    heard = Listener(venue, *names)
    buy(venue)
    message: Json
    for _, message in heard.streams.take(venue.now):
        assert json.loads(json.dumps(message)) == message
