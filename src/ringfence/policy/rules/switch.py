"""The owner's switch, and what passes while it is thrown."""

from dataclasses import dataclass

from ringfence.model.action import Place
from ringfence.model.decision import ABSTAIN, Code, Lane, Verdict
from ringfence.model.facts import Switch
from ringfence.policy.rules.case import Case, no


@dataclass(frozen=True, slots=True)
class SwitchRule:
    """While halted nothing is placed; at exits only, nothing that adds risk. Reads and cancels always pass."""

    def judge(self, case: Case) -> Verdict:
        """Refuse orders that the switch does not let through; a state that is not known lets none through."""
        if not isinstance(case.action, Place) or case.facts.switch is Switch.TRADING:
            return ABSTAIN
        if case.facts.switch is Switch.EXITS_ONLY:
            if case.charge is not None and case.charge.lane is Lane.EXIT:
                return ABSTAIN
            return no(Code.EXITS_ONLY, "only orders that reduce this bot's position pass now")
        return no(Code.HALTED, "trading is halted; cancels still pass")
