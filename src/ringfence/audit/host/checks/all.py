"""Every check of a server, in the order in which they are listed. A group that is not here is not asked."""

from typing import Final

from ringfence.audit.host.answer import Check
from ringfence.audit.host.checks import (
    access,
    dedicated,
    firewall,
    kernel,
    logs,
    passwords,
    patching,
    second_factor,
    services,
    ssh,
    vpn,
)

CHECKS: Final[tuple[Check, ...]] = (
    *dedicated.CHECKS,
    *patching.CHECKS,
    *firewall.CHECKS,
    *vpn.CHECKS,
    *ssh.CHECKS,
    *access.CHECKS,
    *passwords.CHECKS,
    *second_factor.CHECKS,
    *kernel.CHECKS,
    *services.CHECKS,
    *logs.CHECKS,
)
"""All of them."""
