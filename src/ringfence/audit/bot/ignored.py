"""Asks git which files it keeps or would keep, without letting a repository's settings make git run anything.

Git is given a directory of ours as its repository, with copies of the index and of what is excluded, and no settings.
"""

import os
import subprocess
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ringfence.audit import history, tree

_INDEX: Final = 64 << 20  # bytes: an index of half a million files
_EXCLUDED: Final = 1 << 20
_SECONDS: Final = 10.0
_NOTHING_IGNORED: Final = 1  # git-check-ignore(1), exit status


class Unasked(Exception):
    """Git could not be asked; says why."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Paths below the root: what git keeps already, and what it ignores."""

    tracked: frozenset[str]
    ignored: frozenset[str]


def ask(root: Path, paths: Iterable[str]) -> Kept | None:
    """Ask about some files; None where no repository holds them. Raises `Unasked`."""
    top = next((one for one in (root, *root.parents) if (one / ".git").exists()), None)
    if top is None:
        return None
    if not (top / ".git").is_dir():
        raise Unasked("its repository lies in another directory")
    below = root.relative_to(top)
    names = {os.path.normpath(below / path): path for path in paths}
    with tempfile.TemporaryDirectory(prefix="ringfence-git-") as scratch:
        git = _borrowed(top / ".git", Path(scratch))
        feed = b"\0".join(map(os.fsencode, names)) + b"\0"
        tracked = _run(git, top, ("ls-files", "-z"), b"")
        ignored = _run(git, top, ("check-ignore", "--no-index", "-z", "--stdin"), feed)
    return Kept(_ours(tracked, names), _ours(ignored, names))


def _ours(told: bytes, names: dict[str, str]) -> frozenset[str]:
    return frozenset(names[one] for one in map(os.fsdecode, told.split(b"\0")) if one in names)


def _borrowed(repository: Path, scratch: Path) -> Path:
    for name in ("objects", "refs", "info"):
        (scratch / name).mkdir()
    (scratch / "HEAD").write_text("ref: refs/heads/none\n")
    (scratch / "config").write_text("[core]\n\trepositoryformatversion = 0\n\tbare = false\n")
    for name, most in (("index", _INDEX), ("info/exclude", _EXCLUDED)):
        with suppress(FileNotFoundError):
            try:
                data, lacks = tree.read(repository, name.encode(), most)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise Unasked(f"{name} of its repository cannot be read: {error.strerror}") from None
            if lacks:
                raise Unasked(f"{name} of its repository cannot be read: {lacks}")
            (scratch / name).write_bytes(data)
    return scratch


def _run(git: Path, top: Path, words: tuple[str, ...], feed: bytes) -> bytes:
    command = ["git", f"--git-dir={git}", f"--work-tree={top}", "-c", "core.excludesFile=", *words]
    try:
        done = subprocess.run(  # noqa: S603  # git, with an environment of our own
            command, cwd=top, env=history.ENVIRONMENT, input=feed, capture_output=True, timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unasked(f"git cannot be run: {getattr(error, 'strerror', None) or 'it takes too long'}") from None
    if done.returncode not in {0, _NOTHING_IGNORED}:
        raise Unasked("git cannot read its repository")
    return done.stdout
