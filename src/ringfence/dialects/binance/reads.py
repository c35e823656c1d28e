"""The signed reads that a bot may be allowed, with every parameter and its type.

What start-up and trading of real clients need (facts/clients.md, 5), and no more. Weights: the documentation,
held against ccxt's table by tests.
"""

from typing import Final

from ringfence.dialects.binance.names import CLIENT_ID, MOST_ID, MOST_TIME, NATIVE
from ringfence.dialects.table import Choice, Cost, Native, Route, Text, Type, Whole

SYMBOL: Final = Native(NATIVE)
YES_NO: Final = Choice(frozenset({"true", "false"}))
_ID = Whole(MOST_ID)
_TIME = Whole(MOST_TIME)
_PAGE: dict[str, Type] = {"startTime": _TIME, "endTime": _TIME}
_ONE: dict[str, Type] = {"symbol": SYMBOL}
_LIMIT = Whole(1_000, 1)  # documented maximum of allOrders and myTrades

READS: Final = {
    (route.method, route.path): route
    for route in (
        Route("account", "GET", "/api/v3/account", Cost(20), {"omitZeroBalances": YES_NO}),
        Route("commission", "GET", "/api/v3/account/commission", Cost(20), _ONE),
        Route("order", "GET", "/api/v3/order", Cost(4), {**_ONE, "orderId": _ID, "origClientOrderId": Text(CLIENT_ID)}),
        Route("open-orders", "GET", "/api/v3/openOrders", Cost(80, one=6), _ONE),
        Route("all-orders", "GET", "/api/v3/allOrders", Cost(20), {**_ONE, "orderId": _ID, **_PAGE, "limit": _LIMIT}),
        Route(
            "my-trades",
            "GET",
            "/api/v3/myTrades",
            Cost(20),
            {**_ONE, "orderId": _ID, **_PAGE, "fromId": _ID, "limit": _LIMIT},
        ),
        Route("order-rate", "GET", "/api/v3/rateLimit/order", Cost(40)),
        Route("coins", "GET", "/sapi/v1/capital/config/getall", Cost(10)),
        Route("margin-pairs", "GET", "/sapi/v1/margin/allPairs", Cost(1), _ONE),
        Route("isolated-pairs", "GET", "/sapi/v1/margin/isolated/allPairs", Cost(10), _ONE),
        Route("key-rights", "GET", "/sapi/v1/account/apiRestrictions", Cost(1)),
        Route("trade-fee", "GET", "/sapi/v1/asset/tradeFee", Cost(1), _ONE),
    )
}
