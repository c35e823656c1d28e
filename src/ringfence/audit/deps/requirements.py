"""Requirement files as pip reads them, and the `pip install` lines of a Dockerfile.

It must never open a file that another one includes: it says which, and whoever walks the tree decides.
"""

import posixpath
import re
from collections.abc import Iterator

from ringfence.audit.deps.addresses import masked
from ringfence.audit.deps.listing import Entry, Index, Kind, Listing, Sheet
from ringfence.audit.deps.requirement import LINE, requirement
from ringfence.audit.deps.rules import INSECURE_INDEX
from ringfence.audit.finding import Finding, Unanswered

# Put together, so that no file here names the option or an address.
_INDEX = "index-" + "url"
EXTRA = ("--extra-" + _INDEX, "--find-links", "-f")
REPLACED = ("--" + _INDEX, "-i", "--pypi-url")
_INCLUDED = ("-r", "--requirement", "-c", "--constraint")
_EDITABLE = ("-e", "--editable")
_LINE_LIMIT = 1_000_000  # joined lines of one requirement; nothing real comes near
_SAID = 20  # lines of one file that are each told as not understood
_INSTALL = re.compile(r"\b(?:pip3?|pip3\.\d{1,2}|uv\s{1,9}pip|pipx|uv\s{1,9}tool)\s{1,9}install\s")
_ENVIRONMENT = re.compile(
    r"\b(?:PIP|UV)_(?P<extra>EXTRA_)?(?:DEFAULT_)?INDEX(?:_URL)?[= ]\s{0,9}[\"']?(?P<address>[^\s\"']{4,2000})"
)
_VALUED = frozenset(
    {"-t", "--target", "--prefix", "--root", "--python", "-p", "--platform", "--python-version", "--timeout"}
)


class _Reading:
    """What one file has said so far."""

    def __init__(self, sheet: Sheet) -> None:
        self.sheet = sheet
        self.entries: list[Entry] = []
        self.findings: list[Finding] = []
        self.indexes: list[Index] = []
        self.refers: list[str] = []
        self.strange: list[int] = []

    def line(self, number: int, text: str) -> None:
        """Take one whole line."""
        word, *more = re.split(r"[ =]", text, maxsplit=1) if text.startswith("--") else text.split(" ", 1)
        rest = "".join(more)
        if word in _EDITABLE:
            self._need(number, rest.strip())
        elif word.startswith("-"):
            self._option(number, word, rest.strip())
        else:
            self._need(number, text)

    def _option(self, number: int, word: str, value: str) -> None:
        if word in EXTRA or word in REPLACED:
            self.indexes.append(Index(self.sheet.at(number), value.strip("\"'"), word in EXTRA))
        elif word in _INCLUDED:
            self.refers.append(posixpath.normpath(posixpath.join(self.sheet.folder, value)))
        elif word == "--trusted-host":
            text = f"the connection to {masked(value)} is not verified"
            self.findings.append(INSECURE_INDEX.found(self.sheet.at(number), text, masked(value)))

    def _need(self, number: int, text: str) -> None:
        entry = requirement(text, self.sheet.at(number))
        if entry is None:
            self.strange.append(number)
        else:
            self.entries.append(entry)

    def listing(self, kind: Kind) -> Listing:
        """Close it."""
        unanswered = [Unanswered(self.sheet.at(number), "not understood as a requirement") for number in self.strange]
        if len(unanswered) > _SAID:
            more = f"{len(unanswered) - _SAID} more lines are not understood as requirements"
            unanswered = [*unanswered[:_SAID], Unanswered(self.sheet.at(), more)]
        return Listing(
            self.sheet.at(),
            kind,
            tuple(self.entries),
            tuple(self.findings),
            tuple(unanswered),
            tuple(self.indexes),
            refers=tuple(self.refers),
        )


def requirement_file(sheet: Sheet, *, declared: bool = False) -> Listing:
    """Read a requirements or constraints file; `declared` where a lock is made from it."""
    reading = _Reading(sheet)
    for number, text in _joined(sheet.text):
        bare = re.split(r"(?:^|(?<=\s))#", text, maxsplit=1)[0].strip()
        if bare:
            reading.line(number, bare)
    return reading.listing(Kind.DECLARED if declared else Kind.REQUIRED)


def dockerfile(sheet: Sheet) -> Listing:
    """Read what the RUN lines of a Dockerfile install with pip, and which index its environment names."""
    reading = _Reading(sheet)
    for number, text in _joined(sheet.text):
        for found in _ENVIRONMENT.finditer(text):
            reading.indexes.append(Index(sheet.at(number), found["address"], bool(found["extra"])))
        for command in re.split(r"&&|\|\||[;|]", text[:LINE]):
            installed = _INSTALL.search(command)
            if installed:
                _install(reading, number, command[installed.end() :].split())
    return reading.listing(Kind.REQUIRED)


def _install(reading: _Reading, number: int, given: list[str]) -> None:
    rest = iter(given)
    for word in rest:
        name, equals, _ = word.partition("=")
        if name in {*EXTRA, *REPLACED, *_INCLUDED, *_EDITABLE, "--trusted-host"}:
            reading.line(number, word if equals else f"{word} {next(rest, '')}")
        elif word in _VALUED:
            next(rest, "")
        elif not word.startswith(("-", "$", "\\", "<", ">")) and "$" not in word:
            reading.line(number, word.strip("\"'"))


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Join lines that end with a backslash; with the number of the first."""
    held: list[str] = []
    size = first = 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first if held else number
        size += len(line)
        if line.endswith("\\") and size < _LINE_LIMIT and not line.lstrip().startswith("#"):
            held.append(line[:-1])
            continue
        yield first, " ".join([*held, line]) if held else line
        held, size = [], 0
    if held:
        yield first, " ".join(held)
