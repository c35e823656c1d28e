"""What the attackers write is signed as the exchange asks, and means what the attack says it means."""

from decimal import Decimal
from urllib.parse import parse_qsl

import pytest

from ringfence.dialects.registry import dialect_of
from ringfence.drill import calls
from ringfence.drill.calls import Call, Wire, signed
from ringfence.model.action import AccountChange, Action, Cancel, CancelAll, Place, Read, Transfer, Unknown, Withdraw
from ringfence.model.names import ExchangeId, Symbol
from ringfence.model.request import Request
from ringfence.paper import signing
from ringfence.paper.keys import ApiKey
from ringfence.paper.refused import Refused
from ringfence.paper.routes import normal

SECRET = "s" * 64
NOW = 1_700_000_000_000
SYMBOLS = {"BTCUSDT": Symbol("BTC/USDT"), "ETHUSDT": Symbol("ETH/USDT"), "VIAUSDT": Symbol("VIA/USDT")}
HIDDEN = "/api/v3/%2e%2e/%2e%2e/sapi/v1/capital/withdraw/apply"
ORDER = calls.limit("ETHUSDT", "BUY", Decimal("0.01"), Decimal(3000))

CALLS: list[tuple[Call, type[Action]]] = [
    (calls.withdrawal("USDT", Decimal(100)), Withdraw),
    (calls.withdrawal("USDT", Decimal(100), HIDDEN), Unknown),
    (calls.wallet_transfer("USDT", Decimal(100), "MAIN_UMFUTURE"), Transfer),
    (calls.new_key(), AccountChange),
    (ORDER, Place),
    (calls.limit("ETHUSDT", "SELL", Decimal("0.01"), Decimal(3000), timeInForce="GTC"), Place),
    (calls.market("VIAUSDT", "BUY", quoteOrderQty="9999.00"), Place),
    (calls.limit("ETHUSDT", "BUY", Decimal("0.01"), Decimal(30000), selfTradePreventionMode="TRANSFER"), Transfer),
    (calls.twice(ORDER, "quantity", "3"), Unknown),
    (calls.covered(calls.market("VIAUSDT", "BUY", quoteOrderQty="50"), symbol="ETHUSDT"), Unknown),
    (calls.account(), Read),
    (calls.open_orders("BTCUSDT"), Read),
    (calls.cancel("BTCUSDT", 7), Cancel),
    (calls.cancel_all("BTCUSDT"), CancelAll),
]
IDS = [f"{call.method} {call.path} {number}" for number, (call, _) in enumerate(CALLS)]


def parts(wire: Wire) -> tuple[str, bytes, bytes]:
    path, _, query = wire.target.partition("?")
    return path, query.encode(), wire.body.encode()


def as_request(wire: Wire) -> Request:
    path, query, body = parts(wire)
    return Request(wire.method, "127.0.0.1", path, query, (("X-MBX-APIKEY", "k" * 64),), body)


@pytest.mark.parametrize("call", [call for call, _ in CALLS], ids=IDS)
def test_the_exchange_accepts_the_signature(call: Call) -> None:
    _, query, body = parts(signed(call, SECRET, NOW))
    signing.verify(ApiKey("k", "main", "k" * 64, SECRET, frozenset()), query, body)


@pytest.mark.parametrize("call", [call for call, _ in CALLS], ids=IDS)
def test_a_signature_with_another_secret_is_not_accepted(call: Call) -> None:
    _, query, body = parts(signed(call, "t" * 64, NOW))
    with pytest.raises(Refused):
        signing.verify(ApiKey("k", "main", "k" * 64, SECRET, frozenset()), query, body)


@pytest.mark.parametrize(("call", "kind"), CALLS, ids=IDS)
def test_ringfence_reads_what_the_attack_is_about(call: Call, kind: type[Action]) -> None:
    assert isinstance(dialect_of(ExchangeId("binance")).read(as_request(signed(call, SECRET, NOW)), SYMBOLS), kind)


def test_the_time_is_in_the_query_and_signed() -> None:
    _, query, _ = parts(signed(ORDER, SECRET, NOW))
    assert ("timestamp", str(NOW)) in parse_qsl(query.decode())
    assert signed(ORDER, SECRET, NOW) != signed(ORDER, SECRET, NOW + 1)
    assert signed(ORDER, SECRET, NOW) == signed(ORDER, SECRET, NOW)


def test_the_hidden_path_is_the_withdrawal_to_a_server_that_tidies_paths() -> None:
    assert normal(HIDDEN) == "/sapi/v1/capital/withdraw/apply"
    assert signed(calls.withdrawal("USDT", Decimal(1), HIDDEN), SECRET, NOW).target.startswith(HIDDEN)


def test_of_two_coins_the_exchange_takes_the_one_in_the_query() -> None:
    call = calls.covered(calls.market("VIAUSDT", "BUY", quoteOrderQty="50"), symbol="ETHUSDT")
    _, query, body = parts(signed(call, SECRET, NOW))
    assert b"symbol=ETHUSDT" in body
    assert signing.read(query, body)["symbol"] == "VIAUSDT"


def test_a_parameter_said_twice_is_there_twice() -> None:
    names = [name for name, _ in parse_qsl(calls.twice(ORDER, "quantity", "3").query)]
    assert names.count("quantity") == 2
