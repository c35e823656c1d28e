"""Which symbols a bot may trade: a list, or a class whose members change from day to day. Pure."""

import re
from collections.abc import Iterable
from decimal import Decimal

from msgspec.structs import replace

from ringfence.model.names import Symbol
from ringfence.policy.amounts import amount
from ringfence.policy.policy import BotPolicy, SymbolClass
from ringfence.policy.table import Table, matching
from ringfence.policy.times import as_duration, duration

MOST = range(1, 101)  # twice as many are watched on a day of change, which is what prices can ask venues for
VENUES = range(1, 10)  # more than any quote currency has (dialects/tickers.py)
LISTED = (86_400_000, 3_650 * 86_400_000)  # a day, since dates are what exchanges tell, to ten years
CLASS = ("most", "venues", "volume", "listed", "except")

SYMBOL = re.compile(r"[A-Z0-9]{1,20}/[A-Z0-9]{1,20}", re.ASCII)
_WHAT = 'symbol such as "BTC/USDT"'


def with_symbols(table: Table, bot: BotPolicy) -> BotPolicy:
    """Read `symbols` of a bot's table; raises `Misconfigured`."""
    if isinstance(table.content.get("symbols"), dict):
        return replace(bot, symbol_class=_class(table.child("symbols"), bot))
    return replace(bot, symbols=_list(table, "symbols", bot))


def likely(described: SymbolClass, volumes: Iterable[tuple[Symbol, Decimal]]) -> tuple[Symbol, ...]:
    """List what may be of a class by its volume of a day, the highest first; how long it is listed is not looked at."""
    enough = [(volume, symbol) for symbol, volume in volumes if volume >= described.volume]
    ranked = sorted(enough, key=lambda pair: (-pair[0], pair[1]))
    return tuple(symbol for _, symbol in ranked if symbol not in described.barred)


def narrowed(described: SymbolClass, members: Iterable[Symbol]) -> tuple[Symbol, ...]:
    """Say which members of before a class may still have, before anybody has looked again."""
    return tuple(symbol for symbol in members if symbol not in described.barred)[: described.most]


def _class(table: Table, bot: BotPolicy) -> SymbolClass:
    table.only(*CLASS)
    listed = table.words("listed", duration, 'a time such as "30d"')
    if not LISTED[0] <= listed <= LISTED[1]:
        table.refuse("listed", f"must be from {as_duration(LISTED[0])} to {as_duration(LISTED[1])}")
    return SymbolClass(
        most=table.whole("most", MOST),
        venues=table.whole("venues", VENUES),
        volume=table.words("volume", amount, 'an amount above zero such as "1000000"'),
        listed_ms=listed,
        barred=_list(table, "except", bot) if "except" in table.content else (),
    )


def _list(table: Table, key: str, bot: BotPolicy) -> tuple[Symbol, ...]:
    symbols = table.many(key, matching(SYMBOL), _WHAT)
    for symbol in symbols:
        base, quote = symbol.split("/")
        if quote != bot.currency or base == bot.currency:
            table.refuse(
                key,
                f'has "{symbol}", which account {bot.account} could not value in {bot.currency}',
                f"every symbol must be something else traded against {bot.currency}",
            )
    return tuple(map(Symbol, symbols))
