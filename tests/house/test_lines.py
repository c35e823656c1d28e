import pytest

from tools.lines import BESIDE_THE_KEY_BUDGET, DIALECT_BUDGET, FILE_BUDGET, Row, code_lines, table

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
    [row] = [row for row in table(files) if row.part == part]
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
    rows = [row for row in table({"cli/main.py": lines}) if row.part == "cli/main.py"]
    assert [row.over for row in rows] == [True] * shown
