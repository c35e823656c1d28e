"""The values that the matching engine works with. They are replaced, never changed."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

ZERO = Decimal(0)


class Side(StrEnum):
    """Which way."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def opposite(self) -> "Side":
        """The side that this one trades with."""
        return Side.SELL if self is Side.BUY else Side.BUY


class Kind(StrEnum):
    """The order types that this exchange lists for its symbols."""

    LIMIT = "LIMIT"
    LIMIT_MAKER = "LIMIT_MAKER"
    MARKET = "MARKET"
    STOP_LOSS_LIMIT = "STOP_LOSS_LIMIT"
    TAKE_PROFIT_LIMIT = "TAKE_PROFIT_LIMIT"


WAITING = frozenset({Kind.STOP_LOSS_LIMIT, Kind.TAKE_PROFIT_LIMIT})
"""The kinds that wait outside the book until a trade has touched their trigger."""


class Tif(StrEnum):
    """How long an order may wait."""

    GTC = "GTC"
    IOC = "IOC"
    FOK = "FOK"


class Stp(StrEnum):
    """Self-trade prevention modes (Binance, faqs/stp_faq.md)."""

    NONE = "NONE"
    EXPIRE_TAKER = "EXPIRE_TAKER"
    EXPIRE_MAKER = "EXPIRE_MAKER"
    EXPIRE_BOTH = "EXPIRE_BOTH"
    DECREMENT = "DECREMENT"
    TRANSFER = "TRANSFER"


class Status(StrEnum):
    """How an order stands."""

    PENDING_NEW = "PENDING_NEW"  # part of a list, and not to be placed before another order has filled
    NEW = "NEW"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    FILLED = "FILLED"
    CANCELED = "CANCELED"
    EXPIRED = "EXPIRED"
    EXPIRED_IN_MATCH = "EXPIRED_IN_MATCH"


OPEN = frozenset({Status.PENDING_NEW, Status.NEW, Status.PARTIALLY_FILLED})


@dataclass(frozen=True, slots=True)
class Wish:
    """An order as it was sent: sized by `quantity` of the base or by `quote`, the other one zero.

    `price` is zero for a market order. `trigger` is a price, `trailing` a distance in basis points, `visible` the part
    that the book shows; each is zero where there is none. It has passed the symbol's filters.
    """

    account: str
    symbol: str
    side: Side
    kind: Kind
    client_id: str
    price: Decimal = ZERO
    quantity: Decimal = ZERO
    quote: Decimal = ZERO
    tif: Tif = Tif.GTC
    stp: Stp = Stp.EXPIRE_MAKER
    trigger: Decimal = ZERO
    trailing: int = 0
    visible: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Order:
    """An order that the engine has taken on. Times are in milliseconds.

    `working`: it is in the book, or was. `best` is the furthest that the market went its way, for one that trails. Of a
    pair that only one can fill, each knows the other as its `sibling`, and one `holds` the money for both.
    """

    order_id: int
    wish: Wish
    placed: int
    updated: int
    status: Status = Status.NEW
    executed: Decimal = ZERO
    executed_quote: Decimal = ZERO
    prevented: Decimal = ZERO
    prevented_quote: Decimal = ZERO
    working: bool = True
    best: Decimal = ZERO
    list_id: int = -1
    sibling: int = 0
    holds: bool = True

    @property
    def open(self) -> bool:
        """Whether it can still trade."""
        return self.status in OPEN

    @property
    def left(self) -> Decimal:
        """Base still to trade; of an order sized by quote, nothing that could wait in the book."""
        return ZERO if self.wish.quote else self.wish.quantity - self.executed - self.prevented

    @property
    def quote_left(self) -> Decimal:
        """Quote still to spend or to earn, for an order sized that way."""
        return self.wish.quote - self.executed_quote - self.prevented_quote if self.wish.quote else ZERO


@dataclass(frozen=True, slots=True)
class Trade:
    """One match. The buyer's fee is in the base asset, the seller's in the quote asset."""

    trade_id: int
    symbol: str
    price: Decimal
    quantity: Decimal
    cost: Decimal
    time: int
    taker_side: Side
    taker_id: int
    maker_id: int
    taker: str
    maker: str
    taker_fee: Decimal
    maker_fee: Decimal

    def side_of(self, order_id: int) -> Side:
        """Which side that order was on."""
        return self.taker_side if order_id == self.taker_id else self.taker_side.opposite

    def fee_of(self, order_id: int) -> Decimal:
        """What that order paid."""
        return self.taker_fee if order_id == self.taker_id else self.maker_fee


@dataclass(frozen=True, slots=True)
class Prevented:
    """A match that self-trade prevention did not let happen; `moved` says that TRANSFER swapped it all the same."""

    prevented_id: int
    symbol: str
    price: Decimal
    time: int
    mode: Stp
    taker_id: int
    maker_id: int
    taker_quantity: Decimal
    maker_quantity: Decimal
    moved: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """What became of a new order at once."""

    order: Order
    trades: tuple[Trade, ...] = ()
    prevented: tuple[Prevented, ...] = ()
