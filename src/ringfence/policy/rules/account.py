"""What all bots of one account may come to together. Exits have a lane of their own here too."""

from decimal import Decimal

import msgspec

from ringfence.model.decision import ABSTAIN, Code, Lane, Refuse, Verdict
from ringfence.policy.amounts import plain
from ringfence.policy.rules.case import Case, no
from ringfence.policy.rules.money import added
from ringfence.policy.rules.pace import exit_share


class AccountNotional(msgspec.Struct, frozen=True):
    """No more than `cap` by all bots of the account in any 24 hours."""

    cap: Decimal

    def judge(self, case: Case) -> Verdict:
        """Add the order to what the account's window holds."""
        charge = case.ordinary
        if charge is None:
            return ABSTAIN
        total = case.facts.account.usage.window_notional + charge.notional
        return ABSTAIN if total <= self.cap else _no("24 hours of all bots", total, self.cap)


class AccountExposure(msgspec.Struct, frozen=True):
    """What all bots of the account hold and may come to hold is worth at most `cap`; each bot's own counts in full."""

    cap: Decimal

    def judge(self, case: Case) -> Verdict:
        """Add what the order may add to the exposure of all."""
        charge = case.ordinary
        if charge is None:
            return ABSTAIN
        exposed, more = case.facts.account.exposure, added(charge, case.facts)
        if exposed is None or more is None:
            return no(Code.ACCOUNT_LIMIT, "the worth of what the account's bots hold is not known")
        return ABSTAIN if exposed + more <= self.cap else _no("the exposure of all bots", exposed + more, self.cap)


class AccountLoss(msgspec.Struct, frozen=True):
    """What all bots of the account lose in any 24 hours, their ways out included, stays within `budget`.

    `exit_rate` is this bot's; the other ways out come with the facts, each at its own bot's rate.
    """

    budget: Decimal
    exit_rate: Decimal

    def judge(self, case: Case) -> Verdict:
        """Charge the order, and what leaving would cost, before it leaves."""
        charge = case.charge
        if charge is None:
            return ABSTAIN
        quantity = charge.order.quantity or Decimal(0)
        paid = quantity * charge.reference * self.exit_rate if charge.lane is Lane.EXIT else Decimal(0)
        loss = charge.loss - paid
        if charge.lane is Lane.EXIT and loss <= 0:
            return ABSTAIN
        way_out, more = case.facts.account.way_out, added(charge, case.facts)
        if way_out is None or more is None:
            return no(Code.ACCOUNT_LIMIT, "the cost of leaving what the account's bots hold is not known")
        total = case.facts.account.usage.window_loss + loss + way_out + more * self.exit_rate
        return ABSTAIN if total <= self.budget else _no("what all bots may lose in 24 hours", total, self.budget)


class AccountOpenOrders(msgspec.Struct, frozen=True):
    """At most `limit` orders of all bots of the account open; exits have a share beyond it (S26)."""

    limit: int

    def judge(self, case: Case) -> Verdict:
        """Count what is open or unknown, all lanes."""
        if case.charge is None:
            return ABSTAIN
        most = self.limit + (exit_share(self.limit) if case.charge.lane is Lane.EXIT else 0)
        count = case.facts.account.usage.open_orders
        return ABSTAIN if count < most else _too_many(f"{count} orders of all bots are open", most)


class AccountOrderRate(msgspec.Struct, frozen=True):
    """At most `limit` orders of all bots of the account a minute, and exits by a count of their own (R10)."""

    limit: int

    def judge(self, case: Case) -> Verdict:
        """Count the last sixty seconds of the order's own lane."""
        if case.charge is None:
            return ABSTAIN
        usage = case.facts.account.usage
        if case.charge.lane is Lane.EXIT:
            count, most, what = usage.exits_last_minute, exit_share(self.limit), "exits"
        else:
            count, most, what = usage.orders_last_minute, self.limit, "orders"
        return ABSTAIN if count < most else _too_many(f"{count} {what} of all bots in the last minute", most)


def _no(what: str, total: Decimal, cap: Decimal) -> Refuse:
    return no(Code.ACCOUNT_LIMIT, f"{what} would come to {plain(total)}; {plain(cap)} at most")


def _too_many(what: str, most: int) -> Refuse:
    return no(Code.ACCOUNT_LIMIT, f"{what}; {most} at most")
