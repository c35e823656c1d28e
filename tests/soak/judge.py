"""What a soak must come to, from what was heard and measured. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.soak.bots import Heard

# What a bot may be told with nothing wrong: the answer to what it asked, or to what it is not allowed.
_ORDINARY = {
    "far": ("collar",),
    "other": ("symbol",),
    "never": ("withdraw",),
    "garbage": ("unknown-request", "signature", "virtual-key"),
    "cancel": ("not-this-bots-order", "Unknown order"),
    "cancel-all": ("not-this-bots-order",),
    "limit": ("open-orders", "window-notional", "loss-budget", "exposure", "orders-per-minute"),
    "market": ("open-orders", "window-notional", "loss-budget", "exposure", "orders-per-minute"),
    "leave": ("open-orders", "window-notional", "loss-budget", "exposure", "orders-per-minute", "insufficient balance"),
}
AFTER = 12.0  # seconds: how long the courier is patient, and what it takes to be back


@dataclass(frozen=True, slots=True)
class Trouble:
    """A fault that was made, and when (monotonic seconds)."""

    at: float
    what: str


def unexplained(heard: Sequence[Heard], troubles: Sequence[Trouble]) -> list[Heard]:
    """List the errors that no fault and no rule explains."""
    return [each for each in heard if not (_ordinary(each) or _troubled(each, troubles))]


def _ordinary(each: Heard) -> bool:
    if each.status == 200:  # HTTP OK
        return True
    return 400 <= each.status < 500 and any(word in each.text for word in _ORDINARY.get(each.what, ()))


def _troubled(each: Heard, troubles: Sequence[Trouble]) -> bool:
    return any(trouble.at - 0.5 <= each.ended and each.begun <= trouble.at + AFTER for trouble in troubles)


def slope(samples: Sequence[tuple[float, float]]) -> float:
    """Fit a line through the second half of (seconds, megabytes), and return its rise in megabytes a minute."""
    late = samples[len(samples) // 2 :]
    if len(late) < 2:  # two points make a line
        return 0.0
    mean_x = sum(x for x, _ in late) / len(late)
    mean_y = sum(y for _, y in late) / len(late)
    spread = sum((x - mean_x) ** 2 for x, _ in late)
    return 60 * sum((x - mean_x) * (y - mean_y) for x, y in late) / spread if spread else 0.0
