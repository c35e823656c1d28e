"""What lets a bot only leave: its own losses, a person's stop, the time of day. Exits pass through all of these."""

from decimal import Decimal

import msgspec

from ringfence.model.decision import ABSTAIN, Code, Verdict
from ringfence.policy.amounts import plain
from ringfence.policy.policy import Hours
from ringfence.policy.rules.case import Case, no
from ringfence.policy.times import open_at


class Stopped(msgspec.Struct, frozen=True):
    """A bot that was stopped may only leave until a person lets it go on (RTS 6 art. 15(3))."""

    def judge(self, case: Case) -> Verdict:
        """Refuse what adds risk while a stop is in force."""
        if case.ordinary is None or case.facts.stopped is None:
            return ABSTAIN
        return no(Code.STOPPED, f"this bot may only leave: {case.facts.stopped}")


class Drawdown(msgspec.Struct, frozen=True):
    """No new risk once the bot's own result is `most` below its best (docs/explanation/blast-radius.md, T8)."""

    most: Decimal

    def judge(self, case: Case) -> Verdict:
        """Refuse past the stop, or where the result cannot be valued."""
        if case.ordinary is None:
            return ABSTAIN
        drawdown = case.facts.drawdown
        if drawdown is None:
            return no(Code.DRAWDOWN, "this bot's result cannot be valued now")
        if drawdown < self.most:
            return ABSTAIN
        return no(
            Code.DRAWDOWN, f"this bot is {plain(drawdown)} below its best; it may only leave from {plain(self.most)}"
        )


class TradingHours(msgspec.Struct, frozen=True):
    """New risk only within the hours that the owner gave (UTC)."""

    when: tuple[Hours, ...]

    def judge(self, case: Case) -> Verdict:
        """Look at the timeline, which setting the clock does not move."""
        if case.ordinary is None or open_at(self.when, case.facts.at):
            return ABSTAIN
        return no(Code.HOURS, "outside this bot's trading hours only exits pass")


class Validity(msgspec.Struct, frozen=True):
    """New risk only from a first moment and before a last one (milliseconds since 1970); None is no end."""

    first: int | None
    last: int | None

    def judge(self, case: Case) -> Verdict:
        """Refuse before and after."""
        at = case.facts.at
        if case.ordinary is None:
            return ABSTAIN
        if self.first is not None and at < self.first:
            return no(Code.VALIDITY, "this bot's policy is not valid yet")
        if self.last is not None and at >= self.last:
            return no(Code.VALIDITY, "this bot's policy is not valid any more; only exits pass")
        return ABSTAIN
