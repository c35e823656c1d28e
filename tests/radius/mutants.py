"""One broken control each, and the thief who makes the most of it: what shows that the check bites."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

import pytest
from msgspec.structs import replace as with_fields

from ringfence.model.action import Place, Placing
from ringfence.model.decision import ABSTAIN, Charge, Lane, Refuse, Verdict
from ringfence.model.facts import Facts, Holding
from ringfence.model.names import ClientId
from ringfence.model.order import TRIGGERED, Kind, Order, Side
from ringfence.model.reply import Report
from ringfence.policy import charge, engine
from ringfence.policy.policy import UNLIMITED, AccountLimits, BotPolicy, Limits, Policy
from ringfence.policy.rules.account import AccountExposure, AccountLoss, AccountNotional
from ringfence.policy.rules.case import Case, Rule
from ringfence.policy.rules.listed import rules
from ringfence.policy.rules.money import (
    Exposure,
    LossBudget,
    SideNotional,
    SymbolExposure,
    SymbolNotional,
    WindowNotional,
)
from ringfence.policy.rules.stops import Drawdown
from ringfence.signer import intent, ledger
from ringfence.signer.desk import Desk
from ringfence.signer.guard import Guard
from ringfence.signer.intent import WINDOW_MS, Intent, State, Worst, drop
from tests.radius import bench, narrow
from tests.radius.attackers import Attack, churn, foresee, yesterday
from tests.radius.bench import EPOCH, Bench
from tests.radius.policies import BTC, GRID, OTHER, bot, policy

D = Decimal
Break = Callable[[pytest.MonkeyPatch], None]
_DAY_MS = WINDOW_MS


@dataclass(frozen=True, slots=True)
class Mutant:
    """A broken control, a policy that leans on it, and who goes where; `total`: what is passed is the whole bound.

    `by` names the control that covers this one, and `beside` breaks that as well.
    """

    name: str
    breaks: Break
    policy: Policy
    path: str
    attack: Attack
    total: bool = False
    by: str = ""
    beside: Break | None = None


def _rules_as(change: Callable[[Rule], Rule | None]) -> Break:
    def made(who: BotPolicy) -> tuple[Rule, ...]:
        changed = [change(rule) for rule in rules(who)]
        return tuple(rule for rule in changed if rule is not None)

    return lambda patch: patch.setattr(engine, "rules", made)


def _without(*kinds: type) -> Break:
    return _rules_as(lambda rule: None if isinstance(rule, kinds) else rule)


def _own_last_trade(patch: pytest.MonkeyPatch) -> None:
    def at(self: Bench, symbol: str, second: float) -> Decimal:
        own = self.venue.engine.last(symbol.replace("/", ""))
        return next(path for name, path in self.paths.items() if name == symbol).at(second) if own is None else own

    patch.setattr(Bench, "told", at)


def _not_reserved(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(ledger._Bot, "_count", lambda self, seq, sign: None)


def _calendar(patch: pytest.MonkeyPatch) -> None:
    usual = ledger._Spent.trim

    def trim(self: ledger._Spent, now: int) -> None:
        usual(self, now - now % _DAY_MS + WINDOW_MS)

    patch.setattr(ledger._Spent, "trim", trim)


def by_limit(patch: pytest.MonkeyPatch) -> None:
    """Count a sale's notional by its limit, though it is below the price."""
    usual = charge.cost

    def cost(order: Order, lane: Lane, reference: Decimal, collar: Decimal, fee: Decimal) -> tuple[Decimal, Decimal]:
        _, loss = usual(order, lane, reference, collar, fee)
        return (order.quantity or D(0)) * (order.price or D(0)), loss

    patch.setattr(charge, "cost", cost)
    patch.setattr(Intent, "counted_notional", property(lambda self: self.executed * self.price))


def _unconverted(patch: pytest.MonkeyPatch) -> None:
    def sent(self: Bench, action: Placing, intents: list[Intent]) -> tuple[Order, ...]:
        assert isinstance(action, Place)
        return (with_fields(action.order, client_id=ClientId(intents[0].client_id)),)

    patch.setattr(Bench, "sent", sent)


def _released(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Bench, "unanswered", lambda self, seq, seconds: _forget(self, seq))


def _refunded(patch: pytest.MonkeyPatch) -> None:
    usual = Bench.cancel

    def cancel(self: Bench, seq: int, after: float = 0.0) -> None:
        usual(self, seq, after)
        _forget(self, seq)

    patch.setattr(Bench, "cancel", cancel)


def _forget(on: Bench, seq: int) -> None:
    known = on.desk.ledger.find(seq, on.desk.kept[seq].bot)
    if known is not None:
        on.desk.update(drop(known, EPOCH + on.now), "forgotten")


def _at_acceptance(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Desk, "worst", lambda self, one: Worst(one.charge.reference, certain=True))
    looked_at_once(patch)


def looked_at_once(patch: pytest.MonkeyPatch) -> None:
    """Hold a fill against the references that are there when it is heard of, and never again."""
    patch.setattr(Desk, "look_again", lambda self: self.unsure.clear())


def _not_swept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bench, "overdue", lambda *_: None)


def _known_are_swept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Bench, "sweeps", lambda self, one: one.state is State.OPEN)


def _no_exit_collar(patch: pytest.MonkeyPatch) -> None:
    usual = charge.price

    def price(order: Order, facts: Facts, limits: Limits, fee: Decimal) -> Charge | Refuse:
        return usual(order, facts, with_fields(limits, exit_collar=D("0.9")), fee)

    patch.setattr(engine, "price", price)


class _Unreserved(LossBudget, frozen=True):
    """What is ordinary pays for itself alone."""

    def judge(self, case: Case) -> Verdict:
        return LossBudget.judge(self if case.ordinary is None else with_fields(self, exit_rate=D(0)), case)


def _no_way_out(rule: Rule) -> Rule:
    return _Unreserved(rule.budget, rule.exit_rate) if isinstance(rule, LossBudget) else rule


class _Forgiving(LossBudget, frozen=True):
    """Exits have paid, whatever they lose."""

    def judge(self, case: Case) -> Verdict:
        return ABSTAIN if case.ordinary is None else LossBudget.judge(self, case)


def _forgiving(rule: Rule) -> Rule:
    return _Forgiving(rule.budget, rule.exit_rate) if isinstance(rule, LossBudget) else rule


def _exits_forgotten(patch: pytest.MonkeyPatch) -> None:
    usual = Intent.__dict__["counted_loss"].fget
    patch.setattr(Intent, "counted_loss", property(lambda one: usual(one) * (one.charge.lane is Lane.ORDINARY)))


def _from_trigger(patch: pytest.MonkeyPatch) -> None:
    usual = charge.cost

    def cost(order: Order, lane: Lane, reference: Decimal, collar: Decimal, fee: Decimal) -> tuple[Decimal, Decimal]:
        waits = order.kind in TRIGGERED and order.trigger is not None
        notional, _ = usual(order, lane, reference, collar, fee)
        return notional, usual(order, lane, order.trigger if waits and order.trigger else reference, collar, fee)[1]

    patch.setattr(charge, "cost", cost)


def _no_surcharge(patch: pytest.MonkeyPatch) -> None:
    def cost(order: Order, lane: Lane, reference: Decimal, collar: Decimal, fee: Decimal) -> tuple[Decimal, Decimal]:
        quantity, limit = order.quantity or D(0), order.price or D(0)
        notional = quantity * max(limit, reference)
        return notional, quantity * max(D(0), order.side.sign * (limit - reference)) + fee * notional

    patch.setattr(charge, "cost", cost)


def _narrow_room(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(charge, "_room", lambda side, held: held.position if side is Side.SELL else -held.position)


def _shared_way_out(patch: pytest.MonkeyPatch) -> None:
    def furthest(self: Holding) -> Decimal:
        return max(abs(self.position + self.open_buys), abs(self.position - self.open_sells))

    patch.setattr(Holding, "furthest", property(furthest))


def _sent_later(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(engine, "_is_sent_later", lambda form, index, order: False)
    _known_kinds_are_swept(patch)


def _known_kinds_are_swept(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Bench, "sweeps", lambda self, one: one.charge.order.rests)


def _looked_by_account(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Desk, "_last_look", lambda self, one: max(one.at, self.looked.get(one.account, 0)))


def _reserved_is_enough(patch: pytest.MonkeyPatch) -> None:
    usual = intent._slipped

    def slipped(one: Intent, report: Report, worst: Worst) -> Decimal:
        return usual(one, report, worst if worst.certain else Worst(None, certain=False))

    patch.setattr(intent, "_slipped", slipped)
    looked_at_once(patch)


def _no_drawdown(patch: pytest.MonkeyPatch) -> None:
    _without(Drawdown)(patch)
    patch.setattr(Guard, "_drawdown", lambda self, who: None)


_TAKES = (Kind.MARKET,)
_RESTS = (Kind.LIMIT, Kind.LIMIT_MAKER, Kind.MARKET)
_EVERY = tuple(Kind)


def _one(kinds: tuple[Kind, ...] = _TAKES, fee: str = "0.001", **changed: object) -> Policy:
    return policy(bot(GRID, (BTC,), kinds, **changed), fee=fee)


def _two(each: int = 5000, /, **account: Decimal) -> Policy:
    bots = [
        bot(name, kinds=_TAKES, window_notional=D(5000), exposure=D(each), loss_budget=D(300)) for name in (GRID, OTHER)
    ]
    return policy(*bots, account=with_fields(AccountLimits(), **account))


MUTANTS = [
    Mutant("the reference is the venue's own last trade", _own_last_trade, _one(), "flat", narrow.walk),
    Mutant("open orders are not reserved", _not_reserved, _one(_RESTS), "flat", narrow.at_once),
    Mutant(
        "the window is a calendar day", _calendar, _one(window_notional=D(2400), exposure=D(500)),
        "flat", narrow.midnight,
    ),
    Mutant("market orders leave without a limit", _unconverted, _one(), "flat", narrow.far_ask),
    Mutant("an unknown outcome is released", _released, _one(), "flat", narrow.silence),
    Mutant("a cancel that was asked for is a refund", _refunded, _one(_RESTS), "flat", narrow.race),
    Mutant("no loss budget", _without(LossBudget), _one(loss_budget=D(10)), "flat", churn),
    Mutant(
        "fills settle at the price of acceptance", _at_acceptance,
        _one(_RESTS, "0", collar=D("0.02"), window_notional=D(10_000), exposure=D(500), loss_budget=D(30)),
        "swing", narrow.pick_at_reference,
    ),
    Mutant("nothing is swept", _not_swept, _one(_RESTS), "soar", narrow.rest_through_a_jump),
    Mutant(
        "what was not answered is not swept", _known_are_swept, _one(_RESTS), "soar", narrow.unanswered_through_a_jump
    ),
    Mutant(
        "no exit collar", _no_exit_collar, _one(), "flat", churn,
        by="loss_budget: an exit pays for what its position has not", beside=_rules_as(_forgiving),
    ),
    Mutant(
        "the way out is not paid up front", _rules_as(_no_way_out),
        _one(window_notional=D(2000), exit_collar=D("0.05"), loss_budget=D(15)), "flat", narrow.hoard_first,
    ),
    Mutant(
        "what exits lose is not counted", _exits_forgotten,
        _one(window_notional=D(6000), exposure=D(500), exit_collar=D("0.05"), loss_budget=D(20)), "flat", churn,
    ),
    Mutant(
        "an exit forgets the orders that are open", _narrow_room,
        _one(_RESTS, collar=D("0.01"), exit_collar=D("0.08"), exposure=D(1000), window_notional=D(2100),
             loss_budget=D(100)),
        "flat", narrow.leave_twice,
    ),
    Mutant(
        "no window_notional", _without(WindowNotional), _one(window_notional=D(500), loss_budget=UNLIMITED),
        "flat", churn,
    ),
    Mutant(
        "no side_notional", _without(SideNotional),
        _one(window_notional=D(10_000), side_notional=D(300), loss_budget=UNLIMITED), "flat", churn,
    ),
    Mutant(
        "no symbol_notional", _without(SymbolNotional),
        _one(window_notional=D(10_000), symbol_notional=D(500), loss_budget=UNLIMITED), "flat", churn,
    ),
    Mutant(
        "no exposure", _without(Exposure), _one(exposure=D(200), loss_budget=D(300)),
        "slow swing", yesterday, total=True,
    ),
    Mutant(
        "no symbol_exposure", _without(SymbolExposure),
        _one(exposure=D(5000), symbol_exposure=D(200), loss_budget=D(300)), "slow swing", yesterday, total=True,
    ),
    Mutant(
        "no drawdown_stop", _no_drawdown,
        _one(drawdown_stop=D(20), collar=D("0.001"), exit_collar=D("0.001"), exposure=D(1000),
             window_notional=D(10_000), loss_budget=D(60)),
        "slow swing", foresee, total=True,
    ),
    Mutant("no window of the account", _without(AccountNotional), _two(500, window_notional=D(500)), "flat", churn),
    Mutant(
        "no exposure of the account", _without(AccountExposure), _two(exposure=D(200)),
        "slow swing", yesterday, total=True,
    ),
    Mutant("no loss budget of the account", _without(AccountLoss), _two(loss_budget=D(10)), "flat", churn),
    Mutant("a stop pays from its trigger", _from_trigger, _one(_EVERY), "flat", narrow.stop_far_away),
    Mutant("a stop that leaves has paid", _rules_as(_forgiving), _one(_EVERY), "flat", narrow.stop_far_away),
    Mutant(
        "what rests pays for no collar", _no_surcharge,
        _one(_RESTS, collar=D("0.05"), exit_collar=D("0.05"), window_notional=D(2000), loss_budget=D(110)),
        "soar", narrow.rest_then_leave,
    ),
    Mutant(
        "an exit that rests shares its way out", _shared_way_out,
        _one(_RESTS, collar=D("0.01"), exit_collar=D("0.08"), exposure=D(1000), window_notional=D(2100),
             loss_budget=D(100)),
        "soar", narrow.pay_twice,
    ),
    Mutant("what waits for another is sent at an old price", _sent_later, _one(_RESTS), "soar", narrow.set_off_later),
    Mutant(
        "a poll is a look at orders that were never answered", _looked_by_account,
        _one(_RESTS, "0", collar=D("0.05"), exit_collar=D("0.05"), exposure=D(500), window_notional=D(10_000),
             loss_budget=D(60)),
        "swing", narrow.heard_too_late,
    ),
    Mutant(
        "after a restart a fill counts as reserved", _reserved_is_enough,
        _one(_EVERY, "0", window_notional=D(10_000), exposure=D(800), loss_budget=D(60)), "swing", narrow.while_away,
    ),
]  # fmt: skip
