from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from ringfence.model.facts import Switch
from ringfence.signer import switch
from ringfence.signer.world import Position, World
from tests.signer.test_writer import open_store

HALT, LATER_HALT = Position(Switch.HALTED, "a", 10), Position(Switch.HALTED, "b", 30)
RESUMED = Position(Switch.TRADING, "", 20)
CANCEL = b'{"at":99,"kind":"cancel","actor":"grid","intents":[1]}'


@pytest.mark.parametrize(
    ("journal", "emergency", "stands"),
    [
        (None, [], Switch.TRADING),
        (HALT, [], Switch.HALTED),
        (RESUMED, [HALT], Switch.TRADING),  # a slow disk put the halt in both, and it was lifted since
        (RESUMED, [LATER_HALT], Switch.HALTED),  # the journal could not take the halt
        (HALT, [RESUMED], Switch.HALTED),  # nothing in the emergency file lets trading begin
        (LATER_HALT, [HALT], Switch.HALTED),
        (None, [HALT], Switch.HALTED),
    ],
)
def test_where_the_switch_stands_after_a_restart(
    tmp_path: Path, journal: Position | None, emergency: list[Position], stands: Switch
) -> None:
    store = open_store(tmp_path)
    desk: Any = SimpleNamespace(world=World())
    if journal is not None:
        store.begin()
        switch.keep(store, journal)
        store.commit()
    switch.restore(desk, store, [CANCEL, *(msgspec.json.encode(each) for each in emergency), b"not json"])
    assert desk.world.position.switch is stands
