"""What the symbols of a class are now, by what the exchange says of all its symbols.

A symbol whose first day cannot be read is of no class; where the exchange does not answer, no class is known.
"""

import asyncio
from collections.abc import Mapping

from ringfence.dialects.dialect import Dialect
from ringfence.dialects.registry import dialect_of
from ringfence.errors import Misread, Unreachable
from ringfence.model.names import BotName, Symbol
from ringfence.policy.policy import AccountPolicy, Policy, SymbolClass
from ringfence.policy.symbols import likely
from ringfence.signer.desk import Desk
from ringfence.signer.keyring import AccountKey
from ringfence.signer.told import told

_AT_ONCE = 10  # first days that are asked for together
_LOOKED_AT = 3  # times as many as a class may have: of the most traded, few are new

Members = Mapping[BotName, tuple[Symbol, ...]]


async def find(desk: Desk, policy: Policy, account: AccountPolicy, key: AccountKey) -> Members:
    """Say which symbols each class of an account has now, the most traded first; raises `Unreachable`."""
    bots = [bot for bot in policy.bots.values() if bot.account == account.name and bot.guards is None]
    classes = {bot.name: bot.symbol_class for bot in bots if bot.symbol_class is not None}
    if not classes:
        return {}
    dialect = dialect_of(key.exchange)
    try:
        volumes = dialect.hear_volumes(
            await told(desk, key, dialect.volumes(), "what was traded in a day"), account.currency
        )
    except Misread as error:
        raise Unreachable(f"{key.exchange} told its volumes in a way that cannot be read: {error}") from None
    ages = _Ages(desk, key, dialect)
    return {name: await _old_enough(one, likely(one, volumes), ages) for name, one in classes.items()}


class _Ages:
    """How long each symbol has been listed (ms); asked once, None where it cannot be read."""

    def __init__(self, desk: Desk, key: AccountKey, dialect: Dialect) -> None:
        self._desk, self._key, self._dialect = desk, key, dialect
        self._known: dict[Symbol, int | None] = {}

    async def of(self, symbol: Symbol) -> int | None:
        """Say how long; raises `Unreachable`."""
        if symbol not in self._known:
            self._known[symbol] = await self._ask(symbol)
        return self._known[symbol]

    async def _ask(self, symbol: Symbol) -> int | None:
        wire = self._dialect.first_day(symbol)
        body = await told(self._desk, self._key, wire, f"since when {symbol} is listed")
        try:
            return self._desk.timeline.now() - self._dialect.hear_first_day(body)
        except Misread:
            return None


async def _old_enough(described: SymbolClass, candidates: tuple[Symbol, ...], ages: _Ages) -> tuple[Symbol, ...]:
    found: list[Symbol] = []
    looked_at = candidates[: _LOOKED_AT * described.most]
    for first in range(0, len(looked_at), _AT_ONCE):
        some = looked_at[first : first + _AT_ONCE]
        told_ages = await asyncio.gather(*(ages.of(symbol) for symbol in some))
        pairs = zip(some, told_ages, strict=True)
        found += [symbol for symbol, age in pairs if age is not None and age >= described.listed_ms]
        if len(found) >= described.most:
            break
    return tuple(found[: described.most])
