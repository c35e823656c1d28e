"""A policy as values: who may trade what, where, and how much. `load` makes them; nothing here checks them again."""

import hashlib
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum

import msgspec

from ringfence.model.facts import Role
from ringfence.model.names import AccountName, Asset, BotName, ExchangeId, Symbol
from ringfence.model.order import Kind


class Unlimited(Enum):
    """A limit that its owner has switched off in words."""

    UNLIMITED = "unlimited"


UNLIMITED = Unlimited.UNLIMITED
Cap = Decimal | Unlimited


class Limits(msgspec.Struct, frozen=True):
    """What one bot may risk. Collars are fractions (0.005), caps are in the account's currency over any 24 hours."""

    collar: Decimal
    exit_collar: Decimal
    order_notional: Cap
    window_notional: Cap
    exposure: Cap
    loss_budget: Cap
    open_orders: int
    orders_per_minute: int

    def exit_rate(self, fee: Decimal) -> Decimal:
        """Say what leaving a position costs at worst, per unit of its value at the reference price.

        A buy at the collar pays its fee on the higher price: c_x + f(1 + c_x).
        """
        return self.exit_collar + fee * (1 + self.exit_collar)


class AccountPolicy(msgspec.Struct, frozen=True):
    """One account at one exchange; `fee` is the most that a taker pays, as a fraction of notional."""

    name: AccountName
    exchange: ExchangeId
    currency: Asset
    fee: Decimal


class BotPolicy(msgspec.Struct, frozen=True):
    """What one bot may do, with its account's terms beside it. `limits` is None for a bot that only watches."""

    name: BotName
    account: AccountName
    role: Role
    symbols: tuple[Symbol, ...]
    kinds: tuple[Kind, ...]
    limits: Limits | None
    exchange: ExchangeId
    currency: Asset
    fee: Decimal


class Policy(msgspec.Struct, frozen=True):
    """All bots of a deployment. `text` is the document as its owner wrote it, which is what gets journalled."""

    accounts: Mapping[AccountName, AccountPolicy]
    bots: Mapping[BotName, BotPolicy]
    text: str

    @property
    def symbols(self) -> tuple[Symbol, ...]:
        """Every symbol that some bot may trade, sorted."""
        return tuple(sorted({symbol for bot in self.bots.values() for symbol in bot.symbols}))


def digest(policy: Policy) -> str:
    """Name a policy: the SHA-256 of its text, in hex."""
    return hashlib.sha256(policy.text.encode()).hexdigest()
