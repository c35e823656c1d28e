"""A careful owner hears nothing."""

from pathlib import Path

import pytest

from tests.audit.bot.setups import SETUPS
from tests.audit.bot.trees import lay, said


@pytest.mark.parametrize("setup", SETUPS.values(), ids=SETUPS)
def test_a_careful_setup_has_no_finding_and_no_gap(setup: str, tmp_path: Path) -> None:
    assert said(lay(tmp_path, setup)) == []
