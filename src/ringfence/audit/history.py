"""Every version of every file that a git repository remembers, each once: with the first commit that had it.

A repository's own settings can make git run programs (`core.fsmonitor`, remotes that fetch what is missing), so git
never reads them: it is given a directory of ours, which borrows the repository's objects and copies its references.
"""

import io
import os
import re
import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO

from ringfence.audit import limits
from ringfence.audit.finding import Place, Unanswered

ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_ALLOW_PROTOCOL": "",
    "HOME": os.devnull,
    "LANG": "C.UTF-8",
    "PATH": os.defpath,
}
_REFERENCE = 4_096  # bytes; a reference has 41 or 65, or names another
_PACKED = 64 << 20  # bytes of packed-refs: half a million
_REFERENCES = 200_000  # files below refs/
_MEMORY = 4 << 30  # bytes of address space for git, which maps packs
_PARTS = 5  # of a raw line: two modes, two names, a status (git-diff(1), "raw output format")
_GONE = re.compile(r"0+")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a version of a file comes from: its first commit, by which path, and whether HEAD still has it.

    `order` counts versions from the oldest; what no branch has comes last.
    """

    path: bytes
    commit: str = ""
    present: bool = False
    order: int = 1 << 62

    @property
    def said(self) -> str:
        """Say it in words."""
        if not self.commit:
            return "in the git repository, in no branch or tag"
        still = "and still in HEAD" if self.present else "and no longer in HEAD"
        return f"in git history since {self.commit[:12]}, {still}"


@dataclass(slots=True)
class History:
    """One repository, opened; `blobs` are all versions of files that it has, by name."""

    git: Path
    blobs: dict[str, Origin] = field(default_factory=dict)
    unanswered: list[Unanswered] = field(default_factory=list)

    def read(self, place: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield each version's name and bytes, the large ones aside."""
        names = self._sizes(place)
        with _git(self.git, "cat-file", "--batch", feed=names) as told:
            while head := told.readline():
                name, kind, size = head.split()[:3]
                data = told.read(int(size))
                told.read(1)  # the newline after it
                if kind == b"blob":
                    yield name.decode(), data

    def _sizes(self, place: bytes) -> list[str]:
        small = list[str]()
        check = "--batch-check=%(objectname) %(objecttype) %(objectsize)"
        with _git(self.git, "cat-file", "--batch-all-objects", "--unordered", check) as told:
            for line in told:
                name, kind, size = line.split()
                if kind != b"blob":
                    continue
                if int(size) <= limits.FILE:
                    small.append(name.decode())
                else:
                    why = f"version {name.decode()[:12]} of a file has {int(size) >> 20} MiB, and was not read"
                    self.unanswered.append(Unanswered(Place(place.decode("utf-8", "backslashreplace")), why))
        return small


class Unreadable(Exception):
    """The history cannot be read; its text says why."""


def open_(repository: Path, scratch: Path) -> History:
    """Open the history of a `.git` directory, with a scratch directory of ours; raises `Unreadable`."""
    try:
        git = _borrowed(repository, scratch)
        history = History(git)
        present = _present(git)
        for order, (name, commit, path) in enumerate(_introduced(git)):
            history.blobs.setdefault(name, Origin(path, commit, name in present, order))
    except OSError as error:
        raise Unreadable(error.strerror or str(error)) from None
    return history


def scratch() -> "tempfile.TemporaryDirectory[str]":
    """Make a scratch directory, for as long as a block lasts."""
    return tempfile.TemporaryDirectory(prefix="ringfence-history-")


def _borrowed(repository: Path, scratch_: Path) -> Path:
    """Make a directory of git's that has the objects and references of another and none of its settings."""
    objects = repository / "objects"
    if not objects.is_dir():
        raise Unreadable("it is no git repository")
    told = _text(repository / "config", _PACKED)
    if re.search(r"(?im)^\s*refstorage\s*=\s*(?!files)", told):
        raise Unreadable("its references are kept in a way that is not read here (reftable)")
    (scratch_ / "objects" / "info").mkdir(parents=True)
    (scratch_ / "refs").mkdir()
    sha256 = re.search(r"(?im)^\s*objectformat\s*=\s*sha256\s*$", told) is not None
    version, extension = (1, "[extensions]\n\tobjectFormat = sha256\n") if sha256 else (0, "")
    (scratch_ / "config").write_text(f"[core]\n\trepositoryformatversion = {version}\n\tbare = true\n{extension}")
    (scratch_ / "objects/info/alternates").write_bytes(_quoted(os.fsencode(objects.absolute())) + b"\n")
    for name in ("HEAD", "packed-refs", "shallow"):
        with suppress(FileNotFoundError):
            (scratch_ / name).write_bytes(_bytes(repository / name, _PACKED))
    _copy_references(repository / "refs", scratch_ / "refs")
    return scratch_


def _copy_references(source: Path, target: Path) -> None:
    count = 0
    for folder, _, names in os.walk(source):
        for name in names:
            count += 1
            if count > _REFERENCES:
                raise Unreadable(f"it has more than {_REFERENCES:,} references")
            copy = target / Path(folder).relative_to(source) / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):
                copy.write_bytes(_bytes(Path(folder) / name, _REFERENCE))


def _introduced(git: Path) -> Iterator[tuple[str, str, bytes]]:
    """Yield (blob, commit, path) in the order of time; a blob comes again where it is put back."""
    how = ("--all", "--reverse", "--date-order", "--no-renames", "--no-abbrev", "--root", "--diff-merges=first-parent")
    commit = ""
    with _git(git, "log", *how, "--raw", "-z", "--format=%x01%H") as told:
        parts = _split(told)
        for part in parts:
            text = part.lstrip(b"\n")
            if text.startswith(b"\x01"):
                commit = text[1:].decode("ascii", "replace").strip()
            elif text.startswith(b":") and len(fields := text[1:].split(b" ")) == _PARTS:
                path, name = next(parts, b""), fields[3].decode("ascii", "replace")
                if _GONE.fullmatch(name) is None:
                    yield name, commit, path


def _present(git: Path) -> frozenset[str]:
    with _git(git, "ls-tree", "-r", "-z", "HEAD") as told:
        rows = (part.partition(b"\t")[0].split(b" ") for part in _split(told))
        return frozenset(row[2].decode("ascii", "replace") for row in rows if len(row) > 2)  # noqa: PLR2004  # mode, kind, name


def _split(told: IO[bytes]) -> Iterator[bytes]:
    """Split at NUL, without holding all of it."""
    rest = b""
    while piece := told.read(1 << 16):
        *whole, rest = (rest + piece).split(b"\0")
        yield from whole
    if rest:
        yield rest


class _git:  # noqa: N801  # read as a verb: with _git(...) as told
    """Run git for as long as a block lasts, and read what it says."""

    def __init__(self, git: Path, *words: str, feed: list[str] | None = None) -> None:
        asked = git / "asked"
        asked.write_text("\n".join((*(feed or ()), "")), "ascii")
        with asked.open("rb") as source:
            self._process = subprocess.Popen(  # noqa: S603  # fixed words, found by the path above
                ["git", f"--git-dir={git}", *words],  # noqa: S607  # by the path of ENVIRONMENT
                stdin=source,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=ENVIRONMENT,
                cwd=git,
            )
        resource.prlimit(self._process.pid, resource.RLIMIT_AS, (_MEMORY, _MEMORY))

    def __enter__(self) -> IO[bytes]:
        return self._process.__enter__().stdout or io.BytesIO()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()  # where it is read to its end it has ended by itself
        self._process.__exit__(kind, error, at)


def _bytes(path: Path, most: int) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        return file.read(most)


def _text(path: Path, most: int) -> str:
    try:
        return _bytes(path, most).decode("utf-8", "replace")
    except FileNotFoundError:
        return ""


def _quoted(path: bytes) -> bytes:
    """Write a path into `alternates`; one with a newline or a quote in front is quoted as C does it."""
    if not path.startswith(b'"') and b"\n" not in path:
        return path
    return b'"' + path.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n") + b'"'
