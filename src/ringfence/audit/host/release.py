"""Which release of which distribution a server runs, and until when it gets security updates."""

import csv
import datetime as dt
import io
from dataclasses import dataclass
from typing import Final

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_FALLBACK: Final = {
    "debian": (
        "version,codename,series,created,release,eol,eol-lts,eol-elts\n"
        "10,Buster,buster,2017-06-17,2019-07-06,2022-09-10,2024-06-30,2029-06-30\n"
        "11,Bullseye,bullseye,2019-07-06,2021-08-14,2024-08-14,2026-08-31,2031-06-30\n"
        "12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30\n"
        "13,Trixie,trixie,2023-06-10,2025-08-09,2028-08-09,2030-06-30,2035-06-30\n"
    ),
    "ubuntu": (
        "version,codename,series,created,release,eol,eol-server,eol-esm\n"
        "20.04 LTS,Focal Fossa,focal,2019-10-17,2020-04-23,2025-05-31,2025-05-31,2030-04-23\n"
        "22.04 LTS,Jammy Jellyfish,jammy,2021-10-14,2022-04-21,2027-06-01,2027-06-01,2032-04-09\n"
        "24.04 LTS,Noble Numbat,noble,2023-10-12,2024-04-25,2029-05-31,2029-05-31,2034-04-25\n"
    ),
}
"""From the package distro-info-data of 2026, for servers that have it not, or an older one."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release, the last day of its full support, and the last day of any that is free of charge."""

    name: str
    full: dt.date
    last: dt.date


def os_release(host: Host) -> dict[str, str]:
    """Read os-release(5); raises `Unseen` where there is none."""
    lines = host.lines("/etc/os-release") or host.lines("/usr/lib/os-release")
    if not lines:
        raise Unseen("there is no /etc/os-release")
    pairs = (line.partition("=") for line in lines)
    return {name: value.strip().strip("\"'") for name, _, value in pairs}


def codename(host: Host) -> str:
    """Return the release's name in lower case, such as bookworm; raises `Unseen`."""
    found = os_release(host).get("VERSION_CODENAME", "")
    if not found:
        raise Unseen("/etc/os-release does not name the release")
    return found.lower()


def release(host: Host) -> Release:
    """Say which release it is and how long it is supported; raises `Unseen` for one that no table has."""
    said = os_release(host)
    system, version = said.get("ID", ""), said.get("VERSION_ID", "")
    texts = (host.text(f"/usr/share/distro-info/{system}.csv") or "", _FALLBACK.get(system, ""))
    rows = [row for text in texts for row in csv.DictReader(io.StringIO(text))]
    name = said.get("PRETTY_NAME", f"{system} {version}")
    for row in rows:
        if version and row.get("eol") and (row.get("version") or "").split(" ")[0] == version:
            return _release(name, row.get("eol"), row.get("eol-lts") or row.get("eol-server"))
    raise Unseen(f"how long {name} is supported is not known")


def _release(name: str, full: str | None, last: str | None) -> Release:
    try:
        end = dt.date.fromisoformat(full or "")
        return Release(name, end, dt.date.fromisoformat(last) if last else end)
    except ValueError:
        raise Unseen(f"how long {name} is supported is not known") from None
