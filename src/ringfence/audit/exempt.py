"""Files that need no judging, since they are those of a package that was locked: by their SHA-256 and by nothing else.

A lock names the hash of a wheel, the wheel is at hand and has that hash, and so the hashes of its files are known.
What a file is called, or where it lies, exempts nothing.
"""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from ringfence.audit import archive, limits
from ringfence.audit.finding import Place, Unanswered

_HASH = re.compile(r"sha256[:\"=\s-]+([0-9a-f]{64})")


def locked(text: str) -> frozenset[str]:
    """List the SHA-256 that a lock file names, as hex: of pip, uv, poetry or pipenv."""
    return frozenset(_HASH.findall(text))


def files_of(folder: Path, hashes: frozenset[str]) -> Iterator[bytes | Unanswered]:
    """Yield the SHA-256 of each file in the wheels of a folder that a lock names; a wheel that it does not is said."""
    for path in sorted(folder.glob("*.whl")):
        if _digest(path) not in hashes:
            yield Unanswered(
                Place(path.name), "no lock names the hash of this wheel; its files are judged as any other"
            )
            continue
        with path.open("rb") as file:
            for one in archive.members(path.name, file):
                if isinstance(one, Unanswered):
                    yield one
                elif len(one.data) < limits.FILE:
                    yield hashlib.sha256(one.data).digest()


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
