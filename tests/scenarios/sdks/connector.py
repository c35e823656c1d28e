"""What a bot does with binance-connector: URL, key, secret (or a private key in PEM), price. Prints what came back."""

import json
import sys
from typing import Any

from binance.spot import Spot

url, key, secret, mid = sys.argv[1:5]
pair = secret.startswith("-----BEGIN")
client: Any = Spot(key, None if pair else secret, base_url=url, private_key=secret if pair else None)
PAIR: dict[str, Any] = {"symbol": "BTCUSDT"}
LIMIT = {**PAIR, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.002"}
LOW, UP = f"{float(mid) * 0.97:.2f}", f"{float(mid) * 1.02:.2f}"
STOP, FLOOR = f"{float(mid) * 0.985:.2f}", f"{float(mid) * 0.975:.2f}"
STEPS: dict[str, Any] = {
    "account": lambda _: client.account()["accountType"],
    "markets": lambda _: "BTCUSDT" in [row["symbol"] for row in client.exchange_info()["symbols"]],
    "limit": lambda _: client.new_order(**LIMIT, price=LOW),
    "query": lambda told: client.get_order(**PAIR, orderId=told["limit"]["orderId"])["status"],
    "open": lambda told: [row["orderId"] for row in client.get_open_orders(**PAIR)],
    "replace": lambda told: client.cancel_and_replace(
        **LIMIT, price=LOW, cancelReplaceMode="STOP_ON_FAILURE", cancelOrderId=told["limit"]["orderId"]
    ),
    "cancel": lambda told: client.cancel_order(
        **PAIR, orderId=told["replace"]["newOrderResponse"]["orderId"]
    )["status"],
    "market": lambda _: client.new_order(**PAIR, side="BUY", type="MARKET", quantity="0.002"),
    "oco": lambda _: client.new_oco_order(
        **PAIR, side="SELL", quantity="0.00199", aboveType="LIMIT_MAKER", abovePrice=UP,
        belowType="STOP_LOSS_LIMIT", belowStopPrice=STOP, belowPrice=FLOOR, belowTimeInForce="GTC",
    ),
    "leave": lambda told: client.cancel_order(**PAIR, orderId=told["oco"]["orders"][0]["orderId"])["status"],
    "test": lambda _: client.new_order_test(**LIMIT, price=LOW),
    "sell": lambda _: client.new_order(**PAIR, side="SELL", type="MARKET", quantity="0.00199")["status"],
    "trades": lambda _: len(client.my_trades(**PAIR)) > 1,
    "far": lambda _: client.new_order(**{**LIMIT, "price": "900000"}),
    "withdraw": lambda _: client.withdraw(coin="USDT", address="0xdead", amount=1),
}  # fmt: skip


def main() -> None:
    """Take each step; say what it gave, or what was raised."""
    told: dict[str, object] = {}
    for name, step in STEPS.items():
        try:
            told[name] = step(told)
        except Exception as error:  # noqa: BLE001  # a client's own exceptions are what is asked for
            told[name] = {"raised": type(error).__name__, "text": str(error)}
    print(json.dumps(told))


main()
