"""kill -9 of any process at any moment: nothing acknowledged is lost, and no cap is passed.

The checker compares what the exchange says really happened with what the journal says; it knows nothing of how either
works.
"""

import contextlib
import http.client
import random  # noqa: TID251  # seeded, so that a failure comes again
import threading
import time
from decimal import Decimal
from typing import Any

from ringfence.ipc.messages import AskOrder
from tests.deployment import Deployment, Refused, send, sign
from tests.scenarios.test_attacks import limit, low, orders

KILLS = 20
VICTIMS = ("signer", "courier", "gateway", "prices")


class Traffic(threading.Thread):
    """A bot that never stops: it rests orders, trades at market, cancels, and remembers what it was told."""

    def __init__(self, deployment: Deployment, seed: int) -> None:
        super().__init__(daemon=True)
        self._deployment = deployment
        self._random = random.Random(seed)
        self._serial = 0
        self.acknowledged: dict[str, Any] = {}
        self.stopped = threading.Event()

    def run(self) -> None:
        while not self.stopped.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException, ValueError, KeyError):
                self._act()
            time.sleep(self._random.random() * 0.03)

    def _act(self) -> None:
        it = self._deployment
        self._serial += 1
        name = f"t-{self._serial}"
        dice = self._random.random()
        if dice < 0.5:
            price = f"{it.mid() * self._random.uniform(0.95, 0.99):.2f}"
            status, body = it.buy("0.0008", price, newClientOrderId=name)
        elif dice < 0.7:
            side = self._random.choice(["BUY", "SELL"])
            order = {"symbol": "BTCUSDT", "side": side, "type": "MARKET", "quantity": "0.0005"}
            status, body = it.call("POST", "/api/v3/order", **order, newClientOrderId=name)
        else:
            it.call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
            return
        if status == 200:
            self.acknowledged[name] = body


def test_twenty_kills_s38(fresh: Deployment) -> None:
    dice = random.Random(20_261_124)
    traffic = Traffic(fresh, 7)
    traffic.start()
    for _ in range(KILLS):
        time.sleep(dice.uniform(0.1, 0.8))
        victim = dice.choice(VICTIMS)
        fresh.kill(victim)
        time.sleep(dice.uniform(0.0, 0.3))
        fresh.start(victim)
        fresh.wait(fresh.warm)
        check_caps(fresh)
    traffic.stopped.set()
    traffic.join()
    fresh.wait(lambda: fresh.bot_status()["unknown_outcomes"] == 0, seconds=40)
    check_caps(fresh)
    check_nothing_lost(fresh, traffic)
    assert len(traffic.acknowledged) > KILLS, "the bot must really have traded"


def check_caps(deployment: Deployment) -> None:
    """What the exchange holds and has filled for the account stays within the policy, whatever the journal believes."""
    window = Decimal(0)
    held = Decimal(0)
    for order in orders(deployment):
        executed, price = Decimal(order["executed"]), Decimal(order["price"])
        if order["side"] == "BUY":
            resting = Decimal(order["quantity"]) - executed if order["status"] in ("NEW", "PARTIALLY_FILLED") else 0
            window += (executed + resting) * price
        held += (1 if order["side"] == "BUY" else -1) * executed
    assert window <= 5_000
    assert held * Decimal(deployment.mid()) <= 2_000


def check_nothing_lost(deployment: Deployment, traffic: Traffic) -> None:
    """Every order at the exchange has its intent and every acknowledged one is known; they agree on what filled."""
    really = {order["clientOrderId"]: order for order in orders(deployment)}
    for name, told in traffic.acknowledged.items():
        assert str(really[name]["orderId"]) == str(told["orderId"])
    for name, order in really.items():
        try:
            intent = deployment.ask(AskOrder(name))["intent"]
        except Refused as error:
            raise AssertionError(f"order {name} is at the exchange and not in the journal") from error
        assert intent["order_id"] == str(order["orderId"])
        if order["status"] not in ("NEW", "PARTIALLY_FILLED"):
            assert Decimal(intent["executed"]) == Decimal(order["executed"])
            assert intent["state"] == "final"


def test_a_request_repeated_after_a_crash_is_still_one_order_with_the_first_answer(fresh: Deployment) -> None:
    key, secret = fresh.bots["grid"]
    target = sign("/api/v3/order", secret, limit("0.001", low(fresh), recvWindow=60_000))
    port = fresh.settings.listeners[0].port
    first = send(port, "POST", target, key)
    assert first[0] == 200
    fresh.wait(lambda: fresh.bot_status()["open_orders"][0] == 1)
    time.sleep(0.2)  # the answer is written with the next commit, within 50 ms
    fresh.kill("signer")
    fresh.start("signer")
    fresh.wait(fresh.warm)
    assert send(port, "POST", target, key) == first
    assert len(orders(fresh)) == 1


def test_a_replacement_repeated_after_a_crash_begins_nothing_again_and_says_what_to_do(fresh: Deployment) -> None:
    key, secret = fresh.bots["grid"]
    _, old = fresh.buy("0.001", low(fresh))
    new = limit(
        "0.001", low(fresh), recvWindow=60_000, cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=old["orderId"]
    )
    target = sign("/api/v3/order/cancelReplace", secret, new)
    port = fresh.settings.listeners[0].port
    assert send(port, "POST", target, key)[0] == 200
    fresh.wait(lambda: fresh.bot_status()["open_orders"][0] == 1)
    fresh.kill("signer")
    fresh.start("signer")
    fresh.wait(fresh.warm)
    status, body = send(port, "POST", target, key)
    assert (status, "sent before" in body["msg"], "data" in body) == (400, True, False)
    assert [order["status"] for order in orders(fresh)] == ["CANCELED", "NEW"]
