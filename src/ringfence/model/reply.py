"""What an exchange's answer means. The union is closed, and "we cannot tell" is one of its members."""

from dataclasses import dataclass
from decimal import Decimal

from ringfence.model.names import Asset, ClientId, OrderId, Symbol


@dataclass(frozen=True, slots=True)
class Report:
    """How an order stands at the exchange: base and quote executed so far, and whether that is final.

    `fees` are what the answer names, by asset; None where it does not say.
    """

    symbol: Symbol
    order_id: OrderId
    client_id: ClientId
    executed: Decimal
    executed_quote: Decimal
    final: bool
    fees: tuple[tuple[Asset, Decimal], ...] | None = None


@dataclass(frozen=True, slots=True)
class Accepted:
    """The exchange has the order (or had it), and this is how it stands."""

    report: Report


@dataclass(frozen=True, slots=True)
class Rejected:
    """The exchange says that it did not do it; nothing happened."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Missing:
    """The exchange says that it does not know the order."""

    text: str


@dataclass(frozen=True, slots=True)
class Limited:
    """The exchange wants fewer requests; nothing happened. `seconds` is how long it asked us to wait."""

    seconds: int
    text: str


@dataclass(frozen=True, slots=True)
class Told:
    """A read was answered; the body is for whoever asked."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """It may or may not have happened: silence, a 5xx, or an answer that does not parse."""

    why: str


Reply = Accepted | Rejected | Missing | Limited | Told | Unclear
