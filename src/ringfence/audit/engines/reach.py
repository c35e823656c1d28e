"""What an engine must be able to read to start at all, and no more: never a whole directory for one program's sake.

A program in `~/bin` is one file, not a home. A script brings its interpreter, and a Python its standard library and its
packages; nothing else beside them.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import ringfence
from ringfence.audit import tree
from ringfence.audit.engines.table import Engine

SYSTEM = tuple(map(Path, ("/usr", "/lib", "/lib64", "/etc/ld.so.cache", os.devnull, "/dev/urandom")))
"""Libraries and programs of the system, and its random bytes."""

WHERE = "RINGFENCE_ENGINES"
"""The variable that names the directories in which engines lie, as PATH does; without it, that is PATH."""

_FIRST = 4_096  # bytes of a script that hold its interpreter's name: the kernel reads 256 (linux/binfmts.h)
_VAULT = b"RINGVLT\n"  # docs/format/vault.md
_SEARCHED = "/usr/bin:/bin"


@dataclass(frozen=True, slots=True)
class Found:
    """An engine that is there: what is started, or the directory with the package that our module imports."""

    engine: Engine
    path: Path


def directories(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Say where engines are looked for: only what is named in full, so never in the directory that one is in."""
    named = environment.get(WHERE) or environment.get("PATH", "")
    return tuple(path for one in named.split(os.pathsep) if (path := Path(one)).is_absolute())


def locate(engine: Engine, where: Iterable[Path]) -> Found | None:
    """Look for an engine; a package also among our own."""
    if not engine.module:
        paths = (path / engine.program for path in where)
        path = next(filter(_runs, paths), None)
        return Found(engine, _itself(engine, path)) if path else None
    folders = [*(folder for path in where for folder in _packages(path)), *map(Path, filter(None, sys.path))]
    return next((Found(engine, path) for path in folders if (path / engine.program / "__init__.py").is_file()), None)


def _itself(engine: Engine, path: Path) -> Path:
    """Take the program that a package's wrapper would start, where it is one."""
    beside = path.resolve().parent.parent.glob(f"lib/python3*/site-packages/{engine.inside}") if engine.inside else ()
    return next(filter(_runs, beside), path)


def _runs(path: Path) -> bool:
    return path.is_file() and os.access(path, os.X_OK)


def _packages(path: Path) -> list[Path]:
    """List where packages may lie: in a directory itself, or in the environment whose programs it holds."""
    return [path, *sorted(path.parent.glob("lib/python3*/site-packages"))]


def program(path: Path) -> Iterator[Path]:
    """List what a program needs to start: itself, and for a script its interpreter and what belongs to that."""
    yield path.resolve()
    for interpreter in _interpreter(path):
        yield from python(interpreter)


def python(interpreter: Path) -> Iterator[Path]:
    """List what belongs to an interpreter: for a Python, its library and that of its environment; else only itself."""
    real = interpreter.resolve()
    yield real
    for prefix in dict.fromkeys((interpreter.parent.parent, real.parent.parent)):
        yield prefix / "pyvenv.cfg"
        for pattern in ("lib/python3*", "lib64/python3*", "lib/libpython3*"):
            yield from sorted(prefix.glob(pattern))


def ours(package: Path) -> Iterator[Path]:
    """List what a module of ours needs that runs in an engine's stead, with the directory of the package it imports."""
    yield from python(Path(sys.executable))
    yield from python(Path(sys.base_prefix) / "bin" / "python3")
    mine = Path(ringfence.__file__).resolve().parent.parent
    yield mine
    yield from (path for path in map(Path, filter(None, sys.path)) if (path / "msgspec").is_dir())
    yield package


def search(path: Path) -> str:
    """Say in which directories an engine finds programs."""
    return f"{path.parent}:{_SEARCHED}"


def closed(paths: Iterable[Path], home: Path) -> str:
    """Say which of the paths would open a deployment's home, or nothing."""
    kept = home.resolve()
    for path in map(Path.resolve, paths):
        if kept.is_relative_to(path) or path.is_relative_to(kept):
            return f"{path} and the deployment in {kept} lie one in the other, and no engine may come near that"
    return ""


def wide(paths: Iterable[Path]) -> str:
    """Say which of the paths would open somebody's whole home, or nothing."""
    home = Path.home().resolve()
    opened = (path for path in map(Path.resolve, paths) if home.is_relative_to(path))
    return next((f"{path} would have to be opened to it, with all that lies there" for path in opened), "")


def vaults(root: Path) -> Iterator[str]:
    """List the vaults in a tree, of whichever deployment."""
    for found in tree.walk(root):
        if isinstance(found, tree.File) and found.path.rpartition(b"/")[2] == b"vault" and _sealed(root, found.path):
            yield found.name


def _sealed(root: Path, path: bytes) -> bool:
    try:
        return tree.read(root, path, len(_VAULT))[0] == _VAULT
    except OSError:
        return True  # what cannot be looked at may be one


def _interpreter(path: Path) -> list[Path]:
    with path.open("rb") as file:
        line, _, _ = file.read(_FIRST).partition(b"\n")
    words = os.fsdecode(line[2:]).split() if line.startswith(b"#!") else []
    if not words:
        return []
    first = Path(words[0])
    if first.name != "env" or len(words) == 1:
        return [first]
    meant = shutil.which(words[-1], path=search(path))
    return [first, Path(meant)] if meant else [first]
