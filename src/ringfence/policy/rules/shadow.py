"""Limits that are watched before they count: the first day of a bot shows what they would have refused."""

import msgspec

from ringfence.model.decision import Hold, Note, Refuse, Verdict
from ringfence.policy.rules.case import Case, Rule


class Shadowed(msgspec.Struct, frozen=True):
    """A rule that only notes what it has against an order until a moment (timeline ms), and judges from then on.

    It bounds nothing meanwhile, so the radius does not see it (`policy/size.py` asks for rules by their class).
    """

    rule: Rule
    until: int

    def judge(self, case: Case) -> Verdict:
        """Ask the rule; before the moment comes, its no is a note."""
        verdict = self.rule.judge(case)
        if case.facts.at < self.until and isinstance(verdict, Refuse | Hold):
            return Note(verdict.reason)
        return verdict
