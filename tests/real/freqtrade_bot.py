"""What freqtrade itself makes of its files: run in its own environment. The first word says what is asked.

write DIR KEY SECRET    its user directory, and a configuration by its own template
read CONFIG...          the configuration as it reads it, as JSON
trade PRICE CONFIG...   an order by its own exchange class; prints the order's number
"""

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import freqtrade
from freqtrade.configuration import Configuration
from freqtrade.exchange import Exchange
from jinja2 import Environment, FileSystemLoader

SAID: dict[str, Any] = {
    "max_open_trades": 3, "stake_currency": "USDT", "stake_amount": 50, "fiat_display_currency": "", "timeframe": "5m",
    "dry_run": False, "trading_mode": "spot", "margin_mode": "", "exchange_name": "binance", "telegram": False,
    "telegram_token": "", "telegram_chat_id": "", "api_server": False, "api_server_jwt_key": "jwt",
    "api_server_ws_token": "ws", "api_server_username": "me", "api_server_password": "pw",
}  # fmt: skip


def write(folder: str, key: str, secret: str) -> None:
    """Do what `freqtrade new-config` does once its questions are answered."""
    user_data = Path(folder, "user_data")
    program = Path(sys.prefix, "bin", "freqtrade")
    subprocess.run([program, "create-userdir", "--userdir", user_data], check=True, capture_output=True)
    said = {**SAID, "exchange_api_key": key, "exchange_secret": secret}
    assert freqtrade.__file__ is not None
    templates = Environment(loader=FileSystemLoader(Path(freqtrade.__file__).parent / "templates"))  # noqa: S701  # JSON
    said["exchange"] = templates.get_template("subtemplates/exchange_binance.j2").render(said)
    (user_data / "config.json").write_text(templates.get_template("base_config.json.j2").render(said))


def read(*files: str) -> Any:
    """Load a configuration as the bot does at its start."""
    arguments = {"config": list(files), "user_data_dir": str(Path(files[0]).parent)}
    return Configuration(arguments).get_config()


def trade(price: str, *files: str) -> None:
    """Place an order as the bot does."""
    exchange = Exchange(read(*files), validate=False)
    try:
        order = exchange.create_order(
            pair="BTC/USDT", ordertype="limit", side="buy", amount=0.001, rate=float(price), leverage=1.0
        )
        print(order["id"])
    finally:
        exchange.close()


if __name__ == "__main__":
    logging.disable()
    match sys.argv[1:]:
        case ["write", folder, key, secret]:
            write(folder, key, secret)
        case ["read", *files]:
            print(json.dumps(read(*files)["exchange"]))
        case ["trade", price, *files]:
            trade(price, *files)
