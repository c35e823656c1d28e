"""A static Binance: every order fills at its price at once. It stands in for the rehearsal exchange.

Fast rather than clever, so that what is measured is what stands before it. It checks no signature.
"""

import argparse
import asyncio
import itertools
import json
import ssl
import time
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import cast
from urllib.parse import parse_qsl

import uvloop
from websockets.utils import accept_key

from tests.bench.orders import PRICE
from tests.bench.streams import FLOOD, FLOOD_MESSAGES, PACED, PACED_MESSAGES, message

_BEFORE = 0.1  # seconds until the first message: until whoever is in between is ready
_BATCH = 20  # messages that an exchange has ready at once when there is much to say
_PACE = 0.002
_ids = itertools.count(1_000_000)
_TICKER = {"bidPrice": "59999.99", "bidQty": "5", "askPrice": "60000.01", "askQty": "5"}
_SYMBOL = {
    "symbol": "BTCUSDT",
    "status": "TRADING",
    "baseAsset": "BTC",
    "baseAssetPrecision": 8,
    "quoteAsset": "USDT",
    "quotePrecision": 8,
    "quoteAssetPrecision": 8,
    "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET"],
    "icebergAllowed": True,
    "ocoAllowed": True,
    "isSpotTradingAllowed": True,
    "isMarginTradingAllowed": False,
    "permissions": [],
    "permissionSets": [["SPOT"]],
    "defaultSelfTradePreventionMode": "EXPIRE_MAKER",
    "allowedSelfTradePreventionModes": ["EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"],
    "filters": [
        {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000.00", "tickSize": "0.01"},
        {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000.00", "stepSize": "0.00001"},
        {"filterType": "NOTIONAL", "minNotional": "5.00", "applyMinToMarket": True, "maxNotional": "9000000.00"},
    ],
}


def _now() -> int:
    return time.time_ns() // 1_000_000


def _filled(asked: dict[str, str]) -> dict[str, object]:
    price, quantity = Decimal(asked.get("price", PRICE)), Decimal(asked["quantity"])
    number, now = next(_ids), _now()
    money = f"{price * quantity:.8f}"
    return {
        "symbol": asked["symbol"],
        "orderId": number,
        "orderListId": -1,
        "clientOrderId": asked["newClientOrderId"],
        "transactTime": now,
        "price": f"{price:.8f}",
        "origQty": f"{quantity:.8f}",
        "executedQty": f"{quantity:.8f}",
        "origQuoteOrderQty": "0.00000000",
        "cummulativeQuoteQty": money,
        "status": "FILLED",
        "timeInForce": asked.get("timeInForce", "GTC"),
        "type": asked["type"],
        "side": asked["side"],
        "workingTime": now,
        "fills": [
            {
                "price": f"{price:.8f}",
                "qty": f"{quantity:.8f}",
                "commission": "0.00000000",
                "commissionAsset": "USDT",
                "tradeId": number,
            }
        ],
        "selfTradePreventionMode": asked.get("selfTradePreventionMode", "EXPIRE_MAKER"),
    }


def _restrictions(_asked: dict[str, str]) -> dict[str, object]:
    rights = ("enableReading", "enableSpotAndMarginTrading", "ipRestrict")
    wrongs = (
        "enableWithdrawals",
        "enableInternalTransfer",
        "enableMargin",
        "enableFutures",
        "permitsUniversalTransfer",
        "enableVanillaOptions",
        "enableFixApiTrade",
        "enableFixReadOnly",
        "enablePortfolioMarginTrading",
    )
    return {**dict.fromkeys(rights, True), **dict.fromkeys(wrongs, False), "createTime": _now() - 86_400_000}


def _account(_asked: dict[str, str]) -> dict[str, object]:
    balances = [{"asset": asset, "free": "1000000.00000000", "locked": "0.00000000"} for asset in ("BTC", "USDT")]
    return {
        "makerCommission": 10,
        "takerCommission": 10,
        "canTrade": True,
        "canWithdraw": False,
        "canDeposit": True,
        "updateTime": _now(),
        "accountType": "SPOT",
        "balances": balances,
        "permissions": ["SPOT"],
        "uid": 1,
    }


def _ticker(asked: dict[str, str]) -> object:
    symbol = asked.get("symbol")
    return {"symbol": symbol, **_TICKER} if symbol else [{"symbol": "BTCUSDT", **_TICKER}]


def _exchange_info(_asked: dict[str, str]) -> dict[str, object]:
    return {"timezone": "UTC", "serverTime": _now(), "rateLimits": [], "exchangeFilters": [], "symbols": [_SYMBOL]}


def _time(_asked: dict[str, str]) -> dict[str, object]:
    return {"serverTime": _now()}


def _nothing_open(_asked: dict[str, str]) -> list[object]:
    return []


ROUTES: dict[tuple[str, str], Callable[[dict[str, str]], object]] = {
    ("POST", "/api/v3/order"): _filled,
    ("GET", "/api/v3/time"): _time,
    ("GET", "/api/v3/exchangeInfo"): _exchange_info,
    ("GET", "/api/v3/account"): _account,
    ("GET", "/api/v3/openOrders"): _nothing_open,
    ("GET", "/api/v3/ticker/bookTicker"): _ticker,
    ("GET", "/sapi/v1/account/apiRestrictions"): _restrictions,
}


def answer(method: str, target: str, body: bytes) -> tuple[int, bytes]:
    """Answer one request; what is not among the routes is not found."""
    path, _, query = target.partition("?")
    route = ROUTES.get((method, path))
    if route is None:
        return 404, json.dumps({"code": -1000, "msg": f"no {method} {path} here"}).encode()
    asked = dict(parse_qsl(f"{query}&{body.decode()}"))
    return 200, json.dumps(route(asked), separators=(",", ":")).encode()


class Server(asyncio.Protocol):
    """One connection: cut requests by their length, answer each."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's TLS transport does not inherit from it

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end]).decode("latin-1")
            size = _length(head)
            if len(self._buffer) < end + 4 + size:
                return
            body = bytes(self._buffer[end + 4 : end + 4 + size])
            del self._buffer[: end + 4 + size]
            method, target, _ = head.split("\r\n", 1)[0].split(" ", 2)
            if "\r\nupgrade: websocket" in head.lower():
                self._switch(head, target)
                return
            self._reply(*answer(method, target, body))

    def _switch(self, head: str, target: str) -> None:
        """Go on as a WebSocket: a flood, messages at a pace, or nothing at all."""
        assert self._transport is not None
        key = next(
            line.partition(":")[2].strip()
            for line in head.split("\r\n")
            if line.lower().startswith("sec-websocket-key")
        )
        self._transport.write(
            f"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode()
        )
        self._transport.set_protocol(Flood(self._transport, target))

    def _reply(self, status: int, body: bytes) -> None:
        assert self._transport is not None
        reason = "OK" if status == 200 else "Not Found"
        head = (
            f"HTTP/1.1 {status} {reason}\r\nContent-Type: application/json;charset=UTF-8\r\n"
            f"Content-Length: {len(body)}\r\nx-mbx-used-weight-1m: 1\r\n\r\n"
        )
        self._transport.write(head.encode() + body)


def _length(head: str) -> int:
    lowered = head.lower()
    at = lowered.find("\r\ncontent-length:")
    return int(lowered[at + 17 :].split("\r\n", 1)[0]) if at >= 0 else 0


class Flood(asyncio.Protocol):
    """The exchange's side of a socket: it says what the target asks for, as fast as it is read."""

    def __init__(self, transport: asyncio.Transport, target: str) -> None:
        self._transport = transport
        self._room = asyncio.Event()
        self._room.set()
        work = {FLOOD: self._flood, PACED: self._pace}.get(target)
        self._task = None if work is None else asyncio.get_running_loop().create_task(work())

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _flood(self) -> None:
        await asyncio.sleep(_BEFORE)
        batch = message(time.time_ns()) * _BATCH
        for _ in range(FLOOD_MESSAGES // _BATCH):
            await self._room.wait()
            self._transport.write(batch)

    async def _pace(self) -> None:
        await asyncio.sleep(_BEFORE)
        for _ in range(PACED_MESSAGES):
            self._transport.write(message(time.time_ns()))
            await asyncio.sleep(_PACE)


async def serve(certificates: Path, secure: list[int], plain: list[int]) -> None:
    """Listen on loopback for ever."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    loop = asyncio.get_running_loop()
    listen = partial(loop.create_server, Server, "127.0.0.1", backlog=512)
    servers = [await listen(port, ssl=context) for port in secure] + [await listen(port) for port in plain]
    print("ready", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("certificates", type=Path)
    parser.add_argument("--tls", type=int, nargs="*", default=[])
    parser.add_argument("--plain", type=int, nargs="*", default=[])
    given = parser.parse_args()
    uvloop.run(serve(given.certificates, given.tls, given.plain))


if __name__ == "__main__":
    main()
