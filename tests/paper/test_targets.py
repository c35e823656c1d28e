"""Which order a cancel takes, and under what conditions."""

import pytest

from ringfence.paper.orders import Status
from tests.paper.test_lists import OTO, place
from tests.paper.venue import ACCOMPLICE, MAIN, Venue

VIA = "VIAUSDT"
PATH = "/api/v3/order"

RESTRICTED = [
    # what the cancel insists on, whether the order has filled in part, and the code
    ("ONLY_NEW", False, None),
    ("ONLY_NEW", True, -2011),
    ("ONLY_PARTIALLY_FILLED", False, -2011),
    ("ONLY_PARTIALLY_FILLED", True, None),
    ("ONLY_FILLED", False, -1145),
    ("", False, -1105),
]


@pytest.mark.parametrize(("only", "partly", "code"), RESTRICTED)
def test_a_cancel_may_insist_on_how_far_the_order_has_got(only: str, partly: bool, code: int | None) -> None:
    venue = Venue.make()
    _, placed = venue.limit("BUY", "100", "0.398")
    if partly:
        venue.limit("SELL", "40", "0.398", by=ACCOMPLICE)
    ask = {"symbol": VIA, "orderId": placed["orderId"], "cancelRestrictions": only}
    status, body = venue.signed("DELETE", PATH, MAIN, **ask)
    assert (status, body.get("code")) == ((200, None) if code is None else (400, code))
    assert bool(venue.exchange.records.open_orders("main", VIA)) is (code is not None)


def test_what_went_with_its_list_is_not_cancelled_a_second_time() -> None:
    venue = Venue.make()
    assert place(venue, "oto", OTO)[0] == 200
    _, gone = venue.signed("DELETE", "/api/v3/openOrders", MAIN, symbol=VIA)
    assert [each["status"] for each in gone] == ["CANCELED", "CANCELED"]
    for each in gone:
        history = venue.exchange.records.changes[each["orderId"]]
        assert [step.status for step in history].count(Status.CANCELED) == 1
