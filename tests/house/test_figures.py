from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.figures import Alone, Burst, Figures, Sockets, aims, percentile, ratio, summarise, table

_AT = Figures(p50=1.0, p99=2.0, rate=100.0)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([5.0], 0.5, 5.0),
        ([1.0, 2.0], 0.5, 1.0),
        ([1.0, 2.0, 3.0], 0.5, 2.0),
        ([3.0, 1.0, 2.0], 0.99, 3.0),
        ([float(n) for n in range(1, 101)], 0.99, 99.0),
        ([float(n) for n in range(1, 101)], 0.5, 50.0),
        ([1.0, 2.0], 0.0, 1.0),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


@given(st.lists(st.floats(0, 10), min_size=1), st.sampled_from([0.01, 0.5, 0.9, 0.99, 1.0]))
def test_at_least_that_share_does_not_exceed_a_percentile(values: list[float], share: float) -> None:
    found = percentile(values, share)
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


def test_one_disturbed_burst_decides_nothing() -> None:
    calm, disturbed = Burst(1, (0.001, 0.001), 0.002), Burst(1, (1.0, 1.0), 2.0)
    assert summarise([calm, disturbed, calm]) == Figures(p50=1.0, p99=1.0, rate=1_000.0)


def burst(p50: float = 1.0, rate: float = 1.0) -> Burst:
    return Burst(1, (p50,), 1 / rate)


SOUND = {
    "p50": 7.0, "nginx": 1.0, "mitmproxy": 14.0, "rate": 10.0, "refused": 7.0,
    "streamed": 5.0, "called": 7.0, "asked": 7.0,
}  # fmt: skip
QUIET = Alone(megabytes=150.0, decision_us=50.0, start_seconds=2.0)


def met(alone: Alone = QUIET, **changes: float) -> list[bool]:
    given = {**SOUND, **changes}
    one = {
        name: [burst(given[key])]
        for name, key in (("ringfence", "p50"), ("nginx", "nginx"), ("mitmproxy", "mitmproxy"))
    }
    many = {"ringfence": [burst(rate=given["rate"])], "mitmproxy": [burst()]}
    sockets = Sockets(given["streamed"], [burst(given["called"])], [burst(given["asked"])])
    return [aim.met for aim in aims(one, many, [burst(given["refused"])], alone, sockets)]


def test_every_aim_is_met_at_its_edge() -> None:
    assert met() == [True] * 10


@pytest.mark.parametrize(
    ("missed", "found"),
    [
        (0, met(p50=7.1, mitmproxy=15.0, refused=7.0)),
        (1, met(mitmproxy=13.9)),
        (3, met(rate=9.9)),
        (4, met(refused=7.1)),
        (5, met(replace(QUIET, decision_us=50.1))),
        (6, met(replace(QUIET, megabytes=150.1))),
        (7, met(streamed=4.9)),
        (8, met(called=7.1)),
        (9, met(replace(QUIET, start_seconds=2.1))),
    ],
)
def test_each_aim_is_judged_alone(missed: int, found: list[bool]) -> None:
    assert found == [number != missed for number in range(10)]


def test_the_slowest_orders_have_an_aim_of_their_own() -> None:
    slow = Burst(1, (1.0,) * 90 + (10.1,) * 10, 1.0)
    one = {"ringfence": [slow], "nginx": [burst()], "mitmproxy": [burst(2.0)]}
    many = {"ringfence": [burst(rate=10.0)], "mitmproxy": [burst()]}
    assert [aim.met for aim in aims(one, many, [burst()], QUIET, Sockets(5.0, [burst()], [burst()]))] == [
        number != 2 for number in range(10)
    ]


def test_a_machine_that_slows_down_between_rounds_changes_no_ratio() -> None:
    ours, theirs = [burst(2.0), burst(20.0), burst(4.0)], [burst(1.0), burst(10.0), burst(2.0)]
    assert ratio(ours, theirs, lambda each: each.latencies[0]) == 2.0


def test_the_table_shows_every_path_against_direct() -> None:
    shown = table({"direct": _AT, "nginx": Figures(1.5, 3, 80)}, {"direct": _AT, "nginx": Figures(9, 9, 50)}, 16)
    assert [line.split()[0] for line in shown.splitlines()[2:]] == ["direct", "nginx"]
    assert shown.splitlines()[3].split()[-2:] == ["1.50", "0.50"]
