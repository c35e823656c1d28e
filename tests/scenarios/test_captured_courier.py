"""A captured courier can drop, delay and misreport; what it says of one order never becomes another's fate.

The courier runs as it is; what it reports is changed on its way to the signer. Whatever does not fit the order that was
sent settles nothing: the order stays reserved in full until it is asked for and an answer fits.
"""

import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from tests.deployment import POLICY, Deployment, Refused
from tests.matrix.relay import Frame, Relay
from tests.scenarios.test_attacks import low, orders

pytestmark = pytest.mark.timeout(120)

Message = dict[str, Any]
Lie = Callable[[Message], Message]
_PLACED, _ASKED = ("POST /api/v3/order?",), ("POST /api/v3/order?", "GET /api/v3/order?")
_OPEN = ("GET /api/v3/openOrders?",)


class Captured:
    """What the courier's captor makes of its reports: `lie` of each that is about a request of `of`, once or always."""

    def __init__(self) -> None:
        self.lie: Lie | None = None
        self.of: tuple[str, ...] = ()
        self.once = True
        self.told = 0
        self._asked: dict[int, str] = {}

    def tell(self, lie: Lie, of: tuple[str, ...] = _PLACED, *, once: bool = True) -> None:
        self.lie, self.of, self.once, self.told = lie, of, once, 0

    def honest(self) -> None:
        self.lie = None

    def rewrite(self, frame: Frame) -> Message:
        message = frame.message
        if frame.outward:
            if message["type"] == "Follow":  # one that is captured tells of no event what it lies about in a report
                return {"type": "Unfollow", "seq": message["seq"]}
            if message["type"] == "Carry":
                self._asked[message["seq"]] = f"{message['method']} {message['target']}"
            return message
        asked = self._asked.pop(message["seq"], "")
        lie = self.lie
        if lie is None or not asked.startswith(self.of):
            return message
        self.told += 1
        if self.once:
            self.lie = None
        return lie(message)


@pytest.fixture(scope="module")
def captured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Deployment, Captured]]:
    """A deployment whose signer hears its courier through a captor."""
    made = Deployment.written(tmp_path_factory.mktemp("c") / "h")
    own = made.apart("courier")
    for name in ("public", "tickers"):
        (made.home / "run" / f"{name}.sock").symlink_to(own / "run" / f"{name}.sock")
    captor, relay = Captured(), Relay()
    relay.rewrite = captor.rewrite
    relay.start()
    try:
        relay.link("carry", made.home / "run" / "carry.sock", own / "run" / "carry.sock")
        made.begin(("grid",))
        with made:
            yield made, captor
    finally:
        made.stop()
        relay.stop()


@pytest.fixture(autouse=True)
def clean(captured: tuple[Deployment, Captured]) -> Iterator[None]:
    yield
    made, captor = captured
    captor.honest()
    made.wait(lambda: made.bot_status()["unknown_outcomes"] == 0)
    made.call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")


def says(**more: object) -> Lie:
    """Change some members of the exchange's answer."""

    def lie(message: Message) -> Message:
        answer = {**msgspec.json.decode(message["body"]), **more}
        return {**message, "body": msgspec.json.encode(answer)}

    return lie


def window(made: Deployment) -> Decimal:
    return Decimal(made.bot_status()["window_notional"][0])


LIES: dict[str, Lie] = {
    "another symbol": says(symbol="ETHUSDT"),
    "a status that is none": says(status="SPLENDID"),
    "filled beyond its size": says(executedQty="9.0", cummulativeQuoteQty="9000"),
    "filled, and by nothing": says(status="FILLED"),
    "an order id that is none": says(orderId="../1"),
    "fills that do not add up": says(fills=[{"price": "1", "qty": "1", "commission": "0", "commissionAsset": "BTC"}]),
    "nothing": lambda message: {**message, "body": b"{}"},
    "half an answer": lambda message: {**message, "body": message["body"][: len(message["body"]) // 2]},
    "an error of the exchange": lambda message: {**message, "status": 500, "body": b"{}"},
    "a status that HTTP does not have": lambda message: {**message, "status": 99},
    "a redirect": lambda message: {**message, "status": 302},
    "silence": lambda message: {**message, "status": None, "body": b"", "error": "it took too long"},
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_a_report_that_does_not_fit_the_order_settles_nothing(captured: tuple[Deployment, Captured], lie: Lie) -> None:
    made, captor = captured
    price, used, before = low(made), window(made), len(orders(made))
    captor.tell(lie)
    status, body = made.buy("0.001", price)
    assert captor.told == 1
    assert (status, body["status"], body["executedQty"]) == (200, "NEW", "0.00000000")  # as a question told
    assert len(orders(made)) == before + 1
    counted = window(made) - used
    assert Decimal("0.001") * Decimal(price) <= counted < Decimal("0.00105") * Decimal(price) / Decimal("0.97")


@pytest.mark.parametrize("what", ["clientOrderId", "orderId"])
def test_an_answer_about_another_order_of_the_bot_moves_neither(
    captured: tuple[Deployment, Captured], what: str
) -> None:
    made, captor = captured
    price = low(made)
    _, first = made.buy("0.001", price)
    captor.tell(says(**{what: first[what]}))
    status, second = made.buy("0.002", price)
    assert (captor.told, status, second["status"], second["origQty"]) == (1, 200, "NEW", "0.00200000")
    assert second["orderId"] != first["orderId"]
    assert made.bot_status()["open_orders"][0] == 2
    status, cancelled = made.call("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=second["orderId"])
    assert (status, cancelled["origQty"]) == (200, "0.00200000")
    assert made.bot_status()["open_orders"][0] == 1
    if what == "orderId":
        assert "an order id that another intent has" in str(made.status()["alarms"])


def test_as_long_as_no_answer_fits_the_order_stays_reserved_in_full(captured: tuple[Deployment, Captured]) -> None:
    made, captor = captured
    price, used = low(made), window(made)
    _, first = made.buy("0.001", price)
    captor.tell(says(orderId=first["orderId"]), _ASKED, once=False)
    status, body = made.buy("0.002", price)
    assert (status, "is not known yet; it stays reserved" in body["msg"]) == (504, True)
    assert made.bot_status()["unknown_outcomes"] == 1
    assert window(made) - used >= Decimal("0.003") * Decimal(price)
    assert "answers to intent" in str(made.status()["alarms"])
    captor.honest()
    made.wait(lambda: made.bot_status()["unknown_outcomes"] == 0)
    assert made.bot_status()["open_orders"][0] == 2


def test_a_list_of_open_orders_that_cannot_be_read_changes_nothing(captured: tuple[Deployment, Captured]) -> None:
    made, captor = captured
    _, placed = made.buy("0.001", low(made))
    captor.tell(lambda message: {**message, "body": b'[{"symbol":'}, _OPEN)
    made.wait(lambda: captor.told == 1)
    made.wait(lambda: "open orders that cannot be read" in str(made.status()["alarms"]))
    assert made.bot_status()["open_orders"][0] == 1
    assert made.call("GET", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"])[1]["status"] == "NEW"


def test_an_order_that_is_left_out_of_the_list_is_asked_for_and_stays(captured: tuple[Deployment, Captured]) -> None:
    made, captor = captured
    made.buy("0.001", low(made))
    captor.tell(lambda message: {**message, "body": b"[]"}, _OPEN)
    made.wait(lambda: captor.told == 1)
    assert made.bot_status()["open_orders"][0] == 1


INSTRUMENTS: dict[str, tuple[Lie, str]] = {
    "nothing": (lambda message: {**message, "body": b"{}"}, "in a way that cannot be read"),
    "an error": (lambda message: {**message, "status": 503}, "did not say how"),
    "silence": (lambda message: {**message, "status": None, "body": b""}, "did not say how"),
    "no symbols": (lambda message: {**message, "body": b'{"symbols":[]}'}, "cannot be traded"),
}


@pytest.mark.parametrize(("lie", "why"), INSTRUMENTS.values(), ids=INSTRUMENTS)
def test_a_policy_whose_symbols_are_not_described_does_not_come_into_force(
    captured: tuple[Deployment, Captured], lie: Lie, why: str
) -> None:
    made, captor = captured
    before = made.status()["policy"]["digest"]
    captor.tell(lie, ("GET /api/v3/exchangeInfo",))
    with pytest.raises(Refused, match=why):
        made.apply(POLICY.replace('"500"', '"400"'))
    assert (captor.told, made.status()["policy"]["digest"]) == (1, before)


TIMES: dict[str, tuple[Lie, str]] = {
    "an hour off": (lambda message: {**message, "body": b'{"serverTime":%d}' % ((time.time() + 3600) * 1000)}, "3600."),
    "nothing": (lambda message: {**message, "body": b"{}"}, "not known yet"),
    "no time": (lambda message: {**message, "body": b'{"serverTime":"soon"}'}, "not known yet"),
    "an error": (lambda message: {**message, "status": 500}, "not known yet"),
}


@pytest.mark.parametrize(("lie", "why"), TIMES.values(), ids=TIMES)
def test_while_the_exchanges_time_is_missing_or_contradicts_ours_only_exits_pass_s37(
    captured: tuple[Deployment, Captured], lie: Lie, why: str
) -> None:
    made, captor = captured
    market = {"symbol": "BTCUSDT", "type": "MARKET", "quantity": "0.001"}
    assert made.call("POST", "/api/v3/order", side="BUY", **market)[0] == 200
    captor.tell(lie, ("GET /api/v3/time",), once=False)
    made.kill("signer")
    made.start("signer")
    made.wait(lambda: captor.told > 0 and all(made.status()["processes"].values()))
    made.wait(lambda: why in str(made.buy("0.001", low(made))))
    assert "only exits are placed" in made.buy("0.001", low(made))[1]["msg"]
    made.wait(lambda: made.bot_status()["unknown_outcomes"] == 0)  # the kill may have come before the fill was written
    status, body = made.call("POST", "/api/v3/order", side="SELL", **{**market, "quantity": "0.00099"})
    assert (status, body.get("status")) == (200, "FILLED"), body
    captor.honest()
    made.kill("signer")
    made.start("signer")
    made.wait(made.warm)


def test_a_report_that_is_no_message_ends_the_connection_and_orders_pass_again(
    captured: tuple[Deployment, Captured],
) -> None:
    made, captor = captured
    captor.tell(lambda message: {**message, "status": "yes"})
    status, body = made.buy("0.001", low(made))
    assert (status, body["status"]) == (200, "NEW")
    assert captor.told == 1
