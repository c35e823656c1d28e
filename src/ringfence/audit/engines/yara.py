"""Runs yara-x over a tree with rules that its owner gave, in a process that was confined before; started by `run`.

It prints a line for each rule that matches a file, and says what it did not look at.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import msgspec

from ringfence.audit import tree
from ringfence.audit.engines.said import Line, Missed, Said
from ringfence.audit.engines.table import Task
from ringfence.audit.finding import Unanswered

_SECONDS = 30  # for one file: yara-x took 1.4 s for all of ccxt
_RULES = 16 << 20  # bytes of a file of rules: the largest public collections have a few


class _Match(Protocol):
    offset: int


class _Pattern(Protocol):
    matches: Sequence[_Match]


class _Rule(Protocol):
    identifier: str
    patterns: Sequence[_Pattern]


class _Results(Protocol):
    matching_rules: Sequence[_Rule]


class _Scanner(Protocol):
    """What is used of yara-x's scanner; it is not there when types are checked."""

    def scan(self, data: bytes) -> _Results: ...


def main(written: str) -> int:
    """Scan what the task names."""
    task = msgspec.json.decode(written, type=Task)
    sys.path.append(task.package)
    import yara_x  # type: ignore[import-not-found,unused-ignore]  # noqa: PLC0415  # it lies where the task says

    compiler = yara_x.Compiler(includes_enabled=False)
    for name in task.given.rules:
        data, missing = tree.read(Path(name), b"", _RULES)
        compiler.new_namespace(name)
        try:
            compiler.add_source(data.decode("utf-8"), name)
        except (yara_x.CompileError, ValueError):
            missing = "not all of its rules could be read"
        if missing:
            _say(missed=Missed("", f"{name}: {missing}"))
    scanner = yara_x.Scanner(compiler.build())
    scanner.set_timeout(_SECONDS)
    root = Path(task.target)
    for found in tree.walk(root):
        if isinstance(found, Unanswered):
            _say(missed=Missed(found.place.path, found.why))
        elif isinstance(found, tree.File):
            _scan(scanner, (OSError, yara_x.ScanError, yara_x.TimeoutError), root, found)
    print(msgspec.json.encode(Line(done=True)).decode())  # noqa: T201  # that is how it speaks
    return 0


def _scan(scanner: _Scanner, wrong: tuple[type[Exception], ...], root: Path, file: tree.File) -> None:
    name = tree.named(root, file.path)
    try:
        data, missing = tree.read(root, file.path)
        matched = scanner.scan(data).matching_rules
    except wrong as error:
        _say(missed=Missed(name, getattr(error, "strerror", None) or "yara-x did not get through it"))
        return
    if missing:
        _say(missed=Missed(name, missing))
    for rule in matched:
        first = min((match.offset for pattern in rule.patterns for match in pattern.matches), default=-1)
        _say(said=Said(rule.identifier, f"{root}/{name}" if file.path else str(root), 0, first))


def _say(said: Said | None = None, missed: Missed | None = None) -> None:
    print(msgspec.json.encode(Line(said, missed)).decode())  # noqa: T201  # that is how it speaks


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
