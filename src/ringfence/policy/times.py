"""How a policy writes durations, dates and hours. Text in, whole numbers out; None where it is none of these."""

import re
from datetime import UTC, datetime

from ringfence.policy.policy import Hours

_UNITS_MS = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_DURATION = re.compile(r"([1-9][0-9]{0,4})([smhd])", re.ASCII)
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2})?Z", re.ASCII)
_HOURS = re.compile(
    r"([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))? ([0-2][0-9]):([0-5][0-9])-([0-2][0-9]):([0-5][0-9])", re.ASCII
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_DAY_MINUTES = 24 * 60


def duration(text: str) -> int | None:
    """Read "90s", "30m", "6h" or "2d" as milliseconds."""
    found = _DURATION.fullmatch(text)
    return int(found[1]) * _UNITS_MS[found[2]] if found else None


def moment(text: str) -> int | None:
    """Read "2027-01-31Z" or "2027-01-31T18:00Z" as milliseconds since 1970."""
    if not _MOMENT.fullmatch(text):
        return None
    try:
        return int(datetime.fromisoformat(text.removesuffix("Z")).replace(tzinfo=UTC).timestamp() * 1000)
    except ValueError:  # the 31st of February
        return None


def hours(text: str) -> Hours | None:
    """Read "Mon-Fri 08:00-18:00" or "Sat 00:00-24:00"; the days may go over the end of the week, the hours may not."""
    found = _HOURS.fullmatch(text)
    if not found or found[1] not in _DAYS or (found[2] or found[1]) not in _DAYS:
        return None
    first, last = _DAYS.index(found[1]), _DAYS.index(found[2] or found[1])
    start, end = int(found[3]) * 60 + int(found[4]), int(found[5]) * 60 + int(found[6])
    if not start < end <= _DAY_MINUTES:
        return None
    return Hours(tuple((first + day) % 7 for day in range((last - first) % 7 + 1)), start, end)


def as_duration(milliseconds: int) -> str:
    """Write 21600000 as "6h", and 0 as "none"."""
    if not milliseconds:
        return "none"
    unit = next(unit for unit in ("d", "h", "m", "s") if milliseconds % _UNITS_MS[unit] == 0)
    return f"{milliseconds // _UNITS_MS[unit]}{unit}"


def as_moment(milliseconds: int) -> str:
    """Write milliseconds since 1970 as "2027-01-31T18:00Z"."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%dT%H:%MZ}"


def as_hours(when: Hours) -> str:
    """Write hours as "Mon-Fri 08:00-18:00"."""
    days = "-".join(dict.fromkeys((_DAYS[when.days[0]], _DAYS[when.days[-1]])))
    return f"{days} {when.start // 60:02}:{when.start % 60:02}-{when.end // 60:02}:{when.end % 60:02}"


def open_minutes(when: tuple[Hours, ...]) -> frozenset[int]:
    """List the minutes of a week, from Monday's first, that are within some of the hours; without any, all are."""
    within = {day * _DAY_MINUTES + minute for one in when for day in one.days for minute in range(one.start, one.end)}
    return frozenset(within if when else range(7 * _DAY_MINUTES))


def open_at(when: tuple[Hours, ...], at: int) -> bool:
    """Say whether a moment (milliseconds since 1970) is within some of the hours; without any, it always is."""
    day, minute = divmod(at // 60_000, _DAY_MINUTES)
    weekday = (day + 3) % 7  # 1970 began on a Thursday
    return not when or any(weekday in each.days and each.start <= minute < each.end for each in when)
