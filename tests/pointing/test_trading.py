"""Real clients, built from exactly what `ringfence point` prints, place an order on the rehearsal exchange."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.terminal import ringfence
from tests.deployment import PASSPHRASE, Deployment

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


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with Deployment.make(tmp_path_factory.mktemp("point") / "h") as made:
        yield made


@pytest.mark.parametrize("client", ORDERS)
def test_a_client_trades_with_nothing_but_what_is_printed(deployment: Deployment, client: str, tmp_path: Path) -> None:
    options = ("--mode", "base-url", "--show-secret", "--json")
    printed = ringfence(deployment.home, "point", client, *options, secrets={"passphrase": PASSPHRASE})
    assert printed.code == 0, printed.err
    found = printed.json()
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
