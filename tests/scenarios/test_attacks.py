"""A bot that has been taken over, sending what it likes. What must hold is what really happened at the exchange."""

import concurrent.futures
import hashlib
import hmac
import json
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from ringfence.ipc.messages import AskWhy
from tests.deployment import Deployment, send, sign


def orders(deployment: Deployment) -> list[Any]:
    found: list[Any] = [order for order in deployment.truth()["orders"] if order["account"] == "main"]
    return found


def limit(quantity: object, price: object, **more: object) -> dict[str, object]:
    base = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
    return {**base, "quantity": quantity, "price": price, **more}


def low(deployment: Deployment) -> str:
    """A price that rests well inside what the policy allows."""
    return f"{deployment.mid() * 0.97:.2f}"


NEVER = [
    ("POST", "/sapi/v1/capital/withdraw/apply", {"coin": "USDT", "address": "0xdead", "amount": 100, "network": "ETH"}),
    ("POST", "/sapi/v1/localentity/withdraw/apply", {"coin": "USDT", "address": "0xdead", "amount": 100}),
    ("POST", "/sapi/v1/asset/transfer", {"type": "MAIN_UMFUTURE", "asset": "USDT", "amount": 100}),
    ("POST", "/sapi/v1/sub-account/subAccountApi", {"subUserId": 1}),
    ("POST", "/sapi/v1/convert/acceptQuote", {"quoteId": 1}),
    ("POST", "/sapi/v1/asset/dust", {"asset": "BTC"}),
    ("GET", "/sapi/v1/soft-staking/set", {"softStaking": "true"}),
    ("POST", "/api/v3/order/cancelReplace", limit(1, 1, cancelReplaceMode="ALLOW_FAILURE", cancelOrderId=1)),
    ("POST", "/api/v3/orderList/oco", {"symbol": "BTCUSDT", "side": "SELL", "quantity": 1}),
    ("POST", "/api/v3/sor/order", limit(1, 1)),
    ("POST", "/api/v3/order/test", limit(1, 1)),
    ("POST", "/api/v3/orderList/opo", {"symbol": "BTCUSDT", "workingType": "LIMIT", "pendingType": "MARKET"}),
    ("POST", "/fapi/v1/countdownCancelAll", {"symbol": "BTCUSDT", "countdownTime": 0}),
    ("POST", "/fapi/v1/leverage", {"symbol": "BTCUSDT", "leverage": 125}),
    ("POST", "/api/v3/brand/new", {"symbol": "BTCUSDT"}),
    ("POST", "/api/v3/%6Frder", limit("0.001", 60_000)),
    ("POST", "/api/v3//order", limit("0.001", 60_000)),
    ("POST", "/api/v3/order/", limit("0.001", 60_000)),
    ("POST", "/api/v3/%2e%2e/%2e%2e/sapi/v1/capital/withdraw/apply", {"coin": "USDT", "address": "x", "amount": 1}),
    ("POST", "/api/v3/../../sapi/v1/capital/withdraw/apply", {"coin": "USDT", "address": "x", "amount": 1}),
    ("PUT", "/api/v3/order", limit("0.001", 60_000)),
]


@pytest.mark.parametrize(("method", "path", "parameters"), NEVER)
def test_what_no_policy_can_allow_never_reaches_the_exchange_s20_s28(
    shared: Deployment, method: str, path: str, parameters: dict[str, object]
) -> None:
    before = shared.paper("GET", "/requests")
    status, body = shared.call(method, path, **parameters)
    assert 400 <= status < 500
    assert "ringfence" in body["msg"]
    paths = [request["target"].split("?")[0] for request in shared.paper("GET", "/requests") if request not in before]
    assert not [seen for seen in paths if seen == path or "withdraw" in seen or "transfer" in seen]


MALFORMED = [
    # an order that is almost right, and what is wrong with it
    "quantity=0.001&quantity=9",
    "quantity=0.001&%71uantity=9",
    "quantity=NaN",
    "quantity=Infinity",
    "quantity=1e-3",
    "quantity=%2B0.001",
    "quantity=-0.001",
    "quantity=0",
    "quantity=0_001",
    "quantity=%EF%BC%91",  # full-width 1
    "quantity=0.001%20",
    "quantity=0.001&sideEffectType=MARGIN_BUY",
    "quantity=0.001&isLeverage=1",
    "quantity=0.001&icebergQty=0.01",
    "quantity=0.001&stopPrice=1",
    "quantity=0.001&trailingDelta=10",
    "quantity=0.001&pegPriceType=MARKET_PEG&pegOffsetType=PRICE_LEVEL&pegOffsetValue=100",
    "quantity=0.001&selfTradePreventionMode=TRANSFER",
    "quantity=0.001&newClientOrderId=rf-aaaaaaaaaaaaaaaaaaaaaaaa",
    "quantity=0.001&newClientOrderId=",
    "quantity=0.001&",
    "quantity=0.001&quoteOrderQty=5",
]


@pytest.mark.parametrize("tail", MALFORMED)
def test_an_order_that_is_not_plainly_understood_is_not_sent(shared: Deployment, tail: str) -> None:
    before = len(orders(shared))
    key, secret = shared.bots["grid"]
    query = (
        f"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price={low(shared)}&timestamp={int(time.time() * 1000)}"
    )
    text = f"{query}&{tail}"
    mac = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    status, body = send(shared.settings.listeners[0].port, "POST", f"/api/v3/order?{text}&signature={mac}", key)
    assert 400 <= status < 500
    assert body["code"] < 0
    assert len(orders(shared)) == before


def test_query_and_body_cannot_be_played_against_each_other(shared: Deployment) -> None:
    before = len(orders(shared))
    key, secret = shared.bots["grid"]
    for query, body in [
        (f"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price={low(shared)}&quantity=0.001", "quantity=9"),
        (f"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price={low(shared)}&quantity=0.00", "1&recvWindow=5000"),
    ]:
        query_ = f"{query}&timestamp={int(time.time() * 1000)}" if "recvWindow" not in body else query
        body_ = body if "recvWindow" not in body else f"{body}&timestamp={int(time.time() * 1000)}"
        mac = hmac.new(secret.encode(), (query_ + body_).encode(), hashlib.sha256).hexdigest()
        target = f"/api/v3/order?{query_}"
        status, _ = send(shared.settings.listeners[0].port, "POST", target, key, f"{body_}&signature={mac}".encode())
        assert 400 <= status < 500
    assert len(orders(shared)) == before


def test_fifty_orders_that_race_one_cap_do_not_pass_it(fresh: Deployment) -> None:
    price = low(fresh)
    quantity = f"{480 / float(price):.5f}"
    with concurrent.futures.ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda n: fresh.buy(quantity, price, newClientOrderId=f"race-{n}"), range(50)))
    placed = [body for status, body in answers if status == 200]
    really = sum(Decimal(order["quantity"]) * Decimal(order["price"]) for order in orders(fresh))
    assert len(placed) == len(orders(fresh)) > 0
    assert really <= 2000  # exposure counts open orders
    cap = Decimal(fresh.bot_status()["exposure"][1])
    assert Decimal(fresh.bot_status()["exposure"][0]) <= cap


def test_a_request_sent_twice_is_one_order_and_gets_the_first_answer(shared: Deployment) -> None:
    before = len(orders(shared))
    key, secret = shared.bots["grid"]
    target = sign("/api/v3/order", secret, limit("0.001", low(shared)))
    port = shared.settings.listeners[0].port
    with concurrent.futures.ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda _: send(port, "POST", target, key), range(5)))
    assert len({json.dumps(answer) for answer in answers}) == 1
    assert len(orders(shared)) == before + 1


def test_a_client_id_is_used_once(shared: Deployment) -> None:
    before = len(orders(shared))
    price = low(shared)
    _, first = shared.buy("0.001", price, newClientOrderId="mine-1")
    _, again = shared.buy("0.001", price, newClientOrderId="mine-1")
    status, other = shared.buy("0.002", price, newClientOrderId="mine-1")
    assert first["orderId"] == again["orderId"]
    assert status == 400
    assert "client-id-reuse" in other["msg"]
    assert len(orders(shared)) == before + 1


def test_a_signature_works_for_what_it_was_first_shown_for_and_nothing_else(shared: Deployment) -> None:
    _, placed = shared.buy("0.001", low(shared))
    key, secret = shared.bots["grid"]
    target = sign("/api/v3/order", secret, {"symbol": "BTCUSDT", "orderId": placed["orderId"]})
    port = shared.settings.listeners[0].port
    assert send(port, "GET", target, key)[1]["status"] == "NEW"
    status, body = send(port, "DELETE", target, key)
    assert status == 400
    assert "replay" in body["msg"]


@pytest.mark.parametrize("off", [-61_000, -6_000, 3_000, 3_600_000])
def test_a_stale_or_early_request_is_refused(shared: Deployment, off: int) -> None:
    at = int(time.time() * 1000) + off
    status, body = shared.buy("0.001", low(shared), timestamp=at)
    assert (status, body["code"]) == (400, -1021)


def test_a_bot_that_no_policy_names_may_do_nothing(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "h", bots=("idle", "grid")) as made:  # the policy names grid alone
        before = len(orders(made))
        for method, path, asked in (
            ("POST", "/api/v3/order", limit("0.001", low(made))),
            ("POST", "/api/v3/order/test", limit("0.001", low(made))),
            ("GET", "/api/v3/account", {}),
            ("DELETE", "/api/v3/openOrders", {"symbol": "BTCUSDT"}),
            ("POST", "/sapi/v1/asset/transfer", {"type": "MAIN_UMFUTURE", "asset": "USDT", "amount": 1}),
        ):
            status, body = made.call(method, path, **asked)
            assert (status >= 400, "ringfence refused" in body["msg"]) == (True, True), path
        assert len(orders(made)) == before


def test_a_huge_window_is_refused(shared: Deployment) -> None:
    status, body = shared.buy("0.001", low(shared), recvWindow=600_000)
    assert status == 400
    assert body["code"] in (-1021, -1104)


def test_an_unknown_virtual_key_opens_nothing(shared: Deployment) -> None:
    port = shared.settings.listeners[0].port
    for key in ("A" * 64, shared.real["main"][0], "", "x"):
        target = sign("/api/v3/account", shared.bots["grid"][1], {})
        status, body = send(port, "GET", target, key)
        assert status in (400, 401)
        assert body["code"] in (-2014, -2015, -1022, -1104)


def test_the_real_key_and_secret_are_worth_nothing_at_the_gateway(shared: Deployment) -> None:
    key, secret = shared.real["main"]
    status, _ = send(shared.settings.listeners[0].port, "GET", sign("/api/v3/account", secret, {}), key)
    assert status in (400, 401)


def test_a_market_order_leaves_as_a_limit_at_the_collar(shared: Deployment) -> None:
    mid = shared.mid()
    status, body = shared.call("POST", "/api/v3/order", symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.001")
    assert status == 200
    sent = next(order for order in orders(shared) if str(order["orderId"]) == str(body["orderId"]))
    assert sent["type"] == "LIMIT"
    assert sent["timeInForce"] == "IOC"
    assert mid * 1.003 < float(sent["price"]) < mid * 1.007


def test_nothing_that_leaves_is_the_bots_own_text_s49(shared: Deployment) -> None:
    shared.buy("0.00100", low(shared), recvWindow=59_999, selfTradePreventionMode="NONE")
    request = [r for r in shared.paper("GET", "/requests") if r["target"].startswith("/api/v3/order?")][-1]
    assert request["method"] == "POST"
    names = [pair.split("=")[0] for pair in request["target"].split("?")[1].split("&")]
    assert set(names) <= {
        "symbol", "side", "type", "timeInForce", "quantity", "price", "newClientOrderId", "newOrderRespType",
        "selfTradePreventionMode", "recvWindow", "timestamp", "signature",
    }  # fmt: skip
    assert "recvWindow=5000" in request["target"]
    assert "selfTradePreventionMode=EXPIRE_TAKER" in request["target"]
    assert "python" not in str(request["headers"]).lower() or "http" not in str(request["headers"]).lower()


def test_every_order_without_an_id_gets_one_that_only_we_can_make(shared: Deployment) -> None:
    _, body = shared.buy("0.001", low(shared))
    assert body["clientOrderId"].startswith("rf-")
    assert len(body["clientOrderId"]) == 27


def test_a_bot_cannot_cancel_what_is_not_its_own(shared: Deployment) -> None:
    key, secret = shared.real["main"]
    assert shared.settings.paper is not None
    port = shared.settings.paper.plain_port
    _, owners = send(port, "POST", sign("/api/v3/order", secret, limit("0.001", low(shared))), key)
    _, own = shared.buy("0.001", low(shared))
    status, body = shared.call("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=owners["orderId"])
    assert (status, body["code"]) == (400, -2011)
    status, cancelled = shared.call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    assert status == 200
    assert own["orderId"] in [order["orderId"] for order in cancelled]
    _, left = send(port, "GET", sign("/api/v3/order", secret, {"symbol": "BTCUSDT", "orderId": owners["orderId"]}), key)
    assert left["status"] == "NEW"


def test_what_an_exchange_echoes_of_the_real_key_does_not_reach_the_bot_s53(shared: Deployment) -> None:
    key, secret = shared.real["main"]
    for method, path in (("GET", "/api/v3/account"), ("POST", "/api/v3/order")):
        shared.paper("POST", "/fault", {"kind": "echo", "count": 1, "match": {"method": method, "path": path}})
    answers = str(shared.call("GET", "/api/v3/account")) + str(shared.buy("0.001", low(shared)))
    sent = [request["target"] for request in shared.paper("GET", "/requests")]
    signatures = {target.rpartition("signature=")[2] for target in sent if "signature=" in target}
    assert "***" in answers, "the exchange must really have echoed something"
    assert key not in answers
    assert secret not in answers
    assert not [signature for signature in signatures if signature in answers]


def test_a_cancel_cannot_be_named_as_only_we_name_orders_s29(shared: Deployment) -> None:
    _, placed = shared.buy("0.001", low(shared))
    forged = f"rf-{'a' * 24}"
    name = {"symbol": "BTCUSDT", "orderId": placed["orderId"], "newClientOrderId": forged}
    status, body = shared.call("DELETE", "/api/v3/order", **name)
    assert (status, body["status"]) == (200, "CANCELED")
    assert not [request for request in shared.paper("GET", "/requests") if forged in request["target"]]


def test_a_flood_of_cancels_of_a_finished_order_does_not_reach_the_exchange(shared: Deployment) -> None:
    _, placed = shared.buy("0.001", low(shared))
    name = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    assert shared.call("DELETE", "/api/v3/order", **name)[0] == 200
    before = sum(request["method"] == "DELETE" for request in shared.paper("GET", "/requests"))
    for _ in range(20):
        assert shared.call("DELETE", "/api/v3/order", **name)[1]["code"] == -2011
    assert sum(request["method"] == "DELETE" for request in shared.paper("GET", "/requests")) == before


def test_refusals_can_be_explained_with_their_figures(shared: Deployment) -> None:
    shared.buy("1", low(shared))
    newest = shared.ask(AskWhy(None, 5))["refusals"][0]
    assert newest["bot"] == "grid"
    assert any(reason["code"] == "order-notional" and "500" in reason["text"] for reason in newest["reasons"])


def test_making_orders_smaller_without_end_does_not_use_up_what_the_owner_needs_s25(fresh: Deployment) -> None:
    mid = fresh.mid()
    _, placed = fresh.buy("0.005", f"{mid * 0.97:.2f}")
    change = {"symbol": "BTCUSDT", "orderId": placed["orderId"]}
    answers = []
    for number in range(120):
        quantity = f"{0.00499 - number * 0.00001:.5f}"
        answers.append(fresh.call("PUT", "/api/v3/order/amend/keepPriority", **change, newQty=quantity)[0])
        if answers[-1] == 429:
            break
    assert answers[-1] == 429
    assert fresh.call("DELETE", "/api/v3/order", **change)[0] == 200
