"""Code that is placed so that nobody sees it: far to the right, or reordered by invisible marks."""

import ast
import re
from typing import Final

from ringfence.audit.code.notes import Notes

FAR: Final = 120  # columns: wider than what editors and reviews show beside a file list
_BLANKS: Final = re.compile(r"[ \t\x0b\x0c\u00a0\u2000-\u200a\u3000]{120}")
_MARKS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")


def look(source: str, tree: ast.Module | None, notes: Notes) -> None:
    """Note what stands out of sight."""
    if not source.isascii():
        for found in list(_MARKS.finditer(source))[:20]:
            notes.add("reordered-text", source.count("\n", 0, found.start()) + 1, "", "marks")
    if _BLANKS.search(source) is None:
        return
    lines = source.split("\n")
    suspects = {
        number for number, line in enumerate(lines, 1) if _BLANKS.search(line) and not line.lstrip().startswith("#")
    }
    if tree is None:
        for number in sorted(suspects)[:20]:
            if re.search(r";\s{120}|\s{120,}\S.*[(=]", lines[number - 1][:5000]):
                notes.add("off-screen", number, "", "blanks")
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.lineno in suspects and node.col_offset >= FAR:
            line = lines[node.lineno - 1].encode()[: node.col_offset].decode("utf-8", "replace")
            if _BLANKS.search(line[-FAR - 1 :]) or _BLANKS.search(line):
                notes.add("off-screen", node.lineno, "", "blanks")
