"""Past trades are read as Binance writes them, whole or not at all; ccxt reads the same out of them."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Misread
from ringfence.model.fill import Fill
from ringfence.model.names import Asset, OrderId
from ringfence.model.order import Side
from tests.dialects.binance.asks import DIALECT
from tests.paper.process import Running, running
from tests.paper.test_ccxt import client


def row(**changes: object) -> dict[str, Any]:
    """Say what Binance's documentation says of one trade."""
    return {
        "symbol": "BNBBTC",
        "id": 28457,
        "orderId": 100234,
        "orderListId": -1,
        "price": "4.00000100",
        "qty": "12.00000000",
        "quoteQty": "48.000012",
        "commission": "10.10000000",
        "commissionAsset": "BNB",
        "time": 1499865549590,
        "isBuyer": True,
        "isMaker": False,
        "isBestMatch": True,
        **changes,
    }


def heard(*rows: object) -> tuple[Fill, ...]:
    return DIALECT.hear_fills(json.dumps(rows).encode())


def fill(**changes: object) -> Fill:
    fields: dict[str, Any] = {
        "native": "BNBBTC",
        "trade": 28457,
        "order_id": OrderId("100234"),
        "side": Side.BUY,
        "price": Decimal("4.000001"),
        "quantity": Decimal(12),
        "quote": Decimal("48.000012"),
        "fee": Decimal("10.1"),
        "fee_asset": Asset("BNB"),
        "at": 1499865549590,
        "maker": False,
    }
    return Fill(**{**fields, **changes})


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (row(), fill()),
        (row(isBuyer=False), fill(side=Side.SELL)),
        (row(isMaker=True), fill(maker=True)),
        (row(commission="0.00000000"), fill(fee=Decimal(0))),
        (row(id=0), fill(trade=0)),
        (row(id=2**63 - 1), fill(trade=2**63 - 1)),
        (row(quoteQty="0.00000000"), fill(quote=Decimal(0))),
        (row(time=9_999_999_999_999), fill(at=9_999_999_999_999)),
        (row(isBestMatch=None, new="field"), fill()),
    ],
)
def test_a_fill_is_what_the_answer_says(answer: dict[str, Any], expected: Fill) -> None:
    assert heard(answer) == (expected,)


@pytest.mark.parametrize(
    "answer",
    [
        row(symbol="bnbbtc"),
        row(symbol="B" * 21),
        row(id=-1),
        row(id=2**63),
        row(id="one"),
        row(orderId=None),
        row(price="0.00000000"),
        row(price="1e3"),
        row(qty="0.00000000"),
        row(qty="-1.0"),
        row(quoteQty="NaN"),
        row(commission="-0.1"),
        row(commissionAsset=None),
        row(time="now"),
        row(time=1499865549590000),  # microseconds
        row(isBuyer="true"),
        row(isBuyer=1),
        row(isMaker=None),
        {},
        [],
        "BNBBTC",
    ],
)
def test_a_fill_that_cannot_be_read_whole_is_misread_with_all_beside_it(answer: object) -> None:
    with pytest.raises(Misread):
        heard(row(), answer)


@pytest.mark.parametrize("body", [b"", b"{}", b"null", b'{"code":-1121,"msg":"Invalid symbol."}', b"[", b"<html>"])
def test_what_is_no_list_of_fills_is_misread(body: bytes) -> None:
    with pytest.raises(Misread):
        DIALECT.hear_fills(body)


def test_no_fills_are_no_fills() -> None:
    assert heard() == ()


@given(st.dictionaries(st.sampled_from(sorted(row())), st.none() | st.booleans() | st.integers() | st.text(max_size=4)))
def test_no_change_to_an_answer_makes_a_fill_of_less_than_nothing(changes: dict[str, object]) -> None:
    try:
        [found] = heard(row(**changes))
    except Misread:
        return
    assert found.price > 0
    assert found.quantity > 0
    assert min(found.quote, found.fee) >= 0
    assert min(found.trade, found.at) >= 0


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("paper")) as started:
        yield started


def test_ccxt_reads_the_same_fills(paper: Running) -> None:
    bot = client(paper)
    bot.create_order("BTC/USDT", "market", "buy", 0.003)
    bot.create_order("BTC/USDT", "market", "sell", 0.001)
    ours = DIALECT.hear_fills(json.dumps(paper.signed("GET", "/api/v3/myTrades", symbol="BTCUSDT")[1]).encode())
    theirs = [_of(bot.parse_trade(trade["info"])) for trade in bot.fetch_my_trades("BTC/USDT")]
    assert len(theirs) >= 2
    assert [_ours(each) for each in ours] == theirs


def _ours(each: Fill) -> tuple[object, ...]:
    money = (each.price, each.quantity, each.quote, each.fee)
    role = "maker" if each.maker else "taker"
    return (str(each.trade), each.order_id, each.side.lower(), role, each.at, each.fee_asset, *map(float, money))


def _of(trade: Any) -> tuple[object, ...]:
    names = (trade["id"], trade["order"], trade["side"], trade["takerOrMaker"], trade["timestamp"])
    return (
        *names,
        trade["fee"]["currency"],
        *(float(trade[name]) for name in ("price", "amount", "cost")),
        float(trade["fee"]["cost"]),
    )
