"""Policies as their owners might write them, and worse ones: drawn at random, always of a sort that has a figure."""

from collections.abc import Iterable
from decimal import Decimal
from random import Random  # noqa: TID251  # seeded, so that a window comes again

from msgspec.structs import replace

from ringfence.model.facts import Role
from ringfence.model.names import AccountName, Asset, BotName, ExchangeId, Symbol
from ringfence.model.order import TRIGGERED, Kind
from ringfence.policy.policy import UNLIMITED, AccountLimits, AccountPolicy, BotPolicy, Limits, Policy

BTC, ETH = Symbol("BTC/USDT"), Symbol("ETH/USDT")
GRID, OTHER = BotName("grid"), BotName("other")
MAIN = AccountName("main")
_TAKING = (Kind.MARKET,)
_RESTING = (Kind.LIMIT, Kind.LIMIT_MAKER, Kind.MARKET)
_MANY = 10_000  # orders, open or a minute: the figures are about money


def limits(**changed: object) -> Limits:
    """Give the limits of the reference page, with the counts out of the way."""
    usual = Limits(
        collar=Decimal("0.005"),
        exit_collar=Decimal("0.02"),
        order_notional=UNLIMITED,
        window_notional=Decimal(5000),
        exposure=Decimal(2000),
        loss_budget=Decimal(60),
        open_orders=_MANY,
        orders_per_minute=_MANY,
    )
    return replace(usual, **changed)


def bot(
    name: BotName = GRID, symbols: tuple[Symbol, ...] = (BTC,), kinds: Iterable[Kind] = _RESTING, **changed: object
) -> BotPolicy:
    """Make a bot that trades."""
    return BotPolicy(
        name=name,
        account=MAIN,
        role=Role.TRADE,
        symbols=symbols,
        kinds=tuple(kinds),
        limits=limits(**changed),
        exchange=ExchangeId("binance"),
        currency=Asset("USDT"),
        fee=Decimal(0),
    )


def policy(*bots: BotPolicy, fee: str = "0.001", account: AccountLimits | None = None) -> Policy:
    """Put bots on one account."""
    caps, rate = account or AccountLimits(), Decimal(fee)
    main = AccountPolicy(MAIN, ExchangeId("binance"), Asset("USDT"), rate, caps)
    return Policy({MAIN: main}, {one.name: replace(one, fee=rate, account_limits=caps) for one in bots}, "", 0)


def drawn(seed: str, *, several: bool = False) -> Policy:
    """Draw a policy: of one bot, or of several with limits of their account."""
    dice = Random(seed)
    fee = dice.choice(["0", "0.0004", "0.001", "0.006"])
    if not several:
        return policy(_bot(dice, GRID), fee=fee)
    account = AccountLimits(
        window_notional=_maybe(dice, 2000, 10_000),
        exposure=_maybe(dice, 300, 5000),
        loss_budget=_maybe(dice, 5, 100),
    )
    return policy(*[_bot(dice, name) for name in (GRID, OTHER)], fee=fee, account=account)


def _bot(dice: Random, name: BotName) -> BotPolicy:
    kinds = dice.choice([_TAKING, _RESTING, _RESTING, tuple(Kind)])
    collar = Decimal(dice.choice(["0.001", "0.005", "0.02", "0.05"]))
    budget = dice.random() < (1.0 if set(kinds) & TRIGGERED else 0.6)
    symbols = (BTC, ETH) if dice.random() < 0.25 else (BTC,)
    return bot(
        name,
        symbols,
        kinds,
        collar=collar,
        exit_collar=collar * dice.choice([1, 1, 2, 4]),
        window_notional=Decimal(10_000),
        exposure=Decimal(dice.choice([200, 1000, 2500, 5000, 10_000])),
        loss_budget=Decimal(dice.choice([5, 25, 80, 300])) if budget else UNLIMITED,
        slow_collar=Decimal("0.08") if dice.random() < 0.15 else None,
        symbol_notional=_maybe(dice, 1000, 6000, 0.2),
        side_notional=_maybe(dice, 1000, 6000, 0.2),
        symbol_exposure=_maybe(dice, 200, 3000, 0.2),
        drawdown_stop=_maybe(dice, 20, 300, 0.3),
        identical_fills=dice.choice([None, None, None, 20]),
    )


def _maybe(dice: Random, low: int, high: int, chance: float = 0.6) -> Decimal | None:
    return Decimal(dice.randint(low, high)) if dice.random() < chance else None
