from pathlib import Path

import pytest

from tests.matrix.shim import build


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shim, compiled once; there is no matrix without it."""
    try:
        return build(tmp_path_factory.mktemp("shim"))
    except FileNotFoundError as error:
        pytest.skip(str(error))
