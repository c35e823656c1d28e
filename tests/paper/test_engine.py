from decimal import Decimal

import pytest

from ringfence.paper.orders import ZERO, Side
from ringfence.paper.refused import Refused
from tests.paper.floor import START, SYMBOL, Floor

ASKS = [("ann", "SELL", "10", "1.00"), ("bob", "SELL", "10", "1.00"), ("ann", "SELL", "10", "1.10")]


def with_asks(**groups: int) -> Floor:
    floor = Floor(**groups)
    for who, side, quantity, price in ASKS:
        floor.send(who, side, quantity, price)
    return floor


TAKES = [
    # how it is sent, the status, what it traded and with whom, and what is left to sell
    ({"quantity": "10", "price": "1.00"}, "FILLED", "10@1.00 ann", ["10", "10"]),
    ({"quantity": "15", "price": "1.00"}, "FILLED", "10@1.00 ann, 5@1.00 bob", ["5", "10"]),
    ({"quantity": "15", "price": "0.99"}, "NEW", "", ["10", "10", "10"]),
    ({"quantity": "25", "price": "1.05"}, "PARTIALLY_FILLED", "10@1.00 ann, 10@1.00 bob", ["10"]),
    ({"quantity": "25", "price": "1.05", "tif": "IOC"}, "EXPIRED", "10@1.00 ann, 10@1.00 bob", ["10"]),
    ({"quantity": "6", "price": "0.99", "tif": "IOC"}, "EXPIRED", "", ["10", "10", "10"]),
    ({"quantity": "20.1", "price": "1.09", "tif": "FOK"}, "EXPIRED", "", ["10", "10", "10"]),
    ({"quantity": "20", "price": "1.09", "tif": "FOK"}, "FILLED", "10@1.00 ann, 10@1.00 bob", ["10"]),
    ({"quantity": "21", "kind": "MARKET"}, "FILLED", "10@1.00 ann, 10@1.00 bob, 1@1.10 ann", ["9"]),
    ({"quantity": "31", "kind": "MARKET"}, "EXPIRED", "10@1.00 ann, 10@1.00 bob, 10@1.10 ann", []),
    ({"quote": "12", "kind": "MARKET"}, "FILLED", "10@1.00 ann, 2@1.00 bob", ["8", "10"]),
    ({"quote": "20.15", "kind": "MARKET"}, "FILLED", "10@1.00 ann, 10@1.00 bob, 0.1@1.10 ann", ["9.9"]),
    ({"quote": "31.01", "kind": "MARKET"}, "EXPIRED", "10@1.00 ann, 10@1.00 bob, 10@1.10 ann", []),
]  # fmt: skip


@pytest.mark.parametrize(("sent", "status", "trades", "left"), TAKES)
def test_an_order_takes_the_best_price_first_and_the_oldest_within_it(
    sent: dict[str, str], status: str, trades: str, left: list[str]
) -> None:
    floor = with_asks()
    placed = floor.send("cat", "BUY", **sent)
    assert placed.order.status == status
    assert ", ".join(f"{each.quantity.normalize():f}@{each.price} {each.maker}" for each in placed.trades) == trades
    assert [quantity for _, quantity in floor.book("SELL")] == left


REFUSALS = [
    ({"quantity": "10", "price": "1.001"}, "PRICE_FILTER"),
    ({"quantity": "10", "price": "1000.01"}, "PRICE_FILTER"),
    ({"quantity": "10.05", "price": "1"}, "LOT_SIZE"),
    ({"quantity": "10000.1", "price": "1"}, "LOT_SIZE"),
    ({"quantity": "4.9", "price": "1"}, "NOTIONAL"),
    ({"quantity": "4.9", "kind": "MARKET"}, "NOTIONAL"),
    ({"quote": "4.99", "kind": "MARKET"}, "NOTIONAL"),
    ({"quantity": "10", "price": "1", "kind": "LIMIT_MAKER"}, "immediately match"),
    ({"quantity": "9999.9", "price": "1.1"}, "insufficient balance"),
    ({"quote": "10000.01", "kind": "MARKET"}, "insufficient balance"),
]


@pytest.mark.parametrize(("sent", "why"), REFUSALS)
def test_an_order_that_does_not_fit_is_refused_and_changes_nothing(sent: dict[str, str], why: str) -> None:
    floor = with_asks()
    with pytest.raises(Refused, match=why):
        floor.send("cat", "BUY", **sent)
    assert len(floor.book("SELL")) == len(ASKS)
    assert floor.balance("cat", "USDT") == (START["USDT"], ZERO)
    assert floor.records.open_orders("cat", SYMBOL) == []


def test_a_quote_sized_order_needs_someone_to_trade_with() -> None:
    with pytest.raises(Refused, match="liquidity"):
        Floor().send("cat", "BUY", quote="10", kind="MARKET")


def test_a_quantity_sized_market_order_without_a_counterpart_expires() -> None:
    assert Floor().send("cat", "SELL", "10", kind="MARKET").order.status == "EXPIRED"


def test_fees_are_a_thousandth_of_what_each_side_receives() -> None:
    floor = Floor()
    floor.send("ann", "SELL", "10", "2")
    floor.send("cat", "BUY", "10", "2")
    assert floor.balance("cat", "VIA") == (START["VIA"] + Decimal("9.99"), ZERO)
    assert floor.balance("cat", "USDT") == (START["USDT"] - 20, ZERO)
    assert floor.balance("ann", "USDT") == (START["USDT"] + Decimal("19.98"), ZERO)
    assert floor.accounts.fees == {"VIA": Decimal("0.01"), "USDT": Decimal("0.02")}


def test_a_better_price_gives_back_what_was_held_for_the_worse_one() -> None:
    floor = Floor()
    floor.send("ann", "SELL", "10", "1")
    floor.send("cat", "BUY", "15", "2")
    assert floor.balance("cat", "USDT") == (START["USDT"] - 20, Decimal(10))


def test_what_is_held_can_not_be_spent_twice() -> None:
    floor = Floor()
    floor.send("cat", "BUY", "5000", "2")
    with pytest.raises(Refused, match="insufficient"):
        floor.send("cat", "BUY", "6", "1")


def test_a_cancel_gives_everything_back_and_a_partial_fill_keeps_its_place() -> None:
    floor = with_asks()
    floor.send("cat", "BUY", "5", "1.00")
    first = next(iter(floor.engine.resting(SYMBOL, Side.SELL)))
    assert (first.wish.account, first.left) == ("ann", Decimal(5))
    cancelled = floor.engine.cancel(first, floor.now)
    assert cancelled.status == "CANCELED"
    assert floor.balance("ann", "VIA") == (START["VIA"] - 15, Decimal(10))


@pytest.mark.parametrize(("close", "accepted"), [("nothing", False), ("fill", True), ("cancel", True)])
def test_a_client_id_may_be_used_again_once_its_order_is_not_open(close: str, accepted: bool) -> None:
    floor = Floor()
    first = floor.send("ann", "SELL", "10", "1", client_id="mine").order
    if close == "fill":
        floor.send("bob", "BUY", "10", "1", client_id="mine")
    if close == "cancel":
        floor.engine.cancel(first, floor.now)
    if not accepted:
        with pytest.raises(Refused, match="Duplicate order sent"):
            floor.send("ann", "SELL", "10", "3", client_id="mine")
        return
    again = floor.send("ann", "SELL", "10", "3", client_id="mine").order
    assert floor.records.find("ann", SYMBOL, None, "mine") == again


@pytest.mark.parametrize("count", [199, 200])
def test_an_account_may_have_two_hundred_open_orders_of_a_symbol(count: int) -> None:
    floor = Floor()
    for _ in range(count):
        floor.send("ann", "SELL", "0.5", "10")
    if count == 200:
        with pytest.raises(Refused, match="MAX_NUM_ORDERS"):
            floor.send("ann", "SELL", "0.5", "10")
    else:
        floor.send("ann", "SELL", "0.5", "10")
