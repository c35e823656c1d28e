"""The drill bites: whatever did not go as it must is said, on both sides of every boundary."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from ringfence.drill.adapt import adapted
from ringfence.drill.judge import Played, judged
from ringfence.drill.means import Means, means
from ringfence.drill.plan import POLICY
from ringfence.drill.scenario import Cap, Expected, Most, Outcome, Scenario, bounded, refused, seen
from ringfence.drill.scene import Claim, Scene
from tests.drill.world import answer, effect
from tests.drill.world import refused as no


def program(_scene: Scene) -> None:
    """Do nothing: what it did is given."""


def allowed(policy: str = POLICY) -> Means:
    return means(adapted(policy, ["x"]).fitted)


def scenario(expected: Expected, **changed: object) -> Scenario:
    words: dict[str, object] = {"title": "try", "story": "It is tried.", "control": "a rule", "alert": "an alarm"}
    return Scenario(**{"id": "S00", "expected": expected, "program": program, **words, **changed})  # type: ignore[arg-type]


REFUSED = scenario(refused("collar"))
BOUNDED = scenario(bounded("collar", caps=(Cap.WINDOW, Cap.EXPOSURE)))
FREE = scenario(bounded("collar", most=Most.NOTHING))
BUDGET = scenario(bounded("collar", most=Most.BUDGET))
OPEN, RATE = scenario(bounded(caps=(Cap.OPEN,))), scenario(bounded(caps=(Cap.RATE,)))
SEEN = scenario(seen("older"))
PASSED = (answer(200, orderId=1),)
THOUSAND: Any = {"bought": Decimal(1000), "answers": PASSED}
WINDOW = POLICY.replace('"5000"', '"unlimited"')

AS_EXPECTED = [
    ("all was refused", Played(REFUSED, effect()), Outcome.REFUSED),
    ("some passed and the limits held", Played(BOUNDED, effect("9", answers=PASSED)), Outcome.BOUNDED),
    ("it might pass, and was refused", Played(BOUNDED, effect()), Outcome.REFUSED),
    ("as much as the limit", Played(BOUNDED, effect(bought=Decimal(2000), answers=PASSED)), Outcome.BOUNDED),
    ("as much as the budget", Played(BUDGET, effect("60", answers=PASSED)), Outcome.BOUNDED),
    ("a little more, as the price is off", Played(BUDGET, effect("60.40", **THOUSAND)), Outcome.BOUNDED),
    ("as many open as allowed, exits included", Played(OPEN, effect(answers=PASSED), resting=30), Outcome.BOUNDED),
    ("as many a minute as allowed", Played(RATE, effect(orders=72, answers=PASSED)), Outcome.BOUNDED),
    ("what is claimed is so", Played(REFUSED, effect(), claims=(Claim(True, "no"),)), Outcome.REFUSED),
    ("an alarm says so", Played(SEEN, effect(answers=PASSED), alarms=("it is older",)), Outcome.SEEN),
    ("a part is not built", Played(replace(REFUSED, waits="a part", program=None)), Outcome.WAITS),
    ("a part is not built, a half was tried", Played(replace(REFUSED, waits="a part"), effect()), Outcome.WAITS),
]


@pytest.mark.parametrize(
    ("played", "outcome"), [case[1:] for case in AS_EXPECTED], ids=[case[0] for case in AS_EXPECTED]
)
def test_what_went_as_it_must_is_named_as_what_it_was(played: Played, outcome: Outcome) -> None:
    verdict = judged(played, allowed())
    assert (verdict.faults, verdict.outcome) == ((), outcome)


WRONG = [
    ("nothing was sent", Played(REFUSED, effect(answers=())), "nothing was sent"),
    ("it was not tried at all", Played(REFUSED), "it was not tried"),
    ("it could not be tried", Played(REFUSED, broken="no exchange"), "could not be carried out: no exchange"),
    ("refused by another rule", Played(REFUSED, effect(answers=(no("busy", "x"),))), "refused as busy"),
    ("not refused by us", Played(REFUSED, effect(answers=(answer(400, msg="Unknown"),))), "1 of 1 requests were not"),
    ("an order got through", Played(REFUSED, effect(orders=1)), "1 orders reached the exchange, 0 at most"),
    ("an order of the owner's is gone", Played(BOUNDED, effect(cancelled=1)), "1 of the owner's orders are gone"),
    ("a cent was lost to what costs nothing", Played(FREE, effect("0.01", answers=PASSED)), "0.01 was lost, and 0.00"),
    ("more than the budget", Played(BUDGET, effect("60.01", answers=PASSED)), "60.01 was lost, and 60.00"),
    ("more than a price that is off", Played(BUDGET, effect("60.41", **THOUSAND)), "60.41 was lost"),
    ("more than the radius", Played(BOUNDED, effect("5000", answers=PASSED)), "5000.00 was lost"),
    ("more than the window", Played(BOUNDED, effect(bought=Decimal("5000.01"), answers=PASSED)), "window_notional"),
    ("more than the exposure", Played(BOUNDED, effect(bought=Decimal("2000.01"), answers=PASSED)), "exposure: 2000.01"),
    ("more open than allowed", Played(OPEN, effect(answers=PASSED), resting=31), "open_orders: 31, and 30 at most"),
    ("more a minute than allowed", Played(RATE, effect(orders=73, answers=PASSED)), "orders_per_minute: 73"),
    ("a claim does not hold", Played(REFUSED, effect(), claims=(Claim(False, "a hole"),)), "a hole"),
    ("the key was in an answer", Played(REFUSED, effect(), leaked=True), "was in an answer to the bot"),
    ("no alarm says so", Played(SEEN, effect(answers=PASSED), alarms=("newer",)), "no alarm says 'older'"),
    ("half of what waits went wrong", Played(replace(REFUSED, waits="a part"), effect(orders=1)), "1 orders reached"),
]


@pytest.mark.parametrize(("played", "said"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_what_went_wrong_is_said_and_is_not_as_expected(played: Played, said: str) -> None:
    verdict = judged(played, allowed())
    assert verdict.outcome is Outcome.UNEXPECTED
    assert any(said in fault for fault in verdict.faults), verdict.faults


def test_where_nothing_bounds_the_cost_nothing_that_passes_is_as_expected() -> None:
    played = Played(BOUNDED, effect("1", answers=PASSED))
    assert judged(played, allowed()).outcome is Outcome.BOUNDED
    verdict = judged(played, allowed(WINDOW))
    assert verdict.outcome is Outcome.UNEXPECTED
    assert "no limit of the policy bounds what this can cost" in verdict.faults[0]


def test_the_rule_that_is_named_is_the_one_that_must_stop_it() -> None:
    several = effect(answers=(no("order-type", "a type"), no("collar", "beyond"), no("order-type", "another")))
    verdict = judged(Played(scenario(refused("collar", "order-type")), several), allowed())
    assert (verdict.by, verdict.why) == ("collar", "3 of 3 refused; beyond")


def test_where_nothing_was_refused_the_limit_that_bounds_it_is_named() -> None:
    played = Played(replace(BOUNDED, by="exposure"), effect(orders=1, answers=PASSED))
    assert judged(played, allowed()).by == "exposure"
