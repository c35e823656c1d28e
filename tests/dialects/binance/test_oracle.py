"""ccxt as the oracle: what we read out of its requests and sign anew is what it would have signed with the real key."""

import hashlib
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import ccxt
import pytest

from ringfence.dialects.binance.catalogue import ORDERS, SIGNED
from ringfence.dialects.dialect import Algorithm
from ringfence.model.action import Amend, Cancel, CancelList, Place, PlaceList, Preview, Read
from ringfence.model.names import KeyId
from ringfence.model.request import Request
from tests.dialects.binance.asks import (
    AT,
    DIALECT,
    INSTRUMENTS,
    KEY,
    REAL_KEY,
    REAL_SECRET,
    SECRET,
    SYMBOLS,
    back,
)
from tests.keypairs import Pair, ed25519_pair, hmac_pair, rsa_pair

LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.001",
    "price": "30000",
    "newClientOrderId": "x-TKT5PX2F1",
}
MAKER = {name: value for name, value in LIMIT.items() if name != "timeInForce"} | {"type": "LIMIT_MAKER"}
STOP = LIMIT | {"type": "STOP_LOSS_LIMIT", "stopPrice": "29000"}
OCO = {
    "symbol": "BTCUSDT",
    "listClientOrderId": "l",
    "side": "SELL",
    "quantity": "0.001",
    "aboveType": "LIMIT_MAKER",
    "abovePrice": "31000",
    "aboveClientOrderId": "a",
    "belowType": "STOP_LOSS_LIMIT",
    "belowStopPrice": "29000",
    "belowPrice": "28900",
    "belowTimeInForce": "GTC",
    "belowClientOrderId": "b",
}
AMEND = {"symbol": "BTCUSDT", "orderId": "7", "newClientOrderId": "mine", "newQty": "0.5"}
OTO = {
    "symbol": "BTCUSDT",
    "listClientOrderId": "l",
    "workingType": "LIMIT",
    "workingSide": "BUY",
    "workingPrice": "30000",
    "workingQuantity": "0.001",
    "workingTimeInForce": "GTC",
    "workingClientOrderId": "w",
    "pendingType": "LIMIT_MAKER",
    "pendingSide": "SELL",
    "pendingPrice": "31000",
    "pendingQuantity": "0.001",
    "pendingClientOrderId": "p",
}
OTOCO = {
    **{name: value for name, value in OTO.items() if not name.startswith("pending")},
    "pendingSide": "SELL",
    "pendingQuantity": "0.001",
    **{f"pending{name[0].upper()}{name[1:]}": value for name, value in OCO.items() if name[:5] in {"above", "below"}},
}
OURS = {"newOrderRespType": "FULL", "selfTradePreventionMode": "EXPIRE_TAKER"}
ROUTES: list[tuple[str, str, str, dict[str, str]]] = [
    ("POST", "private", "order", LIMIT),
    ("POST", "private", "order", LIMIT | {"side": "SELL", "timeInForce": "IOC"}),
    ("POST", "private", "order", MAKER),
    ("POST", "private", "order", LIMIT | {"newOrderRespType": "ACK", "selfTradePreventionMode": "NONE"}),
    ("POST", "private", "order", LIMIT | {"icebergQty": "0.0005"}),
    ("POST", "private", "order", STOP),
    ("POST", "private", "order", STOP | {"type": "TAKE_PROFIT_LIMIT", "trailingDelta": "150"}),
    ("POST", "private", "sor/order", LIMIT),
    ("POST", "private", "order/test", LIMIT),
    ("POST", "private", "order/test", LIMIT | {"computeCommissionRates": "true"}),
    ("POST", "private", "orderList/oco", OCO),
    ("POST", "private", "orderList/oto", OTO),
    ("POST", "private", "orderList/otoco", OTOCO),
    ("PUT", "private", "order/amend/keepPriority", AMEND),
    ("DELETE", "private", "orderList", {"symbol": "BTCUSDT", "listClientOrderId": "l"}),
    ("DELETE", "private", "order", {"symbol": "LTCBTC", "orderId": "7"}),
    ("DELETE", "private", "order", {"symbol": "BTCUSDT", "origClientOrderId": "x-1", "newClientOrderId": "bye"}),
    ("GET", "private", "order", {"symbol": "BTCUSDT", "orderId": "7"}),
    ("GET", "private", "openOrders", {}),
    ("GET", "private", "openOrders", {"symbol": "BTCUSDT"}),
    ("GET", "private", "allOrders", {"symbol": "BTCUSDT", "startTime": "1", "limit": "5"}),
    ("GET", "private", "orderList", {"orderListId": "3"}),
    ("GET", "private", "orderList", {"origClientOrderId": "l"}),
    ("GET", "private", "allOrderList", {"fromId": "3", "limit": "10"}),
    ("GET", "private", "openOrderList", {}),
    ("GET", "private", "order/amendments", {"symbol": "BTCUSDT", "orderId": "7"}),
    ("GET", "private", "myPreventedMatches", {"symbol": "BTCUSDT", "orderId": "7", "limit": "5"}),
    ("GET", "private", "myAllocations", {"symbol": "BTCUSDT", "fromAllocationId": "3"}),
    ("GET", "private", "myTrades", {"symbol": "BTCUSDT", "limit": "10", "fromId": "3"}),
    ("GET", "private", "account", {}),
    ("GET", "private", "account", {"omitZeroBalances": "true"}),
    ("GET", "private", "account/commission", {"symbol": "BTCUSDT"}),
    ("GET", "private", "rateLimit/order", {}),
    ("GET", "sapi", "capital/config/getall", {}),
    ("GET", "sapi", "margin/allPairs", {}),
    ("GET", "sapi", "margin/isolated/allPairs", {}),
    ("GET", "sapi", "account/apiRestrictions", {}),
    ("GET", "sapi", "asset/tradeFee", {"symbol": "BTCUSDT"}),
]


VIRTUAL = {
    Algorithm.HMAC: hmac_pair(SECRET),
    Algorithm.ED25519: ed25519_pair(bytes(range(32))),
    Algorithm.RSA: rsa_pair(),
}
REAL = {
    Algorithm.HMAC: hmac_pair(REAL_SECRET),
    Algorithm.ED25519: ed25519_pair(bytes(32)),
    Algorithm.RSA: rsa_pair(),
}


def client(key: KeyId, pair: Pair) -> Any:
    exchange = ccxt.binance({"apiKey": key, "secret": pair.secret, "options": {"recvWindow": 5000}})
    exchange.nonce = lambda: AT
    return exchange


def signed(exchange: Any, method: str, section: str, path: str, params: dict[str, str]) -> Request:
    """Let ccxt sign, and take what it would send."""
    made = exchange.sign(path, section, method, dict(params))
    url = urlsplit(made["url"])
    headers = tuple((name, value) for name, value in made["headers"].items())
    return Request(method, url.netloc, url.path, url.query.encode(), headers, (made["body"] or "").encode())


def parameters(request: Request) -> dict[str, str]:
    pairs = parse_qsl((request.query or request.body).decode(), strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


@pytest.mark.parametrize("algorithm", Algorithm)
@pytest.mark.parametrize(("method", "section", "path", "params"), ROUTES)
def test_what_we_sign_anew_is_what_ccxt_would_sign(
    algorithm: Algorithm, method: str, section: str, path: str, params: dict[str, str]
) -> None:
    asked = signed(client(KEY, VIRTUAL[algorithm]), method, section, path, params)
    assert DIALECT.verify(asked, VIRTUAL[algorithm].public)
    assert not DIALECT.verify(asked, REAL[algorithm].public)
    envelope = DIALECT.envelope(asked)
    assert (envelope.key, envelope.timestamp_ms, envelope.window_ms) == (KEY, AT, 5_000)

    action = DIALECT.read(asked, SYMBOLS)
    assert isinstance(action, (Place, PlaceList, Preview, Amend, Cancel, CancelList, Read))
    sent = back(DIALECT.sign(DIALECT.write(action, INSTRUMENTS, AT), REAL_KEY, REAL[algorithm].ours))

    theirs = client(REAL_KEY, REAL[algorithm])
    expected = signed(theirs, method, section, path, params | (OURS if method == "POST" else {}))
    ours, model = parameters(sent), parameters(expected)
    signature, _ = ours.pop("signature"), model.pop("signature")
    assert ours == model
    assert (sent.method, sent.path, sent.header("X-MBX-APIKEY")) == (expected.method, expected.path, REAL_KEY)
    assert sent.body == b""
    text = sent.query.rpartition(b"&signature=")[0]
    assert signature == by_ccxt(theirs, algorithm, text)


def by_ccxt(exchange: Any, algorithm: Algorithm, text: bytes) -> str:
    """Sign what we sent with ccxt's own functions, as its `sign` calls them."""
    secret = exchange.secret
    match algorithm:
        case Algorithm.HMAC:
            return str(exchange.hmac(text, secret.encode(), hashlib.sha256))
        case Algorithm.ED25519:
            return str(exchange.eddsa(text, secret, "ed25519"))
        case Algorithm.RSA:
            return str(exchange.rsa(text.decode(), secret, "sha256"))


def test_the_route_table_of_this_test_is_whole() -> None:
    base = {"private": "/api/v3/", "sapi": "/sapi/v1/"}
    asked = {(method, base[section] + path) for method, section, path, _ in ROUTES}
    assert {where for where in asked if where[0] == "GET"} == set(SIGNED)
    written = {*ORDERS.list_paths.values(), *(ORDERS.paths[what] for what in ("order", "test", "routed"))}
    assert {path for method, path in asked if method == "POST"} == written
