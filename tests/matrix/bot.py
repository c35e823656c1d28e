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
from typing import Any
from urllib.parse import urlencode

from tests.matrix.asks import Told, written
from tests.matrix.plan import Act, What
from tests.matrix.said import Said
from tests.matrix.world import World, boot_ms

_SECONDS = 26  # the gateway gives up after 20


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
    _kept: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def act(self, act: Act, halfway: Callable[[], None] | None = None) -> Said:
        """Do one thing; `halfway` is called when half of its bytes have been sent."""
        method, path, query = self.ask(act)
        return self.send(method, path, query, halfway)

    def ask(self, act: Act) -> tuple[str, str, str]:
        """Write the request for an act, signed."""
        with self._lock:
            if act.what is What.REPEAT and self._last is not None:
                return "POST", *self._last
            self._serial += 1
            told = Told(self.name, self.world.prices, tuple(self._known), self._serial)
            method, path, parameters = written(act, told)
            query = self._sign(parameters)
            if method == "POST" and not self._kept:
                self._last = (path, query)
            return method, path, query

    def keep(self) -> None:
        """Let the order that was asked for last be what is repeated from now on."""
        self._kept = True

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
            self._known += said.placed
        return said

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
