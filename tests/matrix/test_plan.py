from collections import Counter

from tests.matrix.plan import CASES, CELLS, Fault, Press, Step, Victim, plan, possible, spread


def test_a_case_is_the_same_whenever_it_is_planned() -> None:
    assert [plan(seed) for seed in range(50)] == [plan(seed) for seed in range(50)]
    assert len({str(plan(seed)) for seed in range(CASES)}) == CASES


def test_the_cases_hold_every_process_at_every_step_with_every_fault_that_it_can_have() -> None:
    cells = Counter((case.victim, case.fault, case.step) for case in map(plan, range(CASES)))
    assert set(cells) == set(CELLS)
    assert min(cells.values()) >= 1
    assert len(CELLS) == len(Step) * sum(possible(victim, fault) for victim in Victim for fault in Fault)


def test_only_what_cannot_happen_is_left_out() -> None:
    impossible = [(victim, fault) for victim in Victim for fault in Fault if not possible(victim, fault)]
    others = [victim for victim in Victim if victim is not Victim.SIGNER]
    assert set(impossible) == {(Victim.EXCHANGE, Fault.DISK_FULL), *((each, Fault.SYNC_ERROR) for each in others)}


def test_each_step_is_struck_just_before_and_just_after_and_each_limit_is_pressed() -> None:
    cases = [plan(seed) for seed in range(CASES)]
    assert {(case.step, case.late) for case in cases} == {(step, late) for step in Step for late in (False, True)}
    assert {case.press for case in cases} == set(Press)


def test_the_spread_is_small_and_shows_every_process_fault_step_and_limit() -> None:
    chosen = spread()
    assert len(chosen) <= 20
    assert {case.victim for case in chosen} == set(Victim)
    assert {case.fault for case in chosen} == set(Fault)
    assert {case.step for case in chosen} == set(Step)
    assert {case.press for case in chosen} == set(Press)
    at_signer = {case.fault for case in chosen if case.victim is Victim.SIGNER}
    assert at_signer == set(Fault)
