"""The rules of a bot, in the order a reader would ask them. An explicit list: no rule comes from anywhere else."""

from functools import lru_cache

from ringfence.policy.policy import BotPolicy, Limits, Unlimited
from ringfence.policy.rules.actions import ActionClass, SwitchRule
from ringfence.policy.rules.case import Rule
from ringfence.policy.rules.money import Exposure, LossBudget, OrderNotional, WindowNotional
from ringfence.policy.rules.pace import OpenOrders, OrderRate
from ringfence.policy.rules.shape import OrderTypes, Priced, Symbols


@lru_cache  # what it is made of is frozen, so it is made once for each policy, not for each decision
def rules(bot: BotPolicy) -> tuple[Rule, ...]:
    """List the rules that a bot's policy stands for."""
    always = (ActionClass(bot.role), SwitchRule(), Symbols(bot.symbols), OrderTypes(bot.kinds), Priced())
    return always if bot.limits is None else (*always, *_limiting(bot, bot.limits))


def _limiting(bot: BotPolicy, limits: Limits) -> tuple[Rule, ...]:
    """List the rules about amounts; one whose limit is switched off in words is not there."""
    found: list[Rule] = []
    if not isinstance(limits.order_notional, Unlimited):
        found.append(OrderNotional(limits.order_notional))
    if not isinstance(limits.window_notional, Unlimited):
        found.append(WindowNotional(limits.window_notional))
    if not isinstance(limits.exposure, Unlimited):
        found.append(Exposure(limits.exposure))
    if not isinstance(limits.loss_budget, Unlimited):
        found.append(LossBudget(limits.loss_budget, limits.exit_rate(bot.fee)))
    return (*found, OpenOrders(limits.open_orders), OrderRate(limits.orders_per_minute))
