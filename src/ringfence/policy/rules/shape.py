"""What an order must be: of a listed symbol and a listed type, and of a cost that is known."""

from decimal import Decimal

import msgspec

from ringfence.model.action import Place
from ringfence.model.decision import ABSTAIN, Code, Lane, Refuse, Verdict
from ringfence.model.names import Symbol
from ringfence.model.order import Kind, Side
from ringfence.policy.amounts import as_percent, plain
from ringfence.policy.rules.case import Case, no


class Symbols(msgspec.Struct, frozen=True):
    """Orders only in the bot's symbols (docs/explanation/attacks.md, I1, I7, S01)."""

    allowed: tuple[Symbol, ...]

    def judge(self, case: Case) -> Verdict:
        """Refuse an order in any other symbol, but for an exit: what has left the list must not be held for ever."""
        if not isinstance(case.action, Place) or case.action.order.symbol in self.allowed:
            return ABSTAIN
        if case.charge is not None and case.charge.lane is Lane.EXIT:
            return ABSTAIN
        return no(Code.SYMBOL, f"{case.action.order.symbol} is not among this bot's symbols")


class Venues(msgspec.Struct, frozen=True):
    """No new risk in a symbol of a class that fewer venues price than its owner asks (attacks.md, I7, I8)."""

    least: int

    def judge(self, case: Case) -> Verdict:
        """Count the venues that are in the reference now."""
        reference = case.facts.reference
        if case.ordinary is None or reference is None or reference.venues >= self.least:
            return ABSTAIN
        symbol = case.ordinary.order.symbol
        return no(Code.FEW_VENUES, f"{reference.venues} venues price {symbol} now, and {self.least} are asked for")


class OrderTypes(msgspec.Struct, frozen=True):
    """Orders only of the listed types, as the bot sent them."""

    allowed: tuple[Kind, ...]

    def judge(self, case: Case) -> Verdict:
        """Refuse an order of any other type."""
        if isinstance(case.action, Place) and case.action.order.kind not in self.allowed:
            return no(Code.ORDER_TYPE, f"{case.action.order.kind} orders are not among this bot's order types")
        return ABSTAIN


class Pinned(msgspec.Struct, frozen=True):
    """No new risk in a symbol that the exchange trades otherwise than was pinned (docs/explanation/attacks.md, S40)."""

    def judge(self, case: Case) -> Verdict:
        """Refuse what adds risk until the owner has pinned the symbol anew."""
        if case.ordinary is None or case.facts.drifted is None:
            return ABSTAIN
        symbol = case.ordinary.order.symbol
        return no(Code.DRIFT, f"{symbol} trades otherwise than was pinned: {case.facts.drifted}")


class Priced(msgspec.Struct, frozen=True):
    """An order whose cost is not known does not pass.

    Hands on why pricing failed: no instrument, no fresh reference, beyond the collar.
    """

    def judge(self, case: Case) -> Verdict:
        """Refuse an order that has no charge."""
        if not isinstance(case.action, Place):
            return ABSTAIN
        if isinstance(case.priced, Refuse):
            return case.priced
        return ABSTAIN if case.priced is not None else no(Code.PRICE, "this order was not priced")


class SlowCollar(msgspec.Struct, frozen=True):
    """An order reaches no further than `collar` beyond the anchor of a day, which nobody can move quickly (R5b)."""

    collar: Decimal

    def judge(self, case: Case) -> Verdict:
        """Hold the limit against the anchor, on the side that harms; without an anchor nothing passes."""
        charge = case.ordinary
        if charge is None or charge.order.price is None:
            return ABSTAIN
        slow = None if case.facts.reference is None else case.facts.reference.slow
        if slow is None or slow <= 0:
            return no(Code.SLOW_COLLAR, f"there is no anchor for {charge.order.symbol} yet")
        buys = charge.order.side is Side.BUY
        worst = slow * (1 + self.collar if buys else 1 - self.collar)
        if charge.order.price <= worst if buys else charge.order.price >= worst:
            return ABSTAIN
        end = "at most" if buys else "at least"
        return no(
            Code.SLOW_COLLAR,
            f"the price {plain(charge.order.price)} is beyond the slow collar: {end} {plain(worst)}"
            f" ({as_percent(self.collar)} from the day's {plain(slow)})",
        )
