"""What a rule is asked about, and what a rule is."""

from typing import Protocol

import msgspec

from ringfence.model.action import Action
from ringfence.model.decision import Charge, Code, Lane, Reason, Refuse, Verdict
from ringfence.model.facts import Facts


class Case(msgspec.Struct, frozen=True):
    """One action, the facts of its moment, and what pricing said of it; `priced` is None where nothing is placed."""

    action: Action
    facts: Facts
    priced: Charge | Refuse | None = None

    @property
    def charge(self) -> Charge | None:
        """The charge, where the order could be priced; where it could not, `Priced` has already refused."""
        return self.priced if isinstance(self.priced, Charge) else None

    @property
    def ordinary(self) -> Charge | None:
        """The charge, where the order adds risk; None for exits, which their own lane pays for."""
        priced = self.priced
        return priced if isinstance(priced, Charge) and priced.lane is Lane.ORDINARY else None


class Rule(Protocol):
    """A frozen value whose fields are its settings and whose `judge` is its meaning."""

    def judge(self, case: Case) -> Verdict:
        """Answer for one action; abstain where the rule has nothing to say."""
        ...


def no(code: Code, text: str) -> Refuse:
    """Refuse with a code and a sentence."""
    return Refuse(Reason(code, text))
