"""The ground that engines are tried on."""

from pathlib import Path

import pytest

from tests.audit.engines.fake import Ground


@pytest.fixture
def ground(place: Path) -> Ground:
    """A target, a home, and a place for engines."""
    return Ground(place)
