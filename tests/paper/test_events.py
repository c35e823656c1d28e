"""What an account hears: one event for each way that an order can go, and balances that add up."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.paper.call import money
from ringfence.paper.events import Events
from tests.paper.test_lists import OCO, OTO, OTOCO, place
from tests.paper.venue import ACCOMPLICE, ALL, BARE, MAIN, NOW, START, Venue

VIA = "VIAUSDT"


class Hearing:
    """A venue whose events are asked for after each thing that happens."""

    def __init__(self, **changes: Any) -> None:
        self.venue = Venue.make(listings=START.listings[2:], **changes)
        self.events = Events(self.venue.exchange)

    def take(self, account: str = "main", kind: str = "executionReport") -> list[Any]:
        return [event for who, event in self.events.take(self.venue.now) if who == account and event["e"] == kind]

    def types(self, account: str = "main") -> list[str]:
        return [f"{event['x']} {event['X']}" for event in self.take(account)]

    def amend(self, order_id: int, **more: object) -> None:
        target: dict[str, Any] = {"symbol": VIA, "orderId": order_id, **more}
        status, answer = self.venue.signed("PUT", "/api/v3/order/amend/keepPriority", **target)
        assert status == 200, answer


def test_nothing_that_was_before_is_told() -> None:
    hearing = Hearing()
    hearing.venue.limit("BUY", "50", "0.3")
    assert Events(hearing.venue.exchange).take(NOW) == []


ARRIVALS = [
    # what is sent by main, against asks of 60 at 0.404 and 60 at 0.408; how it goes
    ({"price": "0.3"}, ["NEW NEW"]),
    ({"price": "0.404", "quantity": "20"}, ["NEW NEW", "TRADE FILLED"]),
    ({"price": "0.404", "quantity": "80"}, ["NEW NEW", "TRADE PARTIALLY_FILLED"]),
    ({"price": "0.408", "quantity": "80"}, ["NEW NEW", "TRADE PARTIALLY_FILLED", "TRADE FILLED"]),
    ({"price": "0.404", "quantity": "80", "timeInForce": "IOC"},
     ["NEW NEW", "TRADE PARTIALLY_FILLED", "EXPIRED EXPIRED"]),
    ({"price": "0.3", "timeInForce": "IOC"}, ["NEW NEW", "EXPIRED EXPIRED"]),
    ({"price": "0.404", "quantity": "80", "timeInForce": "FOK"}, ["NEW NEW", "EXPIRED EXPIRED"]),
    ({"type": "MARKET", "quantity": "80"}, ["NEW NEW", "TRADE PARTIALLY_FILLED", "TRADE FILLED"]),
    ({"type": "MARKET", "quantity": "5000"}, ["NEW NEW", *["TRADE PARTIALLY_FILLED"] * 4, "EXPIRED EXPIRED"]),
    ({"type": "LIMIT_MAKER", "price": "0.3"}, ["NEW NEW"]),
    ({"type": "LIMIT_MAKER", "price": "0.41"}, []),  # refused: the exchange never took it on
]  # fmt: skip


def send(hearing: Hearing, order: dict[str, str], by: Any = MAIN) -> Any:
    kind = order.get("type", "LIMIT")
    base = {"symbol": VIA, "side": "BUY", "type": kind, "quantity": "50"}
    timed = {"timeInForce": "GTC"} if kind == "LIMIT" else {}
    return hearing.venue.order(by, **{**base, **timed, **order})[1]


@pytest.mark.parametrize(("order", "goes"), ARRIVALS)
def test_each_way_that_an_order_can_go_is_told(order: dict[str, str], goes: list[str]) -> None:
    hearing = Hearing()
    send(hearing, order)
    assert hearing.types() == goes
    assert hearing.take() == []


REASONS = [
    ({"price": "0.3", "timeInForce": "IOC"}, "UNFILLED_IOC_QUANTITY_EXPIRED"),
    ({"price": "0.3", "timeInForce": "FOK"}, "UNFILLED_FOK_ORDER_EXPIRED"),
    ({"type": "MARKET", "quantity": "5000"}, "INSUFFICIENT_LIQUIDITY"),
]


@pytest.mark.parametrize(("order", "why"), REASONS)
def test_an_order_that_expires_says_why(order: dict[str, str], why: str) -> None:
    hearing = Hearing()
    send(hearing, order)
    *before, expired = hearing.take()
    assert expired["eR"] == why
    assert not any("eR" in event for event in before)


def test_a_new_order_has_every_documented_field() -> None:
    hearing = Hearing()
    placed = send(hearing, {"price": "0.3", "newClientOrderId": "mine"})
    (event,) = hearing.take()
    assert event == {
        "e": "executionReport", "E": NOW, "s": VIA, "c": "mine", "S": "BUY", "o": "LIMIT", "f": "GTC",
        "q": "50.00000000", "p": "0.30000000", "P": "0.00000000", "F": "0.00000000", "g": -1, "C": "", "x": "NEW",
        "X": "NEW", "r": "NONE", "i": placed["orderId"], "l": "0.00000000", "z": "0.00000000", "L": "0.00000000",
        "n": "0.00000000", "N": None, "T": NOW, "t": -1, "I": 1, "w": True, "m": False, "M": False, "O": NOW,
        "Z": "0.00000000", "Y": "0.00000000", "Q": "0.00000000", "W": NOW, "V": "EXPIRE_MAKER",
    }  # fmt: skip


LETTERS = {
    "s": "symbol", "i": "orderId", "g": "orderListId", "c": "clientOrderId", "p": "price", "q": "origQty",
    "z": "executedQty", "Z": "cummulativeQuoteQty", "X": "status", "f": "timeInForce", "o": "type", "S": "side",
    "P": "stopPrice", "F": "icebergQty", "O": "time", "T": "updateTime", "Q": "origQuoteOrderQty",
    "V": "selfTradePreventionMode", "W": "workingTime",
}  # fmt: skip


@pytest.mark.parametrize(("order", "goes"), [row for row in ARRIVALS if row[1]])
def test_the_last_event_of_an_order_is_what_a_query_answers(order: dict[str, str], goes: list[str]) -> None:
    hearing = Hearing()
    placed = send(hearing, order)
    last = hearing.take()[-1]
    _, row = hearing.venue.signed("GET", "/api/v3/order", symbol=VIA, orderId=placed["orderId"])
    assert {letter: last[letter] for letter in LETTERS} == {letter: row[name] for letter, name in LETTERS.items()}
    assert goes[-1].endswith(row["status"])


def test_a_trade_is_told_to_both_sides_as_each_of_them_reads_it_later() -> None:
    hearing = Hearing()
    hearing.venue.limit("SELL", "30", "0.4", by=ACCOMPLICE)
    hearing.events.take(NOW)
    send(hearing, {"price": "0.4", "quantity": "30"})
    told = hearing.events.take(NOW)
    for account, by, maker in (("main", MAIN, False), ("accomplice", ACCOMPLICE, True)):
        event = next(event for who, event in told if who == account and event["x"] == "TRADE")
        _, (row,) = hearing.venue.signed("GET", "/api/v3/myTrades", by, symbol=VIA)
        assert (event["t"], event["l"], event["L"], event["Y"]) == (
            row["id"], row["qty"], row["price"], row["quoteQty"],
        )  # fmt: skip
        assert (event["n"], event["N"]) == (row["commission"], row["commissionAsset"])
        assert (event["m"], row["isMaker"], event["w"]) == (maker, maker, False)


def test_a_cancel_has_a_name_of_its_own_and_tells_the_orders() -> None:
    hearing = Hearing()
    names: tuple[dict[str, Any], ...] = ({}, {"newClientOrderId": "the-cancel"})
    for number, name in enumerate(names):
        placed = send(hearing, {"price": "0.3", "newClientOrderId": f"mine-{number}"})
        hearing.events.take(NOW)
        _, answer = hearing.venue.signed("DELETE", "/api/v3/order", symbol=VIA, orderId=placed["orderId"], **name)
        (event,) = hearing.take()
        assert (event["x"], event["X"], event["C"], event["w"]) == ("CANCELED", "CANCELED", f"mine-{number}", False)
        assert event["c"] == answer["clientOrderId"]


@pytest.mark.parametrize(("name", "former"), [({"newClientOrderId": "second"}, "first"), ({}, None)])
def test_an_order_that_became_smaller_is_replaced(name: dict[str, Any], former: str | None) -> None:
    hearing = Hearing()
    placed = send(hearing, {"price": "0.3", "newClientOrderId": "first"})
    hearing.events.take(NOW)
    hearing.amend(placed["orderId"], newQty="20", **name)
    (event,) = hearing.take()
    assert (event["x"], event["X"], event["q"], event["w"]) == ("REPLACED", "NEW", "20.00000000", True)
    assert former is None or (event["c"], event["C"]) == ("second", former)


def test_a_replacement_is_a_cancel_and_a_new_order() -> None:
    hearing = Hearing()
    placed = send(hearing, {"price": "0.3"})
    hearing.events.take(NOW)
    new: dict[str, Any] = {"side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "50", "price": "0.35"}
    target: dict[str, Any] = {"symbol": VIA, "cancelReplaceMode": "STOP_ON_FAILURE", "cancelOrderId": placed["orderId"]}
    assert hearing.venue.signed("POST", "/api/v3/order/cancelReplace", **target, **new)[0] == 200
    assert hearing.types() == ["CANCELED CANCELED", "NEW NEW"]


def test_a_waiting_order_is_told_when_it_is_taken_on_and_when_it_trades() -> None:
    hearing = Hearing()
    hearing.venue.limit("SELL", "20", "0.4", by=ACCOMPLICE)
    send(hearing, {"price": "0.4", "quantity": "20"})
    waiting = {"type": "STOP_LOSS_LIMIT", "timeInForce": "GTC", "stopPrice": "0.404", "price": "0.41"}
    send(hearing, {**waiting, "quantity": "20"})
    waits = hearing.take()[-1]
    assert (waits["x"], waits["w"], waits["P"]) == ("NEW", False, "0.40400000")
    assert "W" not in waits  # documented: only once it is in the book
    hearing.venue.order(ACCOMPLICE, symbol=VIA, side="BUY", type="MARKET", quantity="20")
    assert hearing.types() == ["TRADE FILLED"]


def test_an_order_that_trails_tells_its_distance_and_others_do_not() -> None:
    hearing = Hearing()
    send(hearing, {"price": "0.404", "quantity": "50"})
    trailing = {"type": "STOP_LOSS_LIMIT", "timeInForce": "GTC", "trailingDelta": "200", "price": "0.3"}
    send(hearing, {**trailing, "side": "SELL", "quantity": "20"})
    *before, last = hearing.take()
    assert last["d"] == 200
    assert not any("d" in event for event in before)


# self-trade prevention

MODES = [
    # the taker's mode; how the maker's and the taker's orders go: main offers 50 and takes 80
    ("EXPIRE_MAKER", ["TRADE_PREVENTION EXPIRED_IN_MATCH"], ["NEW NEW", "TRADE PARTIALLY_FILLED"]),
    ("EXPIRE_TAKER", [], ["NEW NEW", "TRADE_PREVENTION EXPIRED_IN_MATCH"]),
    ("EXPIRE_BOTH", ["TRADE_PREVENTION EXPIRED_IN_MATCH"], ["NEW NEW", "TRADE_PREVENTION EXPIRED_IN_MATCH"]),
]


def offered(hearing: Hearing, group: str = "main") -> int:
    """Main, or one of its trade group, offers 50 coins below everyone."""
    hearing.venue.limit("BUY", "60", "0.41", by=MAIN)  # main has coins to offer
    number: int = hearing.venue.limit("SELL", "50", "0.4", by=MAIN if group == "main" else ACCOMPLICE)[1]["orderId"]
    hearing.events.take(NOW)
    return number


@pytest.mark.parametrize(("mode", "maker", "taker"), MODES)
def test_a_match_that_was_prevented_is_told_to_whom_it_cost_the_order(
    mode: str, maker: list[str], taker: list[str]
) -> None:
    hearing = Hearing()
    offer = offered(hearing)
    order = {"price": "0.41", "quantity": "80", "selfTradePreventionMode": mode}
    mine = send(hearing, order)["orderId"]
    told = hearing.take()
    goes = [(event["i"], f"{event['x']} {event['X']}") for event in told]
    assert [how for number, how in goes if number == offer] == maker
    assert [how for number, how in goes if number == mine] == taker
    for event in told:
        if event["x"] == "TRADE_PREVENTION":
            other = mine if event["i"] == offer else offer
            lost = "50.00000000" if event["i"] == offer else "80.00000000"
            assert (event["A"], event["B"], event["U"], event["Cs"], event["u"]) == (lost, lost, other, VIA, -1)
            _, rows = hearing.venue.signed("GET", "/api/v3/myPreventedMatches", symbol=VIA, orderId=event["i"])
            assert event["v"] == rows[-1]["preventedMatchId"]


def test_an_order_that_lost_only_a_part_to_prevention_is_told_and_stays() -> None:
    hearing = Hearing()
    offer = offered(hearing)
    send(hearing, {"price": "0.4", "quantity": "20", "selfTradePreventionMode": "DECREMENT"})
    left = next(event for event in hearing.take() if event["i"] == offer)
    assert (left["x"], left["X"], left["A"], left["w"]) == ("TRADE_PREVENTION", "NEW", "20.00000000", True)


def test_a_transfer_in_place_of_a_trade_is_told_on_both_sides_as_it_went() -> None:
    hearing = Hearing(groups={"main": 7, "accomplice": 7})
    transfer = {"selfTradePreventionMode": "TRANSFER"}
    hearing.venue.limit("SELL", "50", "0.4", by=ACCOMPLICE, **transfer)
    hearing.events.take(NOW)
    send(hearing, {"price": "0.4", "quantity": "50", **transfer})
    told = [(who, event["a"], event["d"]) for who, event in hearing.events.take(NOW) if event["e"] == "balanceUpdate"]
    assert sorted(told) == [
        ("accomplice", "USDT", "20.00000000"), ("accomplice", "VIA", "-50.00000000"),
        ("main", "USDT", "-20.00000000"), ("main", "VIA", "50.00000000"),
    ]  # fmt: skip


# lists


def statuses(hearing: Hearing) -> list[tuple[str, str, int]]:
    return [(event["l"], event["L"], event["g"]) for event in hearing.take(kind="listStatus")]


def test_a_list_is_told_when_it_begins_and_when_it_is_done() -> None:
    hearing = Hearing()
    placed = listed(hearing, "oco", OCO | {"listClientOrderId": "both"})
    (event,) = hearing.take(kind="listStatus")
    assert event == {
        "e": "listStatus", "E": NOW, "s": VIA, "g": placed["orderListId"], "c": "OCO", "l": "EXEC_STARTED",
        "L": "EXECUTING", "r": "NONE", "C": "both", "T": NOW,
        "O": [{"s": VIA, "i": row["orderId"], "c": row["clientOrderId"]} for row in placed["orders"]],
    }  # fmt: skip


def listed(hearing: Hearing, form: str, order: dict[str, str]) -> Any:
    hearing.venue.limit("SELL", "100", "0.4", by=ACCOMPLICE)
    send(hearing, {"price": "0.4", "quantity": "100"})
    hearing.events.take(NOW)
    status, placed = place(hearing.venue, form, order)
    assert status == 200, placed
    return placed


def test_of_a_pair_the_one_that_fills_ends_the_other_and_the_list() -> None:
    hearing = Hearing()
    number = listed(hearing, "oco", OCO)["orderListId"]
    assert statuses(hearing) == [("EXEC_STARTED", "EXECUTING", number)]
    hearing.venue.order(BARE, symbol=VIA, side="BUY", type="MARKET", quantity="320")
    told = [event for who, event in hearing.events.take(NOW) if who == "main"]
    ended = next(event for event in told if event.get("x") == "EXPIRED")
    assert (ended["eR"], ended["g"], ended["o"]) == ("OCO_TRIGGER", number, "STOP_LOSS_LIMIT")
    assert [(event["l"], event["L"]) for event in told if event["e"] == "listStatus"] == [("ALL_DONE", "ALL_DONE")]
    assert statuses(hearing) == []


@pytest.mark.parametrize(("form", "order"), [("oto", OTO), ("otoco", OTOCO)])
def test_a_list_that_is_cancelled_is_done(form: str, order: dict[str, str]) -> None:
    hearing = Hearing()
    number = listed(hearing, form, order)["orderListId"]
    started = hearing.events.take(NOW)
    assert [event["x"] for _, event in started if event["e"] == "executionReport"] == ["NEW"]  # the rest is pending
    hearing.venue.signed("DELETE", "/api/v3/orderList", symbol=VIA, orderListId=number)
    assert statuses(hearing) == [("ALL_DONE", "ALL_DONE", number)]


def test_a_list_of_which_an_order_got_another_name_says_so() -> None:
    hearing = Hearing()
    placed = listed(hearing, "oco", OCO)
    hearing.events.take(NOW)
    hearing.amend(placed["orders"][0]["orderId"], newQty="70", newClientOrderId="other")
    (event,) = hearing.take(kind="listStatus")
    assert (event["l"], event["L"], event["O"][0]["c"]) == ("UPDATED", "EXECUTING", "other")


# balances


def test_money_that_comes_or_goes_is_told_with_its_sign_and_the_balance_after_it() -> None:
    hearing = Hearing()
    hearing.venue.exchange.accounts.deposit("main", "USDT", Decimal(5), NOW + 1)
    told = [event for _, event in hearing.events.take(NOW + 2)]
    assert told == [
        {"e": "balanceUpdate", "E": NOW + 2, "a": "USDT", "d": "5.00000000", "T": NOW + 1},
        {
            "e": "outboundAccountPosition", "E": NOW + 2, "u": NOW + 2,
            "B": [{"a": "USDT", "f": "10005.00000000", "l": "0.00000000"}],
        },
    ]  # fmt: skip
    transfer: dict[str, Any] = {"type": "MAIN_FUNDING", "asset": "USDT", "amount": "3"}
    assert hearing.venue.signed("POST", "/sapi/v1/asset/transfer", ALL, **transfer)[0] == 200
    back = {**transfer, "type": "FUNDING_MAIN", "amount": "2"}
    assert hearing.venue.signed("POST", "/sapi/v1/asset/transfer", ALL, **back)[0] == 200
    withdrawal: dict[str, Any] = {"coin": "USDT", "amount": "4", "address": "accomplice"}
    assert hearing.venue.signed("POST", "/sapi/v1/capital/withdraw/apply", ALL, **withdrawal)[0] == 200
    later = hearing.events.take(NOW)
    assert {who for who, _ in later} == {"main"}  # an address is no account, whatever it is called
    assert [event["d"] for _, event in later if event["e"] == "balanceUpdate"] == [
        "-3.00000000", "2.00000000", "-4.00000000",
    ]  # fmt: skip


ACTS = st.lists(
    st.tuples(
        st.sampled_from(["order", "order", "market", "cancel", "amend", "oco", "deposit", "price", "step"]),
        st.sampled_from([MAIN, ACCOMPLICE, BARE]),
        st.sampled_from(["BUY", "SELL"]),
        st.sampled_from(["0.38", "0.4", "0.404", "0.42"]),
        st.integers(20, 200),
        st.sampled_from(["EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER", "NONE"]),
    ),
    max_size=15,
)


def act(hearing: Hearing, what: str, by: Any, side: str, price: str, quantity: int, stp: str) -> None:  # noqa: PLR0917
    venue = hearing.venue
    _, rows = venue.signed("GET", "/api/v3/openOrders", by, symbol=VIA)
    match what:
        case "order":
            venue.limit(side, str(quantity), price, by=by, selfTradePreventionMode=stp)
        case "market":
            venue.order(
                by, symbol=VIA, side=side, type="MARKET", quantity=str(quantity), selfTradePreventionMode=stp
            )  # fmt: skip
        case "cancel" if rows:
            venue.signed("DELETE", "/api/v3/order", by, symbol=VIA, orderId=rows[-1]["orderId"])
        case "amend" if rows:
            amendment = {"symbol": VIA, "orderId": rows[-1]["orderId"], "newQty": "15"}
            venue.signed("PUT", "/api/v3/order/amend/keepPriority", by, **amendment)
        case "oco":
            venue.signed("POST", "/api/v3/orderList/oco", by, **OCO)
        case "deposit":
            venue.exchange.accounts.deposit(by.account, "VIA", Decimal(quantity), venue.now)
        case "price":
            venue.exchange.set_price(VIA, Decimal(price), venue.now)
        case _:
            venue.exchange.step(venue.now)


@given(ACTS, st.booleans())
def test_the_balances_that_are_told_are_at_every_moment_those_that_are_there(
    acts: list[tuple[str, Any, str, str, int, str]], grouped: bool
) -> None:
    hearing = Hearing(groups={"main": 7, "accomplice": 7} if grouped else {})
    accounts, people = hearing.venue.exchange.accounts, ("main", "bare", "accomplice")

    def there() -> dict[tuple[str, str], tuple[str, str]]:
        return {
            (who, asset): (money(accounts.free(who, asset)), money(accounts.locked(who, asset)))
            for who in people
            for asset in ("USDT", "VIA")
        }

    told = there()
    for each in acts:
        act(hearing, *each)
        heard: list[tuple[str, Any]] = list(hearing.events.take(hearing.venue.now))
        positions = [(who, event["B"]) for who, event in heard if event["e"] == "outboundAccountPosition"]
        told |= {(who, row["a"]): (row["f"], row["l"]) for who, rows in positions for row in rows}
        assert told == there()
