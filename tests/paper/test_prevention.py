from decimal import Decimal

import pytest

from ringfence.paper.accounts import Flow
from tests.paper.floor import START, SYMBOL, Floor

MODES = [
    # taker's mode, maker's mode, how the taker ends, how the maker ends, what is left to sell and to buy
    ("NONE", "TRANSFER", "FILLED", "PARTIALLY_FILLED", (["4"], [])),
    ("EXPIRE_TAKER", "NONE", "EXPIRED_IN_MATCH", "NEW", (["10"], [])),
    ("EXPIRE_MAKER", "NONE", "NEW", "EXPIRED_IN_MATCH", ([], ["6"])),
    ("EXPIRE_BOTH", "NONE", "EXPIRED_IN_MATCH", "EXPIRED_IN_MATCH", ([], [])),
    ("DECREMENT", "NONE", "EXPIRED_IN_MATCH", "NEW", (["4"], [])),
    ("TRANSFER", "DECREMENT", "EXPIRED_IN_MATCH", "NEW", (["4"], [])),
    ("TRANSFER", "TRANSFER", "EXPIRED_IN_MATCH", "NEW", (["4"], [])),
]


@pytest.mark.parametrize(("taker", "maker", "took", "made", "left"), MODES)
@pytest.mark.parametrize("groups", [{}, {"ann": 7, "bob": 7}])
def test_the_mode_decides_what_becomes_of_a_self_trade(
    groups: dict[str, int], taker: str, maker: str, took: str, made: str, left: tuple[list[str], list[str]]
) -> None:
    floor = Floor(**groups)
    resting = floor.send("ann", "SELL", "10", "1", stp=maker).order
    placed = floor.send("bob" if groups else "ann", "BUY", "6", "1", stp=taker)
    assert placed.order.status == took
    assert floor.records.get(resting.order_id).status == made
    assert tuple([amount for _, amount in floor.book(side)] for side in ("SELL", "BUY")) == left
    assert bool(placed.trades) is (taker == "NONE")
    assert bool(placed.prevented) is (taker != "NONE")


def test_accounts_of_no_group_trade_with_each_other() -> None:
    floor = Floor()
    floor.send("ann", "SELL", "10", "1", stp="TRANSFER")
    assert floor.send("bob", "BUY", "6", "1", stp="TRANSFER").trades


@pytest.mark.parametrize("sized", [{"quantity": "10"}, {"quote": "500"}])
def test_transfer_moves_value_between_accounts_of_a_group_without_a_trade_and_without_a_fee(
    sized: dict[str, str],
) -> None:
    floor = Floor(ann=7, bob=7)
    floor.send("bob", "SELL", "10", "50", stp="TRANSFER")  # worth a fiftieth of that
    placed = floor.send("ann", "BUY", kind="MARKET", stp="TRANSFER", **sized)
    assert placed.trades == ()
    assert placed.prevented[0].moved
    assert floor.accounts.free("ann", "USDT") == START["USDT"] - 500
    assert floor.accounts.free("bob", "USDT") == START["USDT"] + 500
    assert floor.accounts.free("ann", "VIA") == START["VIA"] + 10
    assert sum(floor.accounts.fees.values()) == Decimal(0)
    flows = [move for move in floor.accounts.movements if move.flow is Flow.STP_TRANSFER]
    assert [(move.account, move.asset, move.other) for move in flows] == [("ann", "USDT", "bob"), ("bob", "VIA", "ann")]


def test_transfer_within_one_account_moves_nothing() -> None:
    floor = Floor()
    floor.send("ann", "SELL", "10", "50", stp="TRANSFER")
    placed = floor.send("ann", "BUY", "10", "50", stp="TRANSFER")
    assert not placed.prevented[0].moved
    assert not [move for move in floor.accounts.movements if move.flow is Flow.STP_TRANSFER]
    assert floor.balance("ann", "USDT") == (START["USDT"], Decimal(0))


def test_a_taker_that_expires_its_own_makers_goes_on_to_the_next_order() -> None:
    floor = Floor()
    floor.send("ann", "SELL", "10", "1")
    floor.send("bob", "SELL", "10", "1.5")
    placed = floor.send("ann", "BUY", "10", kind="MARKET")
    assert [trade.maker for trade in placed.trades] == ["bob"]


def test_fill_or_kill_does_not_half_fill_before_it_meets_an_order_of_its_own() -> None:
    floor = Floor()
    floor.send("bob", "SELL", "5", "1")
    floor.send("ann", "SELL", "5", "1")
    placed = floor.send("ann", "BUY", "10", "1", tif="FOK", stp="EXPIRE_TAKER")
    assert (placed.order.status, placed.trades) == ("EXPIRED", ())
    assert len(floor.records.open_orders("bob", SYMBOL)) == 1
