"""Write what a bot asks, as Binance has it (rest-api.md), from an act and from what the bot was told. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, Decimal
from typing import Any

from tests.matrix.plan import Act, What

ORDER = "/api/v3/order"
Ask = tuple[str, str, dict[str, object]]
_STEPS = {"BTCUSDT": Decimal("0.00001"), "ETHUSDT": Decimal("0.0001")}
_CENT = Decimal("0.01")
_ABOVE = Decimal("1.01")
_OFFSETS = {What.REST: Decimal("0.98"), What.NEAR: Decimal("0.997"), What.SHORT: Decimal("1.003")}
_WAITS = {  # type, trigger and limit
    What.DIP: ("TAKE_PROFIT_LIMIT", Decimal("0.996"), Decimal("0.997")),
    What.GUARD: ("STOP_LOSS_LIMIT", Decimal("0.996"), Decimal("0.992")),
}
_LEAVING = (What.LEAVE, What.GUARD, What.PAIR)


@dataclass(frozen=True, slots=True)
class Told:
    """What a bot goes by: prices, its answers so far, and the number of its last own client id."""

    bot: str
    prices: Mapping[str, Decimal]
    orders: tuple[Mapping[str, Any], ...]
    serial: int

    @property
    def newest(self) -> Mapping[str, Any] | None:
        """The order that it was told of last."""
        return self.orders[-1] if self.orders else None

    @property
    def resting(self) -> Mapping[str, Any] | None:
        """The newest that was told to rest."""
        return next((each for each in reversed(self.orders) if each.get("status") == "NEW"), None)

    def held(self, symbol: str) -> Decimal:
        """What it was told that it bought, less a fee, and less what it was told that it sold."""
        filled = [each for each in self.orders if each["symbol"] == symbol and "executedQty" in each]
        amounts = {
            side: sum((Decimal(each["executedQty"]) for each in filled if each["side"] == side), Decimal(0))
            for side in ("BUY", "SELL")
        }
        return amounts["BUY"] * Decimal("0.998") - amounts["SELL"]


def written(act: Act, told: Told) -> Ask:
    """Write the request of an act; what cannot be asked for yet becomes a look at what is open."""
    match act.what:
        case What.CANCEL_ALL:
            return "DELETE", "/api/v3/openOrders", {"symbol": act.symbol}
        case What.CANCEL | What.AMEND | What.REPLACE:
            return _changed(act, told)
        case What.LOOK | What.REPEAT:
            return _look(act)
        case _ if act.what in _LEAVING and told.held(act.symbol) <= 0:
            return _look(act)
        case What.PAIR:
            return "POST", "/api/v3/orderList/oco", _pair(act, told)
        case What.ENTRY:
            return "POST", "/api/v3/orderList/oto", _entry(act, told)
        case _:
            return "POST", ORDER, _order(act, told)


def _look(act: Act) -> Ask:
    return "GET", "/api/v3/openOrders", {"symbol": act.symbol}


def _changed(act: Act, told: Told) -> Ask:
    """Write what is done to an order that is there."""
    old = told.newest if act.what is What.CANCEL else told.resting
    if old is None:
        return _look(act)
    symbol = str(old["symbol"])
    which: dict[str, object] = {"symbol": symbol, "orderId": old["orderId"]}
    if act.what is What.CANCEL:
        return "DELETE", ORDER, which
    if act.what is What.AMEND:
        half = (Decimal(old["origQty"]) / 2).quantize(_STEPS[symbol], ROUND_DOWN)
        return "PUT", f"{ORDER}/amend/keepPriority", {**which, "newQty": half}
    new = _order(replace(act, what=What.REST, symbol=symbol), told)
    how = {"cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": old["orderId"]}
    return "POST", f"{ORDER}/cancelReplace", {**new, **how}


def _order(act: Act, told: Told) -> dict[str, object]:
    order = _sized(act, told)
    if act.what in _WAITS:
        kind, trigger, limit = _WAITS[act.what]
        at = {"stopPrice": _at(act, told, trigger), "price": _at(act, told, limit)}
        order |= {"type": kind, "timeInForce": "GTC", **at}
    elif act.what in _OFFSETS:
        order |= {"type": "LIMIT", "timeInForce": "GTC", "price": _at(act, told, _OFFSETS[act.what])}
    else:
        order |= {"type": "MARKET"}
    return order | _named(act, told, new="new")


def _sized(act: Act, told: Told) -> dict[str, object]:
    sells = act.what in _LEAVING or act.what is What.SHORT
    quantity = told.held(act.symbol) if act.what in _LEAVING else Decimal(act.size) / told.prices[act.symbol]
    quantity = quantity.quantize(_STEPS[act.symbol], ROUND_DOWN)
    return {"symbol": act.symbol, "side": "SELL" if sells else "BUY", "quantity": quantity}


def _pair(act: Act, told: Told) -> dict[str, object]:
    kind, trigger, limit = _WAITS[What.GUARD]
    above = {"aboveType": "LIMIT_MAKER", "abovePrice": _at(act, told, _ABOVE)}
    below = {"belowStopPrice": _at(act, told, trigger), "belowPrice": _at(act, told, limit)}
    timed = {"belowType": kind, "belowTimeInForce": "GTC"}
    return {**_sized(act, told), **above, **below, **timed, **_named(act, told, a="above", b="below")}


def _entry(act: Act, told: Told) -> dict[str, object]:
    size = _sized(act, told)["quantity"]
    order: dict[str, object] = {"symbol": act.symbol}
    for leg, side, offset in (("working", "BUY", _OFFSETS[What.REST]), ("pending", "SELL", _ABOVE)):
        order |= {f"{leg}Type": "LIMIT", f"{leg}Side": side, f"{leg}Quantity": size, f"{leg}TimeInForce": "GTC"}
        order |= {f"{leg}Price": _at(act, told, offset)}
    return order | _named(act, told, a="working", b="pending")


def _at(act: Act, told: Told, offset: Decimal) -> Decimal:
    return (told.prices[act.symbol] * offset).quantize(_CENT)


def _named(act: Act, told: Told, **legs: str) -> dict[str, object]:
    """Give each order a client id of the bot's own, where the act has one."""
    marks = {"new": ""}
    named = {f"{leg}ClientOrderId": f"{told.bot}-{told.serial}{marks.get(key, key)}" for key, leg in legs.items()}
    return dict(named) if act.named else {}
