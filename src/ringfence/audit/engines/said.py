"""What other scanners print, read as hostile: one that was taken over may print anything, and so may a file's name.

Nothing that could be a secret is taken over: of what matched, no field is even read; names of rules and files come
through, and `run` holds them against what such names look like and what is there.
"""

from collections.abc import Iterator

import msgspec


class Said(msgspec.Struct, frozen=True):
    """One thing that an engine reports: by which of its rules, and where.

    `path` is as the engine writes it. `line` counts from 1; where an engine says a byte instead, that is `offset`, and
    `line` is 0. `sure` is how sure it is, in its own word.
    """

    rule: str
    path: str
    line: int = 0
    offset: int = -1
    sure: str = ""


class Missed(msgspec.Struct, frozen=True):
    """Something that an engine says it did not look at; the whole target where `path` is empty."""

    path: str
    why: str


class Garbage(Exception):
    """It printed what it never prints; the text says what was expected."""


class Line(msgspec.Struct, frozen=True):
    """One line of what our own modules print: `yara` and `sigstore_`. The last one is `done`."""

    said: Said | None = None
    missed: Missed | None = None
    done: bool = False


class _Gitleaks(msgspec.Struct, frozen=True):
    rule: str = msgspec.field(name="RuleID")
    path: str = msgspec.field(name="File")
    line: int = msgspec.field(name="StartLine")


class _Location(msgspec.Struct, frozen=True):
    path: str
    start_line: int


class _Finding(msgspec.Struct, frozen=True):
    rule_id: str
    location: _Location


class _Scan(msgspec.Struct, frozen=True):
    state: str
    bytes_scanned: int


class _Betterleaks(msgspec.Struct, frozen=True):
    finding: _Finding | None = None
    scan: _Scan | None = None


class _Hexora(msgspec.Struct, frozen=True):
    path: str
    rule: str
    confidence: str
    location_start: int


_GITLEAKS = msgspec.json.Decoder(list[_Gitleaks])
_BETTERLEAKS = msgspec.json.Decoder(_Betterleaks)
_HEXORA = msgspec.json.Decoder(_Hexora)
_OURS = msgspec.json.Decoder(Line)
_WRONG = (msgspec.MsgspecError, ValueError, RecursionError)


def gitleaks(output: bytes) -> Iterator[Said | Missed]:
    """Read the JSON report of gitleaks 8: one list."""
    try:
        found = _GITLEAKS.decode(output)
    except _WRONG:
        raise Garbage("a list of findings in JSON") from None
    for one in found:
        yield Said(one.rule, one.path, one.line)


def betterleaks(output: bytes) -> Iterator[Said | Missed]:
    """Read the JSON lines of betterleaks 2: findings, and a summary that says whether the scan was completed."""
    scan = _Scan("never ended", 0)
    for line in output.splitlines():
        try:
            one = _BETTERLEAKS.decode(line)
        except _WRONG:
            raise Garbage("findings in JSON, one on a line") from None
        if one.finding is not None:
            yield Said(one.finding.rule_id, one.finding.location.path, one.finding.location.start_line)
        elif one.scan is not None:
            scan = one.scan
    if scan.state != "complete":
        yield Missed("", "it did not say that its scan was complete")
    elif not scan.bytes_scanned:  # it says no word of files that it cannot open, and calls that complete
        yield Missed("", "it read nothing of it")


def hexora(output: bytes) -> Iterator[Said | Missed]:
    """Read the JSON lines of hexora 0.3."""
    for line in output.splitlines():
        try:
            one = _HEXORA.decode(line)
        except _WRONG:
            raise Garbage("findings in JSON, one on a line") from None
        yield Said(one.rule, one.path, 0, max(one.location_start, 0), one.confidence)


def ours(output: bytes) -> Iterator[Said | Missed]:
    """Read the lines of our own modules."""
    done = False
    for line in output.splitlines():
        try:
            one = _OURS.decode(line)
        except _WRONG:
            raise Garbage("lines of our own") from None
        done = one.done
        if one.said is not None:
            yield one.said
        if one.missed is not None:
            yield one.missed
    if not done:
        yield Missed("", "it did not come to its end")
