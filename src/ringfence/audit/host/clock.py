"""Whether the clock is kept right, from what systemd or chrony say of it; it asks no time server."""

from typing import Final, NamedTuple

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_OFFSET, _LEAP, _FIELDS = 4, 13, 14  # columns of `chronyc -c tracking` (chronyc(1))
_SYNCHRONIZED: Final = "NTPSynchronized=yes"


class Told(NamedTuple):
    """What is known of the clock: whether it is kept, and how far off it is where somebody says."""

    synchronized: bool
    offset: float | None
    seen: str


def look(host: Host) -> Told:
    """Ask systemd, and chrony where it is there; raises `Unseen` where neither answers."""
    tracked = _chrony(host)
    try:
        ran = host.run("timedatectl", "show", "-p", "NTPSynchronized")
        if ran.code != 0 or "NTPSynchronized=" not in ran.out:
            raise Unseen("timedatectl does not answer")  # noqa: TRY301  # as it would where it is not installed
    except Unseen:
        if tracked is None:
            raise
        return tracked
    if ran.out.strip() == _SYNCHRONIZED:
        return Told(True, None if tracked is None else tracked.offset, "the kernel says that it is synchronized")
    return Told(False, None, "the kernel says that it is not synchronized")


def _chrony(host: Host) -> Told | None:
    try:
        ran = host.run("chronyc", "-c", "tracking")
    except Unseen:
        return None
    row = ran.out.strip().split(",")
    try:
        offset = float(row[_OFFSET])
    except (IndexError, ValueError):
        return None
    if ran.code != 0 or len(row) < _FIELDS or offset != offset:  # noqa: PLR0124  # not a number
        return None
    good = row[_LEAP] in {"Normal", "Insert second", "Delete second"}
    return Told(good, offset, f"chrony says: {row[_LEAP].lower()}, {offset:+.3f} s")
