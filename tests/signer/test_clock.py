import pytest

from ringfence.signer.clock import Moment, Timeline, boot_id, boot_ms, wall_ms

HOUR = 3_600_000


def test_a_new_timeline_begins_with_the_wall_clock() -> None:
    assert abs(Timeline().now() - wall_ms()) < HOUR


@pytest.mark.parametrize("jump", [-24 * HOUR, 24 * HOUR])
def test_setting_the_clock_between_two_runs_of_one_boot_moves_nothing_s37(jump: int) -> None:
    ran = 5_000
    last = Moment(at=wall_ms() + jump, boot=boot_ms() - ran, boot_id=boot_id())
    assert 0 <= Timeline(last).now() - (last.at + ran) < HOUR


def test_after_a_reboot_time_never_goes_behind_the_journal() -> None:
    ahead = wall_ms() + 24 * HOUR
    assert Timeline(Moment(ahead, boot_ms(), "another boot")).now() >= ahead


def test_after_a_reboot_time_that_really_passed_counts() -> None:
    behind = wall_ms() - 24 * HOUR
    assert Timeline(Moment(behind, boot_ms(), "another boot")).now() > behind + 23 * HOUR


def test_it_never_goes_back() -> None:
    timeline = Timeline()
    seen = [timeline.now() for _ in range(1000)]
    assert seen == sorted(seen)
