"""Where in a TOML document a key stands, since `tomllib` does not say. For text that `tomllib` has accepted.

The document is cut into statements, and `tomllib` reads each of them again under its header: what a key is called is
never a second reader's opinion.
"""

import re
import tomllib
from collections.abc import Iterator

from ringfence.policy.table import Path

_TOKEN = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}'  # multi-line strings; may end in up to five quotes (TOML 1.0)
    r'|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|(?P<open>[\[{])|(?P<close>[\]}])|(?P<end>\n)',
    re.DOTALL,
)


def lines(text: str) -> dict[Path, int]:
    """Map each key, as a path of names, to the line where the statement that first mentions it begins, from 1."""
    found: dict[Path, int] = {}
    header = ""
    for line, statement in _statements(text):
        is_header = statement.lstrip().startswith("[")
        header = statement if is_header else header
        for path in _paths(tomllib.loads(header if is_header else header + statement)):
            found.setdefault(path, line)
    return found


def line_of(text: str, path: Path) -> int:
    """Say which line a key stands on, or else the closest table around it, or else the first."""
    found = lines(text)
    return next((found[path[:length]] for length in range(len(path), 0, -1) if path[:length] in found), 1)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Cut at each end of line that is in no string, list or table; each part comes with its line."""
    line, start, depth = 1, 0, 0
    for token in _TOKEN.finditer(text):
        depth += (token.lastgroup == "open") - (token.lastgroup == "close")
        if token.lastgroup == "end" and depth == 0:
            statement = text[start : token.end()]
            yield line, statement
            line, start = line + statement.count("\n"), token.end()
    yield line, text[start:]


def _paths(value: object, at: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (*at, key)
            yield from _paths(inner, (*at, key))
