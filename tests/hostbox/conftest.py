"""The box that the tests of a file share."""

from collections.abc import Iterator

import pytest

from tests.hostbox.box import Box, box, lacking


@pytest.fixture(scope="module")
def server(request: pytest.FixtureRequest) -> Iterator[Box]:
    """A stock Debian, booted."""
    why = lacking()
    if why:
        pytest.fail(why)
    with box(request.module.__name__.rpartition("_")[2]) as made:
        yield made
