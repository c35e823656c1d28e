"""What was lost, read off the exchange's own trades: never from what policy charged or the signer counted."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ringfence.model.names import BotName, Symbol
from ringfence.policy.bound import radius
from ringfence.policy.together import account_radius
from tests.radius.bench import Bench
from tests.radius.paths import DAY, Path
from tests.radius.venue import Truth

_ENDS = 120  # at so many moments a window may end, besides at each trade
_CENT = 0.000_001  # of floats; bounds are rounded up to whole cents anyway


@dataclass(frozen=True, slots=True)
class Loss:
    """The worst windows of a run: against the price of each trade's time, and all of it at the window's last price."""

    stolen: float
    total: float


@dataclass(frozen=True, slots=True)
class Score:
    """What was found, and what was shown; None where there is no figure."""

    who: str
    loss: Loss
    stealable: float | None
    gambleable: float | None

    @property
    def ratios(self) -> tuple[float, float]:
        """Say which part of each bound was taken; past 1 it is broken."""
        if self.stealable is None or self.gambleable is None:
            return 0.0, 0.0
        return _part(self.loss.stolen, self.stealable), _part(self.loss.total, self.stealable + self.gambleable)

    @property
    def broken(self) -> bool:
        """Say whether more was lost than was shown."""
        return max(self.ratios) > 1


def _part(lost: float, bound: float) -> float:
    return lost / bound if bound > 0 else (2.0 if lost > _CENT else 0.0)


def scores(bench: Bench) -> list[Score]:
    """Hold each bot's losses, and the account's, against the figures that would have been shown."""
    bots = bench.policy.bots
    found = [
        _score(f"bot {name}", bench, [one for one in bench.venue.trades if bench.bot_of[one.order_id] == name],
               *[each.amount for each in radius(bot, confined=True)])
        for name, bot in bots.items()
    ]  # fmt: skip
    together = account_radius(bench.account, bots.values(), confined=True)
    return [*found, _score("account", bench, bench.venue.trades, *[each.amount for each in together])]


def of_bot(bench: Bench, name: BotName) -> Score:
    """Hold one bot's losses against its figures."""
    return next(score for score in scores(bench) if score.who == f"bot {name}")


def _score(
    who: str, bench: Bench, trades: Sequence[Truth], stealable: Decimal | None, gambleable: Decimal | None
) -> Score:
    loss = worst(trades, bench.paths)
    return Score(who, loss, *[None if each is None else float(each) for each in (stealable, gambleable)])


def worst(trades: Sequence[Truth], paths: Mapping[Symbol, Path]) -> Loss:
    """Find the windows of a day in which most was lost."""
    return Loss(_stolen(trades, paths), _total(trades, paths))


def _stolen(trades: Sequence[Truth], paths: Mapping[Symbol, Path]) -> float:
    """Go through the sums up to each trade, and find the least one within a day before each: the rest was lost."""
    best, total = 0.0, 0.0
    before: deque[tuple[int, float]] = deque()
    for one in trades:
        while before and before[-1][1] >= total:
            before.pop()
        before.append((one.at, total))
        while before[0][0] <= one.at - DAY * 1000:
            before.popleft()
        price = float(paths[one.symbol].at(one.at / 1000))
        fees = float(one.base_fee) * price + float(one.quote_fee)
        total += one.sign * (float(one.cost) - float(one.quantity) * price) + fees
        best = max(best, total - before[0][1])
    return best


def _total(trades: Sequence[Truth], paths: Mapping[Symbol, Path]) -> float:
    return max((_ending(trades, paths, end) for end in _ends(trades, paths)), default=0.0)


def _ending(trades: Sequence[Truth], paths: Mapping[Symbol, Path], end: int) -> float:
    """Say the most that was lost at a moment, against having sent nothing for at most a day before it."""
    best, paid = 0.0, 0.0
    prices = {symbol: float(path.at(end / 1000)) for symbol, path in paths.items()}
    for one in reversed(trades):
        if one.at > end:
            continue
        if one.at <= end - DAY * 1000:
            break
        gained = one.sign * float(one.quantity) - float(one.base_fee)
        paid += one.sign * float(one.cost) + float(one.quote_fee) - gained * prices[one.symbol]
        best = max(best, paid)
    return best


def _ends(trades: Sequence[Truth], paths: Mapping[Symbol, Path]) -> list[int]:
    if not trades:
        return []
    first, last = trades[0].at, trades[-1].at + DAY * 1000
    knots = sorted({round(second * 1000) for path in paths.values() for second, _ in path.knots})
    within = [each for each in knots if first <= each <= last]
    own = sorted({each.at for each in trades})
    return [*within[:: len(within) // _ENDS + 1], *own[:: len(own) // _ENDS + 1], trades[-1].at]
