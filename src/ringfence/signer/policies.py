"""Making a policy the one in force, and finding it again at start."""

import msgspec
from msgspec.structs import replace

from ringfence.errors import Broken, Misconfigured
from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind, Value
from ringfence.policy.load import load
from ringfence.policy.policy import Policy, digest
from ringfence.signer import records
from ringfence.signer.past import Past
from ringfence.signer.pins import Instruments, Pinned
from ringfence.signer.world import InForce, Waiting

# A policy is one journal entry, which ends at 65,535 bytes, and JSON may double a text (docs/format/journal.md).
_MAX_TEXT = 30_000
_PINNED_PER_ENTRY = 100


class Kept(msgspec.Struct, frozen=True):
    """The policy in force as the journal's state has it."""

    text: str
    seq: int
    applied_at: int


def read(text: str) -> Policy:
    """Read a policy that is to be in force; raises `Misconfigured`."""
    policy = load(text)
    if len(text.encode()) > _MAX_TEXT:
        raise Misconfigured(f"the policy is longer than {_MAX_TEXT} bytes", hint="shorten its comments")
    return policy


def restore(store: Store, past: Past) -> InForce | None:
    """Return the policy that was in force; raises `Broken` where the state says another than the newest entry does.

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
    if was.seq != past.seq:
        raise Broken(f"the signer's state names the policy of entry {was.seq}, and the newest is {past.seq}")
    if applied.get("kind") != str(EntryKind.POLICY) or applied.get("text") != was.text:
        raise Broken(f"entry {was.seq} does not hold the policy that the signer's state names")
    policy = load(was.text)
    instruments = {account: past.instruments.get(account, {}) for account in policy.accounts}
    return InForce(policy, instruments, digest(policy), was.seq, was.applied_at, past.members, past.looked)


def write(store: Store, policy: Policy, found: Pinned, looked: int, at: int, came: Waiting | None) -> InForce:
    """Put a policy in force in the open transaction; `came` is the change that had waited, if it is one.

    `looked`: when it was asked what its classes are.
    """
    actor, change = ("owner", None) if came is None else ("signer", came.seq)
    seq = store.append(EntryKind.POLICY, actor, {"digest": digest(policy), "text": policy.text, "change": change})
    in_force = InForce(policy, found.instruments, digest(policy), seq, at, found.members, looked)
    _write_found(store, in_force, found.instruments, actor)
    return in_force


def write_again(store: Store, before: InForce, found: Pinned, looked: int) -> InForce:
    """Take in what the classes of the policy in force are now, in the open transaction."""
    in_force = replace(before, instruments=found.instruments, members=found.members, members_at=looked)
    new = {
        account: {symbol: one for symbol, one in pinned.items() if symbol not in before.instruments[account]}
        for account, pinned in found.instruments.items()
    }
    _write_found(store, in_force, new, "signer")
    return in_force


def _write_found(store: Store, in_force: InForce, new: Instruments, actor: str) -> None:
    for account, pinned in new.items():
        described: list[Value] = [msgspec.to_builtins(instrument) for instrument in pinned.values()]
        for first in range(0, len(described), _PINNED_PER_ENTRY):
            some = described[first : first + _PINNED_PER_ENTRY]
            store.append(EntryKind.INSTRUMENTS, actor, {"account": account, "instruments": some})
    for bot, symbols in in_force.members.items():
        store.append(EntryKind.SYMBOLS, actor, {"bot": bot, "symbols": list(symbols), "looked": in_force.members_at})
    kept = Kept(in_force.policy.text, in_force.seq, in_force.applied_at)
    records.put(store, "policy", msgspec.json.encode(kept).decode())
