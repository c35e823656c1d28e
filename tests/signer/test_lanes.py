import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.signer.lanes import WAITING_PER_BOT, Bucket, Lanes


def test_what_is_urgent_goes_before_every_bot() -> None:
    lanes: Lanes[str] = Lanes()
    lanes.put("grid", "order")
    lanes.put_urgent("cancel")
    assert lanes.take(2) == ["cancel", "order"]


def test_a_bot_that_floods_waits_behind_one_that_does_not() -> None:
    lanes: Lanes[str] = Lanes()
    for n in range(100):
        lanes.put("flood", f"flood {n}")
    lanes.put("quiet", "quiet")
    assert lanes.take(2) == ["flood 0", "quiet"]


@pytest.mark.parametrize(("waiting", "taken"), [(WAITING_PER_BOT - 1, True), (WAITING_PER_BOT, False)])
def test_a_bot_may_have_so_many_waiting_and_no_more(waiting: int, taken: bool) -> None:
    lanes: Lanes[int] = Lanes()
    for n in range(waiting):
        assert lanes.put("grid", n)
    assert lanes.put("grid", -1) is taken
    assert lanes.put("other", -1)


@given(st.lists(st.sampled_from(["a", "b", "c", "!"]), max_size=60), st.integers(1, 7))
def test_everything_comes_out_once_and_in_its_own_order(owners: list[str], limit: int) -> None:
    lanes: Lanes[tuple[str, int]] = Lanes()
    for n, owner in enumerate(owners):
        if owner == "!":
            lanes.put_urgent((owner, n))
        else:
            lanes.put(owner, (owner, n))
    out: list[tuple[str, int]] = []
    while len(lanes):
        out += lanes.take(limit)
    assert sorted(out) == sorted((owner, n) for n, owner in enumerate(owners))
    for owner in "abc!":
        mine = [n for name, n in out if name == owner]
        assert mine == sorted(mine)


def test_a_bucket_gives_its_burst_then_its_rate() -> None:
    bucket = Bucket(rate=2.0, burst=4.0)
    assert [bucket.take(1, 100.0) for _ in range(5)] == [True] * 4 + [False]
    assert bucket.take(1, 100.5)
    assert not bucket.take(1, 100.5)


def test_a_refused_request_costs_nothing() -> None:
    bucket = Bucket(rate=1.0, burst=4.0)
    assert not bucket.take(5, 0.0)
    assert bucket.take(4, 0.0)
