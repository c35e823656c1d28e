"""hummingbot itself makes a market on the rehearsal exchange, by the exchange's own names alone."""

import json
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployment import Deployment
from tests.real.ground import Bot, bot, orders, point, python, streams
from tests.real.seen import note

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

_CONF = ("connectors", "strategies", "scripts", "controllers")
FOLDERS = (*(f"conf/{name}" for name in _CONF), "data", "logs", "scripts", "controllers")
MARKET_MAKING = {
    "exchange": "binance", "market": "BTC-USDT", "bid_spread": "0.1", "ask_spread": "0.1", "order_amount": "0.001",
    "order_refresh_time": "600", "minimum_spread": "-100",
}  # fmt: skip


@pytest.fixture
def installed() -> Iterator[Path]:
    """Its files, which lie beside its code: one bot an install."""
    program = python("hummingbot")
    [site] = program.parents[1].glob("lib/python3.*/site-packages")
    for name in ("conf", "data", "logs"):
        shutil.rmtree(site / name, ignore_errors=True)
    for name in FOLDERS:
        (site / name).mkdir(parents=True, exist_ok=True)
    yield site
    for name in ("conf", "data", "logs"):
        shutil.rmtree(site / name, ignore_errors=True)


def hbot(running: Bot, *words: str, given: str = "") -> str:
    """Run hummingbot's own command line."""
    more: Any = {"HBOT_PASSWORD": "pw", "NO_COLOR": "1"}
    return running.run(python("hummingbot"), "-m", "hummingbot.cli.main", *words, given=given, **more)


def test_hummingbot_makes_a_market(there: Deployment, installed: Path, tmp_path: Path) -> None:
    said = point(there, "hummingbot", "names")
    running = bot(said, tmp_path)
    key, secret = there.bots["grid"]
    keys = json.dumps({"binance_api_key": key, "binance_api_secret": secret})
    hbot(running, "connect", "binance", "--keys-stdin", given=keys)
    there.paper("POST", "/price", {"symbol": "BTCUSDT", "freeze": True})
    settings = [word for name, value in MARKET_MAKING.items() for word in ("--set", f"{name}={value}")]
    hbot(running, "deploy", "pure_market_making", "--v1-strategy", *settings)
    try:
        there.wait(lambda: ("BUY", "NEW") in orders(there), 90)
        assert {"btcusdt@trade", "btcusdt@depth@100ms"} <= streams(there)
        there.paper("POST", "/price", {"symbol": "BTCUSDT", "jump": "-0.15"})
        there.wait(lambda: ("BUY", "FILLED") in orders(there), 30)
        deadline = time.monotonic() + 60
        while "Filled" not in (told := log(installed)) and "filled" not in told:
            assert time.monotonic() < deadline, told[-3000:]
            time.sleep(0.5)
    finally:
        hbot(running, "stop")
    there.wait(lambda: not [order for order in orders(there) if order[1] == "NEW"], 30)  # it took its orders away
    assert there.real["main"][0] not in log(installed)
    did = ["bought", "heard of its fill", "cancelled", "market data by WebSocket"]
    note("hummingbot", "names", version(installed), did)


def log(installed: Path) -> str:
    return "".join(file.read_text() for file in sorted((installed / "logs").glob("*.log")))


def version(installed: Path) -> str:
    found: Any = next(installed.glob("hummingbot-*.dist-info")).name
    return str(found.split("-")[1].removesuffix(".dist"))
