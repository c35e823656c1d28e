import subprocess
import sys

import pytest

from tools.lines import (
    BESIDE_THE_KEY_BUDGET,
    DIALECT_BUDGET,
    ELSEWHERE,
    FILE_BUDGET,
    HOLDS_THE_KEY,
    PACKAGE,
    Row,
    code_lines,
    loaded,
    table,
)

_DOCUMENTED = '''"""A module.

Two paragraphs.
"""

import os  # why

# a comment


class Thing:
    """A class."""

    name: str
    """An attribute's note is no docstring."""

    def act(self) -> str:
        """Act."""
        return """text
that is data"""
'''


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        ("", 0),
        ("\n\n# a comment\n", 0),
        ('"""Only a docstring."""\n', 0),
        ("x = 1\n", 1),
        ("x = (\n    1,\n)\n", 3),
        ("x = 1  # a comment\n", 1),
        ('def f():\n    """Say."""\n', 1),
        ('async def f():\n    """Say."""\n    return 1\n', 2),
        ('x = 1\n"""a string that is no docstring"""\n', 2),
        (_DOCUMENTED, 7),
    ],
)
def test_only_lines_that_hold_code_count(source: str, lines: int) -> None:
    assert code_lines(source) == lines


def _row(files: dict[str, int], part: str) -> Row:
    [row] = [row for row in table(files, set(files)) if row.part == part]
    return row


@pytest.mark.parametrize(("lines", "over"), [(BESIDE_THE_KEY_BUDGET - 15, False), (BESIDE_THE_KEY_BUDGET - 14, True)])
def test_all_that_is_beside_the_key_shares_one_budget(lines: int, over: bool) -> None:
    files = {"errors.py": 5, "signer/main.py": 10, "vault/sealed.py": lines, "gateway/http.py": 9_000}
    assert _row(files, "beside the key").over is over


@pytest.mark.parametrize(("lines", "over"), [(DIALECT_BUDGET - 1, False), (DIALECT_BUDGET, True)])
def test_each_dialect_has_a_budget_of_its_own(lines: int, over: bool) -> None:
    files = {"dialects/binance/read.py": lines, "dialects/binance/write.py": 1, "dialects/kraken/read.py": 3}
    assert _row(files, "dialects/binance").over is over
    assert not _row(files, "dialects/kraken").over


def test_what_dialects_share_is_no_dialect() -> None:
    assert _row({"dialects/table.py": 60, "dialects/binance/read.py": 3}, "dialects, shared").lines == 60


def test_a_name_that_begins_like_a_part_is_not_that_part() -> None:
    assert _row({"model/order.py": 3, "model_extra.py": 4}, "model").lines == 3


@pytest.mark.parametrize(("lines", "shown"), [(FILE_BUDGET, False), (FILE_BUDGET + 1, True)])
def test_a_file_that_is_too_long_is_named(lines: int, shown: bool) -> None:
    rows = [row for row in table({"cli/main.py": lines}, set()) if row.part == "cli/main.py"]
    assert [row.over for row in rows] == [True] * shown


def test_what_the_signer_does_not_load_is_not_beside_the_key() -> None:
    rows = {row.part: row.lines for row in table({"journal/store.py": 5, "journal/verify.py": 7}, {"journal/store.py"})}
    assert (rows["beside the key"], rows[ELSEWHERE], rows["journal"]) == (5, 7, 5)


def test_what_is_imported_by_an_import_is_loaded_with_the_packages_around_it() -> None:
    sources = {
        "signer/__init__.py": "",
        "signer/main.py": "from ringfence.model import order\nimport ringfence.errors\nimport os",
        "model/order.py": "def late():\n    from ringfence.vault.secret import Secret",
        "vault/secret.py": "",
        "errors.py": "",
        "cli/main.py": "from ringfence.signer import main",
    }
    assert loaded(sources, "signer/main.py") == set(sources) - {"cli/main.py"}


def test_what_is_counted_as_beside_the_key_is_at_least_what_the_signer_really_loads() -> None:
    names = "import sys, ringfence.signer.main; print(*(name for name in sys.modules if name.startswith('ringfence.')))"
    printed = subprocess.run([sys.executable, "-c", names], capture_output=True, text=True, check=True).stdout.split()
    sources = {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    found = loaded(sources, HOLDS_THE_KEY)
    really = {name.removeprefix("ringfence.").replace(".", "/") for name in printed}
    assert {name.removesuffix("/__init__.py").removesuffix(".py") for name in found} >= really
    assert "signer/orders" in really


def test_the_signer_can_open_a_vault_and_has_no_code_to_write_one() -> None:
    sources = {path.relative_to(PACKAGE).as_posix(): path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
    found = loaded(sources, HOLDS_THE_KEY)
    assert "vault/opened.py" in found
    assert not found & {"vault/vault.py", "vault/sealing.py"}


def test_the_gateway_which_a_hostile_bot_talks_to_cannot_sign() -> None:
    words = "[name in sys.modules for name in ('cryptography', 'ringfence.dialects.signing')]"
    code = f"import sys, ringfence.gateway.main; print(*{words})"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.split() == ["False", "False"]
