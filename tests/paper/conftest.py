from collections.abc import Iterator

import pytest

from tests.paper.process import Running, running


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("paper")) as started:
        yield started
