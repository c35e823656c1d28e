"""The checker finds what it is there to find: a run in which all is well is spoiled, one thing at a time."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.matrix.checker import problems
from tests.matrix.evidence import Evidence, Row, Trouble
from tests.matrix.honest import (
    LEFT,
    NEVER,
    POLICY,
    RESTED,
    TAKEN,
    arrival,
    case,
    honest,
    intent,
    order,
    outcome,
    refused,
    said,
    yes,
)
from tests.matrix.plan import Fault, Victim
from tests.matrix.said import Said

Spoil = Callable[[Evidence], Evidence]


def exits(form: str) -> Spoil:
    """Let two sales through that only together are more than what is held, as a list of some form."""
    pair = more_orders("x", "y", at=3100, quantity="0.9", side="SELL", lane="exit")

    def spoil(run: Evidence) -> Evidence:
        run = pair(run)
        for name in ("x", "y"):
            run = intents(name, list="l", form=form)(run)
        return run

    return both(spoil, limit("open_orders", "9"))


REPLACED = {"cancelResult": "SUCCESS", "newOrderResult": "SUCCESS", "newOrderResponse": yes(72, RESTED, "NEW", "0")}
PARTLY = {"code": -2021, "msg": "x", "data": {**REPLACED, "cancelResult": "FAILURE"}}
NOT = {"code": -2022, "msg": "x", "data": {"cancelResult": "FAILURE", "newOrderResult": "NOT_ATTEMPTED"}}
LISTED = {"orderListId": 1, "orderReports": [yes(71, TAKEN, "NEW", "0"), yes(72, RESTED, "NEW", "0")]}


@pytest.mark.parametrize(
    ("path", "status", "answer", "names"),
    [
        ("order/cancelReplace", 200, REPLACED, [RESTED]),
        ("order/cancelReplace", 409, PARTLY, [RESTED]),
        ("order/cancelReplace", 400, NOT, []),
        ("order/cancelReplace", 504, refused("upstream"), []),
        ("orderList/oco", 200, LISTED, [TAKEN, RESTED]),
        ("order", 200, yes(72, RESTED, "NEW", "0"), [RESTED]),
    ],
)
def test_an_answer_names_the_orders_that_it_says_are_there(
    path: str, status: int, answer: dict[str, object], names: list[str]
) -> None:
    told = replace(said(RESTED, 990, status, answer), path=f"/api/v3/{path}")
    assert [each["clientOrderId"] for each in told.placed] == names


def test_of_two_orders_that_cancel_each_other_the_larger_counts() -> None:
    assert [found for found in problems(exits("OCO")(honest())) if "past the position" in found] == []


def test_an_exit_that_a_later_sale_overtook_on_the_way_still_leaves() -> None:
    sales = (more_orders("x", at=3100, quantity="0.9", side="SELL", lane="exit"), limit("open_orders", "9"))
    assert not [found for found in problems(both(*sales, overtaking("y", after=101))(honest())) if "past the" in found]
    before = both(*sales, overtaking("y", after=99))(honest())
    assert [found for found in problems(before) if "past the" in found] == [
        "bot a: x passed as an exit, and goes 0.803 past the position"
    ]


def test_nothing_is_wrong_with_an_honest_run() -> None:
    assert problems(honest()) == ()


def changed(rows: tuple[Row, ...], name: str, **more: object) -> tuple[Row, ...]:
    return tuple({**row, **more} if name in (row.get("client_id"), row.get("clientOrderId")) else row for row in rows)


def orders(name: str, **more: object) -> Spoil:
    return lambda run: replace(run, orders=changed(run.orders, name, **more))


def intents(name: str, **more: object) -> Spoil:
    return lambda run: replace(run, journal=changed(run.journal, name, **more))


def outcomes(seq: int, **more: object) -> Spoil:
    return lambda run: replace(run, journal=tuple({**row, **more} if row["seq"] == seq else row for row in run.journal))


def without(name: str) -> Spoil:
    return lambda run: replace(run, orders=tuple(row for row in run.orders if row["clientOrderId"] != name))


def unwritten(*seqs: int) -> Spoil:
    return lambda run: replace(run, journal=tuple(row for row in run.journal if row["seq"] not in seqs))


def written(*rows: Row) -> Spoil:
    return lambda run: replace(run, journal=(*run.journal, *rows))


def heard(*more: Said) -> Spoil:
    return lambda run: replace(run, said=(*run.said, *more))


def instead(index: int, what: Said) -> Spoil:
    return lambda run: replace(run, said=(*run.said[:index], what, *run.said[index + 1 :]))


def limit(key: str, value: str) -> Spoil:
    """Tighten one limit below what the run used."""
    lines = [f"{key} = {value}" if line.startswith(f"{key} ") else line for line in POLICY.splitlines()]
    return lambda run: replace(run, policy="\n".join(lines))


def more_orders(*names: str, at: int = 2010, quantity: str = "1", side: str = "BUY", lane: str = "ordinary") -> Spoil:
    """Let more orders through: decided, sent, open at the exchange and in the journal."""

    def spoil(run: Evidence) -> Evidence:
        rows: list[Any] = []
        placed = list(run.orders)
        came = list(run.requests)
        for index, name in enumerate(names):
            seq = 100 + 2 * index
            rows += [intent(seq, name, at, side, quantity, lane), outcome(seq + 1, seq, "open", "0", str(seq))]
            placed.append(order(seq, name, at + 5, side, quantity))
            came.append(arrival(name, at + 5))
        return replace(
            run,
            journal=(*run.journal, *rows),
            orders=tuple(placed),
            requests=tuple(came),
            total_requests=len(came),
        )

    return spoil


def overtaking(name: str, after: int) -> Spoil:
    """Let one more sale through, decided after some entry, that comes to the exchange before those of `more_orders`."""
    row = order(after, name, 3104, "SELL", "0.9")
    return lambda run: replace(
        run, orders=(*run.orders, row), journal=(*run.journal, intent(after, name, 3100, "SELL", "0.9"))
    )


def trouble(victim: Victim, fault: Fault) -> Spoil:
    return lambda run: replace(run, troubles=(Trouble(case(victim, fault), 4900, 6000, True),))


def both(*spoils: Spoil) -> Spoil:
    def spoil(run: Evidence) -> Evidence:
        for each in spoils:
            run = each(run)
        return run

    return spoil


def came(name: str, at: int) -> Spoil:
    return lambda run: replace(run, requests=(*run.requests, arrival(name, at)), total_requests=run.total_requests + 1)


CANCEL = Said("a", "DELETE", "/api/v3/order", "q", 5000, 5001, 400, '{"msg":"ringfence refused: journal: x"}')
BROKEN = said("a-9", 1500, 400, refused("journal"))
QUIET = 10_000  # a moment at which nothing is wrong

SPOILED: list[tuple[Spoil, str]] = [
    # nothing lost
    (written(intent(11, TAKEN, 900, "BUY", "3"), outcome(12, 11, "final", "3", "71")), "the same client id"),
    (lambda run: replace(run, total_requests=6000), "cannot judge"),
    (came(TAKEN, 1006), "came to the exchange 2 times"),
    (came("a-8", 1006), "a request for order a-8 came to the exchange and has no intent"),
    (intents(TAKEN, t_boot=1008), "came to the exchange before its intent"),
    (unwritten(0, 1, 2), "order a-1 is at the exchange and has no intent"),
    (orders(TAKEN, symbol="ETHUSDT"), "has the symbol ETHUSDT, and BTCUSDT"),
    (orders(TAKEN, side="SELL"), "has the side SELL, and BUY"),
    (orders(TAKEN, price="101"), "has the price 101, and 100"),
    (orders(RESTED, quantity="2.1"), "has the quantity 2.1, and 2"),
    (unwritten(9), "intent a-4 has no outcome"),
    (written(outcome(11, 77, "final", "0", None)), "of intent 77, and there is none"),
    (written(outcome(11, 0, "final", "3", "71")), "intent a-1 has an outcome after its end"),
    (outcomes(1, executed="3.1"), "was filled by 3.1, 3 of 3"),
    (both(outcomes(2, executed="4"), orders(TAKEN, executed="4")), "was filled by 0, 4 of 3"),
    (unwritten(2), "intent a-1 ends as open, and the exchange says FILLED"),
    (orders(RESTED, status="NEW"), "intent a-2 ends as final, and the exchange says NEW"),
    (outcomes(2, executed="2.9"), "ends with 2.9 filled, and the exchange says 3"),
    (outcomes(2, order_id="72"), "ends as order 72, and the exchange says 71"),
    (without(RESTED), "intent a-2 ends as final, and the exchange has no such order"),
    (outcomes(9, state="open"), "intent a-4 ends as open, and the exchange has no such order"),
    # no limit passed
    (limit("order_notional", '"299"'), "a-1 comes to 300 of 299"),
    (limit("window_notional", '"499"'), "with a-2 the window comes to 500 of 499"),
    (limit("exposure", '"499"'), "with a-2 the exposure comes to 499.7"),
    (limit("loss_budget", '"11"'), "with a-2 the losses come to 11"),
    (limit("open_orders", "0"), "with a-2 1 orders are open, of 0"),
    (limit("orders_per_minute", "2"), "more than 2 orders in a minute"),
    (both(limit("exposure", '"9999"'), limit("loss_budget", '"999"'), limit("open_orders", "9"),
          limit("orders_per_minute", "99"), more_orders(*"abcdef")), "the window comes to 1100 of 1000"),
    (both(limit("loss_budget", '"999"'), more_orders("x", "y")), "the exposure comes to 699.7"),
    (both(limit("exposure", '"9999"'), more_orders("x", "y", quantity="3")), "the losses come to"),
    (more_orders("x", "y", quantity="0.1"), "3 orders are open, of 2"),
    (more_orders("x", at=3100, quantity="1", side="SELL", lane="exit"), "x passed as an exit, and goes 0.003"),
    (exits("OTO"), "y passed as an exit, and goes 0.8"),
    # what was heard is true
    (instead(0, said(TAKEN, 990, 200, yes(79, TAKEN, "FILLED", "3"))), "the exchange has no such order"),
    (instead(0, said(TAKEN, 990, 200, "")), "heard a yes that names no order"),
    (instead(0, said(TAKEN, 990, 200, yes(72, TAKEN, "NEW", "0"))), "heard of order a-1, which is a-2"),
    (instead(0, said(TAKEN, 990, 200, yes(72, RESTED, "NEW", "0"))), "a-2, which is not what it asked for"),
    (instead(0, said(TAKEN, 990, 200, yes(71, TAKEN, "NEW", "3.5"))), "heard that 3.5 was filled, and it was 3"),
    (instead(1, said(RESTED, 1990, 200, yes(72, RESTED, "FILLED", "0"))), "heard that order a-2 is filled"),
    (instead(0, said(TAKEN, 990, 400, refused("exposure"))), "heard 'ringfence refused: exposure.*a-1 is at the"),
    (instead(0, said(TAKEN, 990, 400, {"code": -2010, "msg": "x"})), "heard 'x', and a-1 is at the exchange"),
    (instead(0, said(TAKEN, 990, 400, refused("not-sent", "the order was not sent: x"))), "a-1 is at the exchange"),
    (both(intents(RESTED, request=intent(0, TAKEN, 0, "BUY", "3")["request"])), "sent one request, and a-1, a-2"),
    (instead(3, said("a-6", 4990, 504, "")), "intent a-4 is of a request that no bot sent"),
    (instead(1, replace(said(RESTED, 990, 200, LISTED), path="/api/v3/orderList/oco")), "a-1, which is not what it"),
    (instead(1, replace(said(RESTED, 990, 409, NOT), path="/api/v3/order/cancelReplace")), "request that no bot sent"),
    (heard(said("a-7", QUIET, 504, refused("upstream"))), "heard 504 .* while nothing was wrong"),
    (heard(said("a-7", QUIET, None, "")), "heard None '' while nothing was wrong"),
    (heard(replace(said(RESTED, QUIET, 400, NOT))), "heard that nothing was placed, and a-2 was there already"),
    (heard(CANCEL), "could not cancel because of the journal"),
    (both(trouble(Victim.SIGNER, Fault.DISK_FULL), heard(BROKEN)), "a-2 came to the exchange while the journal"),
    # it stands again
    (lambda run: replace(run, unverified=("entry 3 is out of order",)), "does not verify: entry 3"),
    (lambda run: replace(run, probes=(said("p", 1, 400, refused("journal")),)), "orders do not pass any more: 400"),
    (heard(said("a-7", QUIET, 400, refused("journal"))), "heard .*journal.*, which no fault explains"),
    (heard(said("a-7", 5000, 400, refused("journal"))), "heard .*journal.*, which no fault explains"),
    (heard(said("a-7", 5000, 400, refused("halted"))), "heard .*halted.*, which no fault explains"),
    (heard(said("a-7", 5000, 400, refused("replay", "this signature was used"))), "which no fault explains"),
    (heard(said("a-7", 5000, 400, refused("stale"))), "heard .*stale.*, which no fault explains"),
    (heard(said("a-7", 21_001, 400, refused("no-reference-price"))), "no-reference-price.*, which no fault explains"),
    (written({"kind": "alarm", "seq": 11, "text": "errand poll failed: KeyError"}), "alarm: errand poll failed"),
    (written({"kind": "alarm", "seq": 11, "text": "open orders that cannot be read: x"}), "alarm: open orders"),
    (written({"kind": "alarm", "seq": 11, "text": "main: this machine's clock is 9 s off"}), "alarm: main: this"),
    (written({"kind": "switch", "seq": 11, "to": "exits-only", "why": "x"}), "the switch was thrown to exits-only"),
]  # fmt: skip


@pytest.mark.parametrize(("spoil", "found"), SPOILED, ids=[f"{n}-{found[:40]}" for n, (_, found) in enumerate(SPOILED)])
def test_what_is_wrong_is_found(spoil: Spoil, found: str) -> None:
    with pytest.raises(AssertionError, match=found):
        assert not "\n".join(problems(spoil(honest())))


EXPLAINED = [
    (Victim.SIGNER, Fault.SYNC_ERROR, heard(said("a-7", 5000, 400, refused("journal")))),
    (Victim.SIGNER, Fault.SYNC_ERROR, written({"kind": "alarm", "seq": 11, "text": "nothing can be written down"})),
    (Victim.EXCHANGE, Fault.DOUBLED, written({"kind": "alarm", "seq": 11, "text": "orders that cannot be read: x"})),
    (Victim.COURIER, Fault.LOST, heard(said(NEVER, QUIET, 504, refused("upstream", "x")))),
    (Victim.COURIER, Fault.CLOCK_BACK, written({"kind": "alarm", "seq": 11, "text": "the clock is 9 s off"})),
    (Victim.PRICES, Fault.LOST, heard(said("a-7", 21_000, 400, refused("no-reference-price")))),
    (Victim.GATEWAY, Fault.STOP, heard(said("a-7", 5000, 400, refused("stale")))),
    (Victim.GATEWAY, Fault.KILL, heard(said("a-7", 5000, None, ""))),
    (Victim.SIGNER, Fault.KILL, heard(said(LEFT, 5000, 400, refused("replay", "this order was sent before")))),
    (Victim.COURIER, Fault.LOST, heard(said(NEVER, 5000, 504, refused("upstream", "not known")))),
]


@pytest.mark.parametrize(("victim", "fault", "what"), EXPLAINED)
def test_what_a_fault_explains_is_not_wrong(victim: Victim, fault: Fault, what: Spoil) -> None:
    assert problems(both(trouble(victim, fault), what)(honest())) == ()
