"""How large, and how small, a single order may be. Exits have a lane of their own."""

from decimal import Decimal

import msgspec

from ringfence.model.decision import ABSTAIN, Code, Hold, Reason, Verdict
from ringfence.model.names import Symbol
from ringfence.policy.amounts import as_percent, plain
from ringfence.policy.rules.case import Case, no


class OrderNotional(msgspec.Struct, frozen=True):
    """No single order above `cap` (docs/explanation/attacks.md, R6)."""

    cap: Decimal

    def judge(self, case: Case) -> Verdict:
        """Value the order at the larger of its limit and the reference (I2: a coin at two million times its price)."""
        charge = case.ordinary
        if charge is None or charge.notional <= self.cap:
            return ABSTAIN
        return no(Code.ORDER_NOTIONAL, f"the order comes to {plain(charge.notional)}; {plain(self.cap)} at most")


class OrderQuantity(msgspec.Struct, frozen=True):
    """No single order of more base units than `caps` has for its symbol (RTS 6 art. 15(1)(c))."""

    caps: tuple[tuple[Symbol, Decimal], ...]

    def judge(self, case: Case) -> Verdict:
        """Compare the whole quantity, whatever part of it the book would show (S13); without a cap there is none."""
        charge = case.ordinary
        if charge is None:
            return ABSTAIN
        quantity, cap = charge.order.quantity or Decimal(0), dict(self.caps).get(charge.order.symbol, Decimal(0))
        if quantity <= cap:
            return ABSTAIN
        what = f"the order is of {plain(quantity)} {charge.order.symbol}"
        return no(Code.ORDER_QUANTITY, f"{what}; {plain(cap)} at most")


class OrderMinimum(msgspec.Struct, frozen=True):
    """No order below `least`, so that a day cannot be ground into dust (docs/explanation/attacks.md, S39)."""

    least: Decimal

    def judge(self, case: Case) -> Verdict:
        """Value the order as `OrderNotional` does; what is left of a position may always be sold."""
        charge = case.ordinary
        if charge is None or charge.notional >= self.least:
            return ABSTAIN
        return no(Code.ORDER_MINIMUM, f"the order comes to {plain(charge.notional)}; {plain(self.least)} at least")


class OrderShare(msgspec.Struct, frozen=True):
    """No single order above a `share` of what the account is worth now."""

    share: Decimal

    def judge(self, case: Case) -> Verdict:
        """Refuse an order past the share, or where the account's worth is not known."""
        charge = case.ordinary
        if charge is None:
            return ABSTAIN
        equity = case.facts.equity
        if equity is None:
            return no(Code.ORDER_SHARE, "what the account is worth is not known yet")
        if charge.notional <= equity * self.share:
            return ABSTAIN
        return no(
            Code.ORDER_SHARE,
            f"the order comes to {plain(charge.notional)}; {as_percent(self.share)} of {plain(equity)} at most",
        )


class HoldAbove(msgspec.Struct, frozen=True):
    """An order above `amount` waits for a person, who allows just this one (docs/explanation/attacks.md, S58)."""

    amount: Decimal

    def judge(self, case: Case) -> Verdict:
        """Hold what is larger, unless it has been allowed."""
        charge = case.ordinary
        if charge is None or charge.notional <= self.amount or case.facts.granted:
            return ABSTAIN
        what = f"the order comes to {plain(charge.notional)}; above {plain(self.amount)} a person must allow it"
        return Hold(Reason(Code.HELD, what))
