"""The sixty are there, each once, each told in words, and each expects what the product can say."""

import re
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from ringfence.drill.scenario import Outcome, Scenario
from ringfence.drill.scenarios import SCENARIOS
from ringfence.drill.scenarios.codes import DOORS
from ringfence.model.decision import Code

ROOT = Path(__file__).resolve().parent.parent.parent
BY_ID = [pytest.param(scenario, id=scenario.id) for scenario in SCENARIOS]
LONGEST_TITLE = 40  # two lines of the table on a terminal of 80 columns
WITHOUT_A_PROGRAM = {"S32", "S55"}  # nothing is sent in them, so there is nothing to try


def test_all_sixty_are_there_once_and_in_order() -> None:
    assert [scenario.id for scenario in SCENARIOS] == [f"S{number:02}" for number in range(1, 61)]


def test_they_are_those_of_the_page_on_attacks() -> None:
    page = (ROOT / "docs" / "explanation" / "attacks.md").read_text("utf-8")
    assert re.findall(r"^\| (S\d\d) \|", page, re.MULTILINE) == [scenario.id for scenario in SCENARIOS]


def test_no_two_have_one_title() -> None:
    assert len({scenario.title for scenario in SCENARIOS}) == len(SCENARIOS)


@pytest.mark.parametrize("scenario", BY_ID)
def test_each_is_told_in_words_with_its_control_and_what_the_owner_sees(scenario: Scenario) -> None:
    assert 40 <= len(scenario.story) <= 320
    assert scenario.story.endswith((".", "?"))
    assert scenario.control
    assert scenario.alert
    assert len(scenario.title) <= LONGEST_TITLE


@pytest.mark.parametrize("scenario", BY_ID)
def test_each_expects_rules_that_exist(scenario: Scenario) -> None:
    assert set(scenario.expected.codes) <= {*Code, *DOORS}


@pytest.mark.parametrize("scenario", BY_ID)
def test_each_names_a_rule_where_it_must_be_refused(scenario: Scenario) -> None:
    assert scenario.expected.codes or scenario.expected.outcome is not Outcome.REFUSED


def test_what_has_no_program_waits_for_something_and_nothing_else_is_without_one() -> None:
    without = {scenario.id: scenario.waits for scenario in SCENARIOS if scenario.program is None}
    assert without.keys() == WITHOUT_A_PROGRAM
    assert all(without.values())


def test_what_can_only_be_seen_waits_for_whoever_sees_it() -> None:
    assert all(scenario.waits for scenario in SCENARIOS if scenario.expected.outcome is Outcome.SEEN)


def test_a_scenario_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        SCENARIOS[0].waits = ""  # type: ignore[misc]
