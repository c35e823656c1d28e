"""Everything a rule may know about the world, gathered before it is asked. A missing fact is absent, never zero."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from ringfence.model.names import Asset, Symbol


class Switch(StrEnum):
    """What the owner lets happen now."""

    TRADING = "trading"
    EXITS_ONLY = "exits-only"
    HALTED = "halted"


class Role(StrEnum):
    """What a virtual key is for."""

    WATCH = "watch"
    TRADE = "trade"


class Reference(msgspec.Struct, frozen=True):
    """The price that a buy, and a sell, of a symbol is judged by (quote units for one base unit).

    With three fresh venues both are the median of their mids; with fewer, `buy` is the lowest and `sell` the highest of
    what is known, so that a held venue can only tighten (docs/explanation/blast-radius.md, A3). `at` is the boot-clock
    second of the oldest quote that went in. `slow` is the anchor that a day's average makes, which nobody can move
    quickly; None where none is kept yet.
    """

    symbol: Symbol
    buy: Decimal
    sell: Decimal
    venues: int
    at: float
    slow: Decimal | None = None


class Instrument(msgspec.Struct, frozen=True):
    """How an exchange trades one symbol; pinned when the policy is applied.

    `native` is the exchange's own name ("BTCUSDT"); `tick` the price step, `step` the quantity step (base units),
    `min_notional` in quote units, `min_quantity` and `max_quantity` in base units.
    """

    symbol: Symbol
    native: str
    base: Asset
    quote: Asset
    tick: Decimal
    step: Decimal
    min_quantity: Decimal
    max_quantity: Decimal
    min_notional: Decimal


class Usage(msgspec.Struct, frozen=True):
    """What one bot, or all bots of one account, have used and reserved, counted from the journal.

    Notionals and losses are in the account's currency over the sliding 24 hours, open and unknown orders
    included in full; `bought` and `sold` are the two sides of `window_notional`. `open_orders` counts every lane,
    `exits_last_minute` orders of the exit lane, `orders_last_minute` the others.
    """

    window_notional: Decimal
    window_loss: Decimal
    open_orders: int
    orders_last_minute: int
    exits_last_minute: int
    bought: Decimal
    sold: Decimal


class SymbolUsage(msgspec.Struct, frozen=True):
    """What one bot has used of one symbol: notional of the window, open orders, and how many of these are far off.

    `round_trips` counts how often in 24 hours its position has gone back to nothing. `far` is None where no price
    tells.
    """

    notional: Decimal
    open_orders: int
    far: int | None
    round_trips: int


class Pace(msgspec.Struct, frozen=True):
    """How a bot has been behaving: amendments and cancels of the last minute; cancels and fills of the last hour."""

    amends_last_minute: int
    cancels_last_minute: int
    cancels_last_hour: int
    fills_last_hour: int


class AccountUse(msgspec.Struct, frozen=True):
    """What all bots of an account have used together, with their exposure; None where it cannot be valued.

    `way_out` is what leaving all that would cost at worst, each bot by its own exit collar.
    """

    usage: Usage
    exposure: Decimal | None
    way_out: Decimal | None


class Holding(msgspec.Struct, frozen=True):
    """What one bot's own fills have made of one base asset, in base units.

    `position` is signed: buys less sells less fees paid in that asset, since the journal began.
    `open_buys` and `open_sells` are the unfilled quantities of its open and unknown orders, all lanes; `exit_buys` and
    `exit_sells` are the parts of these that only take a position down.
    """

    position: Decimal
    open_buys: Decimal
    open_sells: Decimal
    exit_buys: Decimal = Decimal(0)
    exit_sells: Decimal = Decimal(0)

    @property
    def furthest(self) -> Decimal:
        """How much there may be to leave, whatever fills or not: to either side, and the exits that end beyond zero.

        An exit that rests while others open a position on the far side costs its own way out, and that one's too.
        """
        long = max(self.position + self.open_buys, self.exit_sells) + self.exit_buys
        short = max(self.open_sells - self.position, self.exit_buys) + self.exit_sells
        return max(long, short)


class Facts(msgspec.Struct, frozen=True):
    """One moment's snapshot for one bot and, where an action names one, one symbol.

    `now` is the boot-clock second, `at` milliseconds since 1970 on a timeline that nobody can set. `others` is the
    exposure (account currency) of the bot's other assets, open orders included. `equity` is what the account is worth,
    `drawdown` how far the bot's own result is below its best; all are None where they cannot be valued. `stopped` is
    why this bot may only leave, None where nothing is; `drifted` how its symbol trades otherwise than was pinned;
    `granted` says that a person has allowed just this order.
    """

    now: float
    at: int
    role: Role
    switch: Switch
    instrument: Instrument | None
    reference: Reference | None
    usage: Usage
    symbol: SymbolUsage
    pace: Pace
    account: AccountUse
    holding: Holding
    others: Decimal | None
    equity: Decimal | None
    drawdown: Decimal | None
    stopped: str | None
    drifted: str | None
    granted: bool
