"""Past trades are read from a moment on: all of them, none twice, and in few questions."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.cli import progress, trades
from ringfence.cli.answers import Trades
from ringfence.errors import Broken
from ringfence.model.fill import Fill
from ringfence.model.names import Asset, OrderId, Symbol
from ringfence.model.order import Side

PAGE = 4
DAY = 86_400_000


def fill(trade: int, at: int, side: Side = Side.BUY) -> Fill:
    one = Decimal(1)
    order = OrderId(f"{trade}-{side}")
    return Fill("BTCUSDT", trade, order, side, one, one, one, Decimal(0), Asset("USDT"), at, maker=True)


def asking(history: list[Fill], page: int = PAGE) -> tuple[Callable[[int | None], Trades], list[int | None]]:
    """A signer that has these on record, a page at a time, and what it was asked."""
    asked: list[int | None] = []

    def ask(after: int | None) -> Trades:
        asked.append(after)
        found = history[-page:] if after is None else [each for each in history if each.trade > after][:page]
        return Trades("binance", tuple(found), found[-1].trade - 1 if len(found) == page else None)

    return ask, asked


def _history(steps: list[tuple[int, int, bool]]) -> list[Fill]:
    made: list[Fill] = []
    trade = at = 0
    for number, time, twice in steps:
        trade, at = trade + number, at + time
        made += [fill(trade, at, side) for side in (Side.BUY, Side.SELL)[: 1 + twice]]
    return made


HISTORY = st.lists(st.tuples(st.integers(1, 10**6), st.integers(0, 50), st.booleans()), max_size=40).map(_history)


@given(HISTORY, st.integers(-1, 2_000))
def test_every_fill_since_a_moment_is_read_once(history: list[Fill], since: int) -> None:
    ask, _ = asking(history)
    assert list(trades.since_moment(ask, since)) == [each for each in history if each.at >= since]


@pytest.mark.parametrize("count", [0, 1, PAGE - 1, PAGE, PAGE + 1])
def test_one_page_is_one_question_and_a_full_one_a_second(count: int) -> None:
    ask, asked = asking([fill(number, number) for number in range(count)])
    assert len(trades.since_moment(ask, 0)) == count
    assert len(asked) == (1 if count < PAGE else 2)


def test_a_long_past_is_not_read_through() -> None:
    history = [fill(number * 7_919, number) for number in range(20_000)]
    ask, asked = asking(history, page=100)
    assert len(trades.since_moment(ask, 19_000)) == 1_000
    assert len(asked) < 30  # two hundred pages lie before it


def test_an_exchange_that_tells_the_same_again_is_not_asked_for_ever() -> None:
    same = Trades("binance", (fill(1, 1),), 0)
    with pytest.raises(Broken, match="the same trades again"):
        trades.since_moment(lambda _: same, 0)


def test_progress_is_silent_at_first(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    now, slept = [0.0], list[float]()
    clock: Any = type("Clock", (), {"monotonic": staticmethod(lambda: now[0]), "sleep": staticmethod(slept.append)})
    for module in (trades, progress):
        monkeypatch.setattr(module, "time", clock)
    with trades.Reading() as reading:
        reading.note(Symbol("BTC/USDT"), 1_000)
        now[0] = 1.9
        reading.wait(Symbol("BTC/USDT"), 3)
        assert reading.said == ""
        now[0] = 2.0
        reading.note(Symbol("BTC/USDT"), 1_000)
        assert reading.said == "BTC/USDT: 2000 fills read so far"
        reading.wait(Symbol("ETH/USDT"), 3)
        assert "waiting" in reading.said
    assert slept == [3, 3]
    assert capsys.readouterr().out == ""
