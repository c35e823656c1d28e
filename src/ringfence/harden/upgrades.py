"""Security updates that come by themselves: the program that installs them, switched on, and a source that has them.

Debian's own sources alone are added; what others have put into apt's settings is never changed.
"""

import re
from typing import Final

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen
from ringfence.deploy.wants import File, Packages, Running, Want
from ringfence.harden.area import Area, Proposal
from ringfence.harden.names import PERIODIC, SECURITY

_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
_SUITES: Final = frozenset({"bookworm", "trixie"})
_TIMERS = ("apt-daily.timer", "apt-daily-upgrade.timer")
_TEXT = 'APT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n'
_PERIODIC = re.compile(
    r'^APT::Periodic::(?P<key>Update-Package-Lists|Unattended-Upgrade) "(?P<value>[^"]*)";$', re.MULTILINE
)


def look(host: Host) -> Proposal:
    """Say what is offered; raises `Unseen` where apt does not say how it is set."""
    if host.status("/usr/bin/apt-get") is None:
        return Proposal(Area.UPGRADES, refused="this server does not go by apt; switch its own security updates on")
    source, notes = _source(host)
    wants: list[Want] = [*source, Packages(("unattended-upgrades",))]
    if not _is_on(host):
        if host.text(PERIODIC) == _TEXT:
            notes.append(
                f"{PERIODIC} switches updates on, and another file of apt.conf.d switches them off: apt-config dump"
            )
        wants.append(File(PERIODIC, _TEXT))
    wants += [Running(timer) for timer in _TIMERS if _has_unit(host, timer)]
    return Proposal(Area.UPGRADES, tuple(wants), notes=tuple(notes))


def _source(host: Host) -> tuple[list[Want], list[str]]:
    """Find the source of security updates by what apt itself says of all its files; offer Debian's where none is."""
    ran = host.run("apt-get", "indextargets", "--format", "$(RELEASE)")
    if ran.code != 0:
        raise Unseen("apt-get indextargets fails: apt cannot read its sources")
    distribution, suite = _release(host)
    if f"{suite}-security" in ran.out.split():
        return [], []
    if distribution != "debian" or suite not in _SUITES:
        return [], [f"no source of security updates for {suite or 'this distribution'} is there; add its own"]
    if host.status(_KEYRING) is None:
        return [], [f"there is no {_KEYRING}: apt install debian-archive-keyring, and run this again"]
    text = (
        "# Written by `ringfence harden upgrades`.\nTypes: deb\nURIs: http://security.debian.org/debian-security\n"
        f"Suites: {suite}-security\nComponents: main\nSigned-By: {_KEYRING}\n"
    )
    return [File(SECURITY, text)], []


def _release(host: Host) -> tuple[str, str]:
    found = dict(line.split("=", 1) for line in host.lines("/etc/os-release") if "=" in line)
    return found.get("ID", "").strip('"'), found.get("VERSION_CODENAME", "").strip('"')


def _is_on(host: Host) -> bool:
    ran = host.run("apt-config", "dump")
    if ran.code != 0:
        raise Unseen("apt-config dump fails")
    told = {found["key"]: found["value"] for found in _PERIODIC.finditer(ran.out)}
    return len(told) == 2 and all(re.fullmatch("[1-9][0-9]*[smhd]?|always", value) for value in told.values())  # noqa: PLR2004


def _has_unit(host: Host, name: str) -> bool:
    return any(host.status(f"{folder}/{name}") for folder in ("/usr/lib/systemd/system", "/lib/systemd/system"))
