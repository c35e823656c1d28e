"""How much may be at stake at once."""

from dataclasses import dataclass
from decimal import Decimal

from ringfence.model.decision import ABSTAIN, Charge, Code, Verdict
from ringfence.model.facts import Facts
from ringfence.model.order import Side
from ringfence.policy.amounts import plain
from ringfence.policy.rules.case import Case, no


@dataclass(frozen=True, slots=True)
class Exposure:
    """The worth of every position that open orders could lead to stays within `cap` (facts/attacks.md, R8)."""

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


def exposure(charge: Charge, facts: Facts) -> Decimal | None:
    """Value the furthest position that this and all open orders could lead to, with the other assets'.

    At the higher of both references, plus what this order's own limit adds; None where a fact is missing.
    """
    if facts.reference is None or facts.others is None:
        return None
    quantity = charge.order.quantity or Decimal(0)
    held, buys, sells = facts.holding.position, facts.holding.open_buys, facts.holding.open_sells
    if charge.order.side is Side.BUY:
        buys += quantity
    else:
        sells += quantity
    furthest = max(abs(held + buys), abs(held - sells))
    premium = charge.notional - quantity * charge.reference
    return furthest * max(facts.reference.buy, facts.reference.sell) + premium + facts.others
