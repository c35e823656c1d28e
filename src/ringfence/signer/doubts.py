"""What prices doubts, told to the owner once: whoever has taken that process must not drown the other alarms (S57)."""

from collections.abc import Iterable

MOST = 8  # told within an hour; prices has two to tell of each stablecoin
FORGET_SECONDS = 3600.0  # a doubt that was gone for this long is told again


class Doubts:
    """Remembers what was told. Times are boot-clock seconds."""

    def __init__(self) -> None:
        self._told: dict[str, float] = {}

    def fresh(self, texts: Iterable[str], now: float) -> tuple[str, ...]:
        """Say which texts are to be told, and remember that they were, and that the others are still said."""
        self._told = {text: at for text, at in self._told.items() if now - at < FORGET_SECONDS}
        found = []
        for text in texts:
            if text not in self._told:
                if len(self._told) >= MOST:
                    continue
                found.append(text)
            self._told[text] = now
        return tuple(found)
