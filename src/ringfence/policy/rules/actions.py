"""Which kinds of action pass at all: by the bot's role, and by its owner's switch.

`ActionClass` is the only rule that permits; every other can but refuse.
"""

from typing import assert_never

import msgspec

from ringfence.model import action
from ringfence.model.decision import ABSTAIN, Code, Lane, Permit, Verdict
from ringfence.model.facts import Role, Switch
from ringfence.model.names import BotName
from ringfence.policy.rules.case import Case, no

_READING = Permit("reading changes nothing")
_TRADING = Permit("this bot is for trading")


class ActionClass(msgspec.Struct, frozen=True):
    """Reading is for all, trading for bots whose role is to trade. The rest is for no bot, and has no setting."""

    role: Role

    def judge(self, case: Case) -> Verdict:
        """Permit reads, cancels and orders by role; refuse every other kind by its name."""
        match case.action:
            case action.Read() | action.Follow():
                return _READING
            case (
                action.Place() | action.PlaceList() | action.Preview() | action.Replace()
                | action.Cancel() | action.CancelList() | action.CancelAll() | action.Amend()
            ):  # fmt: skip
                return self._trading(case)
            case action.Withdraw(route):
                return no(Code.WITHDRAW, f"{route} is a withdrawal; no policy can allow one")
            case action.Transfer(route, kind):
                return no(Code.TRANSFER, f"{route} moves value ({kind}); no policy can allow that")
            case action.AccountChange(route, kind):
                return no(Code.ACCOUNT, f"{route} changes the account ({kind}); no policy can allow that")
            case action.Undescribed(route, kind):
                return no(Code.UNDESCRIBED, f"{route} ({kind}) is known, but this version does not describe it")
            case action.Unknown(why):
                return no(Code.UNKNOWN, f"not understood: {why}")
            case _:
                assert_never(case.action)

    def _trading(self, case: Case) -> Verdict:
        if self.role is Role.TRADE and case.facts.role is Role.TRADE:
            return _TRADING
        return no(Code.ROLE, "this key may only watch")


class OnlyExits(msgspec.Struct, frozen=True):
    """A bot that guards another places nothing that adds risk."""

    ward: BotName

    def judge(self, case: Case) -> Verdict:
        """Refuse what does not take the other's position down."""
        if not isinstance(case.action, action.Place) or (case.charge is not None and case.ordinary is None):
            return ABSTAIN
        return no(Code.EXITS_ONLY, f"this bot guards {self.ward}, and may only take its positions down")


class SwitchRule(msgspec.Struct, frozen=True):
    """While halted nothing is placed; at exits only, nothing that adds risk. Reads and cancels always pass."""

    def judge(self, case: Case) -> Verdict:
        """Refuse orders that the switch does not let through; a state that is not known lets none through."""
        if not isinstance(case.action, action.Place) or case.facts.switch is Switch.TRADING:
            return ABSTAIN
        if case.facts.switch is Switch.EXITS_ONLY:
            if case.charge is not None and case.charge.lane is Lane.EXIT:
                return ABSTAIN
            return no(Code.EXITS_ONLY, "only orders that reduce this bot's position pass now")
        return no(Code.HALTED, "trading is halted; cancels still pass")
