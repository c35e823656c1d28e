"""A server that was recorded: everything that was asked of it and what it answered, in a directory that a person reads.

    index.json                    what was asked, statuses, listings, and what could not be seen
    files/etc/ssh/sshd_config     a text as it was, without its secrets
    commands/01-sshd              what a command printed

A recording holds no secret. A directory that is given is a stranger's: nothing outside it is ever read, no link in it
is followed, and what was not asked when it was recorded is `Unseen`, never absent.
"""

import contextlib
import json
import math
import os
import re
import shlex
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import msgspec

from ringfence.audit.host import masking
from ringfence.audit.host.source import MOST, Marked, Ran, Source, Status, Unseen
from ringfence.errors import Misconfigured

FORMAT: Final = 1
INDEX: Final = "index.json"
_LARGEST: Final = 4 * MOST  # of the index: a listing of a large server is a few MB
_HINT: Final = "record one with `ringfence audit host --record DIR`"
_PLAIN: Final = re.compile(r"(/[^/\0]{1,200}){1,40}")
_STORED: Final = re.compile(r"(files|commands|odd)(/[^/\0]{1,200}){1,40}")
_WALK: Final = "marked"
_Answer = TypeVar("_Answer")
_Key = TypeVar("_Key")


class Output(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a command came to: its exit code, and the file that has what it printed."""

    code: int
    stored: str


class Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is in a recording. None stands for what was not there; `unseen` says why something could not be looked at.

    `files` leads from a path on the server to the file that has its text; `commands` and `unseen` are by the words of
    the question, as a shell would write them.
    """

    format: int
    at: float
    files: dict[str, str | None]
    statuses: dict[str, Status | None]
    listings: dict[str, tuple[str, ...] | None]
    commands: dict[str, Output]
    marked: tuple[Marked, ...] | None
    unseen: dict[str, str]


class Recorder:
    """Hands every question on once, and keeps it with its answer: all checks see the server at one moment."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.now = source.now
        self._files = dict[str, bytes | None]()
        self._statuses = dict[str, Status | None]()
        self._listings = dict[str, tuple[str, ...] | None]()
        self._ran = dict[tuple[str, ...], Ran]()
        self._marked = dict[str, tuple[Marked, ...]]()
        self._unseen = dict[str, str]()

    def read(self, path: str, most: int = MOST) -> bytes | None:
        """Read a file, and keep it."""
        found = self._asked(self._files, path, ("read", path), lambda: self._source.read(path, most))
        if found is not None and len(found) > most:
            raise Unseen(f"{path}: it is larger than {most:,} bytes")
        return found

    def status(self, path: str) -> Status | None:
        """Look at a file, and keep what was seen."""
        return self._asked(self._statuses, path, ("status", path), lambda: self._source.status(path))

    def names(self, path: str) -> tuple[str, ...] | None:
        """List a directory, and keep the names."""
        return self._asked(self._listings, path, ("names", path), lambda: self._source.names(path))

    def run(self, *command: str) -> Ran:
        """Run a program, and keep what it printed."""
        return self._asked(self._ran, command, ("run", *command), lambda: self._source.run(*command))

    def marked(self) -> tuple[Marked, ...]:
        """Walk the disks, and keep what stood out."""
        return self._asked(self._marked, _WALK, (_WALK,), self._source.marked)

    def write(self, directory: Path) -> None:
        """Write a new directory that only its owner may enter; raises `Misconfigured` where there is one."""
        try:
            directory.mkdir(0o700)
            files = {path: None if data is None else _kept(directory, path, data) for path, data in self._files.items()}
            commands = {
                shlex.join(words): Output(ran.code, _printed(directory, number, words, ran.out))
                for number, (words, ran) in enumerate(self._ran.items(), 1)
            }
            index = Index(
                FORMAT, self.now, files, self._statuses, self._listings, commands, self._marked.get(_WALK), self._unseen
            )
            _put(directory, INDEX, json.dumps(msgspec.to_builtins(index), indent=1).encode())
        except OSError as error:
            hint = "name a directory that is not there yet"
            raise Misconfigured(f"{directory}: {(error.strerror or 'cannot be written').lower()}", hint=hint) from None

    def _asked(
        self, kept: dict[_Key, _Answer], key: _Key, words: tuple[str, ...], ask: Callable[[], _Answer]
    ) -> _Answer:
        if key in kept:
            return kept[key]
        named = shlex.join(words)
        if named not in self._unseen:
            try:
                return kept.setdefault(key, ask())
            except Unseen as unseen:
                self._unseen[named] = str(unseen)
        raise Unseen(self._unseen[named])


class Snapshot:
    """A recorded server as a source; raises `Misconfigured` where the directory holds none."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._index = _index(directory)
        self.now = self._index.at

    def read(self, path: str, most: int = MOST) -> bytes | None:
        """Read what a file held, without its secrets."""
        stored = self._told(self._index.files, path, ("read", path))
        return None if stored is None else self._inside(stored, most)

    def status(self, path: str) -> Status | None:
        """Say what a file was."""
        return self._told(self._index.statuses, path, ("status", path))

    def names(self, path: str) -> tuple[str, ...] | None:
        """Say what was in a directory."""
        return self._told(self._index.listings, path, ("names", path))

    def run(self, *command: str) -> Ran:
        """Say what a command printed; nothing is run."""
        one = self._told(self._index.commands, shlex.join(command), ("run", *command))
        return Ran(one.code, self._inside(one.stored, MOST).decode("utf-8", "replace"))

    def marked(self) -> tuple[Marked, ...]:
        """Say which files stood out."""
        if self._index.marked is None:
            raise Unseen(self._index.unseen.get(_WALK, "it was not recorded"))
        return self._index.marked

    def _told(self, answers: dict[str, _Answer], key: str, words: tuple[str, ...]) -> _Answer:
        if key in answers:
            return answers[key]
        raise Unseen(self._index.unseen.get(shlex.join(words), f"{' '.join(words)}: it was not recorded"))

    def _inside(self, stored: str, most: int) -> bytes:
        if not _STORED.fullmatch(stored) or {".", ".."} & set(stored.split("/")):
            raise Unseen(f"the recording names {stored!r}, which is outside of it")
        try:
            return _read(self._directory, stored, most)
        except OSError as error:
            raise Unseen(f"{stored} of the recording: {(error.strerror or 'unreadable').lower()}") from None


def _kept(directory: Path, path: str, data: bytes) -> str:
    """Write a file's text where it stood, below files/; a name that cannot stand there is numbered."""
    masked = masking.of_file(path, data)
    if _PLAIN.fullmatch(path) and not {".", ".."} & set(path.split("/")):
        with contextlib.suppress(FileExistsError, NotADirectoryError, IsADirectoryError, UnicodeEncodeError):
            return _put(directory, f"files{path}", masked)
    number = len(list((directory / "odd").glob("*"))) if (directory / "odd").is_dir() else 0
    return _put(directory, f"odd/{number + 1}", masked)


def _printed(directory: Path, number: int, words: tuple[str, ...], out: str) -> str:
    name = re.sub(r"[^A-Za-z0-9.-]+", "_", os.path.basename(words[0]))[:40]  # noqa: PTH119  # a word, no file of ours
    return _put(directory, f"commands/{number:02}-{name}", masking.of_output(words, out.encode("utf-8", "replace")))


def _put(directory: Path, stored: str, data: bytes) -> str:
    path = directory / stored
    for parent in reversed(path.relative_to(directory).parents[:-1]):
        (directory / parent).mkdir(0o700, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return stored


def _index(directory: Path) -> Index:
    try:
        told = json.loads(_read(directory, INDEX, _LARGEST), parse_constant=_no_number)
        index = msgspec.convert(told, Index)
    except OSError as error:
        why = (error.strerror or "unreadable").lower()
        raise Misconfigured(f"{directory} is no recorded server: {INDEX}: {why}", hint=_HINT) from None
    except (Unseen, ValueError, RecursionError) as error:  # msgspec's and json's errors are ValueErrors
        why = "it is too deep" if isinstance(error, RecursionError) else str(error)
        raise Misconfigured(f"{directory} is no recorded server: {INDEX}: {why}", hint=_HINT) from None
    if index.format != FORMAT or not math.isfinite(index.at):
        why = f"it is of format {index.format}, and this version reads {FORMAT}"
        raise Misconfigured(f"{directory} cannot be read: {why}", hint="use the version that recorded it")
    return index


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _read(directory: Path, stored: str, most: int) -> bytes:
    """Read a file in a directory, step by step and through no link; raises OSError, or `Unseen` for what is odd."""
    *folders, name = stored.split("/")
    here = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=here)
            os.close(here)
            here = inner
        place = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=here)
    finally:
        os.close(here)
    with os.fdopen(place, "rb") as file:
        seen = os.fstat(place)
        if not stat.S_ISREG(seen.st_mode) or seen.st_nlink > 1:
            raise Unseen(f"{stored} of the recording is no file of its own")
        data = file.read(most + 1)
    if len(data) > most:
        raise Unseen(f"{stored} of the recording is larger than {most:,} bytes")
    return data
