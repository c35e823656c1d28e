"""A loss is what the exchange itself knows; what stopped an attack is what the answers say."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ringfence.drill.measure import effect, stopped_by
from ringfence.drill.venue import Account, Balance, Order, Truth
from tests.drill.world import STOLEN, answer, refused
from tests.drill.world import effect as made


def order(number: int = 1, **changed: str) -> Order:
    words = {
        "account": "main", "symbol": "ETHUSDT", "side": "BUY", "status": "FILLED", "price": "3000",
        "quantity": "1", "executed": "1", "cummulative_quote_qty": "3000",
    }  # fmt: skip
    return Order(order_id=number, **{**words, **changed})


def truth(*orders: Order, usdt: str = "1000", eth: str = "0", locked: str = "0") -> Truth:
    balances = {"USDT": Balance(usdt, locked), "ETH": Balance(eth, "0")}
    return Truth({"ETHUSDT": "3000"}, {"main": Account(balances)}, list(orders))


LOSSES = [
    # what is left of 1000 USDT, at 3000 for an ETH, and what was lost
    ("nothing happened", truth(), "0.00"),
    ("money left the account", truth(usdt="0"), "1000.00"),
    ("money moved into an order is still there", truth(usdt="400", locked="600"), "0.00"),
    ("coins are worth what the exchange goes by, whatever was paid", truth(usdt="0", eth="0.1"), "700.00"),
    ("a coin that is worth what it cost is no loss", truth(usdt="700", eth="0.1"), "0.00"),
    ("a fraction of a cent is a cent", truth(usdt="999.9999"), "0.01"),
    ("a gain is a loss below zero", truth(usdt="1001"), "-1.00"),
]


@pytest.mark.parametrize(("after", "lost"), [case[1:] for case in LOSSES], ids=[case[0] for case in LOSSES])
def test_a_loss_is_the_worth_of_the_account_before_less_that_after(after: Truth, lost: str) -> None:
    assert effect(truth(), after, "main", ()).lost == Decimal(lost)


def test_only_new_orders_of_the_account_are_counted() -> None:
    before = truth(order(1))
    after = truth(order(1), order(2), order(3, side="SELL"), order(4, account="accomplice"))
    found = effect(before, after, "main", ())
    assert (found.orders, found.bought) == (2, Decimal(3000))


@pytest.mark.parametrize(
    ("status", "committed"), [("NEW", 2000), ("PARTIALLY_FILLED", 2000), ("EXPIRED", 500), ("CANCELED", 500)]
)
def test_an_open_order_counts_with_all_that_it_may_still_spend(status: str, committed: int) -> None:
    placed = order(status=status, quantity="2", executed="0.5", price="1000", cummulative_quote_qty="500")
    assert effect(truth(), truth(placed), "main", ()).bought == committed


@pytest.mark.parametrize(
    ("before", "after", "gone"),
    [("NEW", "CANCELED", 1), ("NEW", "NEW", 0), ("NEW", "FILLED", 0), ("CANCELED", "CANCELED", 0)],
)
def test_an_order_that_rested_before_and_is_cancelled_after_is_gone(before: str, after: str, gone: int) -> None:
    assert effect(truth(order(status=before)), truth(order(status=after)), "main", ()).cancelled == gone


MARKET = "symbol=ETHUSDT&type=MARKET"
LEFT = {"type": "LIMIT", "price": "3015.00000000", "status": "EXPIRED"}
STOPPED = [
    ("a refusal, by its rule", made(), ("collar", "beyond the collar")),
    (
        "the last of several refusals, with their number",
        made(answers=(answer(200), refused("exposure", "too much"), refused("loss-budget", "used up"))),
        ("loss-budget", "2 of 3 refused; used up"),
    ),
    (
        "a market order that left as a limit order",
        made(orders=1, answers=(answer(200, MARKET, **LEFT),)),
        ("collar", "it left as a limit order at 3015.00, and nobody sold at that"),
    ),
    ("nothing but their number", replace(STOLEN, orders=1), ("1 order", "20 orders where nothing stood in between")),
    ("nothing at all", made(answers=()), ("nothing", "no request was sent")),
]


@pytest.mark.parametrize(("guarded", "said"), [case[1:] for case in STOPPED], ids=[case[0] for case in STOPPED])
def test_what_stopped_it_is_read_from_the_answers(guarded: object, said: tuple[str, str]) -> None:
    assert stopped_by(guarded, made(orders=20)) == said  # type: ignore[arg-type]


def test_an_exchange_s_own_refusal_is_not_taken_for_ours() -> None:
    assert answer(400, code=-1013, msg="Filter failure: LOT_SIZE").refusal is None
    assert answer(200, msg="ringfence refused: collar: no").refusal is None
    assert refused().refusal == ("collar", "beyond the collar")


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b'{"msg": 5}'])
def test_an_answer_that_cannot_be_read_is_no_refusal_and_no_order(body: bytes) -> None:
    odd = replace(answer(), body=body)
    assert odd.refusal is None
    assert odd.placed.orderId == 0
