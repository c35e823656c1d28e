"""Ask every rule, then add up the answers. Never raises: what breaks is a refusal."""

from collections.abc import Callable, Iterable
from decimal import localcontext
from functools import partial
from typing import TypeVar

from ringfence.model.action import Action, Place
from ringfence.model.decision import Charge, Code, Decision, Permit, Reason, Refuse
from ringfence.model.facts import Facts
from ringfence.policy.amounts import EXACT
from ringfence.policy.charge import price
from ringfence.policy.policy import BotPolicy
from ringfence.policy.rules.case import Case, Rule
from ringfence.policy.rules.listed import rules

T = TypeVar("T")


def decide(action: Action, facts: Facts, bot: BotPolicy) -> Decision:
    """Answer one action of one bot; the decision has a charge exactly where an order is allowed."""
    with localcontext(EXACT):
        return weigh(Case(action, facts, _priced(action, facts, bot)), rules(bot))


def weigh(case: Case, asked: Iterable[Rule]) -> Decision:
    """Allow only what some rule permits and no rule refuses; no rules means no.

    `because` has every refusal, in rule order; an allowed action needs no excuse, and has none.
    """
    verdicts = [_guarded(type(rule).__name__, partial(rule.judge, case)) for rule in asked]
    refusals = tuple(verdict.reason for verdict in verdicts if isinstance(verdict, Refuse))
    if not refusals and any(isinstance(verdict, Permit) for verdict in verdicts):
        return Decision(allowed=True, because=(), charge=case.charge)
    return Decision(allowed=False, because=refusals or (Reason(Code.NO_RULE, "no rule permits this"),))


def _priced(action: Action, facts: Facts, bot: BotPolicy) -> Charge | Refuse | None:
    if not isinstance(action, Place) or bot.limits is None:
        return None
    return _guarded("pricing", partial(price, action.order, facts, bot.limits, bot.fee))


def _guarded(name: str, ask: Callable[[], T]) -> T | Refuse:
    try:
        return ask()
    except Exception as error:  # noqa: BLE001  # a broken rule must close the gate, not open it
        return Refuse(Reason(Code.BROKEN_RULE, f"{name} failed: {type(error).__name__}"))
