import json
from collections.abc import Iterable
from typing import Any

import pytest

from ringfence.paper.call import Json
from ringfence.paper.intervals import DAY, HOUR, INTERVALS, MINUTE
from ringfence.paper.streams import Name, read
from tests.paper.listener import Listener, buy, told
from tests.paper.venue import NOW, Venue

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


def test_every_message_is_plain_json() -> None:
    venue = Venue.make()
    names: Iterable[str] = [name.replace("btcusdt", "viausdt") for name in NAMES]
    heard = Listener(venue, *names)
    buy(venue)
    message: Json
    for _, message in heard.streams.take(venue.now):
        assert json.loads(json.dumps(message)) == message
