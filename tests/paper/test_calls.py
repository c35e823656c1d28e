"""Calls by WebSocket answer what the endpoints answer; frames that are none, sessions, and whose events are heard."""

import json
import re
from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from ringfence.paper import calls, keyfile
from ringfence.paper.keys import ApiKey, Right, Type
from ringfence.paper.limits import Allowance
from ringfence.paper.routes import MAIN as ENDPOINTS
from tests.paper.test_lists import OCO, OTO, OTOCO
from tests.paper.venue import ACCOMPLICE, ALL, HERE, MAIN, NOW, START, WATCH, Venue, sign

VIA = "VIAUSDT"
KEY, SECRET = keyfile.fresh(Type.ED25519)
PAIR = ApiKey("pair", "main", KEY, SECRET, frozenset({Right.READ, Right.TRADE}), type=Type.ED25519)
GONE = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}


def signature(key: ApiKey, text: str) -> str:
    if key.type is Type.HMAC:
        return sign(key.secret, text)
    private = load_pem_private_key(key.secret.encode(), None)
    assert isinstance(private, Ed25519PrivateKey)
    return b64encode(private.sign(text.encode())).decode()


@dataclass(slots=True)
class Caller:
    """One connection to a venue, and everything that it was told."""

    venue: Venue = field(default_factory=Venue.make)
    session: calls.Session = field(default_factory=lambda: calls.Session(HERE, "main", NOW))
    told: list[Any] = field(default_factory=list)

    def raw(self, text: bytes) -> Any:
        self.told = [json.loads(each) for each in calls.serve(self.venue.exchange, self.session, text, self.venue.now)]
        return self.told[0]

    def call(self, method: str, **params: object) -> Any:
        return self.raw(json.dumps({"id": 1, "method": method, "params": params}).encode())

    def signed(self, method: str, by: ApiKey = MAIN, **params: object) -> Any:
        every: dict[str, object] = {"timestamp": self.venue.now, **params, "apiKey": by.key}
        text = "&".join(f"{name}={_text(every[name])}" for name in sorted(every))
        return self.call(method, **every, signature=signature(by, text))

    def log_on(self, by: ApiKey = PAIR) -> Any:
        self.venue.exchange.keys.put(PAIR)
        return self.signed("session.logon", by)


def _text(value: object) -> str:
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else str(value)


def error(answer: Any) -> tuple[int, int]:
    return answer["status"], answer["error"]["code"]


# the table

ORDER: dict[str, Any] = {
    "symbol": VIA,
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "50",
    "price": "0.3",
}
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
    return json.dumps(value, separators=(",", ":")) if isinstance(value, list) else _text(value)


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


# sessions

EMPTY = {
    "apiKey": None, "authorizedSince": None, "connectedSince": NOW, "returnRateLimits": True, "serverTime": NOW,
    "userDataStream": False,
}  # fmt: skip


def test_a_session_says_who_has_logged_on_and_forgets_it_again() -> None:
    caller = Caller()
    assert caller.call("session.status")["result"] == EMPTY
    caller.venue.now += 5
    on = {**EMPTY, "apiKey": KEY, "authorizedSince": NOW + 5, "serverTime": NOW + 5}
    assert caller.log_on()["result"] == on
    assert caller.call("session.status")["result"] == on
    assert caller.call("session.logout")["result"] == {**EMPTY, "serverTime": NOW + 5}
    assert caller.call("session.logout")["status"] == 200


def test_only_a_key_pair_of_one_kind_may_log_on() -> None:
    caller = Caller()
    assert error(caller.log_on(MAIN)) == (400, -4056)
    assert error(caller.call("session.logon")) == (401, -2014)
    assert caller.session.key is None


def test_a_call_in_a_session_needs_no_key_and_no_signature_and_a_time_all_the_same() -> None:
    caller = Caller()
    caller.log_on()
    assert caller.call("order.place", timestamp=NOW, **ORDER)["result"]["status"] == "NEW"
    assert error(caller.call("order.place", **ORDER)) == (400, -1102)
    assert error(caller.call("order.place", timestamp=NOW - 6000, **ORDER)) == (400, -1021)
    assert caller.signed("account.status", ACCOMPLICE)["result"]["balances"][0]["asset"] == "BTC"
    assert error(caller.call("account.status", timestamp=NOW, apiKey=MAIN.key)) == (400, -1102)
    caller.call("session.logout")
    assert error(caller.call("order.place", timestamp=NOW, **ORDER)) == (401, -2014)


def test_a_key_that_is_gone_ends_its_session_with_the_next_call() -> None:
    caller = Caller()
    caller.log_on()
    caller.call("userDataStream.subscribe")
    caller.venue.exchange.keys.revoke(KEY)
    assert caller.call("account.status", timestamp=NOW)["error"] == GONE
    assert caller.told[1:] == [{"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": NOW}}]
    assert caller.call("session.status")["result"] == EMPTY


def test_a_session_goes_by_what_its_key_may_do_now() -> None:
    caller = Caller()
    caller.log_on()
    caller.venue.exchange.keys.put(ApiKey("pair", "main", KEY, SECRET, frozenset({Right.READ}), type=Type.ED25519))
    assert error(caller.call("order.place", timestamp=NOW, **ORDER)) == (401, -2015)
    assert caller.call("account.status", timestamp=NOW)["status"] == 200


# whose events are heard


def test_events_are_heard_by_a_signature_or_in_a_session_each_under_a_number_of_its_own() -> None:
    caller = Caller()
    assert error(caller.call("userDataStream.subscribe")) == (400, -1099)
    assert caller.signed("userDataStream.subscribe.signature")["result"] == {"subscriptionId": 0}
    assert caller.signed("userDataStream.subscribe.signature", ACCOMPLICE)["result"] == {"subscriptionId": 1}
    caller.log_on()
    assert caller.call("userDataStream.subscribe")["result"] == {"subscriptionId": 2}
    assert caller.call("session.status")["result"]["userDataStream"] is True
    assert caller.call("session.subscriptions")["result"] == [{"subscriptionId": number} for number in (0, 1, 2)]
    assert [each.account for each in caller.session.subscriptions.values()] == ["main", "accomplice", "main"]


def test_a_key_that_may_not_read_hears_nothing() -> None:
    caller = Caller()
    blind = ApiKey("blind", "main", "b" * 64, "s", frozenset({Right.TRADE}))
    caller.venue.exchange.keys.put(blind)
    assert error(caller.signed("userDataStream.subscribe.signature", blind)) == (401, -2015)
    assert not caller.session.subscriptions


def ended(caller: Caller) -> list[int]:
    assert all(told["event"] == {"e": "eventStreamTerminated", "E": NOW} for told in caller.told[1:])
    return [told["subscriptionId"] for told in caller.told[1:]]


def heard() -> Caller:
    """Two subscriptions by a signature, and one of a session."""
    caller = Caller()
    caller.signed("userDataStream.subscribe.signature")
    caller.signed("userDataStream.subscribe.signature")
    caller.log_on()
    caller.call("userDataStream.subscribe")
    return caller


def test_a_subscription_that_ends_says_so_and_its_number_is_not_given_again() -> None:
    caller = heard()
    assert caller.call("userDataStream.unsubscribe", subscriptionId=1)["result"] == {}
    assert ended(caller) == [1]
    assert error(caller.call("userDataStream.unsubscribe", subscriptionId=1)) == (400, -1163)
    assert caller.call("userDataStream.subscribe")["result"] == {"subscriptionId": 3}
    caller.call("userDataStream.unsubscribe")
    assert ended(caller) == [0, 2, 3]
    assert caller.call("session.subscriptions")["result"] == []


def test_logging_out_ends_what_was_heard_in_the_session_and_nothing_else() -> None:
    caller = heard()
    caller.call("session.logout")
    assert ended(caller) == [2]
    assert list(caller.session.subscriptions) == [0, 1]
