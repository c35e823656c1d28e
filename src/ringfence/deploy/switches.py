"""Switches of the kernel as they are now, read and set. Each is named by its path in /proc/sys."""

from collections.abc import Iterable

from ringfence.deploy.machine import Machine
from ringfence.errors import RingfenceError

Values = tuple[tuple[str, str], ...]
"""Switches and what they are set to."""


def now(machine: Machine, values: Iterable[tuple[str, str]]) -> Values:
    """Read some switches; what is wanted of them is not looked at. Those that this kernel lacks are left out."""
    found = ((key, machine.look(f"/proc/sys/{key}")) for key, _ in values)
    return tuple((key, " ".join(seen.content.decode("ascii", "replace").split())) for key, seen in found if seen)


def load(machine: Machine, path: str) -> None:
    """Set all that a file says; raises `RingfenceError` where the kernel does not take one."""
    machine.run("sysctl", "-q", "-p", path)


def set_back(machine: Machine, values: Values) -> tuple[str, ...]:
    """Set switches to what they were, in order; returns those that the kernel does not let go of before a restart."""
    left = list[str]()
    for key, value in values:
        if now(machine, [(key, value)]) == ((key, value),):
            continue
        try:
            machine.run("sysctl", "-q", "-w", f"{key}={value}")
        except RingfenceError:
            left.append(key)
    return tuple(left)
