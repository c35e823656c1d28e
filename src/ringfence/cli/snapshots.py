"""Which snapshot of advisories an audit goes by: the newest that can be believed; and how a newer one comes in."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

from ringfence import whole
from ringfence.audit.deps import seal, seen, update
from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.snapshot import Missing, Snapshot
from ringfence.errors import Misconfigured, RingfenceError
from ringfence.settings import Settings

_DATA = Path(seal.__file__).parent / "data"
_KEYS = _DATA / "snapshot.pub"
_SHIPPED = _DATA / "snapshot.ringsnap"


class Held(NamedTuple):
    """What an audit goes by. `broken` is a newer snapshot that should be here and cannot be believed."""

    snapshot: Snapshot | Missing
    broken: Missing | None = None


def newest(home: Path) -> Held:
    """Open the deployment's own snapshot, or the one that this version came with where it has none to be believed."""
    settings = Settings(home)
    own = _bytes(settings.snapshot)
    shipped = seal.open_snapshot(_bytes(_SHIPPED), seal.Opening(_keys(), 0))
    if own is None:
        return Held(shipped)
    noted = seen.last_seen(_note(settings, own))
    opened = seal.open_snapshot(own, seal.Opening(_keys(), noted, made_here=_only_ours(settings.snapshot)))
    return Held(shipped, opened) if isinstance(opened, Missing) else Held(opened)


def take(home: Path, data: bytes) -> Snapshot:
    """Take in a signed snapshot; raises `Misconfigured` where it cannot be believed, and keeps the old one."""
    settings = Settings(home)
    checked = update.check(data, _keys(), seen.last_seen(_note(settings, data)), int(time.time()))
    return _kept(settings, checked, data)


def make(home: Path, files: Sequence[tuple[Ecosystem, BinaryIO]]) -> Snapshot:
    """Make a snapshot here, of OSV's exports; raises `Misconfigured` where they are not whole."""
    made = update.make(files, None, int(time.time()))
    return _kept(Settings(home), made, b"" if isinstance(made, Missing) else seal.keep(made))


def _kept(settings: Settings, made: Snapshot | Missing, data: bytes) -> Snapshot:
    if isinstance(made, Missing):
        raise Misconfigured(f"it cannot be used: {made.why}", hint="the snapshot that was there before stays")
    whole.put(settings.snapshot, data, 0o600)
    seen.remember(_note(settings, data), made.made)
    return made


def _only_ours(path: Path) -> bool:
    """Say whether nobody but us can have written it."""
    status = path.lstat()
    return status.st_uid in {os.getuid(), 0} and not status.st_mode & 0o022


def _note(settings: Settings, data: bytes) -> Path:
    """Name the note of the newest that was seen: one for those that were published, one for those made here."""
    return settings.snapshot.with_name("snapshot-made.seen" if data.startswith(seal.MADE_HERE) else "snapshot.seen")


def _keys() -> tuple[bytes, ...]:
    return seal.public_keys(_KEYS.read_text("ascii"))


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise RingfenceError(f"{path}: {error.strerror}") from None
