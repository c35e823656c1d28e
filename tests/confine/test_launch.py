import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.confine import launch

REPORT = "import sys; print(sys.argv[1:], sys.path[0], 'sitecustomize' in sys.modules)"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reporter.py").write_text(REPORT)
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_it_gets_its_arguments_and_the_path_of_whoever_starts_it(module: Path) -> None:
    command = launch.command("reporter", "--home", "/somewhere with a space")
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert out == f"['--home', '/somewhere with a space'] {module} False\n"


@pytest.mark.parametrize("trap", ["sitecustomize.py", "usercustomize.py", "runpy.py", "sys.py"])
def test_no_code_that_python_would_run_by_itself_runs(module: Path, tmp_path: Path, trap: str) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (away / trap).write_text("import os; os.write(1, b'trapped')")
    environment = {"PYTHONPATH": str(away), "PYTHONSTARTUP": str(away / trap), "PATH": "/usr/bin"}
    command = launch.command("reporter")
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=away, env=environment)
    assert "trapped" not in done.stdout


def test_the_code_in_a_pth_file_does_run_where_python_starts_plainly(module: Path, tmp_path: Path) -> None:
    """The trap itself works, so that its silence above and below means something."""
    (tmp_path / "evil.pth").write_text("import os; os.write(1, b'trapped ')\n")
    plain = [sys.executable, "-c", f"import site; site.addsitedir({str(tmp_path)!r})"]
    assert "trapped" in subprocess.run(plain, capture_output=True, text=True, check=True).stdout
    assert (
        "trapped" not in subprocess.run(launch.command("reporter"), capture_output=True, text=True, check=True).stdout
    )
