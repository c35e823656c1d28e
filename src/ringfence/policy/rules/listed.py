"""The rules of a bot, in the order a reader would ask them. An explicit list: no rule comes from anywhere else."""

from collections.abc import Callable
from functools import lru_cache
from typing import TypeVar

from ringfence.policy.policy import AccountLimits, BotPolicy, Limits, Unlimited
from ringfence.policy.rules.account import (
    AccountExposure,
    AccountLoss,
    AccountNotional,
    AccountOpenOrders,
    AccountOrderRate,
)
from ringfence.policy.rules.actions import ActionClass, OnlyExits, SwitchRule
from ringfence.policy.rules.case import Rule
from ringfence.policy.rules.money import (
    Exposure,
    LossBudget,
    SideNotional,
    SymbolExposure,
    SymbolNotional,
    WindowNotional,
)
from ringfence.policy.rules.order import HoldAbove, OrderMinimum, OrderNotional, OrderQuantity, OrderShare
from ringfence.policy.rules.pace import (
    AmendRate,
    CancelRate,
    CancelRatio,
    FarOrders,
    OpenOrders,
    OrderRate,
    RoundTrips,
    SymbolOrders,
)
from ringfence.policy.rules.shadow import Shadowed
from ringfence.policy.rules.shape import OrderTypes, Pinned, Priced, SlowCollar, Symbols, Venues
from ringfence.policy.rules.stops import Drawdown, Stopped, TradingHours, Validity

T = TypeVar("T")


@lru_cache  # what it is made of is frozen, so it is made once for each policy, not for each decision
def rules(bot: BotPolicy) -> tuple[Rule, ...]:
    """List the rules that a bot's policy stands for."""
    shape: tuple[Rule, ...] = (Symbols(bot.symbols), OrderTypes(bot.kinds), Priced(), Pinned())
    classed: tuple[Rule, ...] = () if bot.symbol_class is None else (Venues(bot.symbol_class.venues),)
    guarding: tuple[Rule, ...] = () if bot.guards is None else (OnlyExits(bot.guards),)
    always: tuple[Rule, ...] = (ActionClass(bot.role), SwitchRule(), *guarding, *shape, *classed, Stopped())
    if bot.limits is None:
        return always
    return (*always, *_limiting(bot, bot.limits), *_timing(bot), *_of_account(bot, bot.limits, bot.account_limits))


def _limiting(bot: BotPolicy, limits: Limits) -> tuple[Rule, ...]:
    """List the rules about amounts and counts; one whose limit is switched off in words, or absent, is not there.

    Only those that a policy may leave out can be in shadow, and not what stops a bot.
    """
    written = tuple(rule for rule in _written(bot, limits) if rule is not None)
    narrowing = tuple(rule for rule in _narrowing(limits) if rule is not None)
    if bot.shadow_until:
        return (*written, *(Shadowed(rule, bot.shadow_until) for rule in narrowing))
    return (*written, *narrowing)


def _written(bot: BotPolicy, limits: Limits) -> tuple[Rule | None, ...]:
    exit_rate = limits.exit_rate(bot.fee)
    return (
        _where(limits.order_notional, OrderNotional),
        _where(limits.window_notional, WindowNotional),
        _where(limits.exposure, Exposure),
        _where(limits.loss_budget, lambda budget: LossBudget(budget, exit_rate)),
        _where(limits.drawdown_stop, Drawdown),
        OpenOrders(limits.open_orders),
        OrderRate(limits.orders_per_minute),
    )


def _narrowing(limits: Limits) -> tuple[Rule | None, ...]:
    return (
        _where(limits.slow_collar, SlowCollar),
        _where(limits.order_quantity, OrderQuantity),
        _where(limits.order_minimum, OrderMinimum),
        _where(limits.order_share, OrderShare),
        _where(limits.symbol_notional, SymbolNotional),
        _where(limits.side_notional, SideNotional),
        _where(limits.symbol_exposure, SymbolExposure),
        _where(limits.symbol_orders, SymbolOrders),
        _where(limits.far_orders, FarOrders),
        _where(limits.amends_per_minute, AmendRate),
        _where(limits.cancels_per_minute, CancelRate),
        _where(limits.cancels_per_fill, CancelRatio),
        _where(limits.round_trips, RoundTrips),
        _where(limits.hold_above, HoldAbove),
    )


def _timing(bot: BotPolicy) -> tuple[Rule, ...]:
    hours: tuple[Rule, ...] = (TradingHours(bot.hours),) if bot.hours else ()
    if bot.valid_from is None and bot.valid_until is None:
        return hours
    return (*hours, Validity(bot.valid_from, bot.valid_until))


def _of_account(bot: BotPolicy, limits: Limits, account: AccountLimits) -> tuple[Rule, ...]:
    exit_rate = limits.exit_rate(bot.fee)
    found: tuple[Rule | None, ...] = (
        _where(account.window_notional, AccountNotional),
        _where(account.exposure, AccountExposure),
        _where(account.loss_budget, lambda budget: AccountLoss(budget, exit_rate)),
        _where(account.open_orders, AccountOpenOrders),
        _where(account.orders_per_minute, AccountOrderRate),
    )
    return tuple(rule for rule in found if rule is not None)


def _where(setting: T | Unlimited | None, rule: Callable[[T], Rule]) -> Rule | None:
    return None if setting is None or isinstance(setting, Unlimited) else rule(setting)
