"""How much of the market a bot can put at stake in a day, by the rules that judge it. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import TypeVar

from ringfence.policy.policy import BotPolicy
from ringfence.policy.rules.case import Rule
from ringfence.policy.rules.listed import rules
from ringfence.policy.rules.money import (
    Exposure,
    LossBudget,
    SideNotional,
    SymbolExposure,
    SymbolNotional,
    WindowNotional,
)

STRESS_MOVE = Decimal("0.10")  # a choice, not a limit of markets (docs/explanation/blast-radius.md, A6)
_DAY_SECONDS = 86_400
_SIDES = 2
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Size:
    """What the market can work on: N ordinary turnover, E exposure before and after prices have risen, B, the move."""

    ordinary: Decimal
    held: Decimal
    budget: Decimal | None
    move: Decimal

    @property
    def exposed(self) -> Decimal:
        """The exposure as it may have risen."""
        return self.held * (1 + self.move)

    @property
    def risen(self) -> Decimal:
        """What rising prices add to it."""
        return self.held * self.move

    @property
    def exits(self) -> Decimal:
        """The worth of all exits: they close what was held, or what ordinary orders opened since, at risen prices."""
        return self.exposed + self.ordinary * (1 + self.move)

    @property
    def turnover(self) -> Decimal:
        """All that can trade, at the lowest price of the day, which is how T2 counts it."""
        return self.ordinary + self.ordinary + self.exposed

    @property
    def market(self) -> Decimal:
        """T1 and T2, whichever is less; positions may swing from one side of the cap to the other."""
        return min(self.turnover * self.move, self.move / 2 * (self.turnover + 2 * self.exposed))


def size_of(bot: BotPolicy) -> Size | str:
    """Read the caps off the rules that are in force; where one is missing that a figure needs, its name."""
    asked, symbols = rules(bot), _symbols(bot)
    turnovers = (
        *(rule.cap for rule in _of(asked, WindowNotional)),
        *(rule.cap * _SIDES for rule in _of(asked, SideNotional)),
        *(rule.cap * symbols for rule in _of(asked, SymbolNotional)),
    )
    budgets = _of(asked, LossBudget)
    exposures = (
        *(rule.cap for rule in _of(asked, Exposure)),
        *(rule.cap * symbols for rule in _of(asked, SymbolExposure) if bot.symbol_class is None),
        *(rule.budget / rule.exit_rate for rule in budgets),  # it pays for the way out of no more than this
    )
    if not turnovers:
        return "window_notional"
    if not exposures:
        return "exposure"
    budget = min((rule.budget for rule in budgets), default=None)
    return Size(min(turnovers), min(exposures), budget, STRESS_MOVE)


def _symbols(bot: BotPolicy) -> int:
    """Say in how many symbols a bot may add risk in a day: those of a class change once in it.

    What it holds of those that left days before is not among them, so a cap by symbol does not bound that exposure.
    """
    return len(bot.symbols) if bot.symbol_class is None else 2 * bot.symbol_class.most


def move_in(seconds: float, move: Decimal) -> Decimal:
    """Say how far a price moves at most in some seconds of a day in which it moves by `move`.

    Lévy's modulus of continuity: of all such seconds of a day the worst ones move by sqrt(t ln(1/t)), t their part of
    it, and a thief may choose them (docs/explanation/blast-radius.md, Seconds).
    """
    share = Decimal(seconds) / _DAY_SECONDS
    worst = (share * -share.ln(Context(prec=30))).sqrt(Context(prec=30))
    return min(move, move * worst)


def _of(asked: Iterable[Rule], kind: type[R]) -> list[R]:
    return [rule for rule in asked if isinstance(rule, kind)]
