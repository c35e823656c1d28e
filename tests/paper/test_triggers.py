"""An order that waits is placed when a trade has touched its trigger, and not before."""

from decimal import Decimal
from typing import Any

import pytest

from ringfence.paper.orders import ZERO
from tests.paper.venue import ACCOMPLICE, MAIN, Venue

VIA = "VIAUSDT"


@pytest.fixture
def venue() -> Venue:
    """A thin market around 0.4, whose last trade was at 0.4; main holds 100 coins, bought there."""
    made = Venue.make()
    trade(made, "0.4", "100")
    return made


def trade(venue: Venue, price: str, quantity: str = "20") -> None:
    """Let main buy of the accomplice at a price, so that it is the last."""
    assert venue.limit("SELL", quantity, price, by=ACCOMPLICE)[0] == 200
    assert venue.limit("BUY", quantity, price)[1]["status"] == "FILLED"


def stop(
    venue: Venue, side: str, trigger: str | None, price: str, kind: str = "STOP_LOSS_LIMIT", **more: object
) -> Any:
    order = {"symbol": VIA, "side": side, "type": kind, "timeInForce": "GTC", "quantity": "20", "price": price}
    waits = {} if trigger is None else {"stopPrice": trigger}
    return venue.order(MAIN, **{**order, **waits, **more})


def found(venue: Venue, order_id: int) -> Any:
    return venue.signed("GET", "/api/v3/order", MAIN, symbol=VIA, orderId=order_id)[1]


WAYS = [
    # kind                side    trigger  not yet   touched
    ("STOP_LOSS_LIMIT",   "SELL", "0.398", "0.3981", "0.398"),
    ("STOP_LOSS_LIMIT",   "BUY",  "0.402", "0.4019", "0.402"),
    ("TAKE_PROFIT_LIMIT", "SELL", "0.402", "0.4019", "0.402"),
    ("TAKE_PROFIT_LIMIT", "BUY",  "0.398", "0.3981", "0.398"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "side", "trigger", "short", "enough"), WAYS)
def test_an_order_works_once_a_trade_has_touched_its_trigger(
    venue: Venue, kind: str, side: str, trigger: str, short: str, enough: str
) -> None:
    far = "0.41" if side == "SELL" else "0.39"  # its limit rests: what counts here is when it begins to
    status, body = stop(venue, side, trigger, far, kind)
    assert status == 200
    assert set(body) == {"symbol", "orderId", "orderListId", "clientOrderId", "transactTime"}
    trade(venue, short)
    assert found(venue, body["orderId"])["isWorking"] is False
    trade(venue, enough)
    after = found(venue, body["orderId"])
    assert (after["isWorking"], after["status"], after["stopPrice"]) == (True, "NEW", f"{Decimal(trigger):.8f}")


@pytest.mark.parametrize(("kind", "side", "trigger"), [(row[0], row[1], row[3]) for row in WAYS])
def test_a_trigger_that_is_touched_already_is_refused(venue: Venue, kind: str, side: str, trigger: str) -> None:
    wrong_side = {"0.3981": "0.4001", "0.4019": "0.3999"}[trigger]
    status, body = stop(venue, side, wrong_side, "0.4", kind)
    assert (status, body["msg"]) == (400, "Stop price would trigger immediately.")


def test_what_waits_is_paid_for_and_is_not_in_the_book(venue: Venue) -> None:
    before = venue.get("/api/v3/depth", symbol=VIA)[1]
    _, body = stop(venue, "SELL", "0.398", "0.39")
    after = venue.get("/api/v3/depth", symbol=VIA)[1]
    assert (after["bids"], after["asks"]) == (before["bids"], before["asks"])
    assert venue.exchange.accounts.locked("main", "VIA") == 20
    assert venue.signed("DELETE", "/api/v3/order", MAIN, symbol=VIA, orderId=body["orderId"])[0] == 200
    assert venue.exchange.accounts.locked("main", "VIA") == ZERO
    trade(venue, "0.398")
    assert found(venue, body["orderId"])["status"] == "CANCELED"


def test_an_iceberg_shows_its_part_and_trades_whole(venue: Venue) -> None:
    _, body = venue.limit("BUY", "90", "0.397", icebergQty="10")
    assert venue.get("/api/v3/depth", symbol=VIA)[1]["bids"][0] == ["0.39700000", "10.00000000"]
    venue.limit("SELL", "90", "0.397", by=ACCOMPLICE)
    after = found(venue, body["orderId"])
    assert (after["status"], after["icebergQty"]) == ("FILLED", "10.00000000")


def test_a_triggered_order_trades_as_any_limit(venue: Venue) -> None:
    _, body = stop(venue, "SELL", "0.398", "0.39")
    venue.limit("BUY", "20", "0.3955", by=ACCOMPLICE)
    trade(venue, "0.398")
    after = found(venue, body["orderId"])
    assert (after["status"], after["executedQty"]) == ("FILLED", "20.00000000")


def test_what_trails_follows_the_market_its_way_and_works_when_it_turns(venue: Venue) -> None:
    _, body = stop(venue, "SELL", None, "0.35", trailingDelta="100")
    trade(venue, "0.3961")  # one hundredth below 0.4 would be 0.396
    assert not found(venue, body["orderId"])["isWorking"]
    trade(venue, "0.4039")
    trade(venue, "0.4")  # the best was 0.4039, and a hundredth below it is 0.399861
    assert not found(venue, body["orderId"])["isWorking"]
    trade(venue, "0.3998")
    assert found(venue, body["orderId"])["isWorking"]


def test_five_orders_of_a_symbol_may_wait_and_no_sixth(venue: Venue) -> None:
    """S26: the filter that lets five orders block the owner's own stop."""
    for _ in range(5):
        assert stop(venue, "BUY", "0.45", "0.46")[0] == 200
    assert stop(venue, "BUY", "0.45", "0.46")[1]["msg"] == "Filter failure: MAX_NUM_ALGO_ORDERS"
