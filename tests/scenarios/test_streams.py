"""Clients that we did not write hear and trade by WebSocket through Ringfence, on real processes."""

import asyncio
import contextlib
import hashlib
import hmac
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import ccxt.pro
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.deployment import Deployment

PROGRAM = Path(__file__).with_name("sdks") / "python_binance_streams.py"


def urls(of: object, deployment: Deployment) -> object:
    """Every address of ccxt's, at the gateway's port."""
    if isinstance(of, dict):
        return {name: urls(url, deployment) for name, url in of.items()}
    scheme, _, rest = str(of).partition("://")
    path = rest.partition("/")[2]
    base = deployment.url.replace("http", "ws") if scheme.startswith("ws") else deployment.url
    return f"{base}/{path}"


@asynccontextmanager
async def client(deployment: Deployment) -> AsyncIterator[Any]:
    key, secret = deployment.bots["grid"]
    api = urls(ccxt.pro.binance().urls["api"], deployment)
    exchange = ccxt.pro.binance({"apiKey": key, "secret": secret, "urls": {"api": api}, "enableRateLimit": False})
    try:
        await exchange.load_markets()
        yield exchange
    finally:
        await exchange.close()


def signed(deployment: Deployment, **params: object) -> dict[str, object]:
    """Sign a call as Binance asks: every parameter, sorted by name."""
    key, secret = deployment.bots["grid"]
    params = {"apiKey": key, "timestamp": int(time.time() * 1000), **params}
    text = "&".join(f"{name}={params[name]}" for name in sorted(params))
    return {**params, "signature": hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()}


async def call(socket: ClientConnection, method: str, **params: object) -> Any:
    await socket.send(json.dumps({"id": "c", "method": method, "params": params}))
    while True:
        told = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if told.get("id") == "c":
            return told


def calls(deployment: Deployment) -> connect:
    return connect(f"{deployment.url.replace('http', 'ws')}/ws-api/v3")


@pytest.mark.timeout(60)
def test_ccxt_watches_the_market(shared: Deployment) -> None:
    async def go() -> None:
        async with client(shared) as exchange:
            watched = await asyncio.wait_for(
                asyncio.gather(
                    exchange.watch_trades("BTC/USDT"),
                    exchange.watch_order_book("BTC/USDT"),
                    exchange.watch_ticker("ETH/USDT"),
                    exchange.watch_ohlcv("BTC/USDT", "1m"),
                    exchange.watch_bids_asks(["BTC/USDT"]),
                ),
                20,
            )
            trades, book, ticker, candles, best = watched
            assert trades[0]["price"] > 0
            assert book["bids"][0][0] < book["asks"][0][0]
            assert ticker["last"] > 0
            assert candles[-1][4] > 0
            assert best["BTC/USDT"]["bid"] > 0
            later = await asyncio.wait_for(exchange.watch_order_book("BTC/USDT"), 10)
            assert later["nonce"] >= book["nonce"]

    asyncio.run(go())


@pytest.mark.timeout(60)
def test_ccxt_trades_and_hears_of_it(shared: Deployment) -> None:
    async def go() -> None:
        async with client(shared) as exchange:
            hearing = asyncio.ensure_future(exchange.watch_orders("BTC/USDT"))
            await asyncio.sleep(1)
            price = round(shared.mid() * 0.999, 2)
            placed = await exchange.create_order_ws("BTC/USDT", "limit", "buy", 0.001, price)
            assert placed["status"] == "open"
            heard = await asyncio.wait_for(hearing, 10)
            assert heard[-1]["id"] == placed["id"]
            cancelling = asyncio.ensure_future(exchange.watch_orders("BTC/USDT"))
            cancelled = await exchange.cancel_order_ws(placed["id"], "BTC/USDT")
            assert cancelled["status"] == "canceled"
            assert (await asyncio.wait_for(cancelling, 10))[-1]["status"] == "canceled"
            filling = asyncio.ensure_future(exchange.watch_my_trades("BTC/USDT"))
            balance = asyncio.ensure_future(exchange.watch_balance())
            await asyncio.sleep(0.2)
            bought = await exchange.create_order("BTC/USDT", "market", "buy", 0.001)
            trade = (await asyncio.wait_for(filling, 10))[-1]
            assert (trade["order"], trade["amount"]) == (bought["id"], 0.001)
            assert (await asyncio.wait_for(balance, 10))["BTC"]["free"] > 0

    asyncio.run(go())


@pytest.mark.timeout(90)
def test_python_binance_hears_and_trades(shared: Deployment) -> None:
    key, secret = shared.bots["grid"]
    program = [sys.executable, str(PROGRAM), shared.url, key, secret, str(shared.mid())]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=80)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "trade": "trade",
        "combined": ["btcusdt@bookTicker", "ethusdt@kline_1m"],
        "placed": "NEW",
        "heard": "executionReport",
        "cancelled": "CANCELED",
        "account": "SPOT",
    }


def test_the_real_key_opens_the_stream_and_no_bot_sees_anything_of_it(shared: Deployment) -> None:
    async def go() -> list[str]:
        heard: list[str] = []
        async with calls(shared) as socket:
            order = signed(shared, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="0.001")
            for method, params in (("userDataStream.subscribe.signature", signed(shared)), ("order.place", order)):
                await socket.send(json.dumps({"id": 1, "method": method, "params": params}))
                await asyncio.sleep(0.1)
            with contextlib.suppress(TimeoutError):
                while True:
                    heard.append(str(await asyncio.wait_for(socket.recv(), 1)))
        return heard

    heard = asyncio.run(go())
    key, secret = shared.real["main"]
    opened = [json.loads(row["body"]) for row in shared.paper("GET", "/requests") if row["method"] == "WS"]
    assert opened[0]["params"]["apiKey"] == key
    assert [json.loads(text).get("event", {}).get("e") for text in heard].count("executionReport") == 2
    for text in heard:
        assert key not in text
        assert secret not in text
        assert opened[0]["params"]["signature"] not in text


def test_what_leaves_is_a_request_of_our_own_whatever_the_frame_looked_like(shared: Deployment) -> None:
    async def go() -> Any:
        async with calls(shared) as socket:
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.00100"}
            price = f"{shared.mid() * 0.998:.2f}"
            return await call(socket, "order.place", **signed(shared, **order, price=price, newClientOrderId="ws-1"))

    assert asyncio.run(go())["status"] == 200
    rows = [row for row in shared.paper("GET", "/requests") if row["client_id"] == "ws-1"]
    assert [row["method"] for row in rows] == ["POST"]
    assert "apiKey" not in rows[0]["target"]
    assert "quantity=0.001&" in rows[0]["target"]
    shared.call("DELETE", "/api/v3/order", symbol="BTCUSDT", origClientOrderId="ws-1")


def test_who_has_logged_on_hears_events_and_signs_each_order_all_the_same(shared: Deployment) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}

    async def go() -> tuple[Any, Any, Any]:
        async with calls(shared) as socket:
            assert (await call(socket, "session.logon", **signed(shared)))["result"]["apiKey"] == shared.bots["grid"][0]
            assert (await call(socket, "userDataStream.subscribe"))["result"] == {"subscriptionId": 0}
            unsigned = await call(socket, "order.place", **order, timestamp=int(time.time() * 1000))
            await socket.send(json.dumps({"id": 9, "method": "order.place", "params": signed(shared, **order)}))
            heard = [json.loads(await asyncio.wait_for(socket.recv(), 5)) for _ in range(4)]
            return unsigned, [each for each in heard if "event" in each], [each for each in heard if "id" in each]

    unsigned, events, answers = asyncio.run(go())
    assert (unsigned["status"], "sign each call" in unsigned["error"]["msg"]) == (400, True)
    assert {event["event"]["e"] for event in events} == {"executionReport", "outboundAccountPosition"}
    assert [answer["status"] for answer in answers] == [200]


def test_a_call_by_websocket_is_held_to_the_same_policy(shared: Deployment) -> None:
    async def go() -> list[Any]:
        async with calls(shared) as socket:
            big = signed(shared, symbol="BTCUSDT", side="BUY", type="MARKET", quantity="1")
            stolen = {**signed(shared, symbol="BTCUSDT"), "signature": "0" * 64}
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.0001"}
            old = signed(shared, **order, timestamp=1_600_000_000_000)
            other = signed(shared, **order)
            return [
                await call(socket, "order.place", **big),
                await call(socket, "order.cancel", **stolen),
                await call(socket, "order.place", **old),
                await call(socket, "order.place", **{**other, "quantity": "0.0002"}),
                await call(socket, "account.status", **signed(shared, unknown="1")),
                await call(socket, "capital.withdraw.apply", **signed(shared, coin="USDT", amount="1")),
                await call(socket, "userDataStream.subscribe.signature", apiKey=shared.real["main"][0], timestamp=1),
            ]

    before = shared.truth()["requests"]
    assert [told["status"] // 100 for told in asyncio.run(go())] == [4] * 7
    assert shared.truth()["requests"] - before <= 3  # errands of our own, and nothing of these


def test_one_signature_is_not_good_for_a_socket_and_for_http(shared: Deployment) -> None:
    order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.0002", "newClientOrderId": "twice-1"}
    params = signed(shared, **order)

    async def go() -> list[Any]:
        async with calls(shared) as socket:
            return [await call(socket, "order.place", **params), await call(socket, "order.place", **params)]

    first, second = asyncio.run(go())
    assert first["status"] == second["status"] == 200
    assert first["result"] == second["result"]  # the first answer, and no second order
    fills = [order for order in shared.truth()["orders"] if order["clientOrderId"] == "twice-1"]
    assert len(fills) == 1


def test_fills_of_resting_orders_settle_by_the_stream_before_any_poll(fresh: Deployment) -> None:
    fresh.paper("POST", "/price", {"symbol": "BTCUSDT", "freeze": True})
    price = round(fresh.mid() * 0.9985, 2)
    _, placed = fresh.buy("0.005", price)
    assert placed["status"] == "NEW"
    began = time.monotonic()
    fresh.paper("POST", "/price", {"symbol": "BTCUSDT", "jump": "-0.3"})
    fresh.wait(lambda: int(fresh.bot_status()["open_orders"][0]) == 0, 4)
    assert time.monotonic() - began < 4  # a poll comes every five seconds


@pytest.mark.timeout(60)
def test_when_the_exchange_drops_the_stream_bots_are_told_and_may_come_again(fresh: Deployment) -> None:
    async def go() -> None:
        async with calls(fresh) as socket:
            assert (await call(socket, "userDataStream.subscribe.signature", **signed(fresh)))["status"] == 200
            fresh.paper("POST", "/sockets", {"kind": "drop", "path": "/ws-api"})
            with pytest.raises(ConnectionClosed) as closed:
                await asyncio.wait_for(socket.recv(), 5)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 1012
        deadline = time.monotonic() + 10
        while True:
            async with calls(fresh) as again:
                told = await call(again, "userDataStream.subscribe.signature", **signed(fresh))
                if told["status"] == 200:
                    break
            assert time.monotonic() < deadline, told
            await asyncio.sleep(0.2)

    asyncio.run(go())


@pytest.mark.timeout(60)
def test_garbage_on_the_stream_is_an_alarm_and_no_more(fresh: Deployment) -> None:
    async def go() -> None:
        async with calls(fresh) as socket:
            assert (await call(socket, "userDataStream.subscribe.signature", **signed(fresh)))["status"] == 200
            fresh.paper("POST", "/sockets", {"kind": "garbage", "path": "/ws-api"})
            await asyncio.sleep(0.3)
            order = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.001"}
            assert (await call(socket, "order.place", **signed(fresh, **order)))["status"] == 200
            fresh.paper("POST", "/sockets", {"kind": "repeat", "path": "/ws-api"})
            await asyncio.sleep(0.3)

    asyncio.run(go())
    assert any("cannot be read" in alarm["text"] for alarm in fresh.status()["alarms"])
    assert Decimal(50) < Decimal(fresh.bot_status()["exposure"][0]) < Decimal(70)  # an event told twice fills once


@pytest.mark.timeout(60)
def test_ten_thousand_messages_a_second_reach_a_bot_and_hold_up_no_order(shared: Deployment) -> None:
    async def go() -> tuple[int, float]:
        base = shared.url.replace("http", "ws")
        async with connect(f"{base}/ws/btcusdt@trade") as stream, calls(shared) as socket:
            await stream.recv()
            bursting = asyncio.create_task(
                asyncio.to_thread(shared.paper, "POST", "/burst", {"stream": "btcusdt@trade", "count": 20_000})
            )
            began, count, slowest = time.monotonic(), 0, 0.0
            while count < 20_000:
                await asyncio.wait_for(stream.recv(), 10)
                count += 1
                if count % 5_000 == 0:
                    asked = time.monotonic()
                    assert (await call(socket, "time"))["status"] == 200
                    slowest = max(slowest, time.monotonic() - asked)
            await bursting
            assert slowest < 5
            return count, time.monotonic() - began

    count, _ = asyncio.run(go())
    assert count == 20_000
