"""What is mounted where, from /proc/mounts: what /etc/fstab wishes for is not looked at."""

import re
from typing import Final

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_OCTAL: Final = re.compile(r"\\([0-7]{3})")  # a blank in a name (proc(5))


def options(host: Host) -> dict[str, frozenset[str]]:
    """Read the options of each mount; what is mounted last at a place hides what was there. Raises `Unseen`."""
    rows = (line.split(" ") for line in (host.text("/proc/mounts") or "").splitlines())
    found = {name(row[1]): frozenset(row[3].split(",")) for row in rows if len(row) > 3}  # noqa: PLR2004  # fstab(5)
    if not found:
        raise Unseen("/proc/mounts does not say what is mounted")
    return found


def name(escaped: str) -> str:
    """Write the name of a mount as it is."""
    return _OCTAL.sub(lambda found: chr(int(found[1], 8)), escaped)
