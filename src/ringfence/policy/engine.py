"""Ask every rule, then add up the answers. Never raises: what breaks is a refusal."""

from collections.abc import Callable, Iterable
from decimal import localcontext
from functools import partial
from typing import TypeVar

from msgspec.structs import replace

from ringfence.model.action import Action, ListForm, Place, Placing
from ringfence.model.decision import Charge, Code, Decision, Hold, Lane, Note, Permit, Reason, Refuse
from ringfence.model.facts import Facts, Usage
from ringfence.model.order import TRIGGERED, Order, Side
from ringfence.policy.amounts import EXACT
from ringfence.policy.charge import price
from ringfence.policy.policy import BotPolicy
from ringfence.policy.rules.case import Case, Rule, no
from ringfence.policy.rules.listed import rules
from ringfence.policy.rules.money import added, held_with
from ringfence.policy.rules.pace import is_far

T = TypeVar("T")
A = TypeVar("A")


def decide(action: Action, facts: Facts, bot: BotPolicy) -> Decision:
    """Answer one action of one bot; the decision has a charge exactly where an order is allowed."""
    if not isinstance(action, Place):
        return weigh(Case(action, facts), rules(bot))
    with localcontext(EXACT):
        return weigh(Case(action, facts, _priced(action.order, facts, bot)), rules(bot))


def decide_all(action: Placing, facts: Facts, bot: BotPolicy) -> Decision | tuple[Charge, ...]:
    """Judge every order of a request, all or none: the charges in the request's order, or the first refusal.

    Each order is judged with those before it counted as open. Of two of which one alone can fill, the second is judged
    as if the first were not there, since the larger of both is what counts. One that waits for another must rest
    afterwards, or wait for a trigger: any other would be sent at the price of then, which nobody has judged.
    """
    if isinstance(action, Place):
        decision = decide(action, facts, bot)
        return decision if decision.charge is None else (decision.charge,)
    charges: list[Charge] = []
    for index, order in enumerate(action.orders):
        decision = _NOT_AT_ONCE if _is_sent_later(action.form, index, order) else decide(Place(order), facts, bot)
        if decision.charge is None:
            where = f"order {index + 1} of the {action.form}: "
            return replace(decision, because=tuple(replace(each, text=where + each.text) for each in decision.because))
        charges.append(decision.charge)
        facts = _with(facts, decision.charge, bot, counted=index != action.form.pair)
    return tuple(charges)


def _is_sent_later(form: ListForm, index: int, order: Order) -> bool:
    """Say whether an order waits for another of its list, and is then to be filled at once."""
    return form is not ListForm.OCO and index > 0 and not order.rests and order.kind not in TRIGGERED


_NOT_AT_ONCE = Decision(
    allowed=False,
    because=(Reason(Code.ORDER_TYPE, "it waits for another order, so it must be one that rests or has a trigger"),),
)


def _with(facts: Facts, charge: Charge, bot: BotPolicy, *, counted: bool) -> Facts:
    """Count one more order as open; its amounts only where `counted`."""
    with localcontext(EXACT):
        symbol, account = facts.symbol, facts.account
        far = None if symbol.far is None else symbol.far + is_far(charge.order, charge.reference)
        symbol = replace(symbol, open_orders=symbol.open_orders + 1, far=far)
        used = replace(account, usage=_used(account.usage, charge, counted=counted))
        if not counted:
            return replace(facts, usage=_used(facts.usage, charge, counted=False), symbol=symbol, account=used)
        if charge.lane is Lane.ORDINARY:
            symbol = replace(symbol, notional=symbol.notional + charge.notional)
        more = added(charge, facts)
        if bot.limits is not None and more is not None:
            rate = bot.limits.exit_rate(bot.fee)
            exposure = None if used.exposure is None else used.exposure + more
            used = replace(
                used, exposure=exposure, way_out=None if used.way_out is None else used.way_out + more * rate
            )
        usage = _used(facts.usage, charge, counted=True)
        return replace(facts, usage=usage, symbol=symbol, account=used, holding=held_with(facts.holding, charge))


def _used(usage: Usage, charge: Charge, *, counted: bool) -> Usage:
    exits = charge.lane is Lane.EXIT
    usage = replace(
        usage,
        open_orders=usage.open_orders + 1,
        exits_last_minute=usage.exits_last_minute + exits,
        orders_last_minute=usage.orders_last_minute + (not exits),
    )
    if not counted:
        return usage
    usage = replace(usage, window_loss=usage.window_loss + charge.loss)
    if exits:
        return usage
    buys, notional = charge.order.side is Side.BUY, charge.notional
    return replace(
        usage,
        window_notional=usage.window_notional + notional,
        bought=usage.bought + notional * buys,
        sold=usage.sold + notional * (not buys),
    )


def weigh(case: Case, asked: Iterable[Rule]) -> Decision:
    """Allow only what some rule permits and no rule refuses or holds; no rules means no.

    `because` has every refusal, in rule order, and what is held where nothing is refused; an allowed action needs no
    excuse, and has none. What is only noted changes no answer, and stands in the charge.
    """
    permitted, refusals, holds, notes = False, [], [], []
    for rule in asked:
        verdict = _guarded(type(rule).__name__, rule.judge, case)
        if isinstance(verdict, Refuse):
            refusals.append(verdict.reason)
        elif isinstance(verdict, Hold):
            holds.append(verdict.reason)
        elif isinstance(verdict, Note):
            notes.append(verdict.reason)
        elif isinstance(verdict, Permit):
            permitted = True
    if permitted and not refusals and not holds:
        charge = case.charge
        noted = replace(charge, noted=tuple(notes)) if notes and charge is not None else charge
        return Decision(allowed=True, because=(), charge=noted)
    if permitted and not refusals:
        return Decision(allowed=False, because=tuple(holds), held=True)
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
