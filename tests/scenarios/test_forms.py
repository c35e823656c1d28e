"""Every form of order through real processes: what the bot asked for is what the exchange has, and it is settled."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ringfence.ipc.messages import AskHalt, AskOrder
from tests.deployment import POLICY, Deployment

EVERY = '"limit", "limit-maker", "market", "stop-limit", "stop-market", "take-profit-limit", "take-profit-market"'
SIZE = "0.002"
PRICE = 60_000

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A market that stands still unless a test moves it, and a bot that may use every form."""
    policy = POLICY.replace('"limit", "limit-maker", "market"', EVERY)
    with Deployment.make(tmp_path_factory.mktemp("forms") / "h", policy=policy) as made:
        yield made


@pytest.fixture(autouse=True)
def calm(desk: Deployment) -> Iterator[None]:
    """Begin flat at one price, and leave nothing open."""
    desk.paper("POST", "/price", {"symbol": "BTCUSDT", "price": str(PRICE), "freeze": False})
    until(lambda: desk.warm() and abs(reference(desk) - PRICE) < 50)
    yield
    desk.call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    flat(desk)


def until(ready: Callable[[], bool], seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def reference(desk: Deployment) -> float:
    """What the signer judges by, as a refusal at the collar says it."""
    _, body = desk.buy("0.001", 900_000)
    text: str = body["msg"]
    return float(text.rpartition("from the reference ")[2].rstrip(")")) if "from the reference" in text else 0.0


def order(desk: Deployment, **parameters: object) -> tuple[int, Any]:
    return desk.call("POST", "/api/v3/order", **{"symbol": "BTCUSDT", "quantity": SIZE, **parameters})


def hold(desk: Deployment) -> None:
    status, body = order(desk, side="BUY", type="MARKET")
    assert (status, body["status"]) == (200, "FILLED")


def flat(desk: Deployment) -> None:
    """Sell what the bot's own fills have made."""
    held = sum(
        float(each["executed"]) * (1 if each["side"] == "BUY" else -1) - (fee(each) if each["side"] == "BUY" else 0)
        for each in mine(desk)
    )
    lots = int(held * 100_000) / 100_000
    if lots > 0:
        order(desk, side="SELL", type="MARKET", quantity=f"{lots:.5f}")


def fee(each: Any) -> float:
    return sum(float(fill["commission"]) for fill in each["fills"])


def mine(desk: Deployment) -> list[Any]:
    return [each for each in desk.truth()["orders"] if each["account"] == "main"]


def real(desk: Deployment, order_id: object) -> Any:
    return next(each for each in mine(desk) if each["orderId"] == order_id)


def state(desk: Deployment, order_id: object) -> str:
    return str(desk.ask(AskOrder(str(order_id)))["intent"]["state"])


STOPS = [
    ("STOP_LOSS_LIMIT", {"stopPrice": "59000", "price": "58800", "timeInForce": "GTC"}),
    ("TAKE_PROFIT_LIMIT", {"stopPrice": "61000", "price": "60900", "timeInForce": "GTC"}),
    ("STOP_LOSS_LIMIT", {"trailingDelta": "200", "price": "59500", "timeInForce": "GTC"}),
]


@pytest.mark.parametrize(("kind", "waits"), STOPS)
def test_an_exit_that_waits_reaches_the_exchange_as_it_was_meant(
    desk: Deployment, kind: str, waits: dict[str, str]
) -> None:
    hold(desk)
    status, body = order(desk, side="SELL", type=kind, quantity="0.00199", **waits)
    assert status == 200, body
    there = real(desk, body["orderId"])
    assert (there["type"], there["side"], float(there["price"])) == (kind, "SELL", float(waits["price"]))
    assert there.get("stopPrice", "0") == f"{float(waits.get('stopPrice', 0)):.8f}"
    assert there.get("trailingDelta") == (int(waits["trailingDelta"]) if "trailingDelta" in waits else None)
    assert state(desk, body["orderId"]) == "open"


@pytest.mark.parametrize(("kind", "trigger", "limit"), [("STOP_LOSS", "59000", 57820), ("TAKE_PROFIT", "61000", 59780)])
def test_a_stop_at_the_market_leaves_with_a_limit_s08(desk: Deployment, kind: str, trigger: str, limit: float) -> None:
    naked, refused = order(desk, side="SELL", type=kind, stopPrice=trigger)
    assert (naked, "order-type" in refused["msg"]) == (400, True)
    hold(desk)
    status, body = order(desk, side="SELL", type=kind, quantity="0.00199", stopPrice=trigger)
    assert status == 200, body
    there = real(desk, body["orderId"])
    assert (there["type"], float(there["price"]), there["timeInForce"]) == (f"{kind}_LIMIT", limit, "GTC")


def test_a_stop_that_is_triggered_sells_and_is_settled(desk: Deployment) -> None:
    hold(desk)
    _, body = order(
        desk,
        side="SELL",
        type="STOP_LOSS_LIMIT",
        quantity="0.00199",
        stopPrice="59700",
        price="58800",
        timeInForce="GTC",
    )
    desk.paper("POST", "/price", {"symbol": "BTCUSDT", "price": "59500"})
    until(lambda: real(desk, body["orderId"])["status"] == "FILLED")
    until(lambda: state(desk, body["orderId"]) == "final")


def test_an_iceberg_and_a_test_order(desk: Deployment) -> None:
    status, body = order(desk, side="BUY", type="LIMIT", price="59800", timeInForce="GTC", icebergQty="0.0005")
    assert status == 200, body
    assert real(desk, body["orderId"])["icebergQty"] == "0.00050000"
    before = len(mine(desk))
    ask = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "price": "59800"}
    assert desk.call("POST", "/api/v3/order/test", **ask, quantity=SIZE) == (200, {})
    status, body = desk.call("POST", "/api/v3/order/test", **ask, quantity="1")
    assert (status, "order-notional" in body["msg"]) == (400, True)
    assert len(mine(desk)) == before


OCO = {
    "symbol": "BTCUSDT", "side": "SELL", "quantity": "0.00199", "aboveType": "LIMIT_MAKER", "abovePrice": "61000",
    "belowType": "STOP_LOSS_LIMIT", "belowStopPrice": "59700", "belowPrice": "58800", "belowTimeInForce": "GTC",
}  # fmt: skip


def test_a_pair_is_two_exits_and_the_one_that_is_over_lets_the_other_go(desk: Deployment) -> None:
    hold(desk)
    before = desk.bot_status()
    status, body = desk.call("POST", "/api/v3/orderList/oco", **OCO, listClientOrderId="pair-1")
    assert status == 200, body
    assert (body["contingencyType"], body["listClientOrderId"], len(body["orderReports"])) == ("OCO", "pair-1", 2)
    after = desk.bot_status()
    assert after["window_notional"][0] == before["window_notional"][0]  # both are exits
    ids = [each["orderId"] for each in body["orders"]]
    assert [state(desk, each) for each in ids] == ["open", "open"]
    assert len({each["clientOrderId"] for each in body["orders"]}) == 2
    assert all(each["clientOrderId"].startswith("rf-") for each in body["orders"])
    desk.paper("POST", "/price", {"symbol": "BTCUSDT", "price": "59500"})
    until(lambda: real(desk, ids[1])["status"] == "FILLED")
    until(lambda: [state(desk, each) for each in ids] == ["final", "final"])


@pytest.mark.parametrize("by", ["name", "number"])
def test_a_list_is_cancelled_by_either_name(desk: Deployment, by: str) -> None:
    hold(desk)
    _, body = desk.call("POST", "/api/v3/orderList/oco", **OCO)
    name = {"name": {"listClientOrderId": body["listClientOrderId"]}, "number": {"orderListId": body["orderListId"]}}
    status, gone = desk.call("DELETE", "/api/v3/orderList", symbol="BTCUSDT", **name[by])
    assert (status, gone["listOrderStatus"]) == (200, "ALL_DONE")
    assert [state(desk, each["orderId"]) for each in body["orders"]] == ["final", "final"]
    status, body = desk.call("DELETE", "/api/v3/orderList", symbol="BTCUSDT", **name[by])
    assert (status, "not-this-bots-order" in body["msg"]) == (400, True)


def test_a_bracket_follows_its_entry_s16(desk: Deployment) -> None:
    bracket = {
        "symbol": "BTCUSDT", "workingType": "LIMIT", "workingSide": "BUY", "workingPrice": "60150",
        "workingQuantity": SIZE, "workingTimeInForce": "GTC", "pendingSide": "SELL", "pendingQuantity": "0.00199",
        "pendingAboveType": "LIMIT_MAKER", "pendingAbovePrice": "61000", "pendingBelowType": "STOP_LOSS_LIMIT",
        "pendingBelowStopPrice": "59700", "pendingBelowPrice": "59650", "pendingBelowTimeInForce": "GTC",
    }  # fmt: skip
    status, body = desk.call("POST", "/api/v3/orderList/otoco", **bracket)
    assert status == 200, body
    ids = [each["orderId"] for each in body["orders"]]
    until(lambda: real(desk, ids[0])["status"] == "FILLED")
    until(lambda: [real(desk, each)["status"] for each in ids[1:]] == ["NEW", "NEW"])
    dirty = bracket | {"pendingQuantity": "1"}
    before = len(mine(desk))
    status, body = desk.call("POST", "/api/v3/orderList/otoco", **dirty)
    assert (status, "order 2 of the OTOCO: " in body["msg"]) == (400, True)
    assert len(mine(desk)) == before


def test_two_orders_of_one_list_need_two_ids(desk: Deployment) -> None:
    before = len(mine(desk))
    legs = {"Type": "LIMIT", "Quantity": SIZE, "TimeInForce": "GTC", "ClientOrderId": "both"}
    entry = {f"{leg}{name}": value for leg in ("working", "pending") for name, value in legs.items()}
    sides = {"workingSide": "BUY", "workingPrice": "59750", "pendingSide": "SELL", "pendingPrice": "60200"}
    status, body = desk.call("POST", "/api/v3/orderList/oto", symbol="BTCUSDT", **entry, **sides)
    assert (status, "two orders of one list have the same client id" in body["msg"]) == (400, True)
    assert len(mine(desk)) == before


def test_what_cannot_be_known_is_refused_and_said(desk: Deployment) -> None:
    for form in ("opo", "opoco"):
        status, body = desk.call("POST", f"/api/v3/orderList/{form}", symbol="BTCUSDT")
        assert (status, "which nobody can know before" in body["msg"]) == (400, True)
    status, body = order(desk, side="BUY", type="LIMIT", timeInForce="GTC", pegPriceType="PRIMARY_PEG")
    assert (status, "unknown-request" in body["msg"]) == (400, True)


def replace(desk: Deployment, old: object, mode: str = "STOP_ON_FAILURE", **more: object) -> tuple[int, Any]:
    new = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": SIZE,
        "price": "59750",
    }
    return desk.call(
        "POST", "/api/v3/order/cancelReplace", cancelReplaceMode=mode, cancelOrderId=old, **{**new, **more}
    )


def test_a_replacement_cancels_and_places(desk: Deployment) -> None:
    _, old = desk.buy(SIZE, "59800")
    status, body = replace(desk, old["orderId"])
    assert (status, body["cancelResult"], body["newOrderResult"]) == (200, "SUCCESS", "SUCCESS")
    assert real(desk, old["orderId"])["status"] == "CANCELED"
    assert real(desk, body["newOrderResponse"]["orderId"])["status"] == "NEW"


def test_a_replacement_of_nothing_gets_no_credit_for_it_s14(desk: Deployment) -> None:
    status, body = replace(desk, 987654321, quantity="0.009")
    assert (status, body["code"], body["data"]["newOrderResult"]) == (400, -2022, "NOT_ATTEMPTED")
    status, body = replace(desk, 987654321, "ALLOW_FAILURE", quantity="0.009")
    assert (status, body["code"]) == (400, -2022)
    assert "order-notional" in body["msg"]
    status, body = replace(desk, 987654321, "ALLOW_FAILURE")
    assert (status, body["code"], body["data"]["newOrderResult"]) == (409, -2021, "SUCCESS")


def test_an_order_becomes_smaller_and_reserves_less_s15(desk: Deployment) -> None:
    _, placed = desk.buy("0.004", "59800")
    reserved = float(desk.bot_status()["window_notional"][0])
    change = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    for quantity, said in (("0.004", "can only become smaller"), ("0.04", "can only become smaller")):
        status, body = desk.call("PUT", "/api/v3/order/amend/keepPriority", **change, newQty=quantity)
        assert (status, said in body["msg"]) == (400, True)
    status, body = desk.call("PUT", "/api/v3/order/amend/keepPriority", **change, newQty="0.001", newClientOrderId="x")
    assert (status, "keeps its client id" in body["msg"]) == (400, True)
    status, body = desk.call("PUT", "/api/v3/order/amend/keepPriority", **change, newQty="0.001")
    assert (status, body["amendedOrder"]["qty"]) == (200, "0.00100000")
    assert body["amendedOrder"]["clientOrderId"] == placed["clientOrderId"]
    until(lambda: float(desk.bot_status()["window_notional"][0]) < reserved - 150)
    assert desk.call("DELETE", "/api/v3/order", **change)[1]["status"] == "CANCELED"
    assert state(desk, placed["orderId"]) == "final"


def test_while_halted_an_order_can_become_smaller_and_none_can_be_placed_by_any_form(desk: Deployment) -> None:
    _, placed = desk.buy("0.004", "59800")
    desk.ask(AskHalt(cancel=False))
    try:
        change = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
        assert desk.call("PUT", "/api/v3/order/amend/keepPriority", **change, newQty="0.001")[0] == 200
        for path, parameters in (("/api/v3/orderList/oco", OCO), ("/api/v3/order/test", {**OCO, "type": "LIMIT"})):
            status, _ = desk.call("POST", path, **parameters)
            assert status == 400
        status, body = replace(desk, placed["orderId"])
        assert (status, body["data"]["cancelResult"]) == (409, "SUCCESS")
        assert "halted" in body["msg"]
    finally:
        desk.resume()


def test_a_list_whose_answer_is_lost_is_found_again_and_sent_once(desk: Deployment) -> None:
    hold(desk)
    path = "/api/v3/orderList/oco"
    desk.paper("POST", "/fault", {"kind": "drop-after-accept", "match": {"path": path}})
    status, body = desk.call("POST", path, **OCO, aboveClientOrderId="up", belowClientOrderId="down")
    assert (status, "not known yet" in body["msg"]) == (504, True)
    until(lambda: {state(desk, name) for name in ("up", "down")} == {"open"})
    assert [each["clientOrderId"] for each in mine(desk)].count("up") == 1
    status, body = desk.call("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="up")
    assert status == 200, body
    until(lambda: {state(desk, name) for name in ("up", "down")} == {"final"})
