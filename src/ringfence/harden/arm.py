"""Making ready what takes a trial back, before anything is changed: a unit with a timer, and one for the next start.

Neither needs a terminal, a login or the network. Where it does not run, nothing is tried: it is started once, to see.
"""

from pathlib import Path

import msgspec

import ringfence
from ringfence.confine import launch
from ringfence.deploy import units
from ringfence.deploy.machine import Machine, asks
from ringfence.deploy.names import UNITS
from ringfence.errors import RingfenceError
from ringfence.harden import names
from ringfence.harden.disarm import disarm

_MODULE = "ringfence.harden.rollback"


def rehearse(machine: Machine, python: str) -> None:
    """Write the units, and start them while nothing is to be taken back; raises `RingfenceError` where one fails."""
    disarm(machine)
    machine.make(names.FOLDER, 0o700, 0, 0)
    for package in (ringfence, msgspec):
        machine.copy(str(Path(str(package.__file__)).parent), f"{names.CODE}/{package.__name__}")
    for unit, text in ((names.ROLLBACK, rollback_service(python)), (names.BOOT, boot_service(python))):
        machine.put(f"{UNITS}/{unit}", text.encode(), 0o644, 0, 0)
    machine.run("systemctl", "daemon-reload")
    for unit in (names.ROLLBACK, names.BOOT):
        machine.run("systemctl", "start", unit)


def arm(machine: Machine, seconds: float) -> None:
    """Set the time, and the next start of the system; raises `RingfenceError` where either does not stand ready."""
    machine.run("systemctl", "enable", "--quiet", names.BOOT)
    # On time to the second: systemd's own idea is a minute (systemd.timer(5), AccuracySec).
    when = (f"--on-active={seconds:.0f}s", "--timer-property=AccuracySec=1s")
    machine.run("systemd-run", "--quiet", f"--unit={names.ROLLBACK}", *when)
    ready = asks(machine, "is-active", names.TIMER), asks(machine, "is-enabled", names.BOOT)
    if ready != ("active", "enabled"):
        raise RingfenceError("what would take it back does not stand ready", hint="nothing was changed")


def rollback_service(python: str) -> str:
    """Write the unit that the timer starts; where it fails it tries again.

    It is a file, and not systemd-run's own: that one's command is not the same any more after a daemon-reload, where
    a semicolon is in it (systemd 252). Nothing is ordered after it: it waits itself until sshd has reloaded.
    """
    return f"{_HEAD}StartLimitIntervalSec=0\n\n{_service(python)}Restart=on-failure\nRestartSec=15s\n"


def boot_service(python: str) -> str:
    """Write the unit for the next start of the system: before there is a network, and before sshd runs.

    Where it fails or hangs, the start goes on, and the other one tries again.
    """
    return (
        f"{_HEAD}DefaultDependencies=no\nAfter=local-fs.target\nOnFailure={names.ROLLBACK}\n"
        "Before=systemd-sysctl.service network-pre.target ssh.service sshd.service ssh.socket\n\n"
        f"{_service(python)}TimeoutStartSec=90s\n\n[Install]\nWantedBy=sysinit.target\n"
    )


_HEAD = "# Written by `ringfence harden`.\n[Unit]\nDescription=Take back what was tried and not kept, by Ringfence\n"


def _service(python: str) -> str:
    start = units.line(launch.installed(python, names.CODE, _MODULE))
    return f"[Service]\nType=oneshot\nExecStart={start}\n"
