"""What an exchange's answer means. The union is closed, and "we cannot tell" is one of its members."""

from decimal import Decimal

import msgspec

from ringfence.model.names import Asset, ClientId, OrderId, Symbol


class Report(msgspec.Struct, frozen=True):
    """How an order stands at the exchange: base and quote executed so far of `quantity`, and whether that is final.

    `fees` are what the answer names, by asset; None where it does not say. `list_id` is the exchange's id of the list
    that the order is part of.
    """

    symbol: Symbol
    order_id: OrderId
    client_id: ClientId
    quantity: Decimal
    executed: Decimal
    executed_quote: Decimal
    final: bool
    fees: tuple[tuple[Asset, Decimal], ...] | None = None
    list_id: OrderId | None = None


class Accepted(msgspec.Struct, frozen=True):
    """The exchange has the order (or had it), and this is how it stands."""

    report: Report


class Listed(msgspec.Struct, frozen=True):
    """The exchange has every order of a list (or had it), and this is how they stand, in the list's order."""

    reports: tuple[Report, ...]


class Rejected(msgspec.Struct, frozen=True):
    """The exchange says that it did not do it; nothing happened."""

    code: str
    text: str


class Missing(msgspec.Struct, frozen=True):
    """The exchange says that it does not know the order."""

    text: str


class Limited(msgspec.Struct, frozen=True):
    """The exchange wants fewer requests; nothing happened. `seconds` is how long it asked us to wait."""

    seconds: int
    text: str


class Told(msgspec.Struct, frozen=True):
    """A read was answered; the body is for whoever asked."""


class Unclear(msgspec.Struct, frozen=True):
    """It may or may not have happened: silence, a 5xx, or an answer that does not parse."""

    why: str


Reply = Accepted | Listed | Rejected | Missing | Limited | Told | Unclear


class Following(msgspec.Struct, frozen=True):
    """The exchange says that an account's events come from here on."""


class Declined(msgspec.Struct, frozen=True):
    """The exchange says that they do not."""

    text: str


class News(msgspec.Struct, frozen=True):
    """One event of an account, as it came; `report` where it says how an order stands.

    `unread` says why where it could not be read: then nothing is known from it.
    """

    event: bytes
    report: Report | None
    unread: str | None = None


Heard = Following | Declined | News
