"""What an account is asked to keep to, and what it pays (Binance, rest-api.md, "Account Endpoints")."""

from ringfence.paper.accounts import FEE_RATE
from ringfence.paper.call import Call, Json, money
from ringfence.paper.orders import ZERO
from ringfence.paper.public import account_filters, rate


def order_counts(call: Call) -> Json:
    """GET /api/v3/rateLimit/order."""
    short, day = call.exchange.limits.orders(call.account, call.now)
    allowance = call.exchange.limits.allowance
    return [
        {**rate("ORDERS", "SECOND", 10, allowance.orders_10s), "count": short},
        {**rate("ORDERS", "DAY", 1, allowance.orders_day), "count": day},
    ]


def commission(call: Call) -> Json:
    """GET /api/v3/account/commission: one standard rate, nothing else, and no discount."""
    none, standard = money(ZERO), money(FEE_RATE)
    nothing = {"maker": none, "taker": none, "buyer": none, "seller": none}
    return {
        "symbol": call.symbol(),
        "standardCommission": {**nothing, "maker": standard, "taker": standard},
        "specialCommission": nothing,
        "taxCommission": nothing,
        "discount": _discount(),
    }


def commission_for_order() -> Json:
    """What an order would pay, as its test tells with computeCommissionRates."""
    none, standard = money(ZERO), money(FEE_RATE)
    return {
        "standardCommissionForOrder": {"maker": standard, "taker": standard},
        "specialCommissionForOrder": {"maker": none, "taker": none},
        "taxCommissionForOrder": {"maker": none, "taker": none},
        "discount": _discount(),
    }


def filters(call: Call) -> Json:
    """GET /api/v3/myFilters."""
    instrument = call.exchange.instruments[call.symbol()]
    return {"exchangeFilters": [], "symbolFilters": account_filters(instrument), "assetFilters": []}


def allocations(call: Call) -> Json:
    """GET /api/v3/myAllocations: none, for no symbol here is routed."""
    call.symbol()
    for name in ("startTime", "endTime", "fromAllocationId", "orderId"):
        call.params.whole(name)
    call.limit(500, 1000)
    return []


def _discount() -> Json:
    """Nobody pays in BNB here, which is not listed."""
    return {
        "enabledForAccount": False,
        "enabledForSymbol": False,
        "discountAsset": "BNB",
        "discount": money(ZERO),
    }
