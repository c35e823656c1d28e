"""Finding what of a bot's directory may hold its key. It follows no link, and what it cannot read it refuses."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from ringfence.adopt import files
from ringfence.adopt.edits import decode
from ringfence.adopt.files import Held
from ringfence.adopt.found import Kind, Source, includes
from ringfence.errors import Misconfigured

_LEVELS = 5  # as deep as freqtrade follows add_config_files (load_config.py)
_MOST_FILES = 5_000  # a bot's own directory has a few hundred
_DEEPEST = 6
_SKIPPED = {".git", ".venv", "venv", "node_modules", "__pycache__", "site-packages"}
_FOLDERS = ("", "user_data", "conf/connectors")

# by the name of the file; the first that fits
_KINDS = (
    (re.compile(r"api-keys\.json"), Kind.PASSIVBOT),
    (re.compile(r"config.*\.json"), Kind.FREQTRADE),
    (re.compile(r"(?:.*\.)?env(?:\..*)?"), Kind.DOTENV),
    (re.compile(r".*\.ya?ml"), Kind.HUMMINGBOT),
)
_ALONE = (*_KINDS, (re.compile(r".*\.json"), Kind.FREQTRADE), (re.compile(r".*\.py"), Kind.CODE))
_SAMPLES = re.compile(r".*(?:example|sample|template|dist)(?:\..*)?", re.IGNORECASE)


def found(path: Path) -> tuple[tuple[Held, Source], ...]:
    """Read a bot's configuration: a file with what it includes, or all that is known by name in a directory."""
    if path.is_dir():
        return _with_includes(path, [(one, kind) for one, kind in _named(path)])
    kind = _kind(path, _ALONE)
    if kind is None:
        raise Misconfigured(f"{path} is no configuration that is known", hint="a .json, .env, .yml or .py, or a folder")
    return _with_includes(path.parent, [(path, kind)])


def programs(path: Path) -> tuple[Source, ...]:
    """Read the Python programs of a directory that can be read; none is ever written."""
    read = []
    for one in walk(path):
        if one.suffix == ".py":
            try:
                read.append(Source(one, Kind.CODE, decode(str(one), files.read(one).data)))
            except Misconfigured:
                continue  # it is only looked at
    return tuple(read)


def walk(path: Path) -> Iterator[Path]:
    """List the regular files below a directory, links, other people's packages and deep corners left out."""
    count = 0
    for folder, folders, names in os.walk(path, followlinks=False):
        deep = len(Path(folder).relative_to(path).parts)
        folders[:] = sorted(name for name in folders if name not in _SKIPPED and deep < _DEEPEST)
        for name in sorted(names):
            one = Path(folder, name)
            count += 1
            if count > _MOST_FILES:
                return
            if not one.is_symlink() and one.is_file():
                yield one


def _named(path: Path) -> Iterator[tuple[Path, Kind]]:
    for folder in _FOLDERS:
        if (path / folder).is_dir():
            for one in sorted((path / folder).iterdir()):
                kind = _kind(one, _KINDS)
                if kind is Kind.HUMMINGBOT and not folder.startswith("conf"):
                    continue
                if kind is not None and not one.is_dir() and not _SAMPLES.fullmatch(one.name):
                    yield one, kind


def _kind(path: Path, kinds: tuple[tuple[re.Pattern[str], Kind], ...]) -> Kind | None:
    return next((kind for pattern, kind in kinds if pattern.fullmatch(path.name)), None)


def _with_includes(root: Path, wanted: list[tuple[Path, Kind]]) -> tuple[tuple[Held, Source], ...]:
    read: dict[Path, tuple[Held, Source]] = {}
    level = [(path, kind) for path, kind in wanted]
    for _ in range(_LEVELS + 1):
        further: list[tuple[Path, Kind]] = []
        for path, kind in level:
            if path not in read:
                held = files.read(path)
                source = Source(path, kind, decode(str(path), held.data))
                read[path] = held, source
                further += [(one, Kind.FREQTRADE) for one in _included(root, source)]
        level = further
    return tuple(read.values())


def _included(root: Path, source: Source) -> Iterator[Path]:
    if source.kind is not Kind.FREQTRADE:
        return
    for name in includes(source):
        path = Path(os.path.normpath(source.path.parent / name))
        if not path.is_relative_to(root):
            raise Misconfigured(
                f"{source.path} includes {path}, which is outside of {root}", hint="give the folder that holds both"
            )
        if any(one.is_symlink() for one in (path, *path.parents) if one.is_relative_to(root) and one != root):
            raise Misconfigured(f"{source.path} includes {path} through a symbolic link", hint="name the file itself")
        yield path
