"""freqtrade itself, live and not as a dry run, buys and sells on the rehearsal exchange, by what `point` prints."""

import json
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from ringfence.pointing.clients import Way
from tests.deployment import Deployment
from tests.real.ground import bot, forms, orders, point, python, streams
from tests.real.seen import note

pytestmark = [pytest.mark.real, pytest.mark.timeout(240)]

STRATEGY = '''
from datetime import timedelta

from freqtrade.strategy import IStrategy


class Trading(IStrategy):
    """Buy at once, and sell three seconds later."""

    timeframe = "5m"
    minimal_roi = {}
    stoploss = -0.5
    process_only_new_candles = False
    startup_candle_count = 10

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe["enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe

    def custom_exit(self, pair, trade, current_time, current_rate, current_profit, **kwargs):
        return "done" if current_time - trade.open_date_utc > timedelta(seconds=3) else None
'''
_PRICING = {"price_side": "other", "use_order_book": True, "order_book_top": 1}
CONFIG: dict[str, Any] = {
    "max_open_trades": 1, "stake_currency": "USDT", "stake_amount": 100, "dry_run": False, "trading_mode": "spot",
    "cancel_open_orders_on_exit": True, "entry_pricing": _PRICING, "exit_pricing": _PRICING,
    "pairlists": [{"method": "StaticPairList"}], "bot_name": "real", "initial_state": "running", "timeframe": "5m",
    "internals": {"process_throttle_secs": 1}, "strategy": "Trading",
}  # fmt: skip


@pytest.mark.parametrize("form", forms("freqtrade"), ids=lambda form: form.name)
def test_freqtrade_trades_live(form: Way, there: Deployment, tmp_path: Path) -> None:
    program = python("freqtrade").with_name("freqtrade")
    said = point(there, "freqtrade", form.mode.value)
    user_data = tmp_path / "user_data"
    for name in ("strategies", "data", "logs"):
        (user_data / name).mkdir(parents=True)
    (user_data / "strategies" / "trading.py").write_text(STRATEGY)
    exchange = {**said["config"]["exchange"], "pair_whitelist": ["BTC/USDT"], "pair_blacklist": []}
    (user_data / "config.json").write_text(json.dumps({**CONFIG, "exchange": exchange}))
    before, running = len(orders(there)), bot(said, tmp_path)
    version = running.run(program, "--version").partition("freqtrade ")[2].split()[0]
    log = tmp_path / "log"
    with log.open("w") as file:
        command = running.command(
            program, "trade", "--userdir", user_data, "--config", user_data / "config.json",
            "--db-url", f"sqlite:///{tmp_path}/trades.sqlite",
        )  # fmt: skip
        process = subprocess.Popen(command, env=dict(running.environment), stdout=file, stderr=file)
    try:
        deadline = time.monotonic() + 120
        while orders(there)[before:][:2] != [("BUY", "FILLED"), ("SELL", "FILLED")]:
            assert process.poll() is None, log.read_text()[-3000:]
            assert time.monotonic() < deadline, (orders(there)[before:], log.read_text()[-3000:])
            time.sleep(0.3)
        there.wait(lambda: "btcusdt@kline_5m" in streams(there), 20)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)
    said_it = log.read_text()
    assert "Exchange not available" not in said_it
    assert there.real["main"][0] not in said_it
    assert there.real["main"][1] not in said_it
    note("freqtrade", form.name, version, ["bought", "sold", "candles by WebSocket"])
