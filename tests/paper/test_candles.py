from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.paper.candles import Candle, Candles
from ringfence.paper.intervals import DAY, HOUR, INTERVALS, MINUTE, SECOND
from ringfence.paper.orders import Side, Trade

NAMES = list(INTERVALS)
DOCUMENTED = ["1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "8h", "12h", "1d", "3d", "1w", "1M"]
NOON = 1_700_049_600_000  # 2023-11-15 12:00:00 UTC, a Wednesday
LATE = NOON + 12 * HOUR - 7 * MINUTE  # before midnight: in the minutes after it, all but weeks and months end


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1000


def candles(minutes: int = 10, listed: int = NOON - 40 * DAY, price: int = 100) -> Candles:
    first, worth = NOON - (minutes - 1) * MINUTE, Decimal(price)
    return Candles([Candle(first + each * MINUTE, worth, worth, worth, worth) for each in range(minutes)], listed)


def traded(number: int, price: str, quantity: str, time: int, side: Side = Side.BUY) -> Trade:
    amount, worth = Decimal(quantity), Decimal(price)
    return Trade(
        number, "X", worth, amount, worth * amount, time, side, 1, 2, "a", "b", Decimal(0), Decimal(0)
    )  # fmt: skip


STRETCHES = [
    ("1s", "2023-11-15T12:34:56", "2023-11-15T12:34:56", "2023-11-15T12:34:57"),
    ("1m", "2023-11-15T12:34:56", "2023-11-15T12:34:00", "2023-11-15T12:35:00"),
    ("15m", "2023-11-15T12:34:56", "2023-11-15T12:30:00", "2023-11-15T12:45:00"),
    ("8h", "2023-11-15T12:34:56", "2023-11-15T08:00:00", "2023-11-15T16:00:00"),
    ("1d", "2023-11-15T12:34:56", "2023-11-15", "2023-11-16"),
    ("1w", "2023-11-12T23:59:59", "2023-11-06", "2023-11-13"),  # a Sunday
    ("1w", "2023-11-13T00:00:00", "2023-11-13", "2023-11-20"),  # a Monday
    ("1M", "2023-11-30T23:59:59", "2023-11-01", "2023-12-01"),
    ("1M", "2023-12-31T23:59:59", "2023-12-01", "2024-01-01"),
    ("1M", "2024-02-29T12:00:00", "2024-02-01", "2024-03-01"),  # a leap year
    ("1M", "2023-01-31T12:00:00", "2023-01-01", "2023-02-01"),
]


def test_every_documented_interval_is_there_and_no_other() -> None:
    assert NAMES == DOCUMENTED


@pytest.mark.parametrize(("name", "time", "start", "end"), STRETCHES)
def test_an_interval_begins_and_ends_where_the_clock_or_the_calendar_says(
    name: str, time: str, start: str, end: str
) -> None:
    assert (INTERVALS[name].start(at(time)), INTERVALS[name].end(at(time))) == (at(start), at(end))


@given(st.sampled_from(NAMES), st.integers(0, 4_000_000_000_000))
def test_stretches_follow_each_other_without_a_gap(name: str, time: int) -> None:
    interval = INTERVALS[name]
    start, end = interval.start(time), interval.end(time)
    assert start <= time < end
    assert (interval.start(start), interval.start(end - 1), interval.start(end)) == (start, start, end)


TRADES = st.lists(
    st.tuples(
        st.integers(0, 15 * MINUTE), st.integers(1, 999), st.integers(1, 99), st.sampled_from(Side)
    ),
    min_size=1,
    max_size=30,
)  # fmt: skip


@given(TRADES, st.sampled_from(NAMES))
def test_a_candle_is_what_the_trades_of_its_time_come_to(rows: list[tuple[int, int, int, Side]], name: str) -> None:
    all_of_it, interval, price, made = candles(), INTERVALS[name], Decimal(100), []
    for number, (after, price_, quantity, side) in enumerate(sorted(rows, key=lambda row: row[0]), 1):
        made.append(traded(number, str(price_), str(quantity), LATE + after, side))
        all_of_it.add(made[-1])
    for bar in all_of_it.bars(interval, interval.start(LATE)):
        own = [each for each in made if bar.start <= each.time < interval.end(bar.start)]
        figures = [price] if not own else [each.price for each in own]
        assert (bar.open, bar.close) == (figures[0], figures[-1])
        assert (bar.high, bar.low) == (max(figures), min(figures))
        assert (bar.volume, bar.quote, bar.count) == (
            sum(each.quantity for each in own), sum(each.cost for each in own), len(own),
        )  # fmt: skip
        bought = [each for each in own if each.taker_side is Side.BUY]
        assert bar.bought == sum(each.quantity for each in bought)
        assert bar.bought_quote == sum(each.cost for each in bought)
        assert (bar.first_id, bar.last_id) == ((own[0].trade_id, own[-1].trade_id) if own else (-1, -1))
        price = bar.close


@pytest.mark.parametrize("name", NAMES)
def test_candles_have_no_gap_however_far_time_jumps(name: str) -> None:
    all_of_it, interval = candles(), INTERVALS[name]
    all_of_it.add(traded(1, "120", "1", NOON + 1))
    all_of_it.reach(NOON + 40 * HOUR)
    bars = all_of_it.bars(interval)
    assert [bar.start for bar in bars[1:]] == [interval.end(bar.start) for bar in bars[:-1]]
    assert bars[-1].start == interval.start(NOON + 40 * HOUR)
    assert all_of_it.current(interval) == bars[-1]
    assert bars[-1].close == 120


def test_a_candle_of_which_a_part_is_forgotten_is_forgotten_whole() -> None:
    all_of_it = candles()
    all_of_it.add(traded(1, "120", "7", NOON + 1))
    all_of_it.reach(NOON + 90 * HOUR)
    before = {bar.start: bar for bar in all_of_it.bars(INTERVALS["1h"])}
    all_of_it.reach(NOON + 110 * HOUR + 20 * MINUTE)
    after = all_of_it.bars(INTERVALS["1h"])
    assert NOON not in {bar.start for bar in after}
    assert all(bar == before[bar.start] for bar in after if bar.start < NOON + 90 * HOUR)
    assert len(after) == 100  # 6000 minutes, of which twenty belong to the open hour and forty to one that is forgotten
    assert sum(bar.volume for bar in all_of_it.bars(INTERVALS["1d"])) == 7
    assert len(all_of_it.bars(INTERVALS["1s"])) == 1001


def test_days_go_back_to_the_listing_and_not_beyond() -> None:
    all_of_it = candles(minutes=2 * 1440, listed=NOON - DAY)
    starts = [bar.start for bar in all_of_it.bars(INTERVALS["1d"])]
    assert starts == [at("2023-11-14"), at("2023-11-15")]
    assert [bar.start for bar in candles().bars(INTERVALS["1M"])] == [at("2023-10-01"), at("2023-11-01")]


def test_the_mean_of_five_minutes_is_weighted_and_the_last_price_where_nothing_traded() -> None:
    all_of_it = candles()
    assert all_of_it.average() == 100
    all_of_it.add(traded(1, "110", "1", NOON + 1))
    all_of_it.add(traded(2, "120", "3", NOON + MINUTE))
    assert all_of_it.average() == Decimal("117.5")
    all_of_it.reach(NOON + 5 * MINUTE)
    assert all_of_it.average() == 120
    assert all_of_it.last == 120
    assert all_of_it.recent(6).first_id == 1


def test_a_trade_whose_clock_went_back_counts_in_the_candle_that_is_open() -> None:
    all_of_it = candles()
    all_of_it.reach(NOON + MINUTE)
    all_of_it.add(traded(1, "90", "1", NOON + SECOND))
    assert [bar.count for bar in all_of_it.bars(INTERVALS["1m"])[-2:]] == [0, 1]
