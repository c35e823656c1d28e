"""What apt and unattended-upgrades would do: which archives they take from, what is pending, when they last ran."""

import datetime as dt
import re
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from typing import Final
from urllib.parse import urlsplit

from ringfence.audit.host.apt import Origin, listed, origins
from ringfence.audit.host.host import Host
from ringfence.audit.host.release import codename, os_release
from ringfence.audit.host.source import Unseen

_LISTS: Final = "/var/lib/apt/lists"
_STAMPS: Final = tuple(f"/var/lib/apt/periodic/{name}" for name in ("update-success-stamp", "update-stamp"))
_MOVING: Final = {"stable-security", "oldstable-security", "oldoldstable-security"}
_SHORT: Final = {"o": "origin", "l": "label", "a": "archive", "n": "codename", "c": "component", "suite": "archive"}
SIMULATE: Final = ("apt-get", "-s", "-o", "Debug::NoLocking=1", "-o", "APT::Ignore-Hold=1", "dist-upgrade")
"""What asks apt which updates are pending; it takes a second or two."""
_AHEAD = 86400
"""Seconds that a file may be from the future; what is later was made up."""

LOG: Final = "/var/log/unattended-upgrades/unattended-upgrades.log"
"""What unattended-upgrades says of its runs."""


@dataclass(frozen=True, slots=True)
class Run:
    """What the log of unattended-upgrades says: when it last said anything, UTC at most 14 hours off, and errors."""

    last: float
    errors: tuple[str, ...]


def security_origins(host: Host) -> tuple[Origin, ...]:
    """List the enabled places that bring this release's security updates."""
    name = codename(host)
    wanted = {f"{name}-security", f"{name}/updates", *_MOVING}
    return tuple(
        each
        for each in origins(host)
        if "deb" in each.types and "main" in each.components and wanted & {suite.strip("/") for suite in each.suites}
    )


def fetched(host: Host) -> float:
    """Return when the lists were last fetched; 0 where never. Raises `Unseen` where every date is in the future."""
    paths = (*_STAMPS, *(path for path in host.under(_LISTS) if path.endswith("InRelease")))
    times = [status.mtime for path in paths if (status := host.status(path))]
    if not times:
        return 0
    kept = [each for each in times if each <= host.now + _AHEAD]
    if not kept:
        raise Unseen("the lists of packages are dated in the future")
    return max(kept)


def outdated(host: Host) -> tuple[str, ...]:
    """List the lists whose own date of expiry has passed: a mirror that hides updates serves such ones for ever."""
    found = list[str]()
    for path in host.under(_LISTS):
        text = host.text(path) if path.endswith("InRelease") else None
        until = re.search(r"^Valid-Until: (.+)$", text or "", re.MULTILINE)
        if until and _time(until[1]) < host.now:
            found.append(path.rpartition("/")[2])
    return tuple(found)


def pending(host: Host) -> tuple[str, ...]:
    """Name the packages with a security update that is not installed, those on hold too; raises `Unseen`."""
    ran = host.run(*SIMULATE)
    if ran.code or not re.search(r"^\d+ upgraded, \d+ newly installed", ran.out, re.MULTILINE):
        raise Unseen("apt cannot say what it would upgrade")
    lines = (re.match(r"Inst (\S+) (.*)", line) for line in ran.out.splitlines())
    return tuple(found[1] for found in lines if found and "-security" in found[2].lower())


def is_security_wanted(host: Host) -> bool:
    """Say whether apt takes the security archive as it takes any other: at a priority of 100 at least."""
    ran = host.run("apt-cache", "policy")
    if ran.code:
        raise Unseen("`apt-cache policy` fails")
    found = re.findall(r"^ *(-?\d+) \S+ \S+-security/main \S+ Packages$", ran.out, re.MULTILINE)
    return any(int(priority) >= 100 for priority in found)  # noqa: PLR2004  # apt_preferences(5): below, nothing is upgraded


def takes_security(host: Host) -> bool:
    """Say whether unattended-upgrades would take from the security archive of this release."""
    name, system = codename(host), os_release(host).get("ID", "").capitalize()
    words = {"${distro_codename}": name, "${distro_id}": system}
    patterns = [_filled(each, words) for each in listed(host, "Unattended-Upgrade::Origins-Pattern")]
    allowed = [_filled(each, words) for each in listed(host, "Unattended-Upgrade::Allowed-Origins")]
    is_debian = system == "Debian"
    facts = {
        "origin": (system,),
        "label": ("Debian-Security",) if is_debian else (system,),
        "codename": (f"{name}-security",) if is_debian else (name,),
        "archive": (*sorted(_MOVING), f"{name}-security"),
        "component": ("main",),
        "site": tuple(urlsplit(uri).hostname or "" for each in security_origins(host) for uri in each.uris),
    }
    return any(_fits(each, facts) for each in patterns) or any(
        each in (f"{system}:{name}-security", f"{system} {name}-security") for each in allowed
    )


def last_run(host: Host) -> Run | None:
    """Read the log of unattended-upgrades, also the one before; None where it has none."""
    texts = [host.text(path) or "" for path in (f"{LOG}.1", LOG)]
    lines = [line for text in texts for line in text.splitlines() if re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", line)]
    if not lines:
        return None
    try:
        last = dt.datetime.fromisoformat(lines[-1][:19]).replace(tzinfo=dt.UTC).timestamp()
    except ValueError:
        raise Unseen(f"{LOG} cannot be read") from None
    starts = [number for number, line in enumerate(lines) if "Starting unattended upgrades script" in line]
    recent = lines[starts[-1] :] if starts else lines
    return Run(last, tuple(line[20:] for line in recent if re.search(r"^\S+ \S+ (?:ERROR|CRITICAL)\b", line)))


def _time(text: str) -> float:
    try:
        return parsedate_to_datetime(text).timestamp()
    except ValueError:
        raise Unseen("a list of packages has an odd date") from None


def _filled(pattern: str, words: dict[str, str]) -> str:
    for word, value in words.items():
        pattern = pattern.replace(word, value)
    return pattern


def _fits(pattern: str, facts: dict[str, tuple[str, ...]]) -> bool:
    """Match a pattern as unattended-upgrades does: every part must fit."""
    pairs = [part.strip().partition("=") for part in pattern.split(",") if part.strip()]
    asked = {_SHORT.get(key.strip(), key.strip()): value.strip() for key, _, value in pairs}
    return bool(asked) and all(any(fnmatchcase(one, want) for one in facts.get(key, ())) for key, want in asked.items())
