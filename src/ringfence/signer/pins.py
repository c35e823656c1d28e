"""How symbols trade, as it is pinned beside a policy; and what the symbols of its classes are."""

from collections.abc import Iterable, Mapping

import msgspec

from ringfence.dialects.registry import dialect_of
from ringfence.errors import Misconfigured, Misread, Unreachable
from ringfence.model.facts import Instrument
from ringfence.model.names import AccountName, Symbol
from ringfence.policy.policy import AccountPolicy, Policy
from ringfence.signer import members
from ringfence.signer.desk import Desk
from ringfence.signer.keyring import AccountKey
from ringfence.signer.members import Members
from ringfence.signer.told import told

Instruments = Mapping[AccountName, Mapping[Symbol, Instrument]]


class Pinned(msgspec.Struct, frozen=True):
    """What was looked up for a policy: how its symbols trade, and those of each bot whose symbols are a class."""

    instruments: Instruments
    members: Members


async def pin(desk: Desk, policy: Policy) -> Pinned:
    """Check a policy against the vault, and ask the exchanges for its symbols; what is held stays pinned as it is.

    Raises `Misconfigured` or `Unreachable`.
    """
    instruments: dict[AccountName, Mapping[Symbol, Instrument]] = {}
    found: Members = {}
    for name, account in policy.accounts.items():
        listed = frozenset(symbol for bot in policy.bots.values() if bot.account == name for symbol in bot.symbols)
        known, classed = await _look_up(desk, policy, account, listed, {})
        missing = sorted(listed - known.keys())
        if missing:
            raise Misconfigured(f"{', '.join(missing)} cannot be traded on {account.exchange} now")
        instruments[name] = {**held(desk, name), **known}
        found = {**found, **classed}
    return Pinned(instruments, found)


async def look_again(desk: Desk, policy: Policy, pinned: Instruments) -> Pinned:
    """Ask again what the symbols of a policy's classes are. What is pinned stays as it is.

    Raises `Misconfigured` or `Unreachable`.
    """
    instruments: dict[AccountName, Mapping[Symbol, Instrument]] = {}
    found: Members = {}
    for name, account in policy.accounts.items():
        instruments[name], classed = await _look_up(desk, policy, account, frozenset(), pinned[name])
        found = {**found, **classed}
    return Pinned(instruments, found)


def watched(desk: Desk, account: AccountName) -> tuple[Symbol, ...]:
    """List what an account's bots may trade now, and what of all that is pinned they have more of than dust."""
    world, ledger = desk.world, desk.ledger
    bots = () if world.in_force is None else world.in_force.bots.values()
    named = [symbol for bot in bots if bot.account == account for symbol in bot.symbols]
    left = [symbol for symbol in world.instruments(account) if world.holds(account, symbol, ledger)]
    return tuple(dict.fromkeys([*named, *left]))


def held(desk: Desk, account: AccountName) -> dict[Symbol, Instrument]:
    """Say what is pinned of what the bots of an account hold, or have open orders in."""
    assets = {asset for bot in desk.ledger.bots(account) for asset in desk.ledger.assets(bot)}
    return {symbol: one for symbol, one in desk.world.instruments(account).items() if one.base in assets}


async def _look_up(
    desk: Desk,
    policy: Policy,
    account: AccountPolicy,
    listed: frozenset[Symbol],
    known: Mapping[Symbol, Instrument],
) -> tuple[Mapping[Symbol, Instrument], Members]:
    """Say how listed symbols and those of classes trade, asking only what is not `known`, and what the classes are."""
    key = _key_of(desk, account)
    classed = await members.find(desk, policy, account, key)
    wanted = listed.union(*classed.values()) - known.keys()
    now = {**known, **await _described(desk, key, wanted)}
    return now, {bot: tuple(symbol for symbol in symbols if symbol in now) for bot, symbols in classed.items()}


def _key_of(desk: Desk, account: AccountPolicy) -> AccountKey:
    """Return the key that an account is asked with; raises `Misconfigured` where it is not the policy's."""
    key = desk.keyring.accounts.get(account.name)
    if key is None:
        raise Misconfigured(f"account {account.name} has no key", hint=f"ringfence key add {account.name}")
    if key.exchange != account.exchange:
        raise Misconfigured(f"account {account.name} is on {account.exchange}, but its key is for {key.exchange}")
    return key


async def _described(desk: Desk, key: AccountKey, symbols: Iterable[Symbol]) -> dict[Symbol, Instrument]:
    """Ask how symbols trade; those that do not trade now are left out."""
    asked = sorted(symbols)
    if not asked:
        return {}
    dialect = dialect_of(key.exchange)
    wire = dialect.instruments(tuple(dialect.native(symbol) for symbol in asked))
    try:
        heard = dialect.hear_instruments(await told(desk, key, wire, f"how {', '.join(asked)} are traded"))
    except Misread as error:
        raise Unreachable(f"{key.exchange} described its symbols in a way that cannot be read: {error}") from None
    known = {instrument.symbol: instrument for instrument in heard}
    return {symbol: known[symbol] for symbol in asked if symbol in known}
