"""An installed package's RECORD, held against the files: pure, so that every audit of integrity can use it.

RECORD is no authority: whoever can change a file can change its line too. It tells what changed by accident or by
somebody who did not know of it; for more than that the hashes of a lock are needed.
"""

import base64
import csv
import posixpath
from collections.abc import Callable, Iterable

import msgspec

ALGORITHMS = frozenset({"sha256", "sha384", "sha512"})  # those that the specification allows for new files
LINES = 500_000  # the longest RECORD that was seen (a web client's) has 60,000


class Line(msgspec.Struct, frozen=True):
    """One file that was installed: path from the environment's site directory, digest, size; None where not said."""

    path: str
    algorithm: str = ""
    value: str = ""
    size: int | None = None


class Verdict(msgspec.Struct, frozen=True):
    """What became of the files of a RECORD, each by its path."""

    altered: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    unhashed: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    verified: tuple[str, ...] = ()


# Returns a file's size and its digest by that algorithm; None where there is no such regular file.
Measure = Callable[[str, str], tuple[int, bytes] | None]


def lines(text: str) -> list[Line] | None:
    """Read a RECORD; None where it is none."""
    found: list[Line] = []
    try:
        for row in csv.reader(text.splitlines()):
            if not row:
                continue
            if len(found) >= LINES:
                return None
            path, hashed, size = (*row, "", "")[:3]
            algorithm, _, value = hashed.partition("=")
            found.append(Line(posixpath.normpath(path), algorithm, value, _size(size)))
    except csv.Error:
        return None
    return found


def _size(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None  # noqa: PLR2004 - a petabyte


def verify(recorded: Iterable[Line], measure: Measure, allowed: Callable[[str], bool]) -> Verdict:
    """Hold each line against its file; `allowed` says which paths are inside the environment."""
    sorted_out: dict[str, list[str]] = {name: [] for name in ("altered", "missing", "unhashed", "outside", "verified")}
    for line in recorded:
        sorted_out[_judge(line, measure, allowed)].append(line.path)
    return Verdict(**{name: tuple(paths) for name, paths in sorted_out.items()})


def _judge(line: Line, measure: Measure, allowed: Callable[[str], bool]) -> str:
    if not allowed(line.path):
        return "outside"
    hashed = line.algorithm in ALGORITHMS
    held = measure(line.path, line.algorithm if hashed else "")
    if held is None:
        return "missing"
    if not hashed:
        return "unhashed"
    size, digest = held
    return "verified" if _same(line.value, digest) and line.size in {None, size} else "altered"


def _same(value: str, digest: bytes) -> bool:
    return value.rstrip("=") == base64.urlsafe_b64encode(digest).decode().rstrip("=")
