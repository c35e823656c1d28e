"""What the journal says of policies so far. It is read from the entries, which are under the tree, never from state.

So whoever can write the state can neither bring a policy in, nor bring one back, nor make a used code good again.
"""

import contextlib
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind
from ringfence.model.facts import Instrument
from ringfence.model.names import AccountName, BotName, Symbol
from ringfence.signer.factor import Given
from ringfence.signer.world import Waiting

# All four kinds begin like this and canonical JSON has no spaces, so one search finds them: half a second for a
# million entries, which a start has just read through; as much again finds what was pinned since the newest policy.
# In a text of somebody else's the quotes would be escaped.
_KINDS = b'"kind":"policy'
_PINNED = b'"kind":"instruments"'


@dataclass(slots=True)
class Past:
    """The newest policy there ever was (its entry and its text), the change that waits, and every code given.

    `members` are what its classes came to when somebody last `looked` (timeline ms), `instruments` what was pinned.
    """

    seq: int | None = None
    text: str = ""
    members: dict[BotName, tuple[Symbol, ...]] = field(default_factory=dict)
    looked: int = 0
    instruments: dict[AccountName, dict[Symbol, Instrument]] = field(default_factory=dict)
    waiting: Waiting | None = None
    given: list[Given] = field(default_factory=list)


class _Entry(msgspec.Struct, frozen=True):
    kind: str
    seq: int
    t_wall: int
    text: str = ""
    state: str = ""
    base: int = -1
    due: int = 0
    bot: BotName = BotName("")
    symbols: tuple[Symbol, ...] = ()
    looked: int = 0


class _Pinned(msgspec.Struct, frozen=True):
    account: AccountName
    instruments: tuple[Instrument, ...]


def read_past(store: Store) -> Past:
    """Read all that was ever said of policies, oldest first."""
    past = Past()
    for (text,) in store.sql("SELECT entry FROM log WHERE instr(entry, ?) > 0 ORDER BY seq", (_KINDS,)):
        with contextlib.suppress(msgspec.MsgspecError):  # the journal says itself that it is suspect
            _take(past, text)
    if past.seq is not None:
        since = "SELECT entry FROM log WHERE seq > ? AND instr(entry, ?) > 0 ORDER BY seq"
        for (text,) in store.sql(since, (past.seq, _PINNED)):
            with contextlib.suppress(msgspec.MsgspecError):
                entry = msgspec.json.decode(text, type=_Pinned)
                past.instruments.setdefault(entry.account, {}).update({one.symbol: one for one in entry.instruments})
    return past


def _take(past: Past, text: bytes) -> None:
    entry = msgspec.json.decode(text, type=_Entry)
    match entry.kind:
        case EntryKind.POLICY:
            past.seq, past.text, past.waiting = entry.seq, entry.text, None
            past.members, past.looked = {}, 0
        case EntryKind.SYMBOLS:
            past.members[entry.bot], past.looked = entry.symbols, entry.looked
        case EntryKind.CODE:
            past.given.append(msgspec.json.decode(text, type=Given))
        case EntryKind.CHANGE:
            past.waiting = _waits(past.waiting, entry)


def _waits(before: Waiting | None, entry: _Entry) -> Waiting | None:
    match entry.state:
        case "waiting":
            return Waiting(entry.seq, entry.text, entry.base, entry.t_wall, entry.due)
        case "moved" if before is not None:
            return replace(before, due=max(before.due, entry.due))
        case _:
            return None
