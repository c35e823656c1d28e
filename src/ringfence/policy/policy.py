"""A policy as values: who may trade what, where, and how much. `load` makes them; nothing here checks them again."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum

import msgspec

from ringfence.model.facts import Role
from ringfence.model.names import REHEARSAL, AccountName, Asset, BotName, ExchangeId, Symbol
from ringfence.model.order import Kind, SelfTrade


class Unlimited(Enum):
    """A limit that its owner has switched off in words."""

    UNLIMITED = "unlimited"


DEFAULT_WAIT_MS = 3_600_000  # an hour (docs/explanation/attacks.md, S58)

# Unsigned reads have half (courier/main.py), past trades a tenth (signer/trades.py); the rest is for orders, cancels,
# errands and halts, and so for the owner (docs/explanation/attacks.md, S25).
DEFAULT_READ_SHARE = Decimal("0.3")

UNLIMITED = Unlimited.UNLIMITED
Cap = Decimal | Unlimited


class Limits(msgspec.Struct, frozen=True):
    """What one bot may risk: fractions (0.005), amounts in the account's currency in any 24 hours, counts, times.

    The first eight make the blast radius and must be written. The others can only narrow what those allow; one that is
    None is not in force. docs/reference/policy.md says what each means.
    """

    collar: Decimal
    exit_collar: Decimal
    order_notional: Cap
    window_notional: Cap
    exposure: Cap
    loss_budget: Cap
    open_orders: int
    orders_per_minute: int
    slow_collar: Decimal | None = None
    order_quantity: tuple[tuple[Symbol, Decimal], ...] | None = None
    order_minimum: Decimal | None = None
    order_share: Decimal | None = None
    symbol_notional: Decimal | None = None
    side_notional: Decimal | None = None
    symbol_exposure: Decimal | None = None
    symbol_orders: int | None = None
    far_orders: int | None = None
    order_lifetime: int | None = None
    drawdown_stop: Decimal | None = None
    round_trips: int | None = None
    amends_per_minute: int | None = None
    cancels_per_minute: int | None = None
    cancels_per_fill: int | None = None
    identical_fills: int | None = None
    hold_above: Decimal | None = None

    def exit_rate(self, fee: Decimal) -> Decimal:
        """Say what leaving a position costs at worst, per unit of its value at the reference price.

        A buy at the collar pays its fee on the higher price: c_x + f(1 + c_x).
        """
        return self.exit_collar + fee * (1 + self.exit_collar)


class AccountLimits(msgspec.Struct, frozen=True):
    """What all bots of one account may risk together. What is None only the bots' own limits bound."""

    window_notional: Decimal | None = None
    exposure: Decimal | None = None
    loss_budget: Decimal | None = None
    open_orders: int | None = None
    orders_per_minute: int | None = None


class Hours(msgspec.Struct, frozen=True):
    """When a bot may add risk: on which days (0 is Monday), from which minute of the day until before which, UTC."""

    days: tuple[int, ...]
    start: int
    end: int


class SymbolClass(msgspec.Struct, frozen=True):
    """Symbols by what they are: traded against the account's currency, the `most` with the highest volume of a day.

    `venues`: how many must have a price of one at the moment of an order. `volume` is of a day and in the account's
    currency; `listed_ms`: how long the exchange must have listed it. `barred` are never of the class.
    """

    most: int
    venues: int
    volume: Decimal
    listed_ms: int
    barred: tuple[Symbol, ...] = ()


class AccountPolicy(msgspec.Struct, frozen=True):
    """One account at one exchange; `fee` is the most that a taker pays, as a fraction of notional.

    `read_share` is what part of the exchange's weight the signed reads of all its bots may use together.
    """

    name: AccountName
    exchange: ExchangeId
    currency: Asset
    fee: Decimal
    limits: AccountLimits = AccountLimits()
    self_trade: SelfTrade = SelfTrade.EXPIRE_TAKER
    read_share: Decimal = DEFAULT_READ_SHARE


class BotPolicy(msgspec.Struct, frozen=True):
    """What one bot may do, with its account's terms beside it. `limits` is None for a bot that only watches.

    `hours` empty: at any time. `valid_from` and `valid_until` are milliseconds since 1970; so is `shadow_until`, until
    when the limits that may be left out only note what they have against an order; 0: they are all in force. One that
    `guards` another may only leave that one's positions, by its limits. One that has a `symbol_class` has as `symbols`
    what that comes to now, and none where nobody has looked. `tunnels` are the hosts beside
    its exchange that it may reach.
    """

    name: BotName
    account: AccountName
    role: Role
    symbols: tuple[Symbol, ...]
    kinds: tuple[Kind, ...]
    limits: Limits | None
    exchange: ExchangeId
    currency: Asset
    fee: Decimal
    account_limits: AccountLimits = AccountLimits()
    hours: tuple[Hours, ...] = ()
    valid_from: int | None = None
    valid_until: int | None = None
    guards: BotName | None = None
    symbol_class: SymbolClass | None = None
    shadow_until: int = 0
    tunnels: tuple[str, ...] = ()

    @property
    def books(self) -> BotName:
        """Whose positions its orders change: its own, or those of the bot that it guards."""
        return self.guards or self.name


class Policy(msgspec.Struct, frozen=True):
    """All bots of a deployment. `text` is the document as its owner wrote it, which is what gets journalled.

    `wait_ms`: how long a later change that lets more happen waits; 0 in a rehearsal alone.
    """

    accounts: Mapping[AccountName, AccountPolicy]
    bots: Mapping[BotName, BotPolicy]
    text: str
    wait_ms: int

    @property
    def rehearsal(self) -> bool:
        """Whether every account is at a rehearsal exchange."""
        return all(account.exchange.startswith(REHEARSAL) for account in self.accounts.values())

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Every symbol that some bot names, sorted; those of a class are not among them."""
        return tuple(sorted({symbol for bot in self.bots.values() for symbol in bot.symbols}))


def digest(policy: Policy) -> str:
    """Name a policy: the SHA-256 of its text, in hex."""
    return hashlib.sha256(policy.text.encode()).hexdigest()
