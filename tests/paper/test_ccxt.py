"""ccxt, which knows Binance well, against this exchange and nothing between them."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import ccxt
import pytest

from tests.paper.process import Running


def client(paper: Running, name: str = "main", **changes: Any) -> Any:
    key = paper.keys[name]
    exchange = ccxt.binance({"apiKey": key.key, "secret": key.secret, "enableRateLimit": False, **changes})
    exchange.urls["api"] = local(exchange.urls["api"], paper.ports.plain_port)
    return exchange


def local(urls: Any, port: int) -> Any:
    """The same URLs on the plain door; every key has to move, or one call goes to the real exchange."""
    if isinstance(urls, dict):
        return {name: local(url, port) for name, url in urls.items()}
    return f"http://127.0.0.1:{port}{urlsplit(urls).path}"


@pytest.fixture(scope="module")
def main(paper: Running) -> Any:
    return client(paper, options={"fetchMargins": True})


def test_markets_load_with_their_steps(main: Any) -> None:
    markets = main.load_markets()
    assert sorted(markets) == ["BTC/USDT", "ETH/USDT", "VIA/USDT"]
    precision = markets["BTC/USDT"]["precision"]
    assert (precision["amount"], precision["price"]) == (1e-05, 0.01)
    assert markets["BTC/USDT"]["limits"]["cost"]["min"] == 5


def test_tickers_books_candles_and_trades_are_read(main: Any) -> None:
    ticker = main.fetch_ticker("BTC/USDT")
    assert ticker["bid"] < ticker["ask"]
    assert len(main.fetch_tickers()) == 3
    assert main.fetch_order_book("VIA/USDT", 5)["bids"][0][0] == 0.396
    assert len(main.fetch_ohlcv("BTC/USDT", "5m", limit=1000)) == 1000
    assert main.fetch_trades("VIA/USDT") == []
    assert abs(main.fetch_time() - time.time() * 1000) < 10_000


def test_a_limit_order_lives_and_dies(main: Any) -> None:
    used = main.fetch_balance()["USDT"]["used"]
    placed = main.create_order("BTC/USDT", "limit", "buy", 0.001, 50_000)
    assert (placed["status"], placed["filled"], placed["remaining"]) == ("open", 0, 0.001)
    assert main.fetch_order(placed["id"], "BTC/USDT")["clientOrderId"] == placed["clientOrderId"]
    assert placed["id"] in [each["id"] for each in main.fetch_open_orders("BTC/USDT")]
    assert main.fetch_balance()["USDT"]["used"] == pytest.approx(used + 50)
    assert main.cancel_order(placed["id"], "BTC/USDT")["status"] == "canceled"
    assert main.fetch_balance()["USDT"]["used"] == pytest.approx(used)
    assert main.fetch_orders("BTC/USDT")[-1]["status"] == "canceled"


def test_a_market_order_fills_at_once_and_pays_its_fee(main: Any) -> None:
    before = main.fetch_balance()["BTC"]["total"]
    bought = main.create_order("BTC/USDT", "market", "buy", 0.001)
    assert (bought["status"], bought["filled"], bought["fee"]) == ("closed", 0.001, {"currency": "BTC", "cost": 1e-06})
    trade = main.fetch_my_trades("BTC/USDT")[-1]
    assert (trade["order"], trade["takerOrMaker"]) == (bought["id"], "taker")
    assert main.fetch_balance()["BTC"]["total"] == pytest.approx(before + 0.000999)
    sold = main.create_order("BTC/USDT", "market", "sell", 0.0009)
    assert (sold["status"], sold["fee"]["currency"]) == ("closed", "USDT")


def test_a_market_order_may_be_sized_by_what_it_costs(main: Any) -> None:
    bought = main.create_order("ETH/USDT", "market", "buy", None, None, {"quoteOrderQty": "100"})
    assert bought["status"] == "closed"
    assert 99 < bought["cost"] <= 100


@pytest.mark.parametrize(("tif", "status"), [("IOC", "expired"), ("FOK", "expired")])
def test_an_order_that_may_not_wait_expires(main: Any, tif: str, status: str) -> None:
    placed = main.create_order("BTC/USDT", "limit", "buy", 0.001, 50_000, {"timeInForce": tif})
    assert placed["status"] == status


def test_a_post_only_order_rests_and_all_orders_are_cancelled_together(main: Any) -> None:
    placed = main.create_order("ETH/USDT", "limit", "buy", 0.01, 2000, {"postOnly": True})
    assert main.fetch_order(placed["id"], "ETH/USDT")["postOnly"]
    assert placed["id"] in [each["id"] for each in main.cancel_all_orders("ETH/USDT")]
    assert main.fetch_open_orders("ETH/USDT") == []


def test_money_leaves_by_a_key_that_may_withdraw(paper: Running) -> None:
    thief = client(paper, "bare-withdraw")
    assert thief.withdraw("USDT", 100, "0xaccomplice", None, {"network": "USDT"})["id"]
    last = paper.control("GET", "/truth")[1]["movements"][-1]
    assert (last["kind"], last["account"], last["other"]) == ("withdrawal", "bare", "0xaccomplice")


@pytest.mark.parametrize("name", ["main", "main-ed25519", "main-rsa"])
def test_keys_of_every_type_read_and_trade(paper: Running, name: str) -> None:
    """ccxt signs by what it finds in the secret: an Ed25519 or RSA key in PEM, or neither."""
    trader = client(paper, name)
    assert trader.fetch_balance()["USDT"]["total"] > 0
    placed = trader.create_order("BTC/USDT", "limit", "buy", 0.001, 50_000, {"clientOrderId": f"by-{name}"})
    assert trader.fetch_order(placed["id"], "BTC/USDT")["clientOrderId"] == f"by-{name}"
    assert trader.cancel_order(placed["id"], "BTC/USDT")["status"] == "canceled"


def test_an_order_is_edited_into_another(main: Any) -> None:
    """ccxt edits a spot order by cancelReplace."""
    placed = main.create_order("BTC/USDT", "limit", "buy", 0.001, 50_000)
    edited = main.edit_order(placed["id"], "BTC/USDT", "limit", "buy", 0.002, 51_000)
    assert edited["id"] != placed["id"]
    assert (edited["status"], edited["amount"], edited["price"]) == ("open", 0.002, 51_000)
    assert main.fetch_order(placed["id"], "BTC/USDT")["status"] == "canceled"
    assert main.cancel_order(edited["id"], "BTC/USDT")["status"] == "canceled"


def test_an_order_becomes_smaller_and_says_so(main: Any) -> None:
    """ccxt has no word for amendments, and sends what it is given."""
    placed = main.create_order("BTC/USDT", "limit", "buy", 0.002, 50_000)
    ask = {"symbol": "BTCUSDT", "orderId": placed["id"]}
    answer = main.fetch2("order/amend/keepPriority", "private", "PUT", {**ask, "newQty": "0.001"})
    assert answer["amendedOrder"]["qty"] == "0.00100000"
    assert main.fetch_order(placed["id"], "BTC/USDT")["amount"] == 0.001
    rows = main.fetch2("order/amendments", "private", "GET", ask)
    assert [(row["origQty"], row["newQty"]) for row in rows] == [("0.00200000", "0.00100000")]
    main.cancel_order(placed["id"], "BTC/USDT")


def test_fees_limits_and_a_test_order_are_read(main: Any) -> None:
    fee = main.fetch_trading_fee("BTC/USDT")
    assert (fee["maker"], fee["taker"]) == (0.001, 0.001)
    assert len(main.fetch_trading_fees()) == 3
    assert main.private_get_account_commission({"symbol": "BTCUSDT"})["standardCommission"]["taker"] == "0.00100000"
    assert [row["interval"] for row in main.private_get_ratelimit_order()] == ["SECOND", "DAY"]
    assert main.private_get_myallocations({"symbol": "BTCUSDT"}) == []
    tested = main.create_order("BTC/USDT", "limit", "buy", 0.001, 50_000, {"test": True})
    assert tested["id"] is None
    assert main.sapi_get_account_apirestrictions()["enableWithdrawals"] is False
    assert "USDT" in main.fetch_currencies()


Act = Callable[[Any], object]


def limit(amount: float, price: float, **more: Any) -> Act:
    return lambda main: main.create_order("BTC/USDT", "limit", "buy", amount, price, more)


ORDER = {"symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.1", "price": "50000"}


def twice(main: Any) -> None:
    for _ in range(2):
        main.create_order("BTC/USDT", "limit", "buy", 0.001, 50_000, {"newClientOrderId": "the-same"})


ERRORS: list[tuple[type[Exception], Act]] = [
    (ccxt.InsufficientFunds, limit(1, 50_000)),
    (ccxt.InsufficientFunds, lambda main: main.create_order("BTC/USDT", "market", "buy", 1)),
    (ccxt.BadRequest, limit(0.0001, 100)),
    (ccxt.InvalidOrder, lambda main: main.private_post_order({**ORDER, "quantity": "0.0000011"})),
    (ccxt.InvalidOrder, lambda main: main.private_post_order({**ORDER, "price": "50000.001"})),
    (ccxt.OrderImmediatelyFillable, limit(0.001, 65_000, postOnly=True)),
    (ccxt.InvalidOrder, twice),
    (ccxt.OrderNotFound, lambda main: main.fetch_order("999999", "BTC/USDT")),
    (ccxt.OrderNotFound, lambda main: main.cancel_order("999999", "BTC/USDT")),
    (ccxt.BadSymbol, lambda main: main.private_get_openorders({"symbol": "NOSUCH"})),
    (ccxt.BadRequest, lambda main: main.private_get_openorders({"unheard": "of"})),
    (ccxt.BadRequest, limit(0.001, 50_000, sor=True)),
    # ccxt finds these codes by the exchange's own URL, which here is another
    (ccxt.ExchangeError, lambda main: main.edit_order("999999", "BTC/USDT", "limit", "buy", 0.001, 50_000)),
    (ccxt.ExchangeError, lambda main: main.private_get_openorders({"recvWindow": 60_001})),
]


@pytest.mark.parametrize(("error", "act"), ERRORS)
def test_each_refusal_becomes_the_error_that_a_bot_expects(main: Any, error: type[Exception], act: Act) -> None:
    with pytest.raises(ccxt.BaseError) as raised:
        act(main)
    assert type(raised.value) is error, raised.value


KEYS = [
    ({"apiKey": "x" * 64}, ccxt.AuthenticationError),
    ({"apiKey": "short"}, ccxt.AuthenticationError),
    ({"secret": "x" * 64}, ccxt.AuthenticationError),
]


@pytest.mark.parametrize(("change", "error"), KEYS)
def test_a_key_that_is_wrong_is_an_authentication_error(
    paper: Running, change: dict[str, str], error: type[Exception]
) -> None:
    with pytest.raises(error):
        client(paper, **change).fetch_open_orders("BTC/USDT")


def test_a_clock_that_is_wrong_is_an_invalid_nonce(paper: Running) -> None:
    late = client(paper)
    late.load_markets()
    late.options["timeDifference"] = 20_000
    late.options["adjustForTimeDifference"] = False
    with pytest.raises(ccxt.InvalidNonce):
        late.fetch_open_orders("BTC/USDT")
