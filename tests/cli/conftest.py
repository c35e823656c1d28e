import shutil
from pathlib import Path

import pytest

from ringfence.vault.vault import Vault
from tests.cli.terminal import PASSPHRASE, program
from tests.derived import derived_once

__all__ = ["derived_once", "home", "made"]

_FLOOR_KIB = 64 * 1024  # the least that a vault may cost: tests open it often


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A deployment as `init --paper` makes it; copied, and its vault opens as fast as any may."""
    home = tmp_path_factory.mktemp("made") / "h"
    done = program(home, "init", "--paper", secrets={"passphrase": PASSPHRASE})
    assert done.code == 0, done.err
    with Vault.open(home / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        vault.change_passphrase(bytearray(PASSPHRASE), bytearray(PASSPHRASE), _FLOOR_KIB)
    return home


@pytest.fixture
def home(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "h"))
