"""What a bot hears and does by WebSocket with python-binance: URL, key, secret, price. Prints what came back."""

import asyncio
import json
import sys
from typing import Any

from binance.async_client import AsyncClient
from binance.ws.streams import BinanceSocketManager

url, key, secret, mid = sys.argv[1:5]
base = url.replace("http", "ws")
LIMIT: dict[str, Any] = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001",
}  # fmt: skip


async def main() -> dict[str, Any]:
    """Listen, trade, and hear of it."""
    AsyncClient.API_URL, AsyncClient.WS_API_URL = f"{url}/api", f"{base}/ws-api/v3"  # no setting names them
    BinanceSocketManager.STREAM_URL = f"{base}/"
    client: Any = await AsyncClient.create(key, secret)
    manager: Any = BinanceSocketManager(client)
    said: dict[str, Any] = {}
    try:
        async with manager.trade_socket("BTCUSDT") as stream:
            said["trade"] = (await stream.recv())["e"]
        async with manager.multiplex_socket(["btcusdt@bookTicker", "ethusdt@kline_1m"]) as stream:
            said["combined"] = sorted({(await stream.recv())["stream"] for _ in range(6)})
        async with manager.user_socket() as account:
            await asyncio.sleep(0.5)
            placed = await client.ws_create_order(**LIMIT, price=f"{float(mid) * 0.998:.2f}")
            said["placed"] = placed["status"]
            said["heard"] = (await account.recv())["e"]
            gone = await client.ws_cancel_order(symbol="BTCUSDT", orderId=placed["orderId"])
            said["cancelled"] = gone["status"]
        said["account"] = (await client.ws_get_account())["accountType"]
    finally:
        await client.close_connection()
    return said


print(json.dumps(asyncio.run(main())))
