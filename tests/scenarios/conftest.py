from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment import POLICY, Deployment, running
from tests.derived import derived_once

__all__ = ["derived_once", "fresh", "shared"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """One running deployment for all tests of a file."""
    yield from running(tmp_path_factory.mktemp("deployment") / "home")


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Deployment]:
    """A running deployment for one test alone."""
    yield from running(tmp_path / "home", policy=POLICY)
