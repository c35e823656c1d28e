"""The owner's switch: halting takes effect at once and survives everything; only a person turns it back."""

import asyncio

import msgspec

from ringfence.errors import Broken
from ringfence.journal.store import Store
from ringfence.model.entry import EntryKind, Value
from ringfence.model.facts import Switch
from ringfence.signer import records
from ringfence.signer.desk import Desk

# A halt waits no longer than this for the journal, which would be fast if it could; then it goes to the emergency
# file (docs/format/journal.md, The emergency file).
_PATIENCE = 0.2


class Position(msgspec.Struct, frozen=True):
    """Where the switch stands, why, since when (timeline ms), and whether resting orders are to be cancelled."""

    switch: Switch
    why: str
    since: int
    cancel: bool = False


async def throw(desk: Desk, position: Position, actor: str) -> None:
    """Set the switch: first in memory, so that the next decision sees it, then where a restart finds it."""
    adopt(desk, position)
    writing = asyncio.ensure_future(desk.writer.write(lambda store: _write(store, position, actor)))
    done, _ = await asyncio.wait({writing}, timeout=_PATIENCE)
    if not done:
        desk.record(msgspec.json.encode(position))
        writing.add_done_callback(lambda task: task.exception())
    elif writing.exception() is not None:
        if position.switch is Switch.TRADING:
            raise Broken("trading cannot resume while the journal cannot be written")
        desk.record(msgspec.json.encode(position))


def adopt(desk: Desk, position: Position) -> None:
    """Let the next decision see a position of the switch."""
    desk.world.switch = position.switch
    desk.world.switch_why = position.why
    desk.world.switch_since = position.since
    desk.world.switch_cancels = position.cancel


def restore(desk: Desk, store: Store, emergency: list[bytes]) -> None:
    """Find where the switch stood; what the emergency file says came after what the journal says."""
    stored = records.get(store, "switch")
    if stored is not None:
        adopt(desk, msgspec.json.decode(stored, type=Position))
    for text in emergency:
        try:
            adopt(desk, msgspec.json.decode(text, type=Position))
        except msgspec.MsgspecError:
            continue  # a cancel, or something else that does not move the switch


def write(store: Store, desk: Desk) -> None:
    """Put where the switch stands into the journal's state."""
    world = desk.world
    records.put(
        store, "switch", _encode(Position(world.switch, world.switch_why, world.switch_since, world.switch_cancels))
    )


def _write(store: Store, position: Position, actor: str) -> None:
    fields: dict[str, Value] = {"to": str(position.switch), "why": position.why, "cancel": position.cancel}
    store.append(EntryKind.SWITCH, actor, fields)
    records.put(store, "switch", _encode(position))


def _encode(position: Position) -> str:
    return msgspec.json.encode(position).decode()
