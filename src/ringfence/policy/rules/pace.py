"""How many orders may be open, and how many may come. Exits have a share that nothing else can use up.

A cancel always passes (G10); a bot that cancels or amends too much may place nothing more that adds risk.
"""

from decimal import Decimal

import msgspec

from ringfence.model.decision import ABSTAIN, Code, Lane, Verdict
from ringfence.model.order import Order
from ringfence.policy.amounts import as_percent
from ringfence.policy.rules.case import Case, no

FAR = Decimal("0.05")  # a choice: ten times the collar of a usual policy; past it an order waits for a rare day
CANCELS_FREE = 50  # in an hour; a choice: a grid of twenty orders that is moved twice is no wall

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


class SymbolOrders(msgspec.Struct, frozen=True):
    """At most `limit` orders of one symbol open: what is left of the exchange's slots is the owner's (S26)."""

    limit: int

    def judge(self, case: Case) -> Verdict:
        """Count what is open or unknown; exits have a share beyond it."""
        if case.charge is None:
            return ABSTAIN
        most = self.limit + (exit_share(self.limit) if case.charge.lane is Lane.EXIT else 0)
        count = case.facts.symbol.open_orders
        if count < most:
            return ABSTAIN
        return no(Code.SYMBOL_ORDERS, f"{count} orders of {case.charge.order.symbol} are open; {most} at most")


class FarOrders(msgspec.Struct, frozen=True):
    """At most `limit` open orders of a symbol that are far from its price (docs/explanation/attacks.md, S26)."""

    limit: int

    def judge(self, case: Case) -> Verdict:
        """Count them, where this is one more; what is not known is too many."""
        charge = case.ordinary
        if charge is None or not is_far(charge.order, charge.reference):
            return ABSTAIN
        far = case.facts.symbol.far
        if far is not None and far < self.limit:
            return ABSTAIN
        count = "it is not known how many" if far is None else f"{far}"
        return no(Code.FAR_ORDERS, f"{count} orders further than {as_percent(FAR)} off are open; {self.limit} at most")


class RoundTrips(msgspec.Struct, frozen=True):
    """A position of one symbol goes back to nothing at most `limit` times in 24 hours: what churning feeds on (S05)."""

    limit: int

    def judge(self, case: Case) -> Verdict:
        """Refuse a new position once there were enough; leaving one is never refused."""
        charge, trips = case.ordinary, case.facts.symbol.round_trips
        if charge is None or trips < self.limit:
            return ABSTAIN
        what = f"{trips} round trips in {charge.order.symbol} in 24 hours"
        return no(Code.ROUND_TRIPS, f"{what}; {self.limit} at most")


class AmendRate(msgspec.Struct, frozen=True):
    """After `limit` amendments in a minute nothing that adds risk is placed (R10)."""

    limit: int

    def judge(self, case: Case) -> Verdict:
        """Count the last sixty seconds."""
        count = case.facts.pace.amends_last_minute
        if case.ordinary is None or count < self.limit:
            return ABSTAIN
        return no(Code.AMEND_RATE, f"{count} amendments in the last minute; {self.limit} at most")


class CancelRate(msgspec.Struct, frozen=True):
    """After `limit` cancels in a minute nothing that adds risk is placed (docs/explanation/attacks.md, S10)."""

    limit: int

    def judge(self, case: Case) -> Verdict:
        """Count the last sixty seconds."""
        count = case.facts.pace.cancels_last_minute
        if case.ordinary is None or count < self.limit:
            return ABSTAIN
        return no(Code.CANCEL_RATE, f"{count} cancels in the last minute; {self.limit} at most")


class CancelRatio(msgspec.Struct, frozen=True):
    """In an hour at most `limit` cancels for each fill: walls that are never meant to trade look like that (S10)."""

    limit: int

    def judge(self, case: Case) -> Verdict:
        """Compare cancels and fills of the last hour; the first few cancels prove nothing."""
        pace = case.facts.pace
        most = max(CANCELS_FREE, self.limit * pace.fills_last_hour)
        if case.ordinary is None or pace.cancels_last_hour < most:
            return ABSTAIN
        what = f"{pace.cancels_last_hour} cancels for {pace.fills_last_hour} fills in the last hour"
        return no(Code.CANCEL_RATIO, f"{what}; {most} at most")


def is_far(order: Order, reference: Decimal) -> bool:
    """Say whether an order's limit is further than `FAR` from a price."""
    return order.price is not None and abs(order.price - reference) > FAR * reference
