"""How much a day may cost in slippage and fees, the way out included."""

from dataclasses import dataclass
from decimal import Decimal

from ringfence.model.decision import ABSTAIN, Code, Verdict
from ringfence.policy.amounts import plain
from ringfence.policy.rules.case import Case, no
from ringfence.policy.rules.exposure import exposure


@dataclass(frozen=True, slots=True)
class LossBudget:
    """Losses of the window, this order's worst loss and the cost of leaving every position stay within `budget`.

    `exit_rate` is that cost per unit of exposure. A position pays for its own exit before it is opened, so exits need
    no budget later and the whole still stays within it (docs/explanation/blast-radius.md).
    """

    budget: Decimal
    exit_rate: Decimal

    def judge(self, case: Case) -> Verdict:
        """Charge the order before it leaves."""
        charge = case.ordinary
        if charge is None:
            return ABSTAIN
        exposed = exposure(charge, case.facts)
        if exposed is None:
            return no(Code.LOSS_BUDGET, "the cost of leaving this bot's other assets is not known")
        used, reserve = case.facts.usage.window_loss, exposed * self.exit_rate
        if used + charge.loss + reserve <= self.budget:
            return ABSTAIN
        return no(
            Code.LOSS_BUDGET,
            f"{plain(used)} lost or reserved in 24 hours, {plain(charge.loss)} for this order and {plain(reserve)}"
            f" for the way out would pass {plain(self.budget)}",
        )
