"""How long the journal is kept, from journald's settings as journald reads them (journald.conf(5))."""

import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.host import units
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

KEPT: Final = "/var/log/journal"
"""Where the journal outlives a start of the system."""

SHORTEST: Final = 30 * 86_400
"""Seconds: a month, so that a review each month (the owner's) sees all of it."""

SMALLEST: Final = 100 * 1024**2
"""Bytes: a quiet server writes a few MB a day; less than this holds no month of it."""

_SPAN: Final = re.compile(r"(\d+)\s*([a-zA-Z]*)\s*")
_SECONDS: Final = (
    (("", "s", "sec", "second", "seconds"), 1),
    (("m", "min", "minute", "minutes"), 60),
    (("h", "hr", "hour", "hours"), 3_600),
    (("d", "day", "days"), 86_400),
    (("w", "week", "weeks"), 7 * 86_400),
    (("M", "month", "months"), 2_629_800),
    (("y", "year", "years"), 31_557_600),
)
_BYTES: Final = {"": 1, "K": 1024, "M": 1024**2, "G": 1024**3, "T": 1024**4}


def faults(host: Host) -> Iterator[str]:
    """Say what keeps the journal from being there in a month; raises `Unseen`."""
    found = units.conf(host, "journald.conf")
    storage = units.last(found, "Journal", "Storage")
    kind = storage.value if storage is not None else "auto"
    if kind in {"volatile", "none"}:
        yield f"Storage={kind}"
        return
    yield from _written(host)
    retention = units.last(found, "Journal", "MaxRetentionSec")
    if retention is not None and 0 < seconds(retention.value) < SHORTEST:
        yield f"MaxRetentionSec={retention.value}"
    most = units.last(found, "Journal", "SystemMaxUse")
    if most is not None and _bytes(most.value) < SMALLEST:
        yield f"SystemMaxUse={most.value}"


def seconds(text: str) -> int:
    """Read a span of time as systemd does (systemd.time(7)); raises `Unseen`."""
    if not text or _SPAN.sub("", text):
        raise Unseen(f"journald.conf: {text!r} is no span of time")
    return sum(int(count) * _unit(name) for count, name in _SPAN.findall(text))


def _written(host: Host) -> Iterator[str]:
    if host.status(KEPT) is None:
        yield f"there is no {KEPT}, so the journal is gone after each start"
        return
    machine = (host.text("/etc/machine-id") or "").strip()
    if not machine or not host.names(f"{KEPT}/{machine}"):
        yield f"nothing is written to {KEPT}"


def _unit(name: str) -> int:
    for names, count in _SECONDS:
        if name in names:
            return count
    raise Unseen(f"journald.conf: {name!r} is no unit of time")


def _bytes(text: str) -> int:
    found = re.fullmatch(r"(\d+)([KMGT]?)", text)
    if found is None:
        raise Unseen(f"journald.conf: {text!r} is no size")
    return int(found[1]) * _BYTES[found[2]]
