"""Orders that are only judged, and orders that would be routed."""

import pytest

from tests.paper.test_rates import DISCOUNT, LIMIT
from tests.paper.venue import MAIN, WATCH, Venue


def test_the_test_of_an_order_tells_its_commission_where_it_is_asked_to() -> None:
    venue = Venue.make()
    path = "/api/v3/order/test"
    assert venue.signed("POST", path, MAIN, **LIMIT, computeCommissionRates="false") == (200, {})
    before = int(venue.replies[-1].headers["X-MBX-USED-WEIGHT-1M"])
    pair = {"maker": "0.00000000", "taker": "0.00000000"}
    assert venue.signed("POST", path, MAIN, **LIMIT, computeCommissionRates="true") == (
        200,
        {
            "standardCommissionForOrder": {"maker": "0.00100000", "taker": "0.00100000"},
            "specialCommissionForOrder": pair,
            "taxCommissionForOrder": pair,
            "discount": DISCOUNT,
        },
    )
    assert int(venue.replies[-1].headers["X-MBX-USED-WEIGHT-1M"]) == before + 20
    assert venue.signed("POST", path, MAIN, **LIMIT, computeCommissionRates="yes")[1]["code"] == -1130


ROUTED = [
    ("/api/v3/sor/order", {}, -1013),
    ("/api/v3/sor/order/test", {}, -1013),
    ("/api/v3/sor/order/test", {"computeCommissionRates": "true"}, -1013),
    ("/api/v3/sor/order", {"computeCommissionRates": "true"}, -1104),
    ("/api/v3/sor/order", {"quoteOrderQty": "10"}, -1106),
    ("/api/v3/sor/order", {"side": "UP"}, -1117),
    ("/api/v3/sor/order", {"symbol": "NOSUCH"}, -1121),
]


@pytest.mark.parametrize(("path", "change", "code"), ROUTED)
def test_no_symbol_is_routed(path: str, change: dict[str, str], code: int) -> None:
    venue = Venue.make()
    status, body = venue.signed("POST", path, MAIN, **{**LIMIT, **change})
    assert (status, body["code"]) == (400, code)
    if code == -1013:
        assert body["msg"] == "This symbol has no SOR."
    assert venue.exchange.records.kept("main") == []
    assert venue.signed("POST", path, WATCH, **LIMIT)[0] == 401
