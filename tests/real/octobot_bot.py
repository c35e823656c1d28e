"""OctoBot's own exchange layer, run in its own environment: reads what `point` said from its input, orders and cancels.

The rest of OctoBot (pages, strategies) comes by modules that it downloads, and is not needed to reach an exchange.
"""

import asyncio
import json
import re
import sys
from decimal import Decimal
from typing import Any

import octobot
import octobot_trading.api as trading
from octobot_commons import constants
from octobot_commons.configuration import encrypt
from octobot_trading.enums import TradeOrderSide, TraderOrderType

SYMBOL = "BTC/USDT"


async def trade(key: str, secret: str, price: str) -> list[str]:
    """Build the exchange as a starting OctoBot does, with what its page Accounts would hold."""
    account = {  # as its file holds them
        constants.CONFIG_EXCHANGE_KEY: encrypt(key).decode(),
        constants.CONFIG_EXCHANGE_SECRET: encrypt(secret).decode(),
    }
    config: dict[str, Any] = {
        constants.CONFIG_EXCHANGES: {"binance": account},
        constants.CONFIG_CRYPTO_CURRENCIES: {},
        constants.CONFIG_TIME_FRAME: [],
        constants.CONFIG_TRADER: {constants.CONFIG_ENABLED_OPTION: True},
        constants.CONFIG_SIMULATOR: {constants.CONFIG_ENABLED_OPTION: False},
    }
    builder = trading.create_exchange_builder(config, "binance").disable_trading_mode()
    manager = await builder.is_spot_only().is_rest_only().is_exchange_only().build()
    exchange = manager.exchange
    try:
        balance = await exchange.get_balance()
        placed = await exchange.create_order(
            TraderOrderType.BUY_LIMIT, SYMBOL, Decimal("0.001"), price=Decimal(price), side=TradeOrderSide.BUY
        )
        state = await exchange.cancel_order(placed["exchange_id"], SYMBOL, TraderOrderType.BUY_LIMIT)
        assert balance["USDT"]["total"] > 0
        assert state.value == "canceled", state
    finally:
        await manager.stop()
    return ["read its balance", "ordered", "cancelled"]


def main() -> None:
    """Trade, and say what came of it."""
    given = json.load(sys.stdin)
    [(key, secret)] = re.findall(r"API key: +(\S+)\nAPI secret: +(\S+)", given["text"])
    did = asyncio.run(trade(key, secret, given["price"]))
    print("SAID " + json.dumps({"version": octobot.LONG_VERSION, "did": did}))


if __name__ == "__main__":
    main()
