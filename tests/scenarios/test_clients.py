"""ccxt, unmodified and only configured, trades through Ringfence."""

import asyncio
from typing import Any

import ccxt
import ccxt.async_support
import pytest

from tests.deployment import Deployment


def config(deployment: Deployment, bot: str = "grid") -> dict[str, Any]:
    key, secret = deployment.bots[bot]
    hosts = ccxt.binance().describe()["urls"]["api"]
    rest = {name: f"{deployment.url}/{url.split('/', 3)[3]}" for name, url in hosts.items() if url.startswith("http")}
    return {"apiKey": key, "secret": secret, "urls": {"api": rest}, "enableRateLimit": False}


@pytest.fixture(scope="module")
def exchange(shared: Deployment) -> Any:
    return ccxt.binance(config(shared))


def test_a_sync_client_trades_and_reads(exchange: Any, shared: Deployment) -> None:
    exchange.load_markets()
    ticker = exchange.fetch_ticker("BTC/USDT")
    placed = exchange.create_order("BTC/USDT", "limit", "buy", 0.001, round(ticker["bid"] * 0.97, 2))
    assert placed["status"] == "open"
    assert exchange.fetch_order(placed["id"], "BTC/USDT")["status"] == "open"
    assert placed["id"] in [order["id"] for order in exchange.fetch_open_orders("BTC/USDT")]
    assert exchange.cancel_order(placed["id"], "BTC/USDT")["status"] == "canceled"
    assert exchange.fetch_open_orders("BTC/USDT") == []
    bought = exchange.create_order("BTC/USDT", "market", "buy", 0.002)
    assert bought["filled"] == pytest.approx(0.002)
    assert bought["id"] in [trade["order"] for trade in exchange.fetch_my_trades("BTC/USDT")]
    assert bought["id"] in [order["id"] for order in exchange.fetch_orders("BTC/USDT")]
    assert exchange.fetch_balance()["BTC"]["total"] > 0.0019
    sold = exchange.create_order("BTC/USDT", "market", "sell", 0.001)
    assert sold["filled"] == pytest.approx(0.001)
    by_quote = exchange.create_order("BTC/USDT", "market", "buy", None, None, {"quoteOrderQty": 50})
    assert 0 < by_quote["cost"] <= 50


def test_an_async_client_trades_and_reads(shared: Deployment) -> None:
    async def go() -> None:
        client = ccxt.async_support.binance(config(shared))
        try:
            await client.load_markets()
            price = round((await client.fetch_ticker("ETH/USDT"))["bid"] * 0.98, 2)
            placed = await client.create_order("ETH/USDT", "limit", "buy", 0.01, price)
            assert (await client.fetch_order(placed["id"], "ETH/USDT"))["status"] == "open"
            assert (await client.cancel_order(placed["id"], "ETH/USDT"))["status"] == "canceled"
            maker = await client.create_order("ETH/USDT", "limit", "buy", 0.01, price, {"postOnly": True})
            assert [order["id"] for order in await client.cancel_all_orders("ETH/USDT")] == [maker["id"]]
            assert (await client.fetch_balance())["USDT"]["total"] > 0
            assert await client.fetch_my_trades("ETH/USDT") == []
        finally:
            await client.close()

    asyncio.run(go())


def near(exchange: Any) -> float:
    return round(float(exchange.fetch_ticker("BTC/USDT")["bid"]), 2)


DEAD = "0x000000000000000000000000000000000000dEaD"
STOP = {"side": "SELL", "quantity": 0.001, "price": 50_000, "stopPrice": 51_000, "timeInForce": "GTC"}
REFUSALS = [
    # what a bot might do, and the ordinary error that its client must see
    (lambda x: x.create_order("BTC/USDT", "limit", "buy", 0.001, 900_000), ccxt.InvalidOrder),
    (lambda x: x.create_order("BTC/USDT", "limit", "buy", 0.5, near(x)), (ccxt.InsufficientFunds, ccxt.InvalidOrder)),
    (lambda x: x.create_order("VIA/USDT", "limit", "buy", 10, 1), (ccxt.InvalidOrder, ccxt.BadSymbol)),
    (lambda x: x.private_post_order({"symbol": "BTCUSDT", "type": "STOP_LOSS_LIMIT", **STOP}), ccxt.InvalidOrder),
    (lambda x: x.withdraw("USDT", 10, DEAD, None, {"network": "ETH"}), ccxt.PermissionDenied),
    (lambda x: x.transfer("USDT", 10, "spot", "future"), ccxt.PermissionDenied),
    (lambda x: x.cancel_order("123456789", "BTC/USDT"), ccxt.OrderNotFound),
]


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_is_an_ordinary_error_of_the_client(exchange: Any, case: Any) -> None:
    attempt, expected = case
    exchange.load_markets()
    with pytest.raises(expected) as raised:
        attempt(exchange)
    assert not isinstance(raised.value, ccxt.AuthenticationError) or isinstance(raised.value, ccxt.PermissionDenied)
    assert "ringfence" in str(raised.value)


def test_a_wrong_secret_is_an_authentication_error(shared: Deployment) -> None:
    wrong = ccxt.binance({**config(shared), "secret": "x" * 64})
    with pytest.raises(ccxt.AuthenticationError):
        wrong.fetch_balance()


def test_the_bot_never_sees_the_real_key(exchange: Any, shared: Deployment) -> None:
    key, secret = shared.real["main"]
    heard = str(exchange.fetch_balance()) + str(exchange.last_response_headers) + str(exchange.last_http_response)
    for log in shared.home.glob("*.log"):
        heard += log.read_text()
    assert key not in heard
    assert secret not in heard
