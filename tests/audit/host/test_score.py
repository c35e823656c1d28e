"""The score: what counts and how much, and that one open door is not made good by many shut windows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.checked import Checked, Score, Verdict
from ringfence.audit.finding import Severity
from ringfence.audit.host.score import CAP, score

C, H, M, L, I = Severity  # noqa: E741
PASS, FAIL, UNKNOWN, NONE = Verdict


def checks(*pairs: tuple[Severity, Verdict], optional: bool = False) -> tuple[Checked, ...]:
    return tuple(Checked("host/x", severity, verdict, optional=optional) for severity, verdict in pairs)


@pytest.mark.parametrize(
    ("found", "points", "grade"),
    [
        (checks((C, PASS), (L, PASS)), 100, "A"),
        (checks((L, FAIL), (C, PASS)), 90, "A"),
        (checks((M, FAIL), (C, PASS)), 83, "B"),
        (checks((M, FAIL), (M, PASS), (H, PASS)), 77, "C"),
        (checks((M, FAIL), (H, PASS)), 71, "C"),
        (checks((M, FAIL), (M, PASS), (L, PASS)), 60, "D"),
        (checks((M, FAIL), (M, PASS)), 50, "F"),
        (checks((M, UNKNOWN), (M, PASS)), 50, "F"),
        (checks((M, NONE), (M, PASS)), 100, "A"),
        (checks((H, FAIL), *[(C, PASS)] * 9), 70, "C"),
        (checks((H, UNKNOWN), *[(C, PASS)] * 9), 70, "C"),
        (checks((C, FAIL), *[(C, PASS)] * 9), 40, "F"),
        (checks((C, UNKNOWN), *[(C, PASS)] * 9), 40, "F"),
        (checks((C, NONE), *[(C, PASS)] * 9), 100, "A"),
        (checks((C, FAIL), (M, FAIL)), 0, "F"),
        (checks((I, FAIL), (L, PASS)), 100, "A"),
    ],
)
def test_points_are_what_passes_out_of_what_could(found: tuple[Checked, ...], points: int, grade: str) -> None:
    told = score(found)
    assert told is not None
    assert (told.points, told.grade) == (points, grade)


def test_the_reason_is_said_only_where_a_cap_holds_the_points_down() -> None:
    told = score(checks((C, FAIL), (C, UNKNOWN), *[(C, PASS)] * 9))
    assert str(told) == "40 of 100, grade F (not more while a critical check is open: 1 failed and 1 unknown)"
    assert score(checks((C, FAIL), (M, PASS))) == Score(16, "F")


def test_optional_checks_do_not_count() -> None:
    assert score(checks((M, PASS)) + checks((H, FAIL), optional=True)) == Score(100, "A")


@pytest.mark.parametrize("found", [(), checks((C, NONE)), checks((H, PASS), optional=True), checks((I, PASS))])
def test_where_nothing_counts_there_is_no_score(found: tuple[Checked, ...]) -> None:
    assert score(found) is None


@given(st.lists(st.tuples(st.sampled_from(Severity), st.sampled_from(Verdict)), max_size=30), st.data())
def test_a_check_that_stops_passing_never_raises_the_score(
    pairs: list[tuple[Severity, Verdict]], data: st.DataObject
) -> None:
    before = score(checks(*pairs, (M, PASS)))
    index = data.draw(st.integers(0, len(pairs)))
    worse = [*pairs, (M, PASS)]
    worse[index] = (worse[index][0], FAIL if worse[index][1] is not NONE else NONE)
    after = score(checks(*worse))
    assert before is not None
    assert after is not None
    assert 0 <= after.points <= before.points <= 100


@given(st.lists(st.tuples(st.sampled_from(Severity), st.sampled_from(Verdict)), max_size=30))
def test_an_open_check_of_weight_caps_the_score(pairs: list[tuple[Severity, Verdict]]) -> None:
    told = score(checks(*pairs))
    for severity, cap in CAP.items():
        if told is not None and any(pair in pairs for pair in ((severity, FAIL), (severity, UNKNOWN))):
            assert told.points <= cap
