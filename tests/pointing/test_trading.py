"""Real clients, built from exactly what `ringfence point` prints, place an order on the rehearsal exchange."""

import http.client
import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.cli.certificates import make
from ringfence.settings import load
from ringfence.vault.vault import Vault
from tests.cli.terminal import ringfence
from tests.deployment import PASSPHRASE, Deployment, send, sign
from tests.ports import free_ports

ROOT = Path(__file__).parents[2]
CONNECTOR = ROOT / ".venv-connector" / "bin" / "python"

# what comes after the printed lines: an order at PRICE, and its number on standard output
ORDERS = {
    "ccxt": 'print(exchange.create_order("BTC/USDT", "limit", "buy", 0.001, PRICE)["id"])',
    "ccxt-async": """
import asyncio

async def go():
    try:
        print((await exchange.create_order("BTC/USDT", "limit", "buy", 0.001, PRICE))["id"])
    finally:
        await exchange.close()

asyncio.run(go())
""",
    "python-binance": """
print(client.order_limit_buy(symbol="BTCUSDT", quantity="0.001", price=f"{PRICE:.2f}")["orderId"])
""",
    "python-binance-async": """
import asyncio

async def go():
    client = await connect()
    try:
        print((await client.order_limit_buy(symbol="BTCUSDT", quantity="0.001", price=f"{PRICE:.2f}"))["orderId"])
    finally:
        await client.close_connection()

asyncio.run(go())
""",
    "binance-connector": """
order = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001", "price": f"{PRICE:.2f}"}
print(client.new_order("BTCUSDT", **order)["orderId"])
""",
    "binance-sdk-spot": """
order = {"side": "BUY", "type": "LIMIT", "time_in_force": "GTC", "quantity": 0.001, "price": PRICE}
print(client.rest_api.new_order(symbol="BTCUSDT", **order).data().order_id)
""",
}
ORDERS["ccxt-pro"] = ORDERS["ccxt-async"]


SECURE = {"ccxt", "ccxt-async", "ccxt-pro"}  # those whose base URLs are better over TLS


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One with a plain listener, and one with TLS."""
    made = Deployment.written(tmp_path_factory.mktemp("point") / "h")
    with (made.home / "ringfence.toml").open("a") as file:
        file.write(f'[listeners.secure]\nexchange = "paper-binance"\nport = {free_ports(1)[0]}\ntls = true\n')
    made.settings = load(made.home)
    made.begin(("grid",))
    with Vault.open(made.settings.vault, lambda: bytearray(PASSPHRASE)) as vault:
        make(made.settings, vault)
    with made:
        yield made


@pytest.mark.parametrize("client", ORDERS)
def test_a_client_trades_with_nothing_but_what_is_printed(deployment: Deployment, client: str, tmp_path: Path) -> None:
    options = ("--mode", "base-url", "--show-secret", "--json")
    printed = ringfence(deployment.home, "point", client, *options, secrets={"passphrase": PASSPHRASE})
    assert printed.code == 0, printed.err
    found = printed.json()
    assert ("https://" in found["text"]) is (client in SECURE)
    price = round(deployment.mid() * 0.98, 2)
    program = tmp_path / "bot.py"
    program.write_text(f"{found['text']}\n{ORDERS[client]}".replace("PRICE", str(price)))
    python = str(CONNECTOR) if client == "binance-connector" else sys.executable
    done = subprocess.run(
        [python, str(program)],
        env={"PATH": os.environ["PATH"], **found["environment"]},
        capture_output=True,
        text=True,
        check=False,
        timeout=55,
    )
    assert done.returncode == 0, done.stderr
    code, order = deployment.call("GET", "/api/v3/order", symbol="BTCUSDT", orderId=int(done.stdout))
    assert (code, order["status"], float(order["price"])) == (200, "NEW", price), json.dumps(order)


def test_user_info_of_an_address_never_reaches_the_exchange(deployment: Deployment) -> None:
    key, secret = deployment.bots["grid"]
    headers = {"X-MBX-APIKEY": key, "Authorization": "Basic YXBpLnJpbmdmZW5jZTo="}
    trusting = ssl.create_default_context(cafile=deployment.settings.authority)
    line = http.client.HTTPSConnection("127.0.0.1", deployment.settings.listeners[1].port, context=trusting, timeout=20)
    for target in (sign("/api/v3/account", secret, {}), "/api/v3/time"):
        line.request("GET", target, headers=headers)
        answer = line.getresponse()
        assert (answer.status, answer.read()[:1]) == (200, b"{")
    line.close()
    heard = deployment.paper("GET", "/requests")
    assert any(one["target"].startswith("/api/v3/account?") for one in heard)
    assert "YXBpLnJpbmdmZW5jZTo" not in json.dumps(heard)
    assert all("authorization" not in str(one["headers"]).lower() for one in heard)


def test_the_two_listeners_take_no_bytes_of_each_others_kind(deployment: Deployment) -> None:
    plain, secure = (one.port for one in deployment.settings.listeners)
    status, told = send(secure, "GET", "/api/v3/time", None)
    assert status == 400
    assert "https://" in told["msg"]
    with pytest.raises(ssl.SSLError), socket.create_connection(("127.0.0.1", plain), timeout=20) as wire:
        ssl.create_default_context(cafile=deployment.settings.authority).wrap_socket(wire, server_hostname="localhost")
    with pytest.raises(ssl.SSLCertVerificationError), socket.create_connection(("127.0.0.1", secure)) as wire:
        ssl.create_default_context().wrap_socket(wire, server_hostname="localhost")
    deployment.wait(lambda: "listener secure: this client" in deployment.log("gateway"), 5)
    log = deployment.log("gateway")
    assert "trust/ca.pem; see `ringfence point`" in log
    assert "listener secure: plain HTTP was sent" in log
