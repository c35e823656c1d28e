"""Lets every thief loose on a policy, each on a path of its own, and keeps the worst that any of them found."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from random import Random  # noqa: TID251  # seeded, so that a window comes again

from ringfence.policy.policy import Policy
from tests.radius.attackers import ATTACKS, some_move
from tests.radius.bench import Bench
from tests.radius.measure import Score, scores
from tests.radius.moves import Leave, Leg, Move, Run, Send, SendList, Wait
from tests.radius.paths import KINDS, path

_LONGEST = 120  # moves that are mutated; more of the same teaches nothing


@dataclass(frozen=True, slots=True)
class Found:
    """One window: who did it where, what it scored, and how, for whoever wants it again."""

    attack: str
    path: str
    seed: str
    score: Score
    moves: Sequence[Move]


@dataclass(slots=True)
class Campaign:
    """All windows so far: how many, which broke a bound, and the worst of each thief on each path."""

    windows: int = 0
    broken: list[Found] = field(default_factory=list)
    worst: dict[tuple[str, str], Found] = field(default_factory=dict)

    def note(self, found: Iterable[Found]) -> None:
        """Keep what is worst."""
        for each in found:
            if each.score.broken:
                self.broken.append(each)
            key = (each.attack, each.path)
            known = self.worst.get(key)
            if known is None or max(each.score.ratios) > max(known.score.ratios):
                self.worst[key] = each

    def attack(self, policy: Policy, name: str, kind: str, seed: str) -> list[Found]:
        """Let one thief loose once."""
        run = Run(on_path(policy, kind, seed))
        ATTACKS[name](run)
        return self._count(run, name, kind, seed)

    def climb(self, policy: Policy, start: Found, steps: int) -> None:
        """Change the best that was found a little, and keep what is worse, again and again."""
        dice, best = Random(start.seed), start
        for _ in range(steps):
            moves = mutated(best.moves[:_LONGEST], dice)
            run = Run(on_path(policy, start.path, start.seed)).replay(moves)
            found = self._count(run, "climb", start.path, start.seed)
            better = max(found, key=lambda each: max(each.score.ratios))
            if max(better.score.ratios) > max(best.score.ratios):
                best = better

    def _count(self, run: Run, name: str, kind: str, seed: str) -> list[Found]:
        self.windows += 1
        found = [Found(name, kind, seed, score, tuple(run.moves)) for score in scores(run.bench)]
        self.note(found)
        return found

    def table(self) -> str:
        """Write the worst parts of each bound that were found, a line for each thief, a column for each path."""
        paths = [kind for kind in KINDS if any(where == kind for _, where in self.worst)]
        names = dict.fromkeys(name for name, _ in self.worst)
        rows = [f"{self.windows} windows, {len(self.broken)} past a bound", f"{'stealable':16}{_line(paths)}"]
        for which, title in ((0, ""), (1, "with gambleable")):
            rows += [f"{title:16}{_line(paths)}"] if title else []
            for name in names:
                cells = [self.worst.get((name, kind)) for kind in paths]
                shares = ["-" if each is None else f"{each.score.ratios[which]:.3f}" for each in cells]
                rows.append(f"{name:16}{_line(shares)}")
        return "\n".join(rows)


def run_all(campaign: Campaign, policy: Policy, seed: str, steps: int) -> None:
    """Let every thief loose on a policy, and then climb from the best of them."""
    dice = Random(seed)
    found = [each for name in ATTACKS for each in campaign.attack(policy, name, dice.choice(KINDS), seed)]
    if steps:
        campaign.climb(policy, max(found, key=lambda each: max(each.score.ratios)), steps)


def mutated(moves: Sequence[Move], dice: Random) -> list[Move]:
    """Change a few moves: leave one out, repeat one, put a new one in, or do one otherwise."""
    changed = list(moves)
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(changed) + 1)
        what = dice.random()
        if what < 0.3 or place >= len(changed):
            changed.insert(place, some_move(dice))
        elif what < 0.45:
            del changed[place]
        elif what < 0.6:
            changed.insert(dice.randrange(len(changed) + 1), changed[place])
        else:
            changed[place] = _otherwise(changed[place], dice)
    return changed


def _otherwise(move: Move, dice: Random) -> Move:
    factor = dice.choice([0.5, 0.8, 0.95, 1.05, 1.25, 2.0])
    match move:
        case Wait(seconds):
            return Wait(min(90_000.0, seconds * factor + dice.choice([0, 1])))
        case Send(leg=leg):
            return replace(move, leg=_other_leg(leg, factor, dice))
        case SendList(legs=legs):
            return replace(move, legs=tuple(replace(leg, reach=leg.reach - dice.choice([0, 0.1])) for leg in legs))
        case Leave(reach=reach):
            return replace(move, reach=min(1.0, reach + dice.uniform(-0.5, 0.5)), share=dice.choice([0.0, 1.0]))
        case _:
            return some_move(dice)


def _other_leg(leg: Leg, factor: float, dice: Random) -> Leg:
    if dice.random() < 0.5:
        return replace(leg, size=min(3.0, leg.size * factor))
    return replace(leg, reach=min(1.0, leg.reach + dice.uniform(-0.5, 0.5)), trigger=leg.trigger * factor)


def on_path(policy: Policy, kind: str, seed: str) -> Bench:
    """Put a policy where each of its symbols has a path of a kind."""
    symbols = dict.fromkeys(symbol for bot in policy.bots.values() for symbol in bot.symbols)
    return Bench(policy, {symbol: path(kind, f"{seed}/{symbol}") for symbol in symbols})


def _line(cells: Sequence[str]) -> str:
    return "".join(f"{cell:>11}" for cell in cells)
