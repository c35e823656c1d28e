"""An order whose cost is not known does not pass."""

from dataclasses import dataclass

from ringfence.model.action import Place
from ringfence.model.decision import ABSTAIN, Code, Refuse, Verdict
from ringfence.policy.rules.case import Case, no


@dataclass(frozen=True, slots=True)
class Priced:
    """Hand on why pricing failed: no instrument, no fresh reference, beyond the collar."""

    def judge(self, case: Case) -> Verdict:
        """Refuse an order that has no charge."""
        if not isinstance(case.action, Place):
            return ABSTAIN
        if isinstance(case.priced, Refuse):
            return case.priced
        return ABSTAIN if case.priced is not None else no(Code.PRICE, "this order was not priced")
