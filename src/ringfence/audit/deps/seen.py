"""How new the newest snapshot was that this machine has believed, so that nobody can give it an older one.

It must never take a file that it cannot read for one that is not there. Who can write this file can also put it back.
"""

import contextlib
import os
from pathlib import Path

from ringfence.errors import Broken

_LONGEST = 32  # a time in seconds has ten digits


def last_seen(path: Path) -> int:
    """Read when the newest snapshot was made, in seconds since 1970; 0 where none has been seen."""
    try:
        with path.open("rb") as file:
            text = file.read(_LONGEST + 1)
    except FileNotFoundError:
        return 0
    except OSError as error:
        raise Broken(f"the note of the last snapshot cannot be read: {error.strerror}") from None
    if not text.strip().isdigit() or len(text) > _LONGEST:
        raise Broken("the note of the last snapshot is not a time", hint="delete it and run `ringfence audit update`")
    return int(text)


def remember(path: Path, made: int) -> None:
    """Note a snapshot that was believed; one that is older than what is noted changes nothing."""
    if made <= last_seen(path):
        return
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("x", encoding="ascii") as file:
            file.write(f"{made}\n")
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            beside.unlink()
