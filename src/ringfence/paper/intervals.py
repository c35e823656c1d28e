"""The stretches of time that candles are told for (Binance, rest-api.md, "Kline/Candlestick chart intervals"). Pure.

Times are in milliseconds since 1970, UTC.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

SECOND = 1000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
_MONDAY = 4 * DAY  # 1970 began on a Thursday; weeks of candles begin on a Monday
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MORE_THAN_A_MONTH = timedelta(days=32)


@dataclass(frozen=True, slots=True)
class Even:
    """Stretches of one length, counted from `origin`; their candles are made of those that are `unit` long."""

    unit: int
    length: int
    origin: int = 0

    def start(self, time: int) -> int:
        """When the stretch began that a time is in."""
        return time - (time - self.origin) % self.length

    def end(self, time: int) -> int:
        """When the next one begins."""
        return self.start(time) + self.length


@dataclass(frozen=True, slots=True)
class Month:
    """Months of the calendar."""

    unit: int = DAY

    def start(self, time: int) -> int:
        """When the month began that a time is in."""
        return _milliseconds(_first_day(_EPOCH + timedelta(milliseconds=time)))

    def end(self, time: int) -> int:
        """When the next one begins."""
        first = _first_day(_EPOCH + timedelta(milliseconds=time))
        return _milliseconds(_first_day(first + _MORE_THAN_A_MONTH))


Interval: TypeAlias = Even | Month

INTERVALS: Mapping[str, Interval] = {
    "1s": Even(SECOND, SECOND),
    **{f"{minutes}m": Even(MINUTE, minutes * MINUTE) for minutes in (1, 3, 5, 15, 30)},
    **{f"{hours}h": Even(MINUTE, hours * HOUR) for hours in (1, 2, 4, 6, 8, 12)},
    "1d": Even(DAY, DAY),
    "3d": Even(DAY, 3 * DAY),
    "1w": Even(DAY, 7 * DAY, _MONDAY),
    "1M": Month(),
}


def _first_day(moment: datetime) -> datetime:
    return moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)
