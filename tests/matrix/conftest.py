from pathlib import Path

import pytest

from tests.matrix.shim import build


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a short name: the path of a unix socket has 107 bytes at most (unix(7))."""
    return tmp_path_factory.mktemp("m")


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shim, compiled once; there is no matrix without it."""
    try:
        return build(tmp_path_factory.mktemp("shim"))
    except FileNotFoundError as error:
        pytest.skip(str(error))
