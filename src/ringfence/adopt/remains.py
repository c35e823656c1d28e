"""Where else a key lies: files beside the configuration, and what shells remember. It only looks."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

_HISTORIES = (".bash_history", ".zsh_history", ".histfile", ".local/share/fish/fish_history", ".python_history")
_PIECE = 1 << 20
_MOST = 256 << 20  # bytes of one file, after which a log is not read on


def holding(paths: Iterable[Path], needles: tuple[bytes, ...]) -> Iterator[Path]:
    """List the files that hold one of the needles; what cannot be read is passed over."""
    for path in paths:
        try:
            if _holds(path, needles):
                yield path
        except OSError:
            continue


def histories(home: Path) -> tuple[Path, ...]:
    """Say where shells remember what was typed."""
    return tuple(home / name for name in _HISTORIES)


def repository(path: Path) -> Path | None:
    """Find the git repository that a path is in; what was committed once stays in its history."""
    return next((one for one in (path, *path.parents) if (one / ".git").exists()), None)


def _holds(path: Path, needles: tuple[bytes, ...]) -> bool:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    overlap, tail, seen = max(map(len, needles)) - 1, b"", 0
    with os.fdopen(handle, "rb", buffering=0) as file:
        while seen < _MOST and (piece := file.read(_PIECE)):
            seen += len(piece)
            text = tail + piece
            if any(needle in text for needle in needles):
                return True
            tail = text[-overlap:]
    return False
