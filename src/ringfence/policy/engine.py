"""Ask every rule, then add up the answers. Never raises: what breaks is a refusal."""

from collections.abc import Callable, Iterable
from decimal import localcontext
from functools import partial
from typing import TypeVar

from ringfence.model.action import Action, Place
from ringfence.model.decision import Charge, Code, Decision, Permit, Reason, Refuse
from ringfence.model.facts import Facts
from ringfence.model.order import Order
from ringfence.policy.amounts import EXACT
from ringfence.policy.charge import price
from ringfence.policy.policy import BotPolicy
from ringfence.policy.rules.case import Case, Rule, no
from ringfence.policy.rules.listed import rules

T = TypeVar("T")
A = TypeVar("A")


def decide(action: Action, facts: Facts, bot: BotPolicy) -> Decision:
    """Answer one action of one bot; the decision has a charge exactly where an order is allowed."""
    if not isinstance(action, Place):
        return weigh(Case(action, facts), rules(bot))
    with localcontext(EXACT):
        return weigh(Case(action, facts, _priced(action.order, facts, bot)), rules(bot))


def weigh(case: Case, asked: Iterable[Rule]) -> Decision:
    """Allow only what some rule permits and no rule refuses; no rules means no.

    `because` has every refusal, in rule order; an allowed action needs no excuse, and has none.
    """
    permitted, refusals = False, []
    for rule in asked:
        verdict = _guarded(type(rule).__name__, rule.judge, case)
        if isinstance(verdict, Refuse):
            refusals.append(verdict.reason)
        elif isinstance(verdict, Permit):
            permitted = True
    if permitted and not refusals:
        return Decision(allowed=True, because=(), charge=case.charge)
    return Decision(allowed=False, because=tuple(refusals) or (Reason(Code.NO_RULE, "no rule permits this"),))


def _priced(order: Order, facts: Facts, bot: BotPolicy) -> Charge | Refuse | None:
    if bot.limits is None:
        return None
    return _guarded("pricing", partial(price, facts=facts, limits=bot.limits, fee=bot.fee), order)


def _guarded(name: str, ask: Callable[[A], T], about: A) -> T | Refuse:
    try:
        return ask(about)
    except Exception as error:  # noqa: BLE001  # a broken rule must close the gate, not open it
        return no(Code.BROKEN_RULE, f"{name} failed: {type(error).__name__}")
