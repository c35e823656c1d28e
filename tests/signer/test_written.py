"""An entry says what leaves, and what was asked where that is another thing; a refusal says what was asked."""

from decimal import Decimal
from typing import Any

import pytest
from msgspec.structs import replace

from ringfence.model.action import ListForm, Place, PlaceList
from ringfence.model.entry import Value
from ringfence.model.names import AccountName
from ringfence.model.order import Kind, Order, Tif
from ringfence.signer.written import allowed, refused
from tests.signer.test_ledger import CHARGE, ORDER

MARKET = replace(ORDER, kind=Kind.MARKET, price=None, tif=None)
QUOTE = replace(MARKET, quantity=None, quote=Decimal(200))
SEEN: dict[str, Value] = {"buy": "100", "age": 20, "venues": 3}

ASKED: list[tuple[Order, dict[str, Any] | None]] = [
    (ORDER, None),  # just what leaves
    (MARKET, {"type": "MARKET"}),
    (QUOTE, {"type": "MARKET", "quote": "200"}),
    (replace(MARKET, tif=Tif.FOK), {"type": "MARKET", "tif": "FOK"}),
]


@pytest.mark.parametrize(("asked", "said"), ASKED)
def test_what_was_asked_is_written_where_something_else_leaves(asked: Order, said: dict[str, Any] | None) -> None:
    entry = allowed(CHARGE, asked, Place(ORDER), SEEN)
    assert entry.get("asked") == said
    assert entry["seen"] == SEEN
    assert (entry["type"], entry["price"]) == ("LIMIT", "101")


def test_the_second_order_of_a_list_does_not_repeat_the_prices() -> None:
    entry = allowed(CHARGE, ORDER, PlaceList(ListForm.OTO, (ORDER, ORDER), None), {})
    assert "seen" not in entry
    assert entry["form"] == "OTO"


def test_a_refusal_has_the_orders_as_they_were_asked() -> None:
    entry = refused(AccountName("main"), Place(QUOTE), SEEN)
    order = {"symbol": "BTC/USDT", "side": "BUY", "type": "MARKET", "quote": "200"}
    assert entry == {"account": "main", "orders": [order], "seen": SEEN}


def test_a_refusal_without_a_price_says_none() -> None:
    stop = replace(ORDER, kind=Kind.STOP_LOSS_LIMIT, trigger=Decimal(102), trailing=50, visible=Decimal(1), routed=True)
    entry = refused(AccountName("main"), PlaceList(ListForm.OCO, (ORDER, stop), None), {})
    assert entry.keys() == {"account", "orders", "form"}
    assert entry["orders"] == [
        {"symbol": "BTC/USDT", "side": "BUY", "type": "LIMIT", "tif": "GTC", "quantity": "2", "price": "101"},
        {
            "symbol": "BTC/USDT", "side": "BUY", "type": "STOP_LOSS_LIMIT", "tif": "GTC", "quantity": "2",
            "price": "101", "trigger": "102", "visible": "1", "trailing": 50, "routed": True,
        },
    ]  # fmt: skip
