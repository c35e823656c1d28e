"""How symbols trade, as it is pinned beside a policy; and what the symbols of its classes are."""

from collections.abc import Iterable, Mapping

import msgspec

from ringfence.dialects.registry import dialect_of
from ringfence.errors import Misconfigured, Misread, Unreachable
from ringfence.model.facts import Instrument
from ringfence.model.names import AccountName, Symbol
from ringfence.policy.policy import Policy
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
        key = desk.keyring.accounts.get(name)
        if key is None:
            raise Misconfigured(f"account {name} has no key", hint=f"ringfence key add {name}")
        if key.exchange != account.exchange:
            raise Misconfigured(f"account {name} is on {account.exchange}, but its key is for {key.exchange}")
        listed = {symbol for bot in policy.bots.values() if bot.account == name for symbol in bot.symbols}
        classed = await members.find(desk, policy, account)
        known = await _described(desk, key, listed.union(*classed.values()))
        missing = sorted(listed - known.keys())
        if missing:
            raise Misconfigured(f"{', '.join(missing)} cannot be traded on {key.exchange} now")
        instruments[name] = {**held(desk, name), **known}
        found = {**found, **_traded(classed, known)}
    return Pinned(instruments, found)


async def look_again(desk: Desk, policy: Policy, pinned: Instruments) -> Pinned:
    """Ask again what the symbols of a policy's classes are. What is pinned stays as it is; raises `Unreachable`."""
    instruments = dict(pinned)
    found: Members = {}
    for name, account in policy.accounts.items():
        classed = await members.find(desk, policy, account)
        new = {symbol for symbols in classed.values() for symbol in symbols} - pinned[name].keys()
        known = {**pinned[name], **await _described(desk, desk.keyring.accounts[name], new)}
        instruments[name] = known
        found = {**found, **_traded(classed, known)}
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


def _traded(classed: Members, known: Mapping[Symbol, Instrument]) -> Members:
    """Leave out of each class what is not traded now."""
    return {bot: tuple(symbol for symbol in symbols if symbol in known) for bot, symbols in classed.items()}
