"""What a request means, in words no exchange chose. The union is closed."""

import msgspec

from ringfence.model.names import ClientId, Symbol
from ringfence.model.order import Order, OrderRef


class Read(msgspec.Struct, frozen=True):
    """Ask the exchange something; nothing changes.

    `what` names the route in our own words ("account", "open-orders"); `fields` are the parameters that the
    route describes, already checked against their types, in canonical text and in the table's order.
    """

    what: str
    fields: tuple[tuple[str, str], ...] = ()
    symbol: Symbol | None = None


class Place(msgspec.Struct, frozen=True):
    """Put an order on the book."""

    order: Order


class Cancel(msgspec.Struct, frozen=True):
    """Take one order off the book. `new_client_id` names the cancel itself where the bot chose a name."""

    ref: OrderRef
    new_client_id: ClientId | None = None


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

Action = Read | Place | Cancel | CancelAll | Forbidden
