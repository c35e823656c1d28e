"""What is about to be committed: the files of git's index that differ from HEAD, as they will be kept.

Runs git with the repository's own settings, since its owner is running git there this moment.
"""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ringfence.audit import limits
from ringfence.audit.finding import Place, Unanswered
from ringfence.audit.messages import Job
from ringfence.errors import Misconfigured

_REGULAR = (b"100644", b"100755")  # and neither a link nor a submodule (git-ls-files(1))
_FIELDS = 5  # mode, mode, name, name, status of a raw line


def staged(root: Path) -> Iterator[Job | Unanswered]:
    """Yield each file of the index that is new or changed; raises `Misconfigured` where git says no."""
    raw = _git(root, "diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--diff-filter=d")
    parts = iter(raw.split(b"\0"))
    for part in parts:
        fields = part.lstrip(b":").split(b" ")
        if len(fields) == _FIELDS:
            path = next(parts, b"")
            if fields[1] in _REGULAR:
                yield _job(root, path, fields[3].decode("ascii"))


def hooks(root: Path) -> Path:
    """Say where the repository keeps its hooks; raises `Misconfigured` where there is none."""
    return root / os.fsdecode(_git(root, "rev-parse", "--git-path", "hooks").strip())


def _job(root: Path, path: bytes, name: str) -> Job | Unanswered:
    if int(_git(root, "cat-file", "-s", name)) > limits.FILE:
        return Unanswered(Place(path.decode("utf-8", "backslashreplace")), f"has more than {limits.FILE >> 20} MiB")
    return Job(path, _git(root, "cat-file", "blob", name))


def _git(root: Path, *words: str) -> bytes:
    try:
        done = subprocess.run(["git", *words], cwd=root, capture_output=True, check=False)  # noqa: S603, S607
    except OSError as error:
        raise Misconfigured(f"git cannot be run: {error.strerror}", hint="apt install git") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise Misconfigured(f"git says: {said[0] if said else done.returncode}")
    return done.stdout
