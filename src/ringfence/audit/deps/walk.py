"""Finds the files that say what a bot is made of, by name, in a bounded walk that follows no link."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import msgspec

from ringfence.audit.deps.declared import conda, pyproject, setup_cfg, setup_py
from ringfence.audit.deps.held import DEPTH, ENTRIES, joined, scan
from ringfence.audit.deps.listing import Listing, Sheet
from ringfence.audit.deps.npm import npmrc, package_json, package_lock
from ringfence.audit.deps.npmlocks import pnpm_lock, yarn_lock
from ringfence.audit.deps.pylocks import pipfile, pipfile_lock, poetry_lock, pylock, uv_lock
from ringfence.audit.deps.requirements import dockerfile, requirement_file
from ringfence.audit.deps.settings import pip_conf, uv_toml
from ringfence.audit.finding import Place, Unanswered

Reader = Callable[[Sheet], Listing]

READERS: dict[str, Reader] = {
    "uv.lock": uv_lock,
    "poetry.lock": poetry_lock,
    "Pipfile.lock": pipfile_lock,
    "Pipfile": pipfile,
    "pyproject.toml": pyproject,
    "setup.cfg": setup_cfg,
    "setup.py": setup_py,
    "package.json": package_json,
    "package-lock.json": package_lock,
    "npm-shrinkwrap.json": package_lock,
    "yarn.lock": yarn_lock,
    "pnpm-lock.yaml": pnpm_lock,
    "pip.conf": pip_conf,
    "pip.ini": pip_conf,
    "uv.toml": uv_toml,
    ".npmrc": npmrc,
}
_REQUIREMENTS = re.compile(
    r"(?:requirements?|constraints?|reqs?)[^/]{0,100}\.(?:txt|in)\Z|[^/]{1,100}[-_.]requirements\.(?:txt|in)\Z",
    re.IGNORECASE,
)
_DOCKERFILE = re.compile(
    r"(?:dockerfile|containerfile)(?:\.[^/]{1,60})?\Z|[^/]{1,60}\.(?:dockerfile|containerfile)\Z", re.IGNORECASE
)
_PYLOCK = re.compile(r"pylock(?:\.[^/.]{1,60})?\.toml\Z")
_CONDA = re.compile(r"(?:conda-?)?env(?:ironment)?[^/]{0,60}\.ya?ml\Z", re.IGNORECASE)
_SKIPPED = frozenset(
    {".git", ".hg", ".svn", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis"}
)
_TOLD = 20  # links that are each told
_SITES = frozenset({"site-packages", "dist-packages"})


class Found(msgspec.Struct, frozen=True):
    """What a walk found: paths from the root."""

    sheets: tuple[str, ...]
    sources: tuple[str, ...]
    sites: tuple[str, ...]
    modules: tuple[str, ...]
    unanswered: tuple[Unanswered, ...]


def reader(path: str) -> Reader | None:
    """Return who reads a file of this name; None where it says nothing about packages."""
    folder, _, name = path.rpartition("/")
    if name in READERS:
        return READERS[name]
    if _REQUIREMENTS.match(name) or (folder.rpartition("/")[2] == "requirements" and name.endswith((".txt", ".in"))):
        return _source if name.endswith(".in") else requirement_file
    for shape, who in ((_DOCKERFILE, dockerfile), (_PYLOCK, pylock), (_CONDA, conda)):
        if shape.match(name):
            return who
    return None


def _source(sheet: Sheet) -> Listing:
    return requirement_file(sheet, declared=True)


def walk(root: Path) -> Found:
    """Walk a tree; what is installed in it is named and not walked."""
    walking = _Walk(root)
    walking.waiting.append(("", 0))
    while walking.waiting:
        walking.folder(*walking.waiting.pop())
    if walking.links > _TOLD:
        walking.unanswered.append(Unanswered(Place(""), f"{walking.links - _TOLD} more links are not followed"))
    return Found(
        tuple(sorted(walking.sheets)),
        tuple(sorted(walking.sources)),
        tuple(sorted(walking.sites)),
        tuple(sorted(walking.modules)),
        tuple(walking.unanswered),
    )


class _Walk:
    """What a walk has seen, and what it still has to look at."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.waiting: list[tuple[str, int]] = []
        self.sheets: list[str] = []
        self.sources: list[str] = []
        self.sites: list[str] = []
        self.modules: list[str] = []
        self.unanswered: list[Unanswered] = []
        self.seen = self.links = 0

    def folder(self, folder: str, depth: int) -> None:
        """Look at one directory."""
        if depth > DEPTH or self.seen > ENTRIES:
            self.unanswered.append(Unanswered(Place(folder), "too deep, or too many files in the tree"))
            return
        entries = list(scan(self.root / folder, folder, self.unanswered))
        self.seen += len(entries)
        if is_site(folder or self.root.name, [entry.name for entry in entries]):
            self.sites.append(folder)
            return
        for entry in entries:
            self._entry(entry, joined(folder, entry.name), depth)

    def _entry(self, entry: os.DirEntry[str], path: str, depth: int) -> None:
        named = reader(path) is not None
        if entry.is_symlink():
            self._link(entry, path, named=named)
        elif entry.is_dir(follow_symlinks=False):
            self._inner(entry.name, path, depth)
        elif entry.is_file(follow_symlinks=False):
            self.sheets += [path] if named else []
            self.sources += [path] if entry.name.endswith(".py") else []
        elif named:
            self.unanswered.append(Unanswered(Place(path), "it is no regular file"))

    def _link(self, entry: os.DirEntry[str], path: str, *, named: bool) -> None:
        """Say that a link is not followed, where what it leads to could have been of interest."""
        same = entry.name == "lib64"  # a link to the `lib` beside it, in every environment on Linux
        if named or (not same and _is_folder(entry)):
            self.links += 1
            self.unanswered += [Unanswered(Place(path), "a link is not followed")] if self.links <= _TOLD else []

    def _inner(self, name: str, path: str, depth: int) -> None:
        if name == "node_modules":
            self.modules.append(path)
        elif name not in _SKIPPED:
            self.waiting.append((path, depth + 1))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a loop, or a path longer than any
        return False


def is_site(folder: str, names: list[str]) -> bool:
    """Say whether a directory is one that Python packages are installed in."""
    if any(name.endswith(".dist-info") for name in names):
        return True
    return folder.rpartition("/")[2] in _SITES
