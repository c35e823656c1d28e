"""What an answer means: an outcome is believed only where it is whole and about what was asked."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.errors import Misread
from ringfence.model.action import Cancel, CancelAll, CancelList, ListForm, Place, PlaceList, Read, Unknown
from ringfence.model.names import Asset, ClientId, OrderId
from ringfence.model.order import Kind, Order, OrderRef, Side, Tif
from ringfence.model.reply import Accepted, Limited, Listed, Missing, Rejected, Reply, Report, Told, Unclear
from tests.dialects.binance.asks import BTC, DIALECT, SYMBOLS

MINE = ClientId("rf-one")
PLACE = Place(Order(BTC.symbol, Side.BUY, Kind.LIMIT, Decimal("0.002"), None, Decimal(30000), Tif.GTC, MINE))
CANCEL = Cancel(OrderRef(BTC.symbol, OrderId("7"), MINE), ClientId("bye"))


def told(**changes: object) -> dict[str, Any]:
    """Say what Binance says of an order that rests."""
    return {
        "symbol": "BTCUSDT",
        "orderId": 7,
        "orderListId": -1,
        "clientOrderId": "rf-one",
        "price": "30000.00000000",
        "origQty": "0.00200000",
        "executedQty": "0.00000000",
        "cummulativeQuoteQty": "0.00000000",
        "status": "NEW",
        "timeInForce": "GTC",
        "type": "LIMIT",
        "side": "BUY",
        **changes,
    }


def fill(qty: str, commission: str, asset: str = "BNB") -> dict[str, str]:
    return {"price": "30000", "qty": qty, "commission": commission, "commissionAsset": asset}


def heard(action: Any, status: int, body: object) -> Reply:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return DIALECT.hear(action, status, raw, SYMBOLS)


def report(**changes: object) -> Report:
    fields: dict[str, Any] = {
        "symbol": BTC.symbol,
        "order_id": OrderId("7"),
        "client_id": MINE,
        "quantity": Decimal("0.002"),
        "executed": Decimal(0),
        "executed_quote": Decimal(0),
        "final": False,
        "fees": None,
    }
    return Report(**{**fields, **changes})


PART = {"executedQty": "0.001", "cummulativeQuoteQty": "30"}
FULL = {"executedQty": "0.002", "cummulativeQuoteQty": "59.9", "status": "FILLED"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (told(), report()),
        (told(fills=[]), report(fees=())),
        (told(status="PENDING_NEW"), report()),
        (
            told(status="PARTIALLY_FILLED", **PART),
            report(executed=Decimal("0.001"), executed_quote=Decimal(30)),
        ),
        (
            told(**FULL, fills=[fill("0.0015", "0.1"), fill("0.0005", "0.05"), fill("0", "0.2", "BTC")]),
            report(
                executed=Decimal("0.002"),
                executed_quote=Decimal("59.9"),
                final=True,
                fees=((Asset("BNB"), Decimal("0.15")), (Asset("BTC"), Decimal("0.2"))),
            ),
        ),
        (told(status="EXPIRED"), report(final=True)),
        (told(status="EXPIRED_IN_MATCH"), report(final=True)),
        (told(status="REJECTED"), report(final=True)),
        (told(status="CANCELED"), report(final=True)),
        (told(status="CANCELED", clientOrderId="the-cancels-own"), report(final=True)),
        (
            told(status="CANCELED", **PART),
            report(executed=Decimal("0.001"), executed_quote=Decimal(30), final=True),
        ),
    ],
)
def test_an_order_stands_as_the_answer_says(answer: dict[str, Any], expected: Report) -> None:
    assert heard(PLACE, 200, answer) == Accepted(expected)


CONTRADICTIONS = {
    "another symbol": told(symbol="LTCBTC"),
    "another side": told(side="SELL"),
    "another client id": told(clientOrderId="rf-two"),
    "another quantity": told(origQty="0.003"),
    "more executed than ordered": told(executedQty="0.003", cummulativeQuoteQty="90"),
    "a negative quantity": told(executedQty="-0.001"),
    "a negative value": told(cummulativeQuoteQty="-1.00000000"),
    "a value without a quantity": told(cummulativeQuoteQty="30"),
    "filled in part": told(status="FILLED", **PART),
    "filled with nothing": told(status="FILLED"),
    "fills that do not add up": told(**FULL, fills=[fill("0.001", "0")]),
    "fills that cost less than nothing": told(**FULL, fills=[fill("0.002", "-1")]),
    "fills that are not a list": told(fills={}),
    "a status that is not known": told(status="VANISHED"),
    "an order id that is no number": told(orderId="seven"),
    "a negative order id": told(orderId=-1),
    "no order id": {key: value for key, value in told().items() if key != "orderId"},
    "only an acknowledgement": {"symbol": "BTCUSDT", "orderId": 7, "clientOrderId": "rf-one", "transactTime": 1},
    "a list": [told()],
    "an error with a good status": {"code": -1013, "msg": "x"},
    "nothing": b"",
    "a web page": b"<html>502</html>",
    "a name twice": b'{"executedQty":"0","executedQty":"1"}',
    "not a number": json.dumps(told()).replace('"0.00000000"', "NaN", 1).encode(),
    "not UTF-8": b'{"symbol":"\xff"}',
}


@pytest.mark.parametrize("answer", CONTRADICTIONS.values(), ids=list(CONTRADICTIONS))
def test_an_answer_that_contradicts_the_order_or_itself_is_unclear(answer: object) -> None:
    assert isinstance(heard(PLACE, 200, answer), Unclear)


A, B = ClientId("a"), ClientId("b")
LEGS = tuple(replace(PLACE.order, client_id=name) for name in (A, B))
PAIR = PlaceList(ListForm.OCO, LEGS, ClientId("l"))


def leg(name: str, order_id: int, **changes: object) -> dict[str, object]:
    return told(clientOrderId=name, orderId=order_id, orderListId=3, **changes)


def listed(*legs: dict[str, object], **changes: object) -> dict[str, object]:
    names = [{"symbol": "BTCUSDT", "orderId": each["orderId"], "clientOrderId": each["clientOrderId"]} for each in legs]
    head = {"orderListId": 3, "contingencyType": "OCO", "listClientOrderId": "l", "symbol": "BTCUSDT"}
    return {**head, "orders": names, "orderReports": list(legs), **changes}


def test_a_list_is_heard_leg_by_leg_in_its_own_order() -> None:
    heard_ = heard(PAIR, 200, listed(leg("b", 8, status="PENDING_NEW"), leg("a", 7)))
    assert heard_ == Listed(
        (
            report(client_id=A, list_id=OrderId("3")),
            report(client_id=B, order_id=OrderId("8"), list_id=OrderId("3")),
        )
    )


@pytest.mark.parametrize(
    "answer",
    [
        listed(leg("a", 7)),
        listed(leg("a", 7), leg("c", 8)),
        listed(leg("a", 7), leg("b", 8, side="SELL")),
        listed(leg("a", 7), leg("b", 8), listClientOrderId="m"),
        listed(leg("a", 7), leg("b", 8), orders=[]),
        listed(leg("a", 7), leg("b", 8), orderReports=[]),
        leg("a", 7),
    ],
)
def test_a_list_that_is_not_told_whole_is_unclear(answer: dict[str, object]) -> None:
    assert isinstance(heard(PAIR, 200, answer), Unclear)


def test_a_cancelled_list_is_heard_by_the_ids_that_its_orders_had() -> None:
    gone = [leg("x", number, status="CANCELED", origClientOrderId=name) for name, number in (("a", 7), ("b", 8))]
    assert heard(CancelList(BTC.symbol, None, ClientId("l")), 200, listed(*gone)) == Listed(
        (
            report(client_id=A, final=True, list_id=OrderId("3")),
            report(client_id=B, order_id=OrderId("8"), final=True, list_id=OrderId("3")),
        )
    )
    still = listed(leg("x", 7, origClientOrderId="a"), gone[1])
    assert isinstance(heard(CancelList(BTC.symbol, None, ClientId("l")), 200, still), Unclear)
    none = {"code": -2011, "msg": "Unknown order list sent."}
    assert isinstance(heard(CancelList(BTC.symbol, None, ClientId("l")), 400, none), Missing)


def test_an_order_that_was_made_smaller_stands_at_its_new_size() -> None:
    assert heard(PLACE, 200, told(origQty="0.001")) == Accepted(report(quantity=Decimal("0.001")))


CANCELLED = told(status="CANCELED", origClientOrderId="rf-one", clientOrderId="bye")


@pytest.mark.parametrize(
    "ref",
    [
        OrderRef(BTC.symbol, OrderId("7"), MINE),
        OrderRef(BTC.symbol, OrderId("7"), None),
        OrderRef(BTC.symbol, None, MINE),
    ],
)
def test_a_cancelled_order_goes_by_its_original_client_id(ref: OrderRef) -> None:
    assert heard(Cancel(ref), 200, CANCELLED) == Accepted(report(final=True))


@pytest.mark.parametrize(
    "changes",
    [
        {"orderId": 8},
        {"symbol": "LTCBTC"},
        {"origClientOrderId": None},
        {"status": "NEW"},
        {"executedQty": "1"},
    ],
)
def test_an_answer_about_another_order_is_no_cancel(changes: dict[str, object]) -> None:
    assert isinstance(heard(CANCEL, 200, {**CANCELLED, **changes}), Unclear)


def error(code: int, text: str = "no") -> dict[str, object]:
    return {"code": code, "msg": text}


@pytest.mark.parametrize(
    ("action", "status", "body", "reply"),
    [
        (PLACE, 400, error(-2010), Rejected("-2010", "no")),
        (PLACE, 400, error(-1013), Rejected("-1013", "no")),
        (PLACE, 401, error(-2015), Rejected("-2015", "no")),
        (PLACE, 404, error(-1), Rejected("-1", "no")),
        (PLACE, 451, error(0), Rejected("0", "no")),
        (PLACE, 403, b"<html>", Rejected("403", "the exchange's firewall refused the request")),
        (PLACE, 400, error(-2013), Missing("no")),
        (PLACE, 400, error(-2011), Rejected("-2011", "no")),
        (CANCEL, 400, error(-2011), Missing("no")),
        (CANCEL, 400, error(-2013), Rejected("-2013", "no")),
        (PLACE, 429, error(-1003), Limited(60, '{"code": -1003, "msg": "no"}')),
        (PLACE, 429, b'{"code":-1015,"msg":"no"}', Limited(10, '{"code":-1015,"msg":"no"}')),
        (PLACE, 418, b"\xff", Limited(120, "?")),
        (Read("account"), 200, b"{}", Told()),
        (Read("account"), 200, b"not even JSON", Told()),
        (Read("account"), 401, error(-2015), Rejected("-2015", "no")),
    ],
)
def test_a_definite_answer_is_taken_as_it_is(action: Any, status: int, body: object, reply: Reply) -> None:
    assert heard(action, status, body) == reply


@pytest.mark.parametrize(
    ("action", "status", "body"),
    [
        (PLACE, 0, b""),
        (PLACE, 100, b""),
        (PLACE, 201, told()),
        (PLACE, 204, b""),
        (PLACE, 301, b""),
        (PLACE, 400, error(-1000)),
        (PLACE, 400, error(-1001)),
        (PLACE, 400, error(-1006)),
        (PLACE, 400, error(-1007)),
        (PLACE, 400, error(-2010, "Duplicate order sent.")),
        (PLACE, 400, b""),
        (PLACE, 400, b"{}"),
        (PLACE, 400, b'{"code":-2010,"code":-2010,"msg":"x"}'),
        (PLACE, 400, {"code": None, "msg": "x"}),
        (PLACE, 408, error(-1013)),
        (PLACE, 409, error(-2021)),
        (PLACE, 500, error(-2010)),
        (PLACE, 502, b"<html>"),
        (PLACE, 503, error(-1008)),
        (PLACE, 504, error(-1007)),
        (CANCEL, 500, error(-2011)),
        (CancelAll(BTC.symbol), 200, []),
        (Unknown("x"), 200, told()),
    ],
)
def test_what_may_have_been_done_is_unclear(action: Any, status: int, body: object) -> None:
    assert isinstance(heard(action, status, body), Unclear)


def test_a_strangers_words_are_made_plain_before_they_are_kept() -> None:
    assert heard(PLACE, 400, error(-2010, "a\x1b[31m\nb")) == Rejected("-2010", "a?[31m?b")


def test_open_orders_are_read_and_foreign_ones_too() -> None:
    body = json.dumps([told(), told(symbol="XRPUSDT", orderId=8, clientOrderId="web_1")]).encode()
    first, second = DIALECT.reports(body, SYMBOLS)
    assert first == report()
    assert (second.symbol, second.order_id, second.client_id) == ("XRPUSDT", "8", "web_1")
    assert DIALECT.reports(b"[]", SYMBOLS) == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[1]",
        b"[{}]",
        json.dumps([told(), told(executedQty="9")]).encode(),
        json.dumps([told(clientOrderId="a b")]).encode(),
    ],
)
def test_open_orders_that_cannot_all_be_read_are_misread(body: bytes) -> None:
    with pytest.raises(Misread):
        DIALECT.reports(body, SYMBOLS)


@given(st.sampled_from([PLACE, CANCEL, Read("account")]), st.integers(0, 600), st.binary(max_size=200))
def test_hearing_never_raises(action: Any, status: int, body: bytes) -> None:
    DIALECT.hear(action, status, body, SYMBOLS)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(list(told())), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*told(), "fills"]), JSON, max_size=3))
def test_no_change_to_an_answer_makes_hearing_raise_or_invent_an_execution(changes: dict[str, object]) -> None:
    reply = heard(PLACE, 200, told(**changes))
    assert isinstance(reply, (Accepted, Unclear))
    if isinstance(reply, Accepted):
        assert Decimal(0) <= reply.report.executed <= Decimal("0.002")
        assert (reply.report.client_id, reply.report.symbol) == (MINE, BTC.symbol)
