"""Packages of a distribution that goes by dpkg and apt: which are there, which would come, taking them out again."""

import re
from collections.abc import Iterable

from ringfence.deploy.machine import Machine
from ringfence.errors import RingfenceError

_COMES = re.compile(r"^Inst (?P<name>[a-z0-9][a-z0-9+.-]*)", re.MULTILINE)  # Debian policy 5.6.1, without :arch
_OFFLINE = "the server has to reach its mirror, see /etc/apt/sources.list; nothing else waits for it"
# What somebody has changed in a package's settings stays, and nothing is asked (dpkg(1)).
_INSTALL = ("--yes", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confold", "install")


def there(machine: Machine, name: str) -> bool:
    """Say whether a package is installed."""
    try:
        return machine.run("dpkg-query", "-W", "-f", "${db:Status-Status}", name).strip() == "installed"
    except RingfenceError:
        return False


def to_come(machine: Machine, names: Iterable[str]) -> tuple[str, ...]:
    """List what an installation would bring that is not there, as far as apt knows; at least what is asked for."""
    missing = [name for name in names if not there(machine, name)]
    try:
        told = machine.run("apt-get", "--simulate", "--no-install-recommends", "install", *missing) if missing else ""
    except RingfenceError:
        told = ""  # its lists are not there yet
    every = dict.fromkeys((*missing, *_COMES.findall(told)))
    return tuple(name for name in every if not there(machine, name))


def install(machine: Machine, names: Iterable[str]) -> None:
    """Bring packages, from lists that are asked for anew; raises `RingfenceError` where the mirror is out of reach."""
    try:
        machine.run("apt-get", "--quiet", "update")
        machine.run("apt-get", *_INSTALL, *names)
    except RingfenceError as error:
        raise RingfenceError(str(error), hint=error.hint or _OFFLINE) from None


def remove(machine: Machine, names: Iterable[str]) -> str:
    """Take packages out with their settings; returns what is left to a person, where something else needs them now."""
    present = [name for name in names if there(machine, name)]
    try:
        if present:
            machine.run("dpkg", "--purge", *present)
    except RingfenceError:
        return f"packages stay, as something needs them: {' '.join(present)}"
    return ""
