"""A bot of a few lines with a client library: reads what `point` said from its input, trades, prints what it did."""

import asyncio
import inspect
import json
import sys
from typing import Any

ORDER: dict[str, Any] = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001",
}  # fmt: skip


def ccxt(told: dict[str, Any], price: float) -> list[str]:
    """Order and cancel."""
    exchange = told["exchange"]
    exchange.load_markets()
    placed = exchange.create_order("BTC/USDT", "limit", "buy", 0.001, price)
    assert exchange.cancel_order(placed["id"], "BTC/USDT")["status"] == "canceled"
    return ["ordered", "cancelled"]


async def ccxt_async(told: dict[str, Any], price: float) -> list[str]:
    """Order and cancel."""
    exchange = told["exchange"]
    try:
        placed = await exchange.create_order("BTC/USDT", "limit", "buy", 0.001, price)
        assert (await exchange.cancel_order(placed["id"], "BTC/USDT"))["status"] == "canceled"
    finally:
        await exchange.close()
    return ["ordered", "cancelled"]


async def ccxt_pro(told: dict[str, Any], price: float) -> list[str]:
    """Listen, order and cancel by WebSocket, and hear of it."""
    exchange = told["exchange"]
    try:
        assert (await exchange.watch_trades("BTC/USDT"))[0]["price"] > 0
        hearing = asyncio.ensure_future(exchange.watch_orders("BTC/USDT"))
        await asyncio.sleep(1)
        placed = await exchange.create_order_ws("BTC/USDT", "limit", "buy", 0.001, price)
        assert (await hearing)[-1]["id"] == placed["id"]
        assert (await exchange.cancel_order_ws(placed["id"], "BTC/USDT"))["status"] == "canceled"
    finally:
        await exchange.close()
    return ["market data by WebSocket", "ordered by WebSocket", "heard of it", "cancelled"]


def python_binance(told: dict[str, Any], price: float) -> list[str]:
    """Order and cancel."""
    client = told["client"]
    placed = client.create_order(**ORDER, price=str(price))
    assert client.cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])["status"] == "CANCELED"
    return ["ordered", "cancelled"]


async def python_binance_async(told: dict[str, Any], price: float) -> list[str]:
    """Listen, order by WebSocket, cancel by HTTP, and hear of it."""
    from binance.ws.streams import BinanceSocketManager  # noqa: PLC0415  # its own environment

    client = await told["connect"]()
    manager: Any = BinanceSocketManager(client)
    try:
        async with manager.trade_socket("BTCUSDT") as stream:
            assert (await stream.recv())["e"] == "trade"
        async with manager.user_socket() as account:
            await asyncio.sleep(0.5)
            placed = await client.ws_create_order(**ORDER, price=str(price))
            assert (await account.recv())["e"] == "executionReport"
        assert (await client.cancel_order(symbol="BTCUSDT", orderId=placed["orderId"]))["status"] == "CANCELED"
    finally:
        await client.close_connection()
    return ["market data by WebSocket", "ordered by WebSocket", "heard of it", "cancelled"]


def binance_connector(told: dict[str, Any], price: float) -> list[str]:
    """Order and cancel."""
    client = told["client"]
    placed = client.new_order(**ORDER, price=str(price))
    assert client.cancel_order("BTCUSDT", orderId=placed["orderId"])["status"] == "CANCELED"
    return ["ordered", "cancelled"]


def binance_sdk_spot(told: dict[str, Any], price: float) -> list[str]:
    """Order and cancel."""
    rest: Any = told["client"].rest_api
    placed = rest.new_order(
        symbol="BTCUSDT", side="BUY", type="LIMIT", time_in_force="GTC", quantity=0.001, price=price
    ).data()
    assert rest.delete_order(symbol="BTCUSDT", order_id=placed.order_id).data().status == "CANCELED"
    return ["ordered", "cancelled"]


BOTS = {
    "ccxt": ccxt, "ccxt-async": ccxt_async, "ccxt-pro": ccxt_pro, "python-binance": python_binance,
    "python-binance-async": python_binance_async, "binance-connector": binance_connector,
    "binance-sdk-spot": binance_sdk_spot,
}  # fmt: skip


def main() -> None:
    """Do what the client that was pointed here is for."""
    given = json.load(sys.stdin)
    bot, price = BOTS[given["client"]], given["price"]

    async def inside() -> list[str]:
        told: dict[str, Any] = {}
        exec(given["text"], told)  # noqa: S102  # what the owner is told to write, to the letter
        found: Any = bot(told, price)
        return list(await found) if inspect.isawaitable(found) else found

    print("SAID " + json.dumps(asyncio.run(inside())))


if __name__ == "__main__":
    main()
