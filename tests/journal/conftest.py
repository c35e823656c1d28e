import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ringfence.journal.store import Store
from tests.journal.world import Clock, open_store


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def journal(tmp_path: Path, clock: Clock) -> Iterator[Callable[[], Store]]:
    with contextlib.ExitStack() as opened:

        def begin() -> Store:
            return opened.enter_context(contextlib.closing(open_store(tmp_path / "journal", clock)))

        yield begin
