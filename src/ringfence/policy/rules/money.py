"""How much a day, and all that is at stake, may come to. Exits have a lane of their own."""

from decimal import Decimal

import msgspec
from msgspec.structs import replace

from ringfence.model.decision import ABSTAIN, Charge, Code, Lane, Verdict
from ringfence.model.facts import Facts, Holding
from ringfence.model.order import Side
from ringfence.policy.amounts import plain
from ringfence.policy.rules.case import Case, no


class WindowNotional(msgspec.Struct, frozen=True):
    """No more than `cap` in any 24 hours, open and unknown orders included (docs/explanation/blast-radius.md, T0)."""

    cap: Decimal

    def judge(self, case: Case) -> Verdict:
        """Add the order to what the window holds."""
        charge = case.ordinary
        if charge is None:
            return ABSTAIN
        total = case.facts.usage.window_notional + charge.notional
        if total <= self.cap:
            return ABSTAIN
        return no(Code.WINDOW_NOTIONAL, f"24 hours would come to {plain(total)}; {plain(self.cap)} at most")


class Exposure(msgspec.Struct, frozen=True):
    """What open orders could make of all positions is worth at most `cap` (docs/explanation/attacks.md, R8)."""

    cap: Decimal

    def judge(self, case: Case) -> Verdict:
        """Refuse an order that could take the exposure past the cap, or where it cannot be known."""
        charge = case.ordinary
        if charge is None:
            return ABSTAIN
        total = exposure(charge, case.facts)
        if total is None:
            return no(Code.EXPOSURE, "the worth of this bot's other assets is not known")
        if total <= self.cap:
            return ABSTAIN
        return no(Code.EXPOSURE, f"the exposure could become {plain(total)}; {plain(self.cap)} at most")


class SymbolNotional(msgspec.Struct, frozen=True):
    """No more than `cap` in one symbol in any 24 hours, as `WindowNotional` counts."""

    cap: Decimal

    def judge(self, case: Case) -> Verdict:
        """Add the order to what its symbol has used."""
        charge = case.ordinary
        if charge is None:
            return ABSTAIN
        total = case.facts.symbol.notional + charge.notional
        if total <= self.cap:
            return ABSTAIN
        what = f"24 hours of {charge.order.symbol} would come to {plain(total)}"
        return no(Code.SYMBOL_NOTIONAL, f"{what}; {plain(self.cap)} at most")


class SideNotional(msgspec.Struct, frozen=True):
    """No more than `cap` bought, and no more sold, in any 24 hours, as `WindowNotional` counts."""

    cap: Decimal

    def judge(self, case: Case) -> Verdict:
        """Add the order to what its side has used."""
        charge = case.ordinary
        if charge is None:
            return ABSTAIN
        usage, buys = case.facts.usage, charge.order.side is Side.BUY
        total = (usage.bought if buys else usage.sold) + charge.notional
        if total <= self.cap:
            return ABSTAIN
        what = f"24 hours of {'buying' if buys else 'selling'} would come to {plain(total)}"
        return no(Code.SIDE_NOTIONAL, f"{what}; {plain(self.cap)} at most")


class SymbolExposure(msgspec.Struct, frozen=True):
    """What open orders could make of one position is worth at most `cap`: not all in one asset."""

    cap: Decimal

    def judge(self, case: Case) -> Verdict:
        """Refuse an order that could take the position of its symbol past the cap."""
        charge = case.ordinary
        if charge is None:
            return ABSTAIN
        total = position_worth(charge, case.facts)
        if total is None:
            return no(Code.SYMBOL_EXPOSURE, f"the worth of what is held of {charge.order.symbol} is not known")
        if total <= self.cap:
            return ABSTAIN
        what = f"the position in {charge.order.symbol} could become {plain(total)}"
        return no(Code.SYMBOL_EXPOSURE, f"{what}; {plain(self.cap)} at most")


class LossBudget(msgspec.Struct, frozen=True):
    """Losses of the window, this order's worst loss and the cost of leaving every position stay within `budget`.

    `exit_rate` is that cost per unit of exposure. A position pays for its own exit before it is opened, so exits need
    no budget later and the whole still stays within it (docs/explanation/blast-radius.md). Only one that waits for a
    trigger can lose more than that, and pays for what is beyond.
    """

    budget: Decimal
    exit_rate: Decimal

    def judge(self, case: Case) -> Verdict:
        """Charge the order before it leaves."""
        charge = case.charge
        if charge is None:
            return ABSTAIN
        loss = self._unpaid(charge)
        if charge.lane is Lane.EXIT and loss <= 0:
            return ABSTAIN
        exposed = exposure(charge, case.facts)
        if exposed is None:
            return no(Code.LOSS_BUDGET, "the cost of leaving this bot's other assets is not known")
        used, reserve = case.facts.usage.window_loss, exposed * self.exit_rate
        if used + loss + reserve <= self.budget:
            return ABSTAIN
        return no(
            Code.LOSS_BUDGET,
            f"{plain(used)} lost or reserved in 24 hours, {plain(loss)} for this order and {plain(reserve)}"
            f" for the way out would pass {plain(self.budget)}",
        )

    def _unpaid(self, charge: Charge) -> Decimal:
        """Say what of an order's loss its position has not paid for already."""
        if charge.lane is Lane.ORDINARY:
            return charge.loss
        return charge.loss - (charge.order.quantity or Decimal(0)) * charge.reference * self.exit_rate


def exposure(charge: Charge, facts: Facts) -> Decimal | None:
    """Value the furthest position that this and all open orders could lead to, with the other assets'.

    At the higher of both references, plus what this order's own limit adds; None where a fact is missing.
    """
    worth = position_worth(charge, facts)
    return None if worth is None or facts.others is None else worth + facts.others


def added(charge: Charge, facts: Facts) -> Decimal | None:
    """Value what an order adds to the exposure at most: all of it, less where it only turns a position round."""
    worth = position_worth(charge, facts)
    if worth is None or facts.reference is None:
        return None
    before = facts.holding.furthest * max(facts.reference.buy, facts.reference.sell)
    return max(Decimal(0), worth - before)


def position_worth(charge: Charge, facts: Facts) -> Decimal | None:
    """Value the furthest position of the order's own symbol; None where there is no reference."""
    if facts.reference is None:
        return None
    premium = charge.notional - (charge.order.quantity or Decimal(0)) * charge.reference
    furthest = held_with(facts.holding, charge).furthest
    return furthest * max(facts.reference.buy, facts.reference.sell) + premium


def held_with(holding: Holding, charge: Charge) -> Holding:
    """Count one more order as open."""
    quantity, exits = charge.order.quantity or Decimal(0), charge.lane is Lane.EXIT
    if charge.order.side is Side.BUY:
        return replace(holding, open_buys=holding.open_buys + quantity, exit_buys=holding.exit_buys + quantity * exits)
    return replace(holding, open_sells=holding.open_sells + quantity, exit_sells=holding.exit_sells + quantity * exits)
