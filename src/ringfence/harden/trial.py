"""A trial: what has been changed and is not kept yet. While its file is there, whatever it lists goes back in the end.

Nothing here is loaded beside the standard library, msgspec and `ringfence.deploy`: what takes a trial back runs alone.
"""

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ringfence import whole
from ringfence.deploy import record
from ringfence.deploy.machine import Machine
from ringfence.deploy.record import Before, Done, Ran
from ringfence.errors import Broken, Misconfigured
from ringfence.harden import names
from ringfence.harden.disarm import disarm

FORMAT = 1
_LOCK = "run/ringfence-harden.lock"
_PAUSE = 0.2
_RECORDS = "trial-*.json"


class Trial(msgspec.Struct, frozen=True):
    """Which areas are tried, until when (seconds since 1970), and whether all of it has been done."""

    areas: tuple[str, ...]
    until: float
    done: bool = False
    format: int = FORMAT


def load(root: Path = Path("/")) -> Trial | None:
    """Read what is tried, None where nothing is; raises `Broken` for a file that cannot be read."""
    path = root / names.TRIAL.lstrip("/")
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Trial)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        raise Broken(f"{path} cannot be read: {error}", hint="nothing was changed; a backup of it undoes all") from None
    if found.format != FORMAT:
        raise Broken(f"{path} is of another version of Ringfence ({found.format})", hint="use that version to undo")
    return found


def save(trial: Trial, root: Path = Path("/")) -> None:
    """Write what is tried, so that it is there after a loss of power; the folder is root's alone."""
    path = root / names.TRIAL.lstrip("/")
    whole.put(path, msgspec.json.encode(trial), 0o600)
    _to_disk(path.parent)


def is_there(root: Path = Path("/")) -> bool:
    """Say whether something is tried, also where it cannot be read what."""
    return (root / names.TRIAL.lstrip("/")).exists()


def records(root: Path = Path("/")) -> tuple[str, ...]:
    """List the records of what a trial has changed, even where its own file cannot be read; none without a trial."""
    folder = root / names.FOLDER.lstrip("/")
    return tuple(f"{names.FOLDER}/{each.name}" for each in sorted(folder.glob(_RECORDS))) if is_there(root) else ()


def forget(root: Path = Path("/")) -> None:
    """Take the file away, on the disk as well: from here on nothing goes back. Then what the trial had written down."""
    path = root / names.TRIAL.lstrip("/")
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        _to_disk(path.parent)
        for each in path.parent.glob(_RECORDS):
            each.unlink()


def keep(machine: Machine, root: Path = Path("/")) -> Trial:
    """Keep what is tried, and stop the clock; raises `Misconfigured` where there is nothing, or only a part of it."""
    trial = load(root)
    if trial is None:
        disarm(machine)  # where it was kept, and then cut off
        hint = "ringfence harden says what is open; what nobody kept was undone, see journalctl -u " + names.ROLLBACK
        raise Misconfigured("there is nothing to keep", hint=hint)
    if not trial.done:
        hint = "ringfence harden --undo, or harden it again"
        raise Misconfigured("what is tried was cut off in the middle, and cannot be kept", hint=hint)
    for area in trial.areas:
        _merge(area, root)
    forget(root)  # up to here all of it goes back, from here on nothing
    disarm(machine)
    return trial


def _merge(area: str, root: Path) -> None:
    """Add what was tried to what was kept. How a thing was before the first of all changes is what counts."""
    tried, kept = record.load(root, names.trial_of(area)), record.load(root, names.kept_of(area))
    for one in tried.done:
        kept = kept.adding(one.want, one.before)
        kept = msgspec.structs.replace(kept, done=tuple(_with_more(each, one) for each in kept.done))
    restart = tuple(dict.fromkeys((*kept.restart, *tried.restart)))
    record.save(msgspec.structs.replace(kept, restart=restart), root, names.kept_of(area))


def _with_more(kept: Done, tried: Done) -> Done:
    """Add switches that were not known when the first were set."""
    if record.key(kept.want) != record.key(tried.want):
        return kept
    first, second = kept.before, tried.before
    more: Before = first
    if isinstance(first, Ran) and isinstance(second, Ran):
        more = Ran(tuple((dict(second.values) | dict(first.values)).items()))
    return Done(kept.want, more)


@contextlib.contextmanager
def alone(root: Path = Path("/"), patience: float = 0, *, must: bool = True) -> Iterator[None]:
    """Be the only one who changes the server; raises `Misconfigured` where somebody else does, unless `must` is off.

    What takes a trial back goes on after its patience: whoever holds the lock then hangs, or was stopped.
    """
    path = root / _LOCK
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        if not _locked(descriptor, time.monotonic() + patience) and must:
            raise Misconfigured("another `ringfence harden` is at work", hint="wait until it has ended")
        yield
    finally:
        os.close(descriptor)


def _locked(descriptor: int, until: float) -> bool:
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(_PAUSE)
        else:
            return True


def _to_disk(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
