"""How many orders may be open, and how many may come in a minute. Exits have a share that nothing else can use up."""

import msgspec

from ringfence.model.decision import ABSTAIN, Code, Lane, Verdict
from ringfence.policy.rules.case import Case, no

_EXIT_LEAST = 10  # enough to leave ten symbols within a minute, at any setting
_EXIT_PART = 5  # a choice: a bot that is given half of a venue's rate stays below two thirds of it (S25)


def exit_share(limit: int) -> int:
    """Say how much of a count exits have for themselves."""
    return max(_EXIT_LEAST, limit // _EXIT_PART)


class OpenOrders(msgspec.Struct, frozen=True):
    """At most `limit` orders open; exits may go on for their own share (docs/explanation/attacks.md, S26)."""

    limit: int

    def judge(self, case: Case) -> Verdict:
        """Count what is open or unknown, all lanes."""
        if case.charge is None:
            return ABSTAIN
        most = self.limit + (exit_share(self.limit) if case.charge.lane is Lane.EXIT else 0)
        if case.facts.usage.open_orders < most:
            return ABSTAIN
        return no(Code.OPEN_ORDERS, f"{case.facts.usage.open_orders} orders are open; {most} at most")


class OrderRate(msgspec.Struct, frozen=True):
    """At most `limit` orders a minute, and exits by a count of their own (docs/explanation/attacks.md, R10)."""

    limit: int

    def judge(self, case: Case) -> Verdict:
        """Count the last sixty seconds of the order's own lane."""
        if case.charge is None:
            return ABSTAIN
        usage = case.facts.usage
        if case.charge.lane is Lane.EXIT:
            count, most, what = usage.exits_last_minute, exit_share(self.limit), "exits"
        else:
            count, most, what = usage.orders_last_minute, self.limit, "orders"
        return ABSTAIN if count < most else no(Code.ORDER_RATE, f"{count} {what} in the last minute; {most} at most")
