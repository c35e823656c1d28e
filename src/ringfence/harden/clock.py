"""The clock: something that keeps it right, whichever is there already. An exchange refuses what comes out of time."""

from ringfence.audit.host.host import Host
from ringfence.deploy.wants import Packages, Running
from ringfence.harden.area import Area, Proposal

_KEEPERS = ("chrony.service", "chronyd.service", "ntpsec.service", "ntp.service", "systemd-timesyncd.service")
_FOLDERS = ("/usr/lib/systemd/system", "/lib/systemd/system", "/etc/systemd/system")
_STANDARD = "systemd-timesyncd"


def look(host: Host) -> Proposal:
    """Say what is offered; raises `Unseen` where it cannot be told whether the clock is this system's own."""
    within = host.run("systemd-detect-virt", "--container").out.strip()
    if within != "none":
        note = f"the clock is that of the machine which this container ({within or 'unknown'}) runs on"
        return Proposal(Area.TIME, notes=(note,))
    found = [unit for unit in _KEEPERS if any(host.status(f"{folder}/{unit}") for folder in _FOLDERS)]
    if found:
        return Proposal(Area.TIME, (Running(found[0]),))
    return Proposal(Area.TIME, (Packages((_STANDARD,)), Running(f"{_STANDARD}.service")))
