import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    ("source", "passed"),
    [
        ("def test_it(): pass", True),
        ("import pytest\ndef test_it(): pytest.skip('no reason')", False),
        ("import pytest\n@pytest.mark.skip(reason='x')\ndef test_it(): pass", False),
        ("import pytest\n@pytest.fixture\ndef f(): pytest.skip('x')\ndef test_it(f): pass", False),
        ("import pytest\npytest.skip('all of it', allow_module_level=True)", False),
        ("import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass", False),
        ("import pytest\n@pytest.mark.xfail(reason='known')\ndef test_it(): assert False", True),
    ],
)
def test_a_skip_that_nobody_agreed_to_fails(tmp_path: Path, source: str, passed: bool) -> None:
    (tmp_path / "conftest.py").write_bytes((ROOT / "tests" / "conftest.py").read_bytes())
    (tmp_path / "test_sample.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", str(tmp_path)]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode == 0) is passed, done.stdout
