"""The owner's switch: halting takes effect at once and survives everything; only a person turns it back."""

import asyncio

import msgspec

from ringfence.errors import Broken
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
    """Set the switch: first in memory, so that the next decision sees it, then where a restart finds it."""
    desk.world.position = position
    writing = asyncio.ensure_future(desk.writer.write(lambda store: _write(store, position, actor)))
    done, _ = await asyncio.wait({writing}, timeout=_PATIENCE)
    if not done:
        desk.record(msgspec.json.encode(position))
        writing.add_done_callback(lambda task: task.exception())
    elif writing.exception() is not None:
        if position.switch is Switch.TRADING:
            raise Broken("trading cannot resume while the journal cannot be written")
        desk.record(msgspec.json.encode(position))


def restore(desk: Desk, store: Store, emergency: list[bytes]) -> None:
    """Find where the switch stood; what the emergency file says came after what the journal says."""
    stored = records.get(store, "switch")
    if stored is not None:
        desk.world.position = msgspec.json.decode(stored, type=Position)
    for text in emergency:
        try:
            desk.world.position = msgspec.json.decode(text, type=Position)
        except msgspec.MsgspecError:
            continue  # a cancel, or something else that does not move the switch


def keep(store: Store, position: Position) -> None:
    """Put where the switch stands into the journal's state, where a start finds it."""
    records.put(store, "switch", msgspec.json.encode(position).decode())


def _write(store: Store, position: Position, actor: str) -> None:
    store.append(EntryKind.SWITCH, actor, {"to": str(position.switch), "why": position.why, "cancel": position.cancel})
    keep(store, position)
