"""Policies to begin with, by the way a bot trades, scaled to the money that it is given. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from ringfence.policy.amounts import plain


@dataclass(frozen=True, slots=True)
class Profile:
    """How a sort of bot trades. Amounts are parts of the capital; everything else stands in the policy as it is."""

    what: str
    orders: str
    collar: str
    exit_collar: str
    order: Decimal
    window: Decimal
    exposure: Decimal
    loss: Decimal
    drawdown: Decimal
    open_orders: int
    per_minute: int
    lifetime: str
    cancels: int
    identical: int
    more: str = ""


PROFILES: Mapping[str, Profile] = {
    "grid": Profile(
        "a ladder of orders that rest, on liquid pairs",
        '["limit", "limit-maker", "market"]', "0.5%", "1%",
        Decimal("0.05"), Decimal("0.3"), Decimal("0.15"), Decimal("0.004"), Decimal("0.02"),
        20, 30, "7d", 60, 20,
    ),
    "market-maker": Profile(
        "two sides that are quoted again and again",
        '["limit", "limit-maker"]', "0.2%", "0.5%",
        Decimal("0.02"), Decimal("0.4"), Decimal("0.1"), Decimal("0.003"), Decimal("0.01"),
        10, 120, "1h", 300, 60,
    ),
    "swing": Profile(
        "few positions that are held for days, with a stop at the exchange",
        '["limit", "market", "stop-market"]', "0.5%", "2%",
        Decimal("0.05"), Decimal("0.1"), Decimal("0.1"), Decimal("0.005"), Decimal("0.02"),
        8, 10, "1d", 30, 5, "symbol_orders      = 4        # Binance lets five stops wait for a symbol; one is yours\n",
    ),
}  # fmt: skip

_POLICY = """\
# What each bot may do. Nothing else is allowed, and no setting here can allow a withdrawal or a transfer.
# This file is a draft: `ringfence policy apply` shows what it changes, in money, and puts it in force.
# Amounts are text, in the account's currency; "unlimited" must be said in words; what is missing is an error.

[account.main]
exchange = "{exchange}"
currency = "{currency}"
fee      = "0.1%"             # the most that a taker pays there

# {what}, for an account of about {capital} {currency}.
# `ringfence policy check` shows what these let a captured bot cost.
[bot.{bot}]
account = "main"
role    = "trade"             # or "watch": may read, and place nothing
symbols = [{symbols}]
orders  = {orders}

[bot.{bot}.limits]
collar             = {collar:9}# how far beyond the reference price an order may reach
exit_collar        = {exit_collar:9}# the same for orders that only reduce a position
order_notional     = {order:9}# the worth of one order
window_notional    = {window:9}# of all orders in any 24 hours, open ones included
exposure           = {exposure:9}# of what the bot holds and may come to hold
loss_budget        = {loss:9}# slippage and fees in any 24 hours, charged before an order leaves
open_orders        = {open_orders}
orders_per_minute  = {per_minute}
# These can be left out; they only narrow what the eight above allow (docs/reference/policy.md has more).
slow_collar        = "10%"    # how far beyond the average of a day an order may reach
order_minimum      = "10"     # no dust
drawdown_stop      = {drawdown:9}# the bot may only leave once its own result is so far below its best
order_lifetime     = {lifetime:9}# an order that is open for longer is cancelled
far_orders         = 10       # open orders of a symbol that are more than 5% off
cancels_per_minute = {cancels:<9}# more, and nothing new that adds risk; cancels always pass
identical_fills    = {identical:<9}# more in a minute, and the bot may only leave until you have looked
{more}"""


def policy_text(
    name: str, exchange: str, capital: Decimal, currency: str, symbols: tuple[str, ...], bot: str = "grid"
) -> str:
    """Write a policy of a profile for one bot; raises `KeyError` where there is no such profile."""
    profile = PROFILES[name]
    return _POLICY.format(
        exchange=exchange,
        currency=currency,
        what=profile.what[:1].upper() + profile.what[1:],
        capital=plain(capital),
        bot=bot,
        symbols=", ".join(f'"{symbol}"' for symbol in symbols),
        orders=profile.orders,
        collar=_quoted(profile.collar),
        exit_collar=_quoted(profile.exit_collar),
        order=_part(profile.order, capital),
        window=_part(profile.window, capital),
        exposure=_part(profile.exposure, capital),
        loss=_part(profile.loss, capital),
        open_orders=profile.open_orders,
        per_minute=profile.per_minute,
        drawdown=_part(profile.drawdown, capital),
        lifetime=_quoted(profile.lifetime),
        cancels=profile.cancels,
        identical=profile.identical,
        more=profile.more,
    )


def _part(part: Decimal, capital: Decimal) -> str:
    """Write a part of the capital in two digits, rounded down: 3000, 150, 4.2."""
    value = part * capital
    step = Decimal(1).scaleb(value.adjusted() - 1)
    return _quoted(plain(value // step * step))


def _quoted(text: str) -> str:
    return f'"{text}"'
