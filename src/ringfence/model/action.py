"""What a request means, in words no exchange chose. The union is closed."""

from dataclasses import dataclass

from ringfence.model.names import ClientId, Symbol
from ringfence.model.order import Order, OrderRef


@dataclass(frozen=True, slots=True)
class Read:
    """Ask the exchange something; nothing changes.

    `what` names the route in our own words ("account", "open-orders"); `fields` are the parameters that the
    route describes, already checked against their types, in canonical text and in the table's order.
    """

    what: str
    fields: tuple[tuple[str, str], ...] = ()
    symbol: Symbol | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Put an order on the book."""

    order: Order


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take one order off the book. `new_client_id` names the cancel itself where the bot chose a name."""

    ref: OrderRef
    new_client_id: ClientId | None = None


@dataclass(frozen=True, slots=True)
class CancelAll:
    """Take every order of one symbol off the book."""

    symbol: Symbol


@dataclass(frozen=True, slots=True)
class Transfer:
    """Move value between accounts, wallets, products or people; `kind` is the catalogue's class."""

    route: str
    kind: str


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Send value off the exchange."""

    route: str


@dataclass(frozen=True, slots=True)
class AccountChange:
    """Make or change keys, addresses, sub-accounts, leverage, margin mode or settings."""

    route: str
    kind: str


@dataclass(frozen=True, slots=True)
class Undescribed:
    """A route the catalogue knows by class, but whose parameters this version does not describe."""

    route: str
    kind: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """A request this version cannot read. No rule may permit it."""

    why: str


Forbidden = Transfer | Withdraw | AccountChange | Undescribed | Unknown
"""What no policy can allow."""

Action = Read | Place | Cancel | CancelAll | Forbidden
