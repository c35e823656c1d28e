"""What a bot's program needs outside its folder is found: its Python may stand in somebody's home."""

from pathlib import Path

import pytest

from ringfence.deploy.bots import Bot
from ringfence.deploy.runtimes import runtimes
from ringfence.errors import Misconfigured


def program(path: Path, text: str = "#!/bin/sh\n", mode: int = 0o755) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    """An environment in a bot's folder, made with a Python that pyenv put into a home."""
    base = program(tmp_path / "home" / ".pyenv" / "versions" / "3.12.1" / "bin" / "python3.12")
    (base.parent / "python3").symlink_to(base)
    folder = tmp_path / "bot"
    environment = folder / ".venv"
    (environment / "bin").mkdir(parents=True)
    (environment / "pyvenv.cfg").write_text(f"home = {base.parent}\nversion = 3.12.1\n")
    (environment / "bin" / "python").symlink_to(base)
    program(environment / "bin" / "freqtrade", f"#!{environment}/bin/python\nimport freqtrade\n")
    return folder


@pytest.mark.parametrize("command", [".venv/bin/freqtrade", ".venv/bin/python"])
def test_the_python_of_an_environment_is_found_in_a_home(bot: Path, tmp_path: Path, command: str) -> None:
    assert runtimes(Bot((command,), str(bot))) == (str(tmp_path / "home" / ".pyenv" / "versions" / "3.12.1"),)


def test_the_systems_own_programs_need_nothing(bot: Path) -> None:
    assert runtimes(Bot(("/usr/bin/env",), str(bot))) == ()
    assert runtimes(Bot((), str(bot))) == ()


def test_a_script_in_the_bots_folder_needs_nothing(bot: Path) -> None:
    program(bot / "run.sh")
    assert runtimes(Bot(("run.sh",), str(bot))) == ()


@pytest.mark.parametrize("name", ["none", "not-executable", "folder"])
def test_what_cannot_be_run_is_refused(bot: Path, name: str) -> None:
    (bot / "folder").mkdir()
    program(bot / "not-executable", mode=0o644)
    with pytest.raises(Misconfigured, match="is no program that can be run"):
        runtimes(Bot((name,), str(bot)))
