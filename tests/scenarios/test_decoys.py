"""A thief finds a decoy and uses it: the owner hears of it, and the thief hears what every stranger hears."""

import asyncio
import hashlib
import hmac
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from websockets.asyncio.client import connect

from ringfence.cli import certificates
from ringfence.cli.mint import mint
from ringfence.settings import load
from ringfence.vault.vault import Vault
from tests.cli.terminal import ringfence
from tests.deployment import PASSPHRASE, Deployment, sign
from tests.ports import free_ports
from tests.scenarios.test_ways_in import HOST, through

Pair = tuple[str, str]
_OPEN = {"passphrase": PASSPHRASE}
_MANY = 300


@pytest.fixture
def guard(tmp_path: Path) -> Iterator[Deployment]:
    """A running deployment with a port of its own for bots, and a proxy."""
    home = tmp_path / "home"
    made = Deployment.written(home)
    with (home / "ringfence.toml").open("a") as file:
        file.write(f"[proxy]\nport = {free_ports(1)[0]}\n")
    made.settings = load(home)
    made.begin(("grid",))
    with Vault.open(made.settings.vault, lambda: bytearray(PASSPHRASE)) as vault:
        certificates.make(made.settings, vault)
    with made:
        yield made


def plant(guard: Deployment, name: str, file: Path) -> Pair:
    """Plant a decoy as the owner does, and find it as a thief does."""
    done = ringfence(guard.home, "decoy", "add", name, "--into", str(file), secrets=_OPEN)
    assert (done.code, done.err) == (0, "")
    assert "who uses it raises an alarm" in done.out
    [key, secret] = (re.search(f"BINANCE_API_{half}=(\\w+)", file.read_text()) for half in ("KEY", "SECRET"))
    assert key is not None
    assert secret is not None
    return key[1], secret[1]


def strangers() -> tuple[Pair, Pair]:
    """Pairs that are nobody's: one that has the mark of ours, which anybody can make, and one without it."""
    key, secret = mint("binance")
    with secret:
        marked = (str(key), str(secret.view(), "ascii"))
    return marked, ("k" * 64, "s" * 64)


def raw(guard: Deployment, method: str, target: str, key: str) -> bytes:
    """Everything that is heard over HTTP, to the last byte."""
    port = guard.settings.listeners[0].port
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        head = (
            f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-MBX-APIKEY: {key}\r\nConnection: close\r\n\r\n"
        )
        connection.sendall(head.encode())
        heard = b""
        while more := connection.recv(65536):
            heard += more
    return heard


def over_http(guard: Deployment, pair: Pair) -> list[bytes]:
    key, secret = pair
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
    return [
        raw(guard, "GET", sign("/api/v3/account", secret, {}), key),
        raw(guard, "POST", sign("/api/v3/order", secret, dict(order)), key),
        raw(guard, "POST", "/api/v3/userDataStream", key),
        raw(guard, "POST", sign("/sapi/v1/capital/withdraw/apply", secret, {"coin": "USDT"}), key),
        raw(guard, "GET", sign("/api/v3/account", "0" * 64, {}), key),
    ]


def over_websocket(guard: Deployment, pair: Pair) -> list[str | bytes]:
    key, secret = pair

    def signed(**more: object) -> dict[str, object]:
        params = {"apiKey": key, "timestamp": int(time.time() * 1000), **more}
        text = "&".join(f"{name}={params[name]}" for name in sorted(params))
        return {**params, "signature": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}

    async def go() -> list[str | bytes]:
        heard = []
        async with connect(f"{guard.url.replace('http', 'ws')}/ws-api/v3") as opened:
            for method in ("session.logon", "account.status", "userDataStream.subscribe.signature"):
                await opened.send(json.dumps({"id": 1, "method": method, "params": signed()}))
                heard.append(await asyncio.wait_for(opened.recv(), 10))
        return heard

    return asyncio.run(go())


def over_the_proxy(guard: Deployment, pair: Pair) -> list[object]:
    key, secret = pair
    options: dict[str, Any] = {"proxies": {"https": through(guard)}, "verify": str(guard.settings.authority)}
    url = f"https://{HOST}{sign('/api/v3/account', secret, {})}"
    answer = requests.get(url, headers={"X-MBX-APIKEY": key}, timeout=10, **options)
    return [answer.status_code, answer.headers, answer.content]


def alarms(guard: Deployment) -> list[str]:
    return [alarm["text"] for alarm in guard.status()["alarms"]]


@pytest.mark.timeout(120)
def test_a_thief_with_a_decoy_raises_an_alarm_and_hears_what_a_stranger_hears(
    guard: Deployment, tmp_path: Path
) -> None:
    pair, second = plant(guard, "laptop", tmp_path / ".env"), plant(guard, "backup", tmp_path / "old.env")
    before = alarms(guard)
    for stranger in strangers():
        assert over_http(guard, stranger) == over_http(guard, pair)
        assert over_websocket(guard, stranger) == over_websocket(guard, second)
    [laptop, backup] = [text for text in alarms(guard) if text not in before]
    which = "(paper-binance key {}...) was used by way of paper, use 1: somebody has read {}"
    assert laptop == "decoy laptop " + which.format(pair[0][:4], tmp_path / ".env")
    assert backup == "decoy backup " + which.format(second[0][:4], tmp_path / "old.env")
    uses = {one["decoy"]: one["used"] for one in guard.status()["decoys"]}
    assert uses == {"laptop": 10, "backup": 6}
    for text in over_http(guard, pair):
        assert b"decoy" not in text
    assert [row for row in guard.paper("GET", "/requests") if row["method"] == "POST"] == []


@pytest.mark.timeout(120)
def test_through_the_proxy_it_is_the_same_and_the_alarm_says_so(guard: Deployment, tmp_path: Path) -> None:
    pair = plant(guard, "laptop", tmp_path / ".env")
    for stranger in strangers():
        assert over_the_proxy(guard, stranger) == over_the_proxy(guard, pair)
    [text] = [text for text in alarms(guard) if text.startswith("decoy ")]
    assert "was used by way of proxy/paper-binance, use 1: " in text


@pytest.mark.timeout(120)
def test_a_flood_raises_one_alarm_and_every_use_counts(guard: Deployment, tmp_path: Path) -> None:
    key, _ = plant(guard, "laptop", tmp_path / ".env")
    for _ in range(_MANY):
        raw(guard, "GET", "/api/v3/account", key)
    assert [text.startswith("decoy laptop ") for text in alarms(guard)].count(True) == 1
    assert guard.status()["decoys"][0]["used"] == _MANY
    shown = ringfence(guard.home, "status")
    assert "decoy laptop " in shown.out
    assert ringfence(guard.home, "decoy", "list", "--json").json()["decoys"][0]["used"] == _MANY


@pytest.mark.timeout(120)
def test_a_decoy_that_was_removed_is_a_strangers_key(guard: Deployment, tmp_path: Path) -> None:
    pair = plant(guard, "laptop", tmp_path / ".env")
    done = ringfence(guard.home, "decoy", "remove", "laptop", "--yes", secrets=_OPEN)
    assert done.code == 0
    before = alarms(guard)
    assert over_http(guard, pair) == over_http(guard, strangers()[0])
    assert alarms(guard) == before
    assert guard.status()["decoys"] == []
