"""The owner's switch: halting takes effect at once and survives everything; only a person turns it back."""

import asyncio
import contextlib

import msgspec

from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind
from ringfence.model.facts import Switch
from ringfence.signer import records
from ringfence.signer.desk import Desk
from ringfence.signer.world import Position

# A halt waits no longer than this for the journal, which would be fast if it could; then it goes to the emergency
# file (docs/format/journal.md, The emergency file).
_PATIENCE = 0.2


async def throw(desk: Desk, position: Position, actor: str) -> None:
    """Tighten the switch: first in memory, so that the next decision sees it, then where a restart finds it."""
    desk.world.position = position
    writing = asyncio.ensure_future(desk.writer.write(lambda store: _write(store, position, actor)))
    done, _ = await asyncio.wait({writing}, timeout=_PATIENCE)
    if not done or writing.exception() is not None:
        desk.record(msgspec.json.encode(position))
    writing.add_done_callback(lambda task: task.exception())


async def release(desk: Desk, position: Position, actor: str) -> None:
    """Let trading begin again once that is durable; raises `Broken`, and a halt that came meanwhile stands."""
    before = desk.world.position
    await desk.writer.write(lambda store: _write(store, position, actor))
    if desk.world.position is before:
        desk.world.position = position


def restore(desk: Desk, store: Store, emergency: list[bytes]) -> None:
    """Find where the switch stood: what the journal says, or a later halt that only the emergency file could take."""
    stored = records.get(store, "switch")
    if stored is not None:
        desk.world.position = msgspec.json.decode(stored, type=Position)
    for text in emergency:
        with contextlib.suppress(msgspec.MsgspecError):  # a cancel, or something else that does not move the switch
            found = msgspec.json.decode(text, type=Position)
            if found.since >= desk.world.position.since and found.switch is not Switch.TRADING:
                desk.world.position = found


def keep(store: Store, position: Position) -> None:
    """Put where the switch stands into the journal's state, where a start finds it."""
    records.put(store, "switch", msgspec.json.encode(position).decode())


def _write(store: Store, position: Position, actor: str) -> None:
    store.append(EntryKind.SWITCH, actor, {"to": str(position.switch), "why": position.why, "cancel": position.cancel})
    keep(store, position)
