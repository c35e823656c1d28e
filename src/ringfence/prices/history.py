"""An hour of what prices were, symbol by symbol; bounded. Pure: time is an argument."""

from collections import deque

from ringfence.model.names import Symbol
from ringfence.prices.reference import HOUR, Agreed, Hour, Sample, hour_average

EVERY_SECONDS = 10.0  # 360 samples an hour; a sixth of the longest hole


class History:
    """Samples of the last hour and a little."""

    def __init__(self) -> None:
        self._samples: dict[Symbol, deque[Sample]] = {}

    def due(self, symbol: Symbol, now: float) -> bool:
        """Say whether the last sample is old enough for another."""
        kept = self._samples.get(symbol)
        return not kept or now - kept[-1].at >= EVERY_SECONDS

    def note(self, symbol: Symbol, what: Agreed, now: float) -> None:
        """Keep a sample, where one is due."""
        if not self.due(symbol, now):
            return
        kept = self._samples.setdefault(symbol, deque())
        kept.append(Sample(now, what.low, what.high))
        while len(kept) > 1 and kept[1].at <= now - HOUR:  # the one that holds at the hour's beginning stays
            kept.popleft()

    def average(self, symbol: Symbol, now: float) -> Hour | None:
        """Say the hour's average, where there is an hour of it."""
        return hour_average(tuple(self._samples.get(symbol, ())), now)

    def keep_only(self, symbols: frozenset[Symbol]) -> None:
        """Forget the symbols that are no longer watched."""
        for gone in self._samples.keys() - symbols:
            del self._samples[gone]
