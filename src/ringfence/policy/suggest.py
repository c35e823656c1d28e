"""What a bot's past says of its limits: which it would have passed, which not, and what other values would cost. Pure.

What fills cannot tell is listed as that, and never guessed.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext

import msgspec
from msgspec.structs import replace

from ringfence.model.fill import Fill
from ringfence.model.names import BotName, Symbol
from ringfence.policy.amounts import EXACT
from ringfence.policy.bound import radius
from ringfence.policy.past import Fees, fees_of, orders_of
from ringfence.policy.policy import BotPolicy, Limits
from ringfence.policy.trial import Row, rows_of

UNTOLD: Mapping[str, str] = {
    "collar, exit_collar, slow_collar": "they need the reference price of each moment",
    "loss_budget, drawdown_stop": "so do they; of losses, fills tell the fees alone",
    "open_orders, symbol_orders, far_orders, order_lifetime": "orders that never filled are not among fills",
    "cancels_per_minute, cancels_per_fill, amends_per_minute": "cancels and amendments are not among fills",
    "order_share": "what the account was worth is not among fills",
}
"""The limits that fills cannot tell about, and why."""

_WIDE = 5  # a choice: past it a limit holds nothing that the bot does


class Stealable(msgspec.Struct, frozen=True):
    """What can be stolen in a day by a bot's limits; None where no figure holds.

    As the draft has them, with those raised that refuse something, and with all of them as they would refuse nothing.
    """

    draft: Decimal | None
    raised: Decimal | None
    fitted: Decimal | None


class Suggestion(msgspec.Struct, frozen=True):
    """What fills say of one bot's limits; `fee` is what the policy says that a taker pays."""

    bot: BotName
    fills: int
    orders: int
    exits: int
    rows: tuple[Row, ...]
    fees: Fees
    fee: Decimal
    stealable: Stealable

    @property
    def refuses(self) -> tuple[Row, ...]:
        """List the limits that would have refused something."""
        return tuple(row for row in self.rows if row.refused)

    @property
    def wide(self) -> tuple[Row, ...]:
        """List the limits that are far wider than what was needed."""
        return tuple(row for row in self.rows if _is_wide(row))


def suggest(bot: BotPolicy, limits: Limits, fills: Mapping[Symbol, tuple[Fill, ...]]) -> Suggestion:
    """Try a bot's limits on what was really traded, in its own symbols and in any others."""
    with localcontext(EXACT):
        orders = orders_of(fills, limits.collar)
        rows = rows_of(bot, limits, orders)
        return Suggestion(
            bot=bot.name,
            fills=sum(len(some) for some in fills.values()),
            orders=len(orders),
            exits=sum(order.exits for order in orders),
            rows=rows,
            fees=fees_of(fills, bot.fee),
            fee=bot.fee,
            stealable=Stealable(
                draft=_stealable(bot, limits),
                raised=_stealable(bot, fitted(limits, (row for row in rows if row.refused))),
                fitted=_stealable(bot, fitted(limits, rows)),
            ),
        )


def fitted(limits: Limits, rows: Iterable[Row]) -> Limits:
    """Put the values that refuse nothing where a limit is written; what is left out of the draft stays left out."""
    values = {row.limit: row.none for row in rows if row.draft is not None and row.none is not None}
    changed = {
        name: int(value) if isinstance(getattr(limits, name), int) else value
        for name, value in values.items()
        if name in Limits.__struct_fields__
    }
    quantities = limits.order_quantity
    if quantities is not None:
        quantities = tuple((symbol, values.get(f"order_quantity {symbol}", cap)) for symbol, cap in quantities)
    return replace(limits, **changed, order_quantity=quantities)


def _stealable(bot: BotPolicy, limits: Limits) -> Decimal | None:
    """Ask for the figure by the limits alone; what one user without a wall adds to it, every figure has alike."""
    stealable, _ = radius(replace(bot, limits=limits), confined=True)
    return stealable.amount


def _is_wide(row: Row) -> bool:
    if row.draft is None or row.none is None or row.limit == "order_minimum":
        return False
    return row.draft == "unlimited" or Decimal(row.draft) >= row.none * _WIDE
