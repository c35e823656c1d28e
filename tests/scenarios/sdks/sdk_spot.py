"""What a bot does with binance-sdk-spot: URL, key, secret (or a private key in PEM), price. Prints what came back."""

import json
import sys
from typing import Any

from binance_common.configuration import ConfigurationRestAPI
from binance_sdk_spot.spot import Spot

url, key, secret, mid = sys.argv[1:5]
pair = secret.startswith("-----BEGIN")
configured = ConfigurationRestAPI(
    api_key=key, api_secret=None if pair else secret, private_key=secret if pair else None, base_path=url
)
client: Any = Spot(configured).rest_api
LIMIT: dict[str, Any] = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "time_in_force": "GTC", "quantity": 0.002}
LOW, UP = round(float(mid) * 0.97, 2), round(float(mid) * 1.02, 2)
STOP, FLOOR = round(float(mid) * 0.985, 2), round(float(mid) * 0.975, 2)


def data(answer: Any) -> Any:
    """Take the answer out of the client's own types."""
    found = answer.data()
    return json.loads(json.dumps([row.to_dict() for row in found] if isinstance(found, list) else found.to_dict()))


def leave(told: Any) -> object:
    """Cancel one of the pair, by the client's own way."""
    number = told["oco"]["orders"][0]["orderId"]
    return data(client.delete_order(symbol="BTCUSDT", order_id=number))["status"]


STEPS: dict[str, Any] = {
    "account": lambda _: data(client.get_account())["accountType"],
    "markets": lambda _: "BTCUSDT" in [row["symbol"] for row in data(client.exchange_info())["symbols"]],
    "limit": lambda _: data(client.new_order(**LIMIT, price=LOW)),
    "query": lambda told: data(client.get_order("BTCUSDT", order_id=told["limit"]["orderId"]))["status"],
    "open": lambda told: [row["orderId"] for row in data(client.get_open_orders(symbol="BTCUSDT"))],
    "replace": lambda told: data(
        client.order_cancel_replace(
            **LIMIT, price=LOW, cancel_replace_mode="STOP_ON_FAILURE", cancel_order_id=told["limit"]["orderId"]
        )
    ),
    "cancel": lambda told: data(
        client.delete_order(symbol="BTCUSDT", order_id=told["replace"]["newOrderResponse"]["orderId"])
    )["status"],
    "market": lambda _: data(client.new_order(symbol="BTCUSDT", side="BUY", type="MARKET", quantity=0.002)),
    "oco": lambda _: data(
        client.order_list_oco(
            symbol="BTCUSDT", side="SELL", quantity=0.00199, above_type="LIMIT_MAKER", above_price=UP,
            below_type="STOP_LOSS_LIMIT", below_stop_price=STOP, below_price=FLOOR, below_time_in_force="GTC",
        )
    ),
    "leave": leave,
    "test": lambda _: data(client.order_test(**LIMIT, price=LOW)),
    "sell": lambda _: data(client.new_order(symbol="BTCUSDT", side="SELL", type="MARKET", quantity=0.00199))["status"],
    "trades": lambda _: len(data(client.my_trades("BTCUSDT"))) > 1,
    "far": lambda _: data(client.new_order(**{**LIMIT, "price": 900000})),
    "withdraw": lambda _: {"raised": "NotThere", "text": "this client has no withdrawals"},
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
