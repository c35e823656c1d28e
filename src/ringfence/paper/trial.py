"""Orders that are judged and not placed, and orders that would be routed (rest-api.md, "Test new order" and "SOR").

No symbol here has a route, as most of Binance's have none; an order that asks for one is refused as there.
"""

from ringfence.paper import rates, wishes
from ringfence.paper.call import Call, Json
from ringfence.paper.refused import Refused


def check(call: Call) -> Json:
    """POST /api/v3/order/test."""
    wish, _ = wishes.read(call), wishes.detail(call)
    told = call.params.flag("computeCommissionRates")
    call.params.finish()
    call.exchange.engine.check(wish, call.exchange.market(wish.symbol).candles.average())
    return rates.commission_for_order() if told else {}


def routed(call: Call) -> Json:
    """POST /api/v3/sor/order."""
    wishes.read(call)
    wishes.detail(call)
    call.params.finish()
    raise Refused(-1013, "This symbol has no SOR.")


def routed_check(call: Call) -> Json:
    """POST /api/v3/sor/order/test."""
    call.params.flag("computeCommissionRates")
    return routed(call)
