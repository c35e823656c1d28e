"""Telling a unit that runs to read its settings anew. It is never stopped: who is logged in stays logged in."""

from ringfence.deploy.machine import Machine, asks

_CHECKS = {"ssh.service": ("sshd", "-t"), "sshd.service": ("sshd", "-t")}
"""What says that settings are sound, before anything goes by them."""


def check(machine: Machine, unit: str) -> None:
    """Ask whether the settings are sound; raises `RingfenceError`."""
    if unit in _CHECKS:
        machine.run(*_CHECKS[unit])


def reread(machine: Machine, unit: str) -> None:
    """Check the settings, and have them read; raises `RingfenceError`. What does not run reads them when it starts.

    While the system starts sshd cannot even be asked: its folder in /run comes with its unit.
    """
    if asks(machine, "is-active", unit) == "active":
        check(machine, unit)
        machine.run("systemctl", "reload", unit)
