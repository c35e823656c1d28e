"""Durations, moments and hours are read in one way or not at all."""

import pytest

from ringfence.policy.policy import Hours
from ringfence.policy.times import as_duration, duration, hours, moment, open_at

DAY = 86_400_000
FRIDAY = 1_799_971_200_000  # 2027-01-15T00:00Z


@pytest.mark.parametrize(
    ("text", "expected"),
    [("90s", 90_000), ("30m", 1_800_000), ("6h", 21_600_000), ("2d", 2 * DAY), ("99999d", 99_999 * DAY)],
)
def test_a_duration_is_a_whole_number_and_a_unit(text: str, expected: int) -> None:
    assert duration(text) == expected


@pytest.mark.parametrize("text", ["", "5", "h", "0h", "05h", "1.5h", "-1h", "1 h", "1H", "1w", "100000s", "٣h", "1h\n"])
def test_what_is_no_duration_is_none(text: str) -> None:
    assert duration(text) is None


@pytest.mark.parametrize("text", ["90s", "30m", "6h", "2d"])
def test_a_duration_is_written_as_it_was_read(text: str) -> None:
    assert as_duration(duration(text) or 0) == text


def test_the_longest_unit_that_fits_is_written() -> None:
    assert [as_duration(each) for each in (86_400_000, 90_000_000, 61_000)] == ["1d", "25h", "61s"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2027-01-15Z", FRIDAY), ("2027-01-15T08:30Z", FRIDAY + 8 * 3_600_000 + 1_800_000), ("1970-01-01Z", 0)],
)
def test_a_moment_is_a_day_or_a_minute_utc(text: str, expected: int) -> None:
    assert moment(text) == expected


@pytest.mark.parametrize(
    "text", ["2027-02-30Z", "2027-01-15", "2027-1-5Z", "2027-01-15T24:00Z", "2027-01-15T08:30+01:00", "2027-01-15T08Z"]
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moment(text) is None


WEEK = [
    ("Mon-Fri 08:00-18:00", Hours((0, 1, 2, 3, 4), 480, 1080)),
    ("Sat 00:00-24:00", Hours((5,), 0, 1440)),
    ("Fri-Mon 23:00-24:00", Hours((4, 5, 6, 0), 1380, 1440)),
    ("Mon-Mon 00:00-00:01", Hours((0,), 0, 1)),
]


@pytest.mark.parametrize(("text", "expected"), WEEK)
def test_hours_are_days_and_minutes(text: str, expected: Hours) -> None:
    assert hours(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "", "Mon", "08:00-18:00", "mon 08:00-18:00", "Foo 08:00-18:00", "Mon-Bar 08:00-18:00", "Mon 18:00-08:00",
        "Mon 08:00-08:00", "Mon 00:00-24:01", "Mon 08:00-25:00", "Mon 8:00-18:00", "Mon,Tue 08:00-18:00",
    ],
)  # fmt: skip
def test_what_is_no_hours_is_none(text: str) -> None:
    assert hours(text) is None


def test_without_hours_it_is_always_open() -> None:
    assert open_at((), FRIDAY)


@pytest.mark.parametrize(("days", "opened"), [(-4, True), (-1, True), (0, True), (1, False), (2, False), (3, True)])
def test_days_are_those_of_the_calendar(days: int, opened: bool) -> None:
    week = hours("Mon-Fri 00:00-24:00")
    assert week is not None
    assert open_at((week,), FRIDAY + days * DAY) is opened
