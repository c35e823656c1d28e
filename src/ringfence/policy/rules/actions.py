"""Which kinds of action a bot may ask for at all. The only rule that permits; the others can but refuse."""

from dataclasses import dataclass
from typing import assert_never

from ringfence.model.action import (
    AccountChange,
    Cancel,
    CancelAll,
    Place,
    Read,
    Transfer,
    Undescribed,
    Unknown,
    Withdraw,
)
from ringfence.model.decision import Code, Permit, Verdict
from ringfence.model.facts import Role
from ringfence.policy.rules.case import Case, no

_READING = Permit("reading changes nothing")
_TRADING = Permit("this bot is for trading")


@dataclass(frozen=True, slots=True)
class ActionClass:
    """Reading is for all, trading for bots whose role is to trade. The rest is for no bot, and has no setting."""

    role: Role

    def judge(self, case: Case) -> Verdict:
        """Permit reads, cancels and orders by role; refuse every other kind by its name."""
        match case.action:
            case Read():
                return _READING
            case Place() | Cancel() | CancelAll():
                return self._trading(case)
            case Withdraw(route):
                return no(Code.WITHDRAW, f"{route} is a withdrawal; no policy can allow one")
            case Transfer(route, kind):
                return no(Code.TRANSFER, f"{route} moves value ({kind}); no policy can allow that")
            case AccountChange(route, kind):
                return no(Code.ACCOUNT, f"{route} changes the account ({kind}); no policy can allow that")
            case Undescribed(route, kind):
                return no(Code.UNDESCRIBED, f"{route} ({kind}) is known, but this version does not describe it")
            case Unknown(why):
                return no(Code.UNKNOWN, f"not understood: {why}")
            case _:
                assert_never(case.action)

    def _trading(self, case: Case) -> Verdict:
        if self.role is Role.TRADE and case.facts.role is Role.TRADE:
            return _TRADING
        return no(Code.ROLE, "this key may only watch")
