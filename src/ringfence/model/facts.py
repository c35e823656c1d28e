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

    With three fresh venues both are the median of their mids; with fewer, `buy` is the lowest and `sell` the
    highest of what is known, so that a held venue can only tighten (docs/explanation/blast-radius.md, A3).
    `at` is the boot-clock second of the oldest quote that went in.
    """

    symbol: Symbol
    buy: Decimal
    sell: Decimal
    venues: int
    at: float


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
    """What one bot has used and reserved, counted from the journal.

    Notionals and losses are in the account's currency over the sliding 24 hours, open and unknown orders
    included in full; `open_orders` counts every lane, `exits_last_minute` orders of the exit lane,
    `orders_last_minute` the others.
    """

    window_notional: Decimal
    window_loss: Decimal
    open_orders: int
    orders_last_minute: int
    exits_last_minute: int


class Holding(msgspec.Struct, frozen=True):
    """What one bot's own fills have made of one base asset, in base units.

    `position` is signed: buys less sells less fees paid in that asset, since the journal began.
    `open_buys` and `open_sells` are the unfilled quantities of its open and unknown orders, all lanes.
    """

    position: Decimal
    open_buys: Decimal
    open_sells: Decimal


class Facts(msgspec.Struct, frozen=True):
    """One moment's snapshot for one bot and, where an action names one, one symbol.

    `now` is the boot-clock second. `others` is the exposure (account currency) of the bot's other assets, open
    orders included, None where one of them cannot be valued.
    """

    now: float
    role: Role
    switch: Switch
    instrument: Instrument | None
    reference: Reference | None
    usage: Usage
    holding: Holding
    others: Decimal | None
