"""Calls by WebSocket answer what the endpoints answer; frames that are none, signatures, limits."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.paper import calls
from ringfence.paper.limits import Allowance
from ringfence.paper.routes import MAIN as ENDPOINTS
from tests.paper.caller import ORDER, PAIR, VIA, Caller, as_text, error
from tests.paper.test_lists import OCO, OTO, OTOCO
from tests.paper.venue import ALL, MAIN, NOW, START, WATCH, Venue, sign

# the table

NAMED = {"newClientOrderId": "new"}
OLD: dict[str, Any] = {"symbol": VIA, "origClientOrderId": "old"}
THIRD = 31  # the number of main's third order: those of the makers come first
LEGS = {"listClientOrderId": "list", "workingClientOrderId": "w"}
CALLS: dict[str, dict[str, Any]] = {
    "account.commission": {"symbol": VIA},
    "account.rateLimits.orders": {},
    "account.status": {},
    "allOrderLists": {},
    "allOrders": {"symbol": VIA},
    "avgPrice": {"symbol": VIA},
    "depth": {"symbol": VIA, "limit": 5},
    "exchangeInfo": {"symbols": ["BTCUSDT", "VIAUSDT"]},
    "klines": {"symbol": VIA, "interval": "1m", "limit": 3},
    "myAllocations": {"symbol": VIA},
    "myFilters": {"symbol": VIA},
    "myPreventedMatches": {"symbol": VIA, "orderId": THIRD},
    "myTrades": {"symbol": VIA},
    "openOrderLists.status": {},
    "openOrders.cancelAll": {"symbol": VIA},
    "openOrders.status": {},
    "order.amend.keepPriority": {"symbol": VIA, "origClientOrderId": "old", "newQty": "20", **NAMED},
    "order.amendments": {"symbol": VIA, "orderId": THIRD},
    "order.cancel": {**OLD, **NAMED},
    "order.cancelReplace": {
        **ORDER, **NAMED, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrigClientOrderId": "old",
        "cancelNewClientOrderId": "cancel",
    },
    "order.place": {**ORDER, **NAMED},
    "order.status": OLD,
    "order.test": {**ORDER, "computeCommissionRates": True},
    "orderList.cancel": {"symbol": VIA, "listClientOrderId": "pair", **NAMED},
    "orderList.place.oco": {
        **OCO, "quantity": "20", "listClientOrderId": "list", "aboveClientOrderId": "a", "belowClientOrderId": "b",
    },
    "orderList.place.oto": {**OTO, **LEGS, "pendingClientOrderId": "p"},
    "orderList.place.otoco": {**OTOCO, **LEGS, "pendingAboveClientOrderId": "a", "pendingBelowClientOrderId": "b"},
    "orderList.status": {"origClientOrderId": "pair"},
    "ping": {},
    "sor.order.place": {**ORDER, **NAMED},
    "sor.order.test": ORDER,
    "ticker.24hr": {"symbol": VIA},
    "ticker.book": {"symbols": ["BTCUSDT", "VIAUSDT"]},
    "ticker.price": {},
    "time": {},
    "trades.aggregate": {"symbol": VIA, "limit": 2},
    "trades.recent": {"symbol": VIA, "limit": 2},
}  # fmt: skip


def settled() -> Venue:
    """A venue on which main has traded, has an order that rests, one that was prevented, and a pair."""
    venue = Venue.make(listings=START.listings[::2])
    venue.limit("BUY", "100", "0.408")
    venue.limit("SELL", "50", "0.3999")
    venue.limit("BUY", "20", "0.4", selfTradePreventionMode="EXPIRE_TAKER")
    venue.limit("BUY", "50", "0.35", newClientOrderId="old")
    pair = {**OCO, "quantity": "20", "listClientOrderId": "pair", "aboveClientOrderId": "1", "belowClientOrderId": "2"}
    assert venue.signed("POST", "/api/v3/orderList/oco", MAIN, **pair)[0] == 200
    return venue


def as_http(value: object) -> str:
    return json.dumps(value, separators=(",", ":")) if isinstance(value, list) else as_text(value)


def named(body: Any) -> str:
    """An answer in which ids that the exchange draws at random are all the same."""
    return re.sub(r'"[A-Za-z0-9]{22}"', '"random"', json.dumps(body, sort_keys=True))


def test_the_table_and_these_calls_have_the_same_methods() -> None:
    assert CALLS.keys() == calls.METHODS.keys()


@pytest.mark.parametrize(("method", "params"), CALLS.items())
def test_a_call_answers_what_its_endpoint_answers(method: str, params: dict[str, Any]) -> None:
    verb, path = calls.METHODS[method].split(" ")
    http, caller = settled(), Caller(settled())
    asked: dict[str, Any] = {name: as_http(value) for name, value in params.items()}
    if ENDPOINTS[verb, path].rights is None:
        answer = caller.call(method, **params)
        status, body = http.get(path, **asked)
    else:
        sent: dict[str, Any] = {
            name: as_http(value) if isinstance(value, list) else value for name, value in params.items()
        }
        answer = caller.signed(method, **sent)
        status, body = http.signed(verb, path, **asked)
    assert answer["status"] == status
    assert named(answer.get("result", answer.get("error"))) == named(body)
    assert (method.startswith("sor."), status) in ((True, 400), (False, 200))


@pytest.mark.parametrize("method", ["order.place", "v3/order.place"])
def test_a_method_may_name_its_version(method: str) -> None:
    assert Caller().signed(method, **ORDER)["result"]["status"] == "NEW"


# frames


WRONG: list[tuple[bytes, int]] = [
    (b"", -1135),
    (b"{", -1135),
    (b"[]", -1135),
    (b'"ping"', -1135),
    (b'{"id":1}', -1135),
    (b'{"id":1,"method":7}', -1135),
    (b'{"id":1,"method":["ping"]}', -1135),
    (b'{"id":1,"method":"ping","params":[]}', -1135),
    (b'{"id":1,"method":"ping","params":"x"}', -1135),
    (b'{"id":1,"method":"ping","more":1}', -1135),
    (b'{"id":1.5,"method":"ping"}', -1135),
    (b'{"id":1e3,"method":"ping"}', -1135),
    (b'{"id":NaN,"method":"ping"}', -1135),
    (b'{"id":true,"method":"ping"}', -1135),
    (b'{"id":[1],"method":"ping"}', -1135),
    (b'{"id":{"a":1},"method":"ping"}', -1135),
    (b'{"id":9223372036854775808,"method":"ping"}', -1135),
    (b'{"id":' + b"9" * 5000 + b',"method":"ping"}', -1135),
    (b'{"id":"\\ud800","method":"ping"}', -1135),
    (b'{"id":1,"method":"ping","params":{"\\ud800":1}}', -1135),
    (b"[" * 100_000, -1135),
    (b'{"id":1,"method":""}', -1020),
    (b'{"id":1,"method":"orders.place"}', -1020),
    (b'{"id":1,"method":"v3/v3/ping"}', -1020),
    (b'{"id":1,"method":"klines","params":{"symbol":"VIAUSDT"}}', -1102),
    (b'{"id":1,"method":"depth"}', -1102),
    (b'{"id":1,"method":"depth","params":{"symbol":"VIAUSDT","limit":1.5}}', -1100),
    (b'{"id":1,"method":"ping","params":{"x":1}}', -1104),
    (b'{"id":1,"method":"userDataStream.unsubscribe","params":{"subscriptionId":"x"}}', -1100),
    (b'{"id":1,"method":"userDataStream.unsubscribe","params":{"subscriptionId":-1}}', -1100),
    (b'{"id":1,"method":"userDataStream.unsubscribe","params":{"subscriptionId":null}}', -1100),
    (b'{"id":1,"method":"userDataStream.unsubscribe","params":{"subscriptionId":7}}', -1163),
]


@pytest.mark.parametrize(("text", "code"), WRONG, ids=[f"{row[0][:50]!r} {len(row[0])}" for row in WRONG])
def test_a_frame_that_cannot_be_done_is_refused_with_a_reason(text: bytes, code: int) -> None:
    caller = Caller()
    assert error(caller.raw(text)) == (400, code)
    assert caller.told[0].keys() == {"id", "status", "error", "rateLimits"}
    assert len(caller.told) == 1


@pytest.mark.parametrize("number", [0, 7, -(2**63), 2**63 - 1, "", "any text at all, \u00e9", "7", None])
def test_an_id_is_given_back_as_it_came(number: object) -> None:
    caller = Caller()
    text = json.dumps({"id": number, "method": "ping"}).encode()
    assert (caller.raw(text)["id"], caller.told[0]["result"]) == (number, {})
    assert caller.raw(b'{"method":"ping"}')["id"] is None
    refused = caller.raw(json.dumps({"id": number, "method": "x"}).encode())
    assert (refused["id"], refused["status"]) == (number, 400)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = ["apiKey", "signature", "timestamp", "symbol", "subscriptionId", "returnRateLimits", "limit"]
METHODS = st.sampled_from([*calls.METHODS, *calls._OWN])
PARAMS = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), JSON, max_size=4)
VENUE = Venue.make()


@given(st.fixed_dictionaries({}, optional={"id": JSON, "method": JSON | METHODS, "params": JSON | PARAMS}))
def test_every_frame_has_one_answer_of_the_documented_form(frame: dict[str, Any]) -> None:
    VENUE.now += 1000  # so that no weight adds up to a ban
    answer = Caller(VENUE).raw(json.dumps(frame).encode())
    assert answer.keys() - {"rateLimits"} in ({"id", "status", "result"}, {"id", "status", "error"})
    assert ("error" in answer) == (answer["status"] != 200)


# signatures


def test_a_call_is_signed_over_its_sorted_parameters_and_by_a_key_of_any_type() -> None:
    caller = Caller()
    caller.venue.exchange.keys.put(PAIR)
    for key in (MAIN, PAIR):
        assert caller.signed("account.status", key, omitZeroBalances=True)["status"] == 200


KEYS = [
    # what is wrong; status and code
    (lambda frame: frame.update(signature="0" * 64), (400, -1022)),
    (lambda frame: frame.update(signature="x\u00e9"), (400, -1022)),
    (lambda frame: frame.pop("signature"), (400, -1102)),
    (lambda frame: frame.update(symbol="BTCUSDT"), (400, -1022)),
    (lambda frame: frame.pop("apiKey"), (401, -2014)),
    (lambda frame: frame.update(apiKey="short"), (401, -2014)),
    (lambda frame: frame.update(apiKey="x" * 64), (401, -2015)),
    (lambda frame: frame.update(apiKey=WATCH.key), (400, -1022)),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "refused"), KEYS)
def test_a_call_that_is_not_signed_rightly_does_nothing(spoil: Any, refused: tuple[int, int]) -> None:
    caller = Caller()
    params: dict[str, Any] = {**ORDER, "timestamp": NOW, "apiKey": MAIN.key}
    params["signature"] = sign(MAIN.secret, "&".join(f"{name}={params[name]}" for name in sorted(params)))
    spoil(params)
    assert error(caller.call("order.place", **params)) == refused
    assert caller.venue.exchange.records.kept("main") == []


def test_numbers_are_signed_as_they_were_written() -> None:
    caller = Caller()
    texts = {"quantity": "50.0", "price": "0.30", "timestamp": str(NOW)}
    params = {**ORDER, **texts, "apiKey": MAIN.key}
    signed = sign(MAIN.secret, "&".join(f"{name}={params[name]}" for name in sorted(params)))
    members = ",".join(
        f'"{name}":{value if name in texts else json.dumps(value)}' for name, value in params.items()
    )  # fmt: skip
    frame = f'{{"id":1,"method":"order.place","params":{{{members},"signature":"{signed}"}}}}'
    assert caller.raw(frame.encode())["status"] == 200


def test_a_key_needs_the_right_that_its_endpoint_needs_and_its_time_must_fit() -> None:
    caller = Caller()
    assert error(caller.signed("order.place", WATCH, **ORDER)) == (401, -2015)
    assert error(caller.signed("order.place", timestamp=NOW - 5001, **ORDER)) == (400, -1021)
    caller.session.address = "10.0.0.1"
    assert error(caller.signed("account.status", ALL)) == (401, -2015)


# rate limits


def counts(answer: Any) -> list[tuple[str, str, int]]:
    return [(row["rateLimitType"], row["interval"], row["count"]) for row in answer["rateLimits"]]


def test_an_answer_says_how_much_has_been_asked_and_ordered() -> None:
    caller = Caller()
    assert counts(caller.call("ping")) == [("REQUEST_WEIGHT", "MINUTE", 1)]
    assert caller.told[0]["rateLimits"][0] == {
        "rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": 6000, "count": 1,
    }  # fmt: skip
    placed = counts(caller.signed("order.place", **ORDER))
    assert placed == [("ORDERS", "SECOND", 1), ("ORDERS", "DAY", 1), ("REQUEST_WEIGHT", "MINUTE", 2)]
    caller.venue.get("/api/v3/depth", symbol=VIA)  # HTTP counts at the same address
    assert counts(caller.call("depth"))[-1] == ("REQUEST_WEIGHT", "MINUTE", 12)
    assert counts(caller.call("session.status"))[-1] == ("REQUEST_WEIGHT", "MINUTE", 14)


def test_who_does_not_want_to_see_the_limits_is_not_told_them() -> None:
    caller = Caller()
    assert "rateLimits" not in caller.call("ping", returnRateLimits=False)
    caller.session.shows_limits = False
    assert "rateLimits" not in caller.call("ping")
    assert "rateLimits" not in caller.raw(b"{")
    assert counts(caller.call("ping", returnRateLimits=True)) == [("REQUEST_WEIGHT", "MINUTE", 3)]


def test_who_asks_too_much_is_told_when_to_come_again() -> None:
    caller = Caller(Venue.make(allowance=Allowance(weight=1)))
    caller.call("ping")
    answer = caller.call("ping")
    assert error(answer) == (429, -1003)
    data = answer["error"]["data"]
    assert (data["serverTime"], data["retryAfter"] > NOW, (data["retryAfter"] - NOW) % 1000) == (NOW, True, 0)
