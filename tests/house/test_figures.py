import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.figures import Burst, Figures, floors, percentile, ratio, summarise, table

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


@pytest.mark.parametrize(
    ("p50", "nginx", "mitmproxy", "rate", "megabytes", "held"),
    [
        (15.0, 1.0, 15.0, 3.0, 199.9, (True, True, True, True)),
        (15.1, 1.0, 16.0, 3.0, 199.9, (False, True, True, True)),
        (2.0, 1.0, 1.9, 3.0, 199.9, (True, False, True, True)),
        (2.0, 1.0, 2.0, 2.9, 199.9, (True, True, False, True)),
        (2.0, 1.0, 2.0, 3.0, 200.0, (True, True, True, False)),
    ],
)
def test_each_floor_is_judged_alone(
    p50: float, nginx: float, mitmproxy: float, rate: float, megabytes: float, held: tuple[bool, ...]
) -> None:
    one = {"ringfence": [burst(p50)], "nginx": [burst(nginx)], "mitmproxy": [burst(mitmproxy)]}
    many = {"ringfence": [burst(rate=rate)], "mitmproxy": [burst()]}
    assert tuple(floor.held for floor in floors(one, many, megabytes)) == held


def test_a_machine_that_slows_down_between_rounds_changes_no_ratio() -> None:
    ours, theirs = [burst(2.0), burst(20.0), burst(4.0)], [burst(1.0), burst(10.0), burst(2.0)]
    assert ratio(ours, theirs, lambda each: each.latencies[0]) == 2.0


def test_the_table_shows_every_path_against_direct() -> None:
    shown = table({"direct": _AT, "nginx": Figures(1.5, 3, 80)}, {"direct": _AT, "nginx": Figures(9, 9, 50)}, 16)
    assert [line.split()[0] for line in shown.splitlines()[2:]] == ["direct", "nginx"]
    assert shown.splitlines()[3].split()[-2:] == ["1.50", "0.50"]
