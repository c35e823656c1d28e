"""The files of a bot's directory: which there are, who may read and write them, and what they say.

It follows no link out of the directory, reads nothing that is large, and ends in bounded time; what it leaves out it
says.
"""

import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ringfence.audit import tree
from ringfence.audit.bot.node import Odd
from ringfence.audit.finding import Place, Unanswered

MOST: Final = 1 << 20
"""Bytes of one file of settings: freqtrade's with a list of two thousand pairs has 40,000."""
_ENTRIES: Final = 50_000  # a bot with years of candles has some ten thousand
_DEEPEST: Final = 12
_SKIPPED: Final = re.compile(r"\.git|node_modules|__pycache__|site-packages|\.?v?env[-.\w]*|\.tox|\.nox|\.mypy_cache")
_OTHERS_SEARCH: Final = stat.S_IXOTH
ROOT: Final = "."
"""The path of the root among its entries."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or directory, by its path from the root; a link inside the root stands for what it leads to.

    `shut`: a directory above it keeps everybody out but its owner and group.
    """

    path: str
    mode: int
    uid: int
    gid: int
    size: int
    shut: bool
    target: str = ""

    @property
    def is_dir(self) -> bool:
        """Say whether it is a directory."""
        return stat.S_ISDIR(self.mode)

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.path.rpartition("/")[2]

    @property
    def folder(self) -> str:
        """The path of what it lies in; empty for the root."""
        return self.path.rpartition("/")[0]

    @property
    def bits(self) -> int:
        """Who may read, write and run it."""
        return stat.S_IMODE(self.mode)


@dataclass(slots=True)
class Files:
    """What is in the directory. `texts` keeps what was read, `gaps` what was not."""

    root: Path
    entries: dict[str, Entry] = field(default_factory=dict)
    gaps: list[Unanswered] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)

    def text(self, path: str) -> str:
        """Read a file of the root as text; raises `Odd` where that cannot be done as a whole."""
        if path not in self.texts:
            self.texts[path] = self._read(path)
        return self.texts[path]

    def find(self, *patterns: str) -> tuple[Entry, ...]:
        """List the files whose path fits one of these expressions, in order."""
        wanted = [re.compile(one, re.IGNORECASE) for one in patterns]
        files = (one for _, one in sorted(self.entries.items()) if not one.is_dir)
        return tuple(one for one in files if any(pattern.fullmatch(one.path) for pattern in wanted))

    def beside(self, path: str, name: str) -> str:
        """Say where a name leads that stands in a file; raises `Odd` where that is outside of the root."""
        if name.startswith("/"):
            joined = os.path.relpath(os.path.normpath(name), self.root)
        else:
            joined = os.path.normpath(os.path.join(os.path.dirname(path), name))  # noqa: PTH118, PTH120  # texts, not files
        if joined.startswith("..") or "\0" in name:
            raise Odd(Place(path), "names a file outside of what was audited")
        return joined

    def _read(self, path: str) -> str:
        entry = self.entries.get(path)
        try:
            data, lacks = tree.read(self.root, os.fsencode(entry.target or path if entry else path), MOST)
        except OSError as error:
            raise Odd(Place(path), f"cannot be read: {error.strerror or 'no such file'}") from None
        if lacks:
            raise Odd(Place(path), f"is no file of settings: {lacks}")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            raise Odd(Place(path), "is no text in UTF-8") from None
        if "\0" in text:  # a reader in C ends there, and others do not
            raise Odd(Place(path), "has a zero byte in it, so it is no text")
        return text


def gather(root: Path, top: Path = Path("/")) -> Files:
    """List a directory, or one file with its directory for a root; directories from `top` on can shut others out."""
    only = "" if root.is_dir() else root.name
    folder = root if not only else root.parent
    files = Files(folder)
    above = any(not one.stat().st_mode & _OTHERS_SEARCH for one in folder.parents if one.is_relative_to(top))
    status = folder.stat()
    files.entries[ROOT] = Entry(ROOT, status.st_mode, status.st_uid, status.st_gid, status.st_size, above)
    shut = above or not status.st_mode & _OTHERS_SEARCH
    if only:
        _note(files, folder, only, shut=shut)
        return files
    waiting = [("", 0, shut)]
    while waiting:
        here, depth, closed = waiting.pop()
        for name in _names(files, here):
            if len(files.entries) >= _ENTRIES:
                files.gaps.append(Unanswered(Place(here), f"there are more than {_ENTRIES:,} files; the rest"))
                return files
            entry = _note(files, folder, f"{here}/{name}" if here else name, shut=closed)
            if entry is None or not entry.is_dir or entry.target:
                continue
            if depth == _DEEPEST:
                files.gaps.append(Unanswered(Place(entry.path), f"lies more than {_DEEPEST} directories deep"))
            elif not _is_skipped(folder, entry):
                waiting.append((entry.path, depth + 1, closed or not entry.mode & _OTHERS_SEARCH))
    return files


def _names(files: Files, here: str) -> list[str]:
    try:
        return sorted(os.listdir(files.root / here))  # noqa: PTH208  # names, of which there may be many
    except OSError as error:
        files.gaps.append(Unanswered(Place(tree.shown(os.fsencode(here))), f"cannot be listed: {error.strerror}"))
        return []


def _note(files: Files, root: Path, path: str, *, shut: bool) -> Entry | None:
    shown = tree.shown(os.fsencode(path))
    if shown != path:
        files.gaps.append(Unanswered(Place(shown), "has a name that is no UTF-8"))
        return None
    target = ""
    try:
        status = os.lstat(root / path)
        if stat.S_ISLNK(status.st_mode):
            target = os.path.relpath(os.path.realpath(root / path), os.path.realpath(root))
            status = os.stat(root / path)  # noqa: PTH116  # as beside it
            if target.startswith(".."):
                if not _SKIPPED.fullmatch(path.rpartition("/")[2]):
                    files.gaps.append(Unanswered(Place(shown), "is a link that leads out of what was audited"))
                return None
    except OSError as error:
        if not target:
            files.gaps.append(Unanswered(Place(shown), f"cannot be read: {error.strerror}"))
        return None
    entry = Entry(path, status.st_mode, status.st_uid, status.st_gid, status.st_size, shut, target)
    files.entries[path] = entry
    return entry


def _is_skipped(root: Path, entry: Entry) -> bool:
    """Other people's packages, and git's own files; a name alone does not make a virtual environment of a directory."""
    if _SKIPPED.fullmatch(entry.name) is None:
        return False
    if "env" in entry.name:
        return (root / entry.path / "pyvenv.cfg").is_file()
    return True
