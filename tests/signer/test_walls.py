"""What is proven of a bot's confinement is believed for two hours, written down, and never where one user is all."""

import pytest

from ringfence.ipc.messages import AskProven, AskStatus
from tests.signer.owner import HOUR, House, Refused

HELD = AskProven("grid", held=True, tried=95)
OPEN = AskProven("grid", held=False, tried=95, failed=("read the vault: open: read", "look a name up: open: 1.2.3.4"))
FIVE_MINUTES = HOUR // 12


def held(house: House) -> list[bool]:
    walls = house.ask(AskStatus())["walls"]
    return [wall["held"] for wall in walls]


def test_nothing_is_proven_before_a_canary_has_run(house: House) -> None:
    assert held(house) == []


@pytest.mark.parametrize(
    ("waited", "believed"),
    [(0, True), (HOUR, True), (2 * HOUR + FIVE_MINUTES, True), (2 * HOUR + FIVE_MINUTES + 1, False)],
)
def test_a_canary_that_held_is_believed_until_two_have_been_missed(house: House, waited: int, believed: bool) -> None:
    house.ask(HELD)
    house.machine.wait(waited)
    assert held(house) == [believed]


def test_a_clock_that_is_set_makes_no_canary_younger(house: House) -> None:
    house.ask(HELD)
    house.machine.wait(3 * HOUR)
    house.machine.set_clock(-3 * HOUR)
    assert held(house) == [False]


def test_a_canary_that_did_not_hold_is_an_alarm_and_takes_the_proof_away(house: House) -> None:
    house.ask(HELD)
    house.ask(OPEN)
    assert held(house) == [False]
    assert "bot grid is not confined: read the vault" in house.alarms
    house.ask(HELD)
    assert held(house) == [True]


def test_a_restart_forgets_what_was_proven(house: House) -> None:
    house.ask(HELD)
    house.again()
    assert held(house) == []


def test_each_canary_is_an_entry_of_the_journal(house: House) -> None:
    house.ask(HELD)
    house.ask(OPEN)
    told = [entry for entry in house.entries if entry["kind"] == "canary"]
    assert [(entry["held"], entry["tried"], len(entry["failed"])) for entry in told] == [(True, 95, 0), (False, 95, 2)]


def test_where_processes_share_a_user_a_canary_that_held_is_not_believed(house: House) -> None:
    house.stop()
    house.apart = False
    house.start()

    with pytest.raises(Refused, match="processes share a user here, so nothing is proven"):
        house.ask(HELD)
    house.ask(OPEN)
    assert held(house) == [False]


def test_what_a_canary_says_is_cut_to_size(house: House) -> None:
    house.ask(AskProven("grid", held=False, tried=1, failed=("x" * 10_000,) * 1_000))
    (told,) = [entry for entry in house.entries if entry["kind"] == "canary"]
    assert len(told["failed"]) == 200
    assert {len(text) for text in told["failed"]} == {200}
