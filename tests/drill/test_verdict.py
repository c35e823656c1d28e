"""The verdict bites: what was not as promised is said, on both sides of every boundary."""

from dataclasses import replace
from decimal import Decimal

import pytest

from ringfence.drill.verdict import Evidence, Result, faults
from tests.drill.world import STOLEN, answer, effect, evidence, result


def bounded(lost: str) -> Result:
    """An attack that only the limits bound."""
    return result(effect(lost), orders=None)


def test_attacks_that_were_refused_and_a_loss_within_the_figure_are_as_promised() -> None:
    assert faults(evidence(result(effect()), bounded("59.99"))) == ()


def test_what_happened_without_ringfence_is_not_as_promised_with_it() -> None:
    found = faults(evidence(result(STOLEN, orders=None)))
    assert found == ("exceeded: 9000 was lost, and 60 was promised at most",)


@pytest.mark.parametrize(("lost", "exceeded"), [("0", False), ("59.99", False), ("60", False), ("60.01", True)])
def test_a_loss_may_reach_the_promise_and_not_pass_it(lost: str, exceeded: bool) -> None:
    found = faults(evidence(bounded(lost)))
    assert any("exceeded" in fault for fault in found) is exceeded


def test_losses_add_up() -> None:
    one = bounded("30.01")
    assert faults(evidence(one)) == ()
    assert "exceeded: 60.02" in faults(evidence(one, one))[0]


def test_a_gain_in_one_attack_makes_up_for_nothing() -> None:
    assert "exceeded" in faults(evidence(bounded("60.01"), bounded("-50")))[0]


FAULTS: list[tuple[str, Evidence, str]] = [
    ("an order that got through", evidence(result(effect(orders=1))), "1 orders reached the exchange, 0 at most"),
    ("a second order", evidence(result(effect(orders=2), orders=1)), "2 orders reached the exchange, 1 at most"),
    ("money lost to what is refused", evidence(result(effect("0.01"))), "0.01 was lost"),
    ("an order of the owner gone", evidence(result(effect(cancelled=1))), "1 of the owner's orders are gone"),
    (
        "a limit passed",
        evidence(result(effect(bought=Decimal("2000.01")), orders=None, bought=Decimal(2000))),
        "bought",
    ),
    ("an attack that was not carried out", evidence(result(effect(answers=()))), "not carried out"),
    (
        "an attack that takes nothing anywhere",
        evidence(result(effect(), effect(answers=(answer(200),)))),
        "shows nothing",
    ),
    ("no attack", evidence(), "no attack was run"),
    ("no promise", evidence(result(effect()), promised=None), "no figure was promised"),
    ("a journal", evidence(result(effect()), journal_problems=("entry 3 differs",)), "does not verify: entry 3"),
    ("the real key", evidence(result(effect()), key_seen=True), "the real key was in an answer"),
]


@pytest.mark.parametrize(("given", "said"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS])
def test_a_single_fault_is_said_and_nothing_else(given: Evidence, said: str) -> None:
    found = faults(given)
    assert len(found) == 1
    assert said in found[0]


WITHIN: list[tuple[str, Result]] = [
    ("one order where one may pass", result(effect("1.00", orders=1), orders=1)),
    ("as much as the limit", result(effect("1.00", orders=9, bought=Decimal(2000)), orders=None, bought=Decimal(2000))),
    ("what the exchange refuses itself", result(effect(), effect(answers=(answer(400),)))),
    ("what the exchange does not have", result(effect(), effect(answers=(answer(404),)))),
]


@pytest.mark.parametrize("given", [case[1] for case in WITHIN], ids=[case[0] for case in WITHIN])
def test_what_is_allowed_is_no_fault(given: Result) -> None:
    assert faults(evidence(given)) == ()


def test_the_same_results_are_judged_by_the_promise_alone() -> None:
    kept = evidence(bounded("60"))
    assert faults(kept) == ()
    assert faults(replace(kept, promised=Decimal("59.99"))) != ()
