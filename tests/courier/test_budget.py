import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.courier.budget import Budget, share


def test_what_is_in_the_bucket_is_given_and_no_more() -> None:
    budget = Budget(per_minute=60, burst=10)
    assert [budget.take(5, 0), budget.take(5, 0), budget.take(1, 0)] == [0, 0, 1]


@pytest.mark.parametrize(("later", "wait"), [(0.0, 5), (0.5, 5), (4.0, 1), (4.99, 1), (5.0, 0), (1e9, 0)])
def test_the_wait_that_is_named_is_long_enough(later: float, wait: int) -> None:
    budget = Budget(per_minute=60, burst=5)
    budget.take(5, 0)
    assert budget.take(5, later) == wait


def test_a_closed_budget_gives_nothing_until_its_time() -> None:
    budget = Budget(per_minute=60, burst=5)
    budget.close(30, 100)
    budget.close(10, 100)  # a shorter pause does not end a longer one
    assert [budget.take(1, 100), budget.take(1, 129.5), budget.take(1, 130)] == [30, 1, 0]


def test_a_clock_that_steps_back_gives_nothing_extra() -> None:
    budget = Budget(per_minute=60, burst=1)
    assert [budget.take(1, 10), budget.take(1, 5), budget.take(1, 10)] == [0, 1, 1]


@given(
    st.integers(60, 6_000),
    st.lists(st.tuples(st.floats(0, 5), st.integers(1, 250)), max_size=200),
)
def test_no_minute_gets_more_than_its_share_s25(per_minute: int, asked: list[tuple[float, int]]) -> None:
    budget = share(per_minute)
    now, given_out = 0.0, []
    for pause, weight in asked:
        now += pause
        if budget.take(weight, now) == 0:
            given_out.append((now, weight))
    for start, _ in given_out:
        assert sum(weight for at, weight in given_out if start <= at < start + 60) <= per_minute + 1e-6
