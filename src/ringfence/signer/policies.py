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
from ringfence.signer.world import InForce, Waiting

# A policy is one journal entry, which ends at 65,535 bytes, and JSON may double a text (docs/format/journal.md).
_MAX_TEXT = 30_000
_PINNED_PER_ENTRY = 100


class Kept(msgspec.Struct, frozen=True):
    """The policy in force as the journal's state has it."""

    text: str
    seq: int
    applied_at: int
    instruments: dict[str, list[Instrument]]


def read(text: str) -> Policy:
    """Read a policy that is to be in force; raises `Misconfigured`."""
    policy = load(text)
    if len(text.encode()) > _MAX_TEXT:
        raise Misconfigured(f"the policy is longer than {_MAX_TEXT} bytes", hint="shorten its comments")
    return policy


async def pin(desk: Desk, policy: Policy) -> dict[AccountName, dict[Symbol, Instrument]]:
    """Check a policy against the vault, and ask the exchanges for its instruments.

    Raises `Misconfigured` or `Unreachable`.
    """
    instruments: dict[AccountName, dict[Symbol, Instrument]] = {}
    for name, account in policy.accounts.items():
        key = desk.keyring.accounts.get(name)
        if key is None:
            raise Misconfigured(f"account {name} has no key", hint=f"ringfence key add {name}")
        if key.exchange != account.exchange:
            raise Misconfigured(f"account {name} is on {account.exchange}, but its key is for {key.exchange}")
        instruments[name] = await _pin(desk, policy, name)
    return instruments


def restore(store: Store, newest: int | None) -> InForce | None:
    """Return the policy that was in force; raises `Broken` where the state says another than the `newest` entry does.

    Entries are under the tree's root, state is not: a policy that nobody applied must not come in by that door, nor an
    older one come back.
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
    if was.seq != newest:
        raise Broken(f"the signer's state names the policy of entry {was.seq}, and the newest is {newest}")
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


def write(
    store: Store,
    policy: Policy,
    instruments: Mapping[AccountName, Mapping[Symbol, Instrument]],
    at: int,
    came: Waiting | None,
) -> InForce:
    """Put a policy in force in the open transaction; `came` is the change that had waited, if it is one."""
    actor, change = ("owner", None) if came is None else ("signer", came.seq)
    seq = store.append(EntryKind.POLICY, actor, {"digest": digest(policy), "text": policy.text, "change": change})
    for account, pinned in instruments.items():
        described: list[Value] = [msgspec.to_builtins(instrument) for instrument in pinned.values()]
        for first in range(0, len(described), _PINNED_PER_ENTRY):
            some = described[first : first + _PINNED_PER_ENTRY]
            store.append(EntryKind.INSTRUMENTS, actor, {"account": account, "instruments": some})
    kept = Kept(policy.text, seq, at, {name: list(pinned.values()) for name, pinned in instruments.items()})
    records.put(store, "policy", msgspec.json.encode(kept).decode())
    return InForce(policy, instruments, digest(policy), seq, at)
