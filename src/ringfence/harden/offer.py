"""What is offered for each area, and whether it holds once it is done. What cannot be seen is not offered."""

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen
from ringfence.harden import clock, firewall, homes, kernel, ssh, upgrades
from ringfence.harden.area import Area, Asked, Proposal


def offer(area: Area, host: Host, asked: Asked) -> Proposal:
    """Say what is offered for an area; raises `Misconfigured` for what was asked and cannot be."""
    try:
        return _offer(area, host, asked)
    except Unseen as error:
        return Proposal(area, refused=f"it cannot be looked at: {error}")


def _offer(area: Area, host: Host, asked: Asked) -> Proposal:
    match area:
        case Area.SSH:
            return ssh.look(host)
        case Area.FIREWALL:
            return firewall.look(host, asked)
        case Area.KERNEL:
            return kernel.look(host)
        case Area.UPGRADES:
            return upgrades.look(host)
        case Area.TIME:
            return clock.look(host)
        case Area.ACCOUNTS:
            return homes.look(host)


def wrong(area: Area, host: Host) -> str:
    """Say what does not hold of an area after it was done; empty where all does. `host` is looked at anew for it."""
    try:
        match area:
            case Area.SSH:
                return ssh.verify(host)
            case Area.FIREWALL:
                return firewall.verify(host)
            case Area.KERNEL | Area.UPGRADES | Area.TIME | Area.ACCOUNTS:
                return ""  # what was done said so itself
    except Unseen as error:
        return str(error)
