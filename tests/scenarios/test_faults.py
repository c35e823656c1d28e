"""The exchange misbehaves: outcomes that nobody knows stay reserved until somebody does."""

import concurrent.futures
import http.client
import sqlite3
import time
from decimal import Decimal

import pytest

from ringfence.ipc.messages import AskOrder
from tests.deployment import Deployment, sign
from tests.scenarios.test_attacks import limit, low, orders

ORDER = {"method": "POST", "path": "/api/v3/order"}


@pytest.mark.parametrize("kind", ["drop-after-accept", "error-after-accept"])
def test_an_order_whose_answer_is_lost_is_found_again_and_sent_once(shared: Deployment, kind: str) -> None:
    before = len(orders(shared))
    shared.paper("POST", "/fault", {"kind": kind, "count": 1, "match": ORDER})
    status, body = shared.buy("0.001", low(shared), newClientOrderId=f"lost-{kind[:5]}")
    assert status == 200
    assert body["clientOrderId"] == f"lost-{kind[:5]}"
    assert len(orders(shared)) == before + 1
    assert shared.bot_status()["unknown_outcomes"] == 0


def test_an_order_that_never_arrived_is_released_only_when_it_can_no_longer_arrive(shared: Deployment) -> None:
    before = len(orders(shared))
    used = Decimal(shared.bot_status()["window_notional"][0])
    shared.paper("POST", "/fault", {"kind": "drop-before-accept", "count": 1, "match": ORDER})
    status, body = shared.buy("0.001", low(shared), newClientOrderId="never")
    assert status >= 500 or body["code"] < 0
    assert Decimal(shared.bot_status()["window_notional"][0]) > used
    assert shared.bot_status()["unknown_outcomes"] == 1
    shared.wait(lambda: shared.bot_status()["unknown_outcomes"] == 0, seconds=30)
    assert Decimal(shared.bot_status()["window_notional"][0]) == used
    assert len(orders(shared)) == before


def test_a_reply_that_comes_twice_counts_once(shared: Deployment) -> None:
    shared.paper("POST", "/fault", {"kind": "duplicate-reply", "count": 1, "match": ORDER})
    used = Decimal(shared.bot_status()["window_notional"][0])
    price = low(shared)
    status, _ = shared.buy("0.001", price)
    assert status == 200
    assert Decimal(shared.bot_status()["window_notional"][0]) - used < Decimal("0.0011") * Decimal(price) * 2
    for _ in range(3):  # the second copy must not pass for the answer to anything else
        assert shared.buy("0.001", price)[1]["status"] == "NEW"
        assert "balances" in shared.call("GET", "/api/v3/account")[1]
        assert isinstance(shared.call("GET", "/api/v3/openOrders")[1], list)


def test_while_the_outcome_is_unknown_a_cap_does_not_open(fresh: Deployment) -> None:
    price = low(fresh)
    quantity = f"{490 / float(price):.5f}"
    fresh.paper("POST", "/fault", {"kind": "hold", "count": 4, "seconds": "3", "match": ORDER})
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: fresh.buy(quantity, price), range(8)))
    assert sum(status == 200 for status, _ in answers) <= 4
    assert sum(Decimal(o["quantity"]) * Decimal(o["price"]) for o in orders(fresh)) <= 2000


def test_an_outage_is_an_ordinary_error_and_ends_by_itself(shared: Deployment) -> None:
    shared.paper("POST", "/fault", {"kind": "outage", "seconds": "1", "match": {"path": "/api/v3/account"}})
    status, body = shared.call("GET", "/api/v3/account")
    assert status >= 500 or body["code"] < 0
    time.sleep(1.2)
    assert shared.call("GET", "/api/v3/account")[0] == 200


def test_a_resting_order_that_fills_is_seen_and_settled(shared: Deployment) -> None:
    mid = shared.mid()
    status, body = shared.buy("0.001", f"{mid * 0.995:.2f}", newClientOrderId="rests")
    assert (status, body["status"]) == (200, "NEW")
    shared.paper("POST", "/price", {"symbol": "BTCUSDT", "price": f"{mid * 0.98:.2f}"})
    try:
        query = {"symbol": "BTCUSDT", "orderId": body["orderId"]}
        shared.wait(lambda: shared.call("GET", "/api/v3/order", **query)[1]["status"] == "FILLED")
        shared.wait(lambda: Decimal(shared.bot_status()["exposure"][0]) > 0, seconds=20)
        shared.wait(lambda: shared.ask(AskOrder("rests"))["intent"]["state"] == "final", seconds=20)
        assert Decimal(shared.ask(AskOrder("rests"))["intent"]["executed"]) == Decimal("0.001")
    finally:
        shared.paper("POST", "/price", {"symbol": "BTCUSDT", "price": f"{mid:.2f}"})


def test_reads_wait_for_no_commit(fresh: Deployment) -> None:
    """Another connection sees `data_version` change with every commit (sqlite.org, PRAGMA data_version)."""
    [path] = [each for each in fresh.settings.journal.iterdir() if each.suffix in {".db", ".sqlite"}]
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        time.sleep(2.5)  # a checkpoint follows the last entry within a second
        for _ in range(3):  # a refused policy or a late errand may fall into one try, not into three
            before = database.execute("PRAGMA data_version").fetchone()
            for _ in range(10):
                assert fresh.call("GET", "/api/v3/openOrders", symbol="BTCUSDT")[0] == 200
            if database.execute("PRAGMA data_version").fetchone() == before:
                break
        else:
            raise AssertionError("reads were committed")
        fresh.buy("0.001", f"{fresh.mid() * 0.97:.2f}")
        assert database.execute("PRAGMA data_version").fetchone() != before
    finally:
        database.close()


def test_a_clock_read_over_a_slow_trip_is_not_believed(fresh: Deployment) -> None:
    at = {"method": "GET", "path": "/api/v3/time"}
    fresh.paper("POST", "/fault", {"kind": "delay", "count": 2, "seconds": "3", "match": at})
    fresh.kill("signer")
    fresh.start("signer")
    fresh.wait(fresh.warm)
    assert abs(fresh.status()["accounts"][0]["venue_offset_ms"]) < 500
    status, body = fresh.buy("0.001", low(fresh))
    assert (status, body.get("status")) == (200, "NEW")


def test_a_cancel_of_all_is_not_called_done_while_one_of_them_is_not_known(fresh: Deployment) -> None:
    for _ in range(2):
        assert fresh.buy("0.001", low(fresh))[0] == 200
    match = {"method": "DELETE", "path": "/api/v3/order"}
    fresh.paper("POST", "/fault", {"kind": "drop-after-accept", "count": 1, "match": match})
    status, body = fresh.call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
    assert (status, "not known" in body["msg"]) == (504, True)
    fresh.wait(lambda: fresh.bot_status()["open_orders"][0] == 0)
    assert {order["status"] for order in orders(fresh)} == {"CANCELED"}


def test_while_the_exchange_asks_for_quiet_only_cancels_are_sent(fresh: Deployment) -> None:
    price = low(fresh)
    _, resting = fresh.buy("0.001", price)
    used = fresh.bot_status()["window_notional"][0]
    fresh.paper("POST", "/fault", {"kind": "limit", "count": 1, "seconds": "6", "match": ORDER})
    status, body = fresh.buy("0.001", price)
    assert (status, body["code"]) == (429, -1003)
    assert fresh.bot_status()["window_notional"][0] == used
    before = signed(fresh)
    for method, path in (("POST", "/api/v3/order"), ("POST", "/api/v3/order/test"), ("GET", "/api/v3/account")):
        status, body = fresh.call(method, path, **(limit("0.001", price) if method == "POST" else {}))
        assert (status, "ringfence refused: busy" in body["msg"]) == (429, True)
    assert signed(fresh) == before
    which = {"symbol": "BTCUSDT", "orderId": resting["orderId"]}
    assert fresh.call("DELETE", "/api/v3/order", **which)[1]["status"] == "CANCELED"
    fresh.wait(lambda: waits(fresh) == 0)
    assert fresh.buy("0.001", price)[0] == 200


def test_a_bot_hears_how_long_the_exchange_asks_it_to_wait(fresh: Deployment) -> None:
    price = low(fresh)
    _, resting = fresh.buy("0.001", price)
    which = {"symbol": "BTCUSDT", "orderId": resting["orderId"]}
    asked: list[tuple[str, str, dict[str, object]]] = [
        ("POST", "/api/v3/order", limit("0.001", price)),
        ("GET", "/api/v3/account", {}),
        ("PUT", "/api/v3/order/amend/keepPriority", {**which, "newQty": "0.0005"}),
        ("DELETE", "/api/v3/order", which),
    ]
    key, secret = fresh.bots["grid"]
    for method, path, parameters in asked:
        match = {"method": method, "path": path}
        fresh.paper("POST", "/fault", {"kind": "limit", "count": 1, "seconds": "2", "match": match})
        bot = http.client.HTTPConnection("127.0.0.1", fresh.settings.listeners[0].port, timeout=30)
        bot.request(method, sign(path, secret, parameters), headers={"X-MBX-APIKEY": key})
        with bot.getresponse() as answer:
            assert (answer.status, answer.getheader("Retry-After")) == (429, "2"), path
        bot.close()
        assert waits(fresh) > 0, path  # and we heed it too
        fresh.wait(lambda: waits(fresh) == 0)


@pytest.mark.parametrize("path", ["/api/v3/openOrders", "/api/v3/time", "/sapi/v1/account/apiRestrictions"])
def test_what_we_ask_of_our_own_heeds_the_exchange_too(fresh: Deployment, path: str) -> None:
    assert fresh.buy("0.001", low(fresh))[0] == 200
    match = {"method": "GET", "path": path}
    fresh.paper("POST", "/fault", {"kind": "limit", "count": 1, "seconds": "60", "match": match})
    fresh.kill("signer")
    fresh.start("signer")
    fresh.wait(lambda: waits(fresh) > 50)
    time.sleep(1)  # for what was on its way
    before = signed(fresh)
    time.sleep(6)  # longer than between two looks at open orders
    assert signed(fresh) == before


def test_an_order_that_nobody_knows_is_not_asked_for_while_the_exchange_asks_for_quiet(fresh: Deployment) -> None:
    look = {"method": "GET", "path": "/api/v3/order"}
    fresh.paper("POST", "/fault", {"kind": "drop-after-accept", "count": 1, "match": ORDER})
    fresh.paper("POST", "/fault", {"kind": "limit", "count": 1, "seconds": "7", "match": look})
    before = signed(fresh)
    assert fresh.buy("0.001", low(fresh))[0] == 504
    assert signed(fresh) - before == 2  # the order, and one question
    fresh.wait(lambda: fresh.bot_status()["unknown_outcomes"] == 0)
    assert fresh.bot_status()["open_orders"][0] == 1


def waits(deployment: Deployment) -> int:
    """How many more seconds the exchange is to be left alone."""
    left: int = deployment.status()["accounts"][0]["waiting_s"]
    return left


def signed(deployment: Deployment) -> int:
    """Count what came to the exchange under the real key."""
    return sum("signature=" in request["target"] for request in deployment.paper("GET", "/requests"))


def test_what_was_not_sent_is_a_plain_no(fresh: Deployment) -> None:
    _, placed = fresh.buy("0.001", low(fresh))
    fresh.kill("courier")
    fresh.wait(lambda: not fresh.status()["processes"]["courier"])
    status, body = fresh.buy("0.001", placed["price"])
    assert (status, body["code"], "not-sent" in body["msg"]) == (400, -1001, True)
    status, body = fresh.call("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert (status, body["code"], "it was not sent" in body["msg"]) == (400, -1001, True)
