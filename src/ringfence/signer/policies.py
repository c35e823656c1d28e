"""Making a policy the one in force, and finding it again at start."""

from collections.abc import Mapping

import msgspec

from ringfence.dialects.registry import dialect_of
from ringfence.errors import Broken, Misconfigured, Misread, Unreachable
from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind, Value
from ringfence.model.facts import Instrument
from ringfence.model.names import AccountName, Symbol
from ringfence.policy.load import load
from ringfence.policy.policy import Policy, digest
from ringfence.signer import records
from ringfence.signer.desk import Desk
from ringfence.signer.world import InForce

# A policy is one journal entry, which ends at 65,535 bytes, and JSON may double a text (docs/format/journal.md).
_MAX_TEXT = 30_000
_PINNED_PER_ENTRY = 100


class Kept(msgspec.Struct, frozen=True):
    """The policy in force as the journal's state has it."""

    text: str
    seq: int
    applied_at: int
    instruments: dict[str, list[Instrument]]


async def apply(desk: Desk, text: str) -> InForce:
    """Check a policy against the vault and the exchanges, pin its instruments, and put it in force.

    Raises `Misconfigured` or `Unreachable`; then the policy in force stays as it is.
    """
    policy = load(text)
    if len(text.encode()) > _MAX_TEXT:
        raise Misconfigured(f"the policy is longer than {_MAX_TEXT} bytes", hint="shorten its comments")
    instruments: dict[AccountName, Mapping[Symbol, Instrument]] = {}
    for name, account in policy.accounts.items():
        key = desk.keyring.accounts.get(name)
        if key is None:
            raise Misconfigured(f"account {name} has no key", hint=f"ringfence key add {name}")
        if key.exchange != account.exchange:
            raise Misconfigured(f"account {name} is on {account.exchange}, but its key is for {key.exchange}")
        instruments[name] = await _pin(desk, policy, name)
    at = desk.timeline.now()
    in_force = await desk.writer.write(lambda store: _write(store, policy, instruments, at))
    desk.world.in_force = in_force
    desk.world.drifts.clear()
    return in_force


def restore(store: Store) -> InForce | None:
    """Return the policy that was in force; raises `Broken` where the state says another than the entry does.

    Entries are under the tree's root, state is not: a policy that nobody applied must not come in by that door.
    """
    kept = records.get(store, "policy")
    if kept is None:
        return None
    try:
        was = msgspec.json.decode(kept, type=Kept)
        entry = store.entry(was.seq)
        applied = msgspec.json.decode(entry.text, type=dict[str, object]) if entry is not None else {}
    except msgspec.MsgspecError as error:
        raise Broken(f"the signer's state is damaged: {error}") from None
    if applied.get("kind") != str(EntryKind.POLICY) or applied.get("text") != was.text:
        raise Broken(f"entry {was.seq} does not hold the policy that the signer's state names")
    policy = load(was.text)
    instruments = {
        AccountName(name): {instrument.symbol: instrument for instrument in pinned}
        for name, pinned in was.instruments.items()
    }
    return InForce(policy, instruments, digest(policy), was.seq, was.applied_at)


async def _pin(desk: Desk, policy: Policy, account: AccountName) -> dict[Symbol, Instrument]:
    """Ask an exchange how it trades the symbols that an account's bots may use."""
    key = desk.keyring.accounts[account]
    dialect = dialect_of(key.exchange)
    symbols = sorted({symbol for bot in policy.bots.values() if bot.account == account for symbol in bot.symbols})
    if not symbols:
        return {}
    outcome = await desk.carrier.carry(key, dialect.instruments(tuple(dialect.native(symbol) for symbol in symbols)))
    if outcome.status != 200:  # noqa: PLR2004  # HTTP OK
        said = outcome.error or outcome.body[:200].decode("ascii", "replace")
        raise Unreachable(f"{key.exchange} did not say how {', '.join(symbols)} are traded: {said}")
    try:
        known = {instrument.symbol: instrument for instrument in dialect.hear_instruments(outcome.body)}
    except Misread as error:
        raise Unreachable(f"{key.exchange} described its symbols in a way that cannot be read: {error}") from None
    missing = [symbol for symbol in symbols if symbol not in known]
    if missing:
        raise Misconfigured(f"{', '.join(missing)} cannot be traded on {key.exchange} now")
    return {symbol: known[symbol] for symbol in symbols}


def _write(
    store: Store, policy: Policy, instruments: Mapping[AccountName, Mapping[Symbol, Instrument]], at: int
) -> InForce:
    seq = store.append(EntryKind.POLICY, "owner", {"digest": digest(policy), "text": policy.text})
    for account, pinned in instruments.items():
        described: list[Value] = [msgspec.to_builtins(instrument) for instrument in pinned.values()]
        for first in range(0, len(described), _PINNED_PER_ENTRY):
            some = described[first : first + _PINNED_PER_ENTRY]
            store.append(EntryKind.INSTRUMENTS, "owner", {"account": account, "instruments": some})
    kept = Kept(policy.text, seq, at, {name: list(pinned.values()) for name, pinned in instruments.items()})
    records.put(store, "policy", msgspec.json.encode(kept).decode())
    return InForce(policy, instruments, digest(policy), seq, at)
