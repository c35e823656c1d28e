"""What a journal does not hold, and so which limits cannot be asked: they are taken out of a policy, and told of."""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from msgspec.structs import replace

from ringfence.model.decision import Code
from ringfence.policy.policy import UNLIMITED, AccountLimits, BotPolicy, Limits


class Lack(StrEnum):
    """A limit that cannot be judged, by its name in the policy file."""

    ORDER_SHARE = "order_share"
    DRAWDOWN = "drawdown_stop"
    LOSS = "loss_budget"
    ACCOUNT_LOSS = "account loss_budget"
    SLOW_COLLAR = "slow_collar"
    FAR = "far_orders"
    EXPOSURE = "exposure"
    SYMBOL_EXPOSURE = "symbol_exposure"
    ACCOUNT_EXPOSURE = "account exposure"


NEVER_TOLD = frozenset({Lack.ORDER_SHARE, Lack.DRAWDOWN})
"""What an account is worth, and how a bot's result has been, are in no entry."""
LOSSES = frozenset({Lack.LOSS, Lack.ACCOUNT_LOSS})
"""What fills lost was not in the entries of before."""
PRICES = LOSSES | {Lack.SLOW_COLLAR, Lack.FAR, Lack.EXPOSURE, Lack.SYMBOL_EXPOSURE, Lack.ACCOUNT_EXPOSURE}
"""What goes by prices beside the one that an entry of before has."""

WHY: Mapping[Lack, str] = {
    Lack.ORDER_SHARE: "what the account is worth is not in the journal",
    Lack.DRAWDOWN: "a bot's best result is not in the journal",
    **dict.fromkeys(LOSSES, "entries of an older version do not say what fills lost"),
    **dict.fromkeys(PRICES - LOSSES, "entries of an older version hold one price and no other"),
}

_CODES: Mapping[Lack, frozenset[Code]] = {
    Lack.ORDER_SHARE: frozenset({Code.ORDER_SHARE}),
    Lack.DRAWDOWN: frozenset({Code.DRAWDOWN, Code.STOPPED}),
    Lack.LOSS: frozenset({Code.LOSS_BUDGET}),
    Lack.ACCOUNT_LOSS: frozenset({Code.ACCOUNT_LIMIT}),
    Lack.SLOW_COLLAR: frozenset({Code.SLOW_COLLAR}),
    Lack.FAR: frozenset({Code.FAR_ORDERS}),
    Lack.EXPOSURE: frozenset({Code.EXPOSURE}),
    Lack.SYMBOL_EXPOSURE: frozenset({Code.SYMBOL_EXPOSURE}),
    Lack.ACCOUNT_EXPOSURE: frozenset({Code.ACCOUNT_LIMIT}),
}

_OF_ACCOUNT = {Lack.ACCOUNT_LOSS: "loss_budget", Lack.ACCOUNT_EXPOSURE: "exposure"}
_MUST_BE_THERE = {Lack.LOSS: "loss_budget", Lack.EXPOSURE: "exposure"}


def codes(lack: Lack) -> frozenset[Code]:
    """Name the reasons that a limit gives."""
    return _CODES[lack]


def setting(bot: BotPolicy, lack: Lack) -> object:
    """Return how a bot's policy sets a limit; None where it has none."""
    if lack in _OF_ACCOUNT:
        return getattr(bot.account_limits, _OF_ACCOUNT[lack])
    value = None if bot.limits is None else getattr(bot.limits, lack.value)
    return None if value is UNLIMITED else value


@lru_cache
def without(bot: BotPolicy, lacks: frozenset[Lack]) -> BotPolicy:
    """Take limits out of a bot's policy."""
    of_account = {_OF_ACCOUNT[lack]: None for lack in lacks if lack in _OF_ACCOUNT}
    account: AccountLimits = replace(bot.account_limits, **of_account)
    if bot.limits is None:
        return replace(bot, account_limits=account)
    gone = {lack.value: UNLIMITED if lack in _MUST_BE_THERE else None for lack in lacks if lack not in _OF_ACCOUNT}
    limits: Limits = replace(bot.limits, **gone)
    return replace(bot, limits=limits, account_limits=account)
