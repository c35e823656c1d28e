"""How much an order, and all orders of a day, may come to. Exits have a lane of their own and are not counted."""

from dataclasses import dataclass
from decimal import Decimal

from ringfence.model.decision import ABSTAIN, Code, Verdict
from ringfence.policy.amounts import plain
from ringfence.policy.rules.case import Case, no


@dataclass(frozen=True, slots=True)
class OrderNotional:
    """No single order above `cap` (facts/attacks.md, R6)."""

    cap: Decimal

    def judge(self, case: Case) -> Verdict:
        """Value the order at the larger of its limit and the reference (I2: one coin at a million times its price)."""
        charge = case.ordinary
        if charge is None or charge.notional <= self.cap:
            return ABSTAIN
        return no(Code.ORDER_NOTIONAL, f"the order comes to {plain(charge.notional)}; {plain(self.cap)} at most")


@dataclass(frozen=True, slots=True)
class WindowNotional:
    """No more than `cap` in any 24 hours, open and unknown orders included (facts/blast-radius.md, T0)."""

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
