"""A bot with a virtual key: it signs, sends, and remembers every word. It keeps what it was told, and nothing else."""

import contextlib
import hashlib
import hmac
import http.client
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from typing import Any
from urllib.parse import urlencode

from tests.matrix.plan import Act, What
from tests.matrix.said import Said
from tests.matrix.world import World, boot_ms

_SECONDS = 26  # the gateway gives up after 20
_STEPS = {"BTCUSDT": Decimal("0.00001"), "ETHUSDT": Decimal("0.0001")}
_OFFSETS = {What.REST: Decimal("0.98"), What.NEAR: Decimal("0.997"), What.SHORT: Decimal("1.003")}
_ORDER = "/api/v3/order"


@dataclass(slots=True)
class Bot:
    """One bot of one case. `clock` is what its clock is off by, in seconds."""

    world: World
    name: str
    clock: float = 0.0
    said: list[Said] = field(default_factory=list)
    _serial: int = 0
    _last: tuple[str, str] | None = None
    _known: list[dict[str, Any]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def act(self, act: Act, halfway: Callable[[], None] | None = None) -> Said:
        """Do one thing; `halfway` is called when half of its bytes have been sent."""
        method, path, query = self.ask(act)
        return self.send(method, path, query, halfway)

    def ask(self, act: Act) -> tuple[str, str, str]:
        """Write the request for an act, signed; what cannot be asked for yet becomes a look."""
        with self._lock:
            if act.what is What.REPEAT and self._last is not None:
                return "POST", _ORDER, self._last[1]
            method, path, parameters = self._parameters(act)
            query = self._sign(parameters)
            if method == "POST":
                self._last = (path, query)
            return method, path, query

    def send(self, method: str, path: str, query: str, halfway: Callable[[], None] | None = None) -> Said:
        """Send a signed request, and remember what came of it."""
        key = self.world.deployment.bots[self.name][0]
        port = self.world.deployment.settings.listeners[0].port
        begun = boot_ms()
        head = f"{method} {path}?{query} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-MBX-APIKEY: {key}\r\n\r\n".encode()
        status, body = _exchanged(port, head, halfway)
        said = Said(self.name, method, path, query, begun, boot_ms(), status, body)
        with self._lock:
            self.said.append(said)
            if said.order and status == 200 and isinstance(said.answer, dict):
                self._known.append(said.answer)
        return said

    def _parameters(self, act: Act) -> tuple[str, str, dict[str, object]]:
        match act.what:
            case What.CANCEL if self._known:
                newest = self._known[-1]
                return "DELETE", _ORDER, {"symbol": newest["symbol"], "orderId": newest["orderId"]}
            case What.CANCEL_ALL:
                return "DELETE", "/api/v3/openOrders", {"symbol": act.symbol}
            case What.REST | What.NEAR | What.SHORT | What.HUGE | What.TAKE:
                return "POST", _ORDER, self._order(act)
            case What.LEAVE if self._held(act.symbol) > 0:
                return "POST", _ORDER, self._order(act)
            case _:
                return "GET", "/api/v3/openOrders", {"symbol": act.symbol}

    def _order(self, act: Act) -> dict[str, object]:
        price = self.world.prices[act.symbol]
        side = "SELL" if act.what in (What.LEAVE, What.SHORT) else "BUY"
        quantity = self._held(act.symbol) if act.what is What.LEAVE else Decimal(act.size) / price
        order: dict[str, object] = {
            "symbol": act.symbol,
            "side": side,
            "type": "LIMIT" if act.what in _OFFSETS else "MARKET",
            "quantity": quantity.quantize(_STEPS[act.symbol], ROUND_DOWN),
        }
        if act.what in _OFFSETS:
            order |= {"timeInForce": "GTC", "price": (price * _OFFSETS[act.what]).quantize(Decimal("0.01"))}
        if act.named:
            self._serial += 1
            order["newClientOrderId"] = f"{self.name}-{self._serial}"
        return order

    def _held(self, symbol: str) -> Decimal:
        """What it was told that it bought, less what it was told that it sold, fees aside."""
        told = [answer for answer in self._known if answer.get("symbol") == symbol]
        bought = sum((Decimal(each["executedQty"]) for each in told if each["side"] == "BUY"), Decimal(0))
        sold = sum((Decimal(each["executedQty"]) for each in told if each["side"] == "SELL"), Decimal(0))
        return bought * Decimal("0.998") - sold

    def _sign(self, parameters: dict[str, object]) -> str:
        at = int((time.time() + self.clock) * 1000)
        query = urlencode({**parameters, "recvWindow": 20_000, "timestamp": at})
        secret = self.world.deployment.bots[self.name][1]
        return f"{query}&signature={hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()}"


def _exchanged(port: int, head: bytes, halfway: Callable[[], None] | None) -> tuple[int | None, str]:
    """Send one request on a connection of its own; no status where it breaks."""
    broken = (OSError, http.client.HTTPException)
    with contextlib.suppress(*broken), socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as connection:
        connection.sendall(head[: len(head) // 2])
        if halfway is not None:
            time.sleep(0.01)  # until that half has been read
            halfway()
        connection.sendall(head[len(head) // 2 :])
        response = http.client.HTTPResponse(connection)
        response.begin()
        return response.status, response.read().decode("utf-8", "replace")
    return None, ""
