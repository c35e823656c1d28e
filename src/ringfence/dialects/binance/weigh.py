"""What a read costs of the weight that Binance gives one address."""

from ringfence.dialects.binance.public import BY_WHAT
from ringfence.dialects.binance.reads import READS
from ringfence.model.action import Read

_COSTS = {route.what: route.cost for route in (*READS.values(), *BY_WHAT.values())}
_DEAREST = max(cost.most for cost in _COSTS.values())


def weight(action: Read) -> int:
    """Say how much of `weight_per_minute` a read costs."""
    cost = _COSTS.get(action.what)
    return _DEAREST if cost is None else cost.of(action)
