"""What a request means, in words no exchange chose. The union is closed."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from ringfence.model.names import ClientId, OrderId, Symbol
from ringfence.model.order import Order, OrderRef


class Read(msgspec.Struct, frozen=True):
    """Ask the exchange something; nothing changes.

    `what` names the route in our own words ("account", "open-orders"); `fields` are the parameters that the
    route describes, already checked against their types, in canonical text and in the table's order.
    """

    what: str
    fields: tuple[tuple[str, str], ...] = ()
    symbol: Symbol | None = None


class Follow(msgspec.Struct, frozen=True):
    """Hear of everything that happens to the account, from now on."""


class Place(msgspec.Struct, frozen=True):
    """Put an order on the book."""

    order: Order


class ListForm(StrEnum):
    """How the orders of a list hang together: one cancels the other, one triggers the other, or both."""

    OCO = "OCO"
    OTO = "OTO"
    OTOCO = "OTOCO"

    @property
    def pair(self) -> int | None:
        """Where in the list the two orders begin of which only one can fill; None where all can."""
        return _PAIRS[self]


_PAIRS = {ListForm.OCO: 0, ListForm.OTO: None, ListForm.OTOCO: 1}


class PlaceList(msgspec.Struct, frozen=True):
    """Put several orders of one symbol on the book, all or none. `client_id` names the list."""

    form: ListForm
    orders: tuple[Order, ...]
    client_id: ClientId | None


class Preview(msgspec.Struct, frozen=True):
    """Ask whether an order would be taken; nothing is placed. `rates`: and what its commission would be."""

    order: Order
    rates: bool


class Cancel(msgspec.Struct, frozen=True):
    """Take one order off the book. `new_client_id` names the cancel itself where the bot chose a name."""

    ref: OrderRef
    new_client_id: ClientId | None = None


class CancelList(msgspec.Struct, frozen=True):
    """Take every order of a list off the book; at least one of the list's ids is set."""

    symbol: Symbol
    list_id: OrderId | None
    client_id: ClientId | None


class Amend(msgspec.Struct, frozen=True):
    """Make an order that rests smaller, at its place in the book. `client_id` is what the bot would have it called."""

    ref: OrderRef
    quantity: Decimal
    client_id: ClientId | None


class Replace(msgspec.Struct, frozen=True):
    """Take one order off the book and put another on; `insist`: place it even where the cancel fails."""

    cancel: Cancel
    order: Order
    insist: bool


class CancelAll(msgspec.Struct, frozen=True):
    """Take every order of one symbol off the book."""

    symbol: Symbol


class Transfer(msgspec.Struct, frozen=True):
    """Move value between accounts, wallets, products or people; `kind` is the catalogue's class."""

    route: str
    kind: str


class Withdraw(msgspec.Struct, frozen=True):
    """Send value off the exchange."""

    route: str


class AccountChange(msgspec.Struct, frozen=True):
    """Make or change keys, addresses, sub-accounts, leverage, margin mode or settings."""

    route: str
    kind: str


class Undescribed(msgspec.Struct, frozen=True):
    """A route the catalogue knows by class, but whose parameters this version does not describe."""

    route: str
    kind: str


class Unknown(msgspec.Struct, frozen=True):
    """A request this version cannot read. No rule may permit it."""

    why: str


Forbidden = Transfer | Withdraw | AccountChange | Undescribed | Unknown
"""What no policy can allow."""

Placing = Place | PlaceList
"""What adds orders."""

Reducing = Cancel | CancelList | CancelAll | Amend
"""What can only take orders away: it costs nothing, and passes while halted."""

Action = Read | Follow | Placing | Preview | Replace | Reducing | Forbidden
