"""Taking away what would take a trial back: the timer, the units, and their copy of our code."""

from ringfence.deploy.machine import Machine
from ringfence.deploy.names import UNITS
from ringfence.errors import RingfenceError
from ringfence.harden import names


def disarm(machine: Machine, *, within: bool = False) -> None:
    """Take it away; again changes nothing. `within`: it is called by the very service, which must not stop itself."""
    for unit in (names.TIMER, *(() if within else (names.ROLLBACK, names.BOOT))):
        _quietly(machine, "systemctl", "stop", unit)
    paths = [path for unit in (names.BOOT, names.ROLLBACK) if machine.look(path := f"{UNITS}/{unit}") is not None]
    if paths:
        _quietly(machine, "systemctl", "disable", "--quiet", names.BOOT)
        for path in paths:
            machine.remove(path)
        machine.run("systemctl", "daemon-reload")
    machine.remove(names.CODE)
    try:
        machine.remove_empty(names.FOLDER)
    except RingfenceError:
        return  # what was kept is in it


def _quietly(machine: Machine, *command: str) -> None:
    """Run what may have nothing to do, such as stopping what does not run."""
    try:
        machine.run(*command)
    except RingfenceError:
        return
