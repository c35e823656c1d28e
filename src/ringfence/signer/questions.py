"""What the signer asks an exchange now and then: its time, a key's rights, how symbols trade, what an account holds.

Each answer is taken in where the rules look; one that tells nothing leaves what was known, or makes it unknown.
"""

import time
from collections.abc import Awaitable
from typing import Protocol

from ringfence.dialects.registry import dialect_of
from ringfence.errors import Misread
from ringfence.ipc.messages import Outcome
from ringfence.model.action import Read
from ringfence.model.facts import Instrument, Role
from ringfence.model.finding import Finding, KeyRights, Level
from ringfence.model.names import AccountName
from ringfence.model.reply import Rejected, Reply, Told
from ringfence.signer.clock import wall_ms
from ringfence.signer.desk import Desk
from ringfence.signer.pins import watched

# A clock read over a round trip is off by half of it at most: half a second, of the second that Binance lets pass.
_TIME_TRIP_SECONDS = 1.0
_UNFIT = {
    Role.TRADE: ("key", "only exits are placed with it"),
    Role.WATCH: ("read-only key", "no events are followed with it"),
}


class Send(Protocol):
    """Signs a read with the key of a role, has it carried, and says what its answer means."""

    def __call__(self, account: AccountName, action: Read, role: Role = Role.TRADE) -> Awaitable[tuple[Outcome, Reply]]:
        """Ask once."""
        ...


class Questions:
    """Asks; `send` signs a read, has it carried and says what its answer means."""

    def __init__(self, desk: Desk, send: Send) -> None:
        self._desk = desk
        self._send = send

    async def rights(self, account: AccountName, role: Role = Role.TRADE) -> KeyRights:
        """Ask what an account's key may do, of the one to read with whose it is too.

        Where that is not known, or is too much, the one that trades places only exits, and the other follows nothing.
        An answer that tells nothing changes nothing: what was known before stays known.
        """
        key = self._desk.keyring.key(account, role)
        outcome, _ = await self._send(account, Read("key-rights"), role)
        now = self._desk.stamp(account)
        rights = dialect_of(key.exchange).hear_rights(outcome.status or 0, outcome.body, now, role)
        if role is Role.WATCH:
            rights = rights.beside(await self._same_owner(account))
        if rights.unfit is not None:
            self._desk.unfit[key.key] = rights.unfit
        if rights.unfit:
            which, then = _UNFIT[role]
            self._desk.alarm(f"the {which} of account {account}: {rights.unfit}; {then}")
        return rights

    async def _same_owner(self, account: AccountName) -> Finding:
        """Compare whose account the two keys open: events of another would be taken for this one's."""
        dialect = dialect_of(self._desk.keyring.accounts[account].exchange)
        told = [await self._send(account, Read("account"), role) for role in Role]
        owners = {dialect.hear_owner(outcome.body) for outcome, _ in told}
        if None in owners:
            return Finding(Level.UNANSWERED, "whether it is a key of the same account was not told")
        if len(owners) > 1:
            fix = "make one on the account of the key that trades"
            return Finding(Level.CRITICAL, "it is a key of another account", fix)
        return Finding(Level.OK, "it is a key of the same account")

    async def instruments(self, account: AccountName) -> None:
        """Ask how what is pinned is traded now; what is otherwise, or no more, is for a person to pin anew (S40)."""
        desk, key = self._desk, self._desk.keyring.accounts[account]
        dialect, before = dialect_of(key.exchange), desk.world.instruments(account)
        pinned = {symbol: before[symbol] for symbol in watched(desk, account) if symbol in before}
        if not pinned:
            return
        wire = dialect.instruments(tuple(instrument.native for instrument in pinned.values()))
        outcome = await desk.carrier.carry(key, wire)
        reply = desk.hear(key.exchange, account, Read("instruments"), outcome)
        if isinstance(reply, Rejected):
            desk.alarm(f"{key.exchange} does not say how the pinned symbols of {account} trade: {reply.text}")
        if not isinstance(reply, Told):
            return
        try:
            now = {instrument.symbol: instrument for instrument in dialect.hear_instruments(outcome.body)}
        except Misread as error:
            desk.alarm(f"{key.exchange} described its symbols in a way that cannot be read: {error}")
            return
        if before is not desk.world.instruments(account):
            return  # pinned anew meanwhile
        for symbol, was in pinned.items():
            changed = drift(was, now.get(symbol))
            desk.world.drifts.pop((account, symbol), None)
            if changed is not None:
                desk.world.drifts[account, symbol] = changed
                pin = "`ringfence policy apply --pin` pins it anew"
                desk.alarm(f"{symbol} on {key.exchange} trades otherwise than was pinned: {changed}; {pin}")

    async def balances(self, account: AccountName) -> None:
        """Ask what the account holds; where it is not told, what was known before is not known any more."""
        desk, key = self._desk, self._desk.keyring.accounts[account]
        outcome, reply = await self._send(account, Read("account"))
        try:
            told = dialect_of(key.exchange).hear_balances(outcome.body) if isinstance(reply, Told) else None
        except Misread as error:
            desk.alarm(f"{key.exchange} told its balances in a way that cannot be read: {error}")
            told = None
        if told is None:
            desk.world.balances.pop(account, None)
        else:
            desk.world.balances[account] = dict(told)

    async def time(self, account: AccountName) -> bool:
        """Ask what time it is there; False where that was not told, or too slowly to be of use."""
        key = self._desk.keyring.accounts[account]
        dialect = dialect_of(key.exchange)
        began = time.monotonic()
        outcome = await self._desk.carrier.carry(key, dialect.time())
        trip, now = time.monotonic() - began, wall_ms()
        try:
            told = isinstance(self._desk.hear(key.exchange, account, Read("time"), outcome), Told)
            theirs = dialect.hear_time(outcome.body) if told else None
        except Misread:
            theirs = None
        if theirs is None or trip > _TIME_TRIP_SECONDS:
            return False
        self._desk.world.offsets[account] = theirs + round(trip * 500) - now
        skewed = self._desk.world.skewed(account)
        if skewed is not None:
            self._desk.alarm(f"{account}: {skewed}; orders that add risk are refused")
        return True


def drift(was: Instrument, now: Instrument | None) -> str | None:
    """Say how an instrument differs from what was pinned, or None."""
    if now is None:
        return "it is not traded now"
    changes = (
        f"{name} {getattr(was, name)} to {getattr(now, name)}"
        for name in was.__struct_fields__
        if getattr(was, name) != getattr(now, name)
    )
    return ", ".join(changes) or None


def needs_equity(desk: Desk, account: AccountName) -> bool:
    """Say whether some bot of an account has a limit that is a share of what the account is worth."""
    in_force = desk.world.in_force
    bots = () if in_force is None else in_force.policy.bots.values()
    return any(bot.account == account and bot.limits is not None and bot.limits.order_share is not None for bot in bots)
