"""What a bot of the soak does: seeded, so that a run can be had again; every answer is kept with its time."""

import http.client
import json
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from ringfence.paper.paths import Dice
from tests.deployment import Deployment, send, sign

PAUSE = 0.35  # seconds: three bots together stay well below what the exchange lets one account order


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer: when it was asked for and when it came (monotonic seconds), and what it was; status 0 for none."""

    bot: str
    what: str
    begun: float
    ended: float
    status: int
    text: str


@dataclass(slots=True)
class Bot:
    """One bot: `run` until it is told to stop."""

    deployment: Deployment
    name: str
    seed: int
    heard: list[Heard] = field(default_factory=list)
    open: list[int] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        """Do one thing after the other."""
        dice = Dice(f"{self.seed}/{self.name}")
        while not stop.is_set():
            what, method, path, asked = self._next(dice)
            self._ask(what, method, path, asked)
            time.sleep(PAUSE * dice.between(50, 150) / 100)

    def _next(self, dice: Dice) -> tuple[str, str, str, dict[str, object]]:
        symbol: dict[str, object] = {"symbol": "BTCUSDT"}
        low, mid = 60_000 - dice.between(900, 2_400), 60_000
        limit: dict[str, object] = {**symbol, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
        limit["quantity"] = "0.0005"
        theft: dict[str, object] = {"coin": "USDT", "address": "x", "amount": 1}
        some: list[tuple[int, str, str, str, dict[str, object]]] = [
            (6, "limit", "POST", "/api/v3/order", {**limit, "price": low}),
            (2, "market", "POST", "/api/v3/order", {**symbol, "side": "BUY", "type": "MARKET", "quantity": "0.0002"}),
            (2, "leave", "POST", "/api/v3/order", {**symbol, "side": "SELL", "type": "MARKET", "quantity": "0.00019"}),
            (1, "far", "POST", "/api/v3/order", {**limit, "price": mid * 2}),
            (1, "other", "POST", "/api/v3/order", {**limit, "symbol": "VIAUSDT", "price": "0.4"}),
            (1, "never", "POST", "/sapi/v1/capital/withdraw/apply", theft),
            (1, "garbage", "POST", "/api/v3/order", {"%00": "\x7f" * dice.between(1, 200)}),
            (1, "account", "GET", "/api/v3/account", {}),
            (2, "list", "GET", "/api/v3/openOrders", symbol),
            (1, "cancel-all", "DELETE", "/api/v3/openOrders", symbol),
            (2, "depth", "GET", "/api/v3/depth", symbol),
        ]
        if self.open:
            some.append((6, "cancel", "DELETE", "/api/v3/order", {**symbol, "orderId": self.open.pop(0)}))
        many = [row[1:] for row in some for _ in range(row[0])]
        return many[dice.between(0, len(many) - 1)]

    def _ask(self, what: str, method: str, path: str, asked: dict[str, object]) -> None:
        key, secret = self.deployment.bots[self.name]
        begun = time.monotonic()
        port = self.deployment.settings.listeners[0].port
        try:
            if what == "depth":
                status, body = send(port, method, f"{path}?symbol=BTCUSDT", None)
            else:
                status, body = send(port, method, sign(path, secret, asked), key)
        except (OSError, http.client.HTTPException, ValueError) as error:
            status, body = 0, str(error)
        self._note(what, begun, status, body)

    def _note(self, what: str, begun: float, status: int, body: Any) -> None:
        if what == "limit" and status == 200 and body.get("status") == "NEW":  # HTTP OK
            self.open.append(body["orderId"])
        text = "" if status == 200 else json.dumps(body)  # HTTP OK
        self.heard.append(Heard(self.name, what, begun, time.monotonic(), status, text))
