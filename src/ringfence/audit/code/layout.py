"""Code that is placed so that nobody sees it: far to the right, or reordered by invisible marks."""

import ast
import itertools
import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.code.marks import BLANK, many_blanks, reordered
from ringfence.audit.code.notes import Notes

FAR: Final = 120  # columns: wider than what editors and reviews show beside a file list
_BLANKS: Final = re.compile(f"{BLANK}{{120}}")
_TOLD: Final = 20  # places of one file: the first says it all


def look(source: str, tree: ast.Module | None, notes: Notes) -> None:
    """Note what stands out of sight; without a tree, by the text alone."""
    if not source.isascii():
        for number in itertools.islice(reordered(source), _TOLD):
            notes.add("reordered-text", number, "", "marks")
    if not many_blanks(source, FAR):
        return
    lines = source.split("\n")
    suspects = {
        n: line for n, line in enumerate(lines, 1) if _BLANKS.search(line) and not line.lstrip().startswith("#")
    }
    for number in _far(tree, suspects) if tree is not None else _looks_far(suspects):
        notes.add("off-screen", number, "", "blanks")


def _far(tree: ast.Module, suspects: dict[int, str]) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno in suspects and node.col_offset >= FAR:
            before = suspects[node.lineno].encode()[: node.col_offset].decode("utf-8", "replace")
            if _BLANKS.search(before):
                yield node.lineno


def _looks_far(suspects: dict[int, str]) -> Iterator[int]:
    yield from (number for number, line in suspects.items() if re.search(r"[(=;]", line[FAR:]))
