"""The rehearsal exchange as a real process on free ports, and the two ways to talk to it."""

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from ringfence.paper import keyfile
from ringfence.paper.keys import ApiKey
from ringfence.settings import Paper, Settings, load
from tests.paper.venue import sign
from tests.ports import free_ports

STILL = "freeze = true\n"


@dataclass(frozen=True, slots=True)
class Running:
    settings: Settings
    ports: Paper
    keys: dict[str, ApiKey]
    process: "subprocess.Popen[str]"
    line: str

    def send(self, method: str, target: str, key: str = "", body: bytes = b"") -> tuple[int, Any]:
        """One request to the plain door on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.ports.plain_port, timeout=20)
        with contextlib.closing(connection):
            connection.request(method, target, body or None, {"X-MBX-APIKEY": key} if key else {})
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")

    def signed(self, method: str, path: str, by: str = "main", **parameters: object) -> tuple[int, Any]:
        key = self.keys[by]
        query = urlencode({"timestamp": time.time_ns() // 1_000_000, **parameters})
        return self.send(method, f"{path}?{query}&signature={sign(key.secret, query)}", key.key)

    def buy(self, client_id: str) -> tuple[int, Any]:
        order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001"}
        return self.signed("POST", "/api/v3/order", "main", **order, price="50000", newClientOrderId=client_id)

    def control(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("localhost", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        connection.sock.connect(str(self.settings.socket("paper")))
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body).encode())
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())

    def orders(self) -> list[Any]:
        found: list[Any] = self.control("GET", "/truth")[1]["orders"]
        return found

    def tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.settings.paper_ca))


def write_settings(home: Path) -> None:
    names = ("port", "plain_port", "east_port", "west_port")
    lines = [f"{name} = {port}" for name, port in zip(names, free_ports(4), strict=True)]
    (home / "ringfence.toml").write_text("\n".join(["[paper]", *lines, ""]), "utf-8")


@contextlib.contextmanager
def running(home: Path, scenario: str = STILL) -> Iterator[Running]:
    """A process that has said where it listens; stopped by SIGTERM at the end."""
    if not (home / "ringfence.toml").exists():
        write_settings(home)
    (home / "scenario.toml").write_text(scenario, "utf-8")
    command = [sys.executable, "-m", "ringfence.paper", "--home", str(home), "--scenario", str(home / "scenario.toml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=dict(os.environ)) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            settings = load(home)
            assert settings.paper is not None
            keys = keyfile.read(home / "paper" / "accounts.json")
            yield Running(settings, settings.paper, keys, process, line)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)
