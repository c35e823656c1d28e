"""The kernel's switches, as the audit of the host asks for them: those that this kernel has and that can be set here.

Whether packets are passed on (ip_forward) is never touched: containers and tunnels need it.
"""

import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.host import mounts, sysctl
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen
from ringfence.audit.host.sysctl import OfInterface, Wanted
from ringfence.deploy.wants import File, Switches
from ringfence.harden.area import Area, Proposal
from ringfence.harden.names import SYSCTL

_TRACING: Final = Wanted("kernel.yama.ptrace_scope", (1, 2, 3))
# Of several good values the one that can be taken back, or that a rescue console and two networks can live with.
_RATHER: Final = {"kernel.unprivileged_bpf_disabled": 2, "kernel.sysrq": 176, "rp_filter": 2}
_OF_ENGINES = ("veth", "br-", "docker", "virbr", "vnet", "lxc", "lxdbr", "cni", "cali", "flannel", "podman", "tap")
_ROUTER, _DEFAULT = 0x0004_0000, "0" * 32  # RTF_ADDRCONF of the kernel's ipv6_route.h: told by a router
_LATER = ("/etc/sysctl.d", "/run/sysctl.d", "/usr/local/lib/sysctl.d", "/usr/lib/sysctl.d")
_LINE = re.compile(r"-?\s*(?P<key>[^=\s]+)\s*=\s*(?P<value>.*)")


def look(host: Host) -> Proposal:
    """Say what is offered; raises `Unseen` where the switches cannot be read."""
    if sysctl.number(host, "kernel.randomize_va_space") is None:
        raise Unseen("/proc/sys has nothing in it")
    wanted = dict((*_whole(host), *_interfaces(host)))
    values = {key: value for key, value in wanted.items() if not _fixed(host, key)}
    notes = [*_withheld(host, wanted), *_won_over(host, values)]
    if not values:
        return Proposal(Area.KERNEL, refused="no switch of the kernel can be set from in here", notes=tuple(notes))
    text = "# Written by `ringfence harden kernel`.\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
    return Proposal(Area.KERNEL, (File(SYSCTL, text), Switches(SYSCTL, tuple(values.items()))), notes=tuple(notes))


def _whole(host: Host) -> Iterator[tuple[str, str]]:
    for one in (*sysctl.HARDENING, _TRACING, *sysctl.NETWORK):
        now = sysctl.number(host, one.key)
        if now is not None and not (one.key == "kernel.kexec_load_disabled" and _dumps(host)):
            yield one.key.replace(".", "/"), _value(one.key, now, one.values)


def _interfaces(host: Host) -> Iterator[tuple[str, str]]:
    """Set what holds for all, for those to come, and for each that is there, but for what engines make and unmake."""
    for one in sysctl.INTERFACES:
        names = host.names(f"/proc/sys/net/{one.family}/conf")
        for name in names if not _needed(host, one) else ():
            key = f"net/{one.family}/conf/{name}/{one.key}"
            now = _number(host, key)
            if now is not None and name != "lo" and not name.startswith(_OF_ENGINES):
                yield key, _value(one.key, now, one.values)


def _number(host: Host, key: str) -> int | None:
    """Read a switch by its path: the name of an interface may hold a dot."""
    text = (host.text(f"/proc/sys/{key}") or "").strip()
    return int(text) if re.fullmatch("-?[0-9]{1,10}", text) else None


def _value(key: str, now: int, good: tuple[int, ...]) -> str:
    """What is well stays as it is, so that doing it again changes nothing."""
    return str(now if now in good else _RATHER.get(key, good[0]))


def _needed(host: Host, one: OfInterface) -> bool:
    """Say whether the way to the internet over IPv6 is what routers tell: without that it ends half an hour later."""
    return one.key == "accept_ra" and _told_by_router(host)


def _told_by_router(host: Host) -> bool:
    rows = (line.split() for line in (host.text("/proc/net/ipv6_route") or "").splitlines())
    return any(row[0] == _DEFAULT and row[1] == "00" and int(row[8], 16) & _ROUTER for row in rows if len(row) > 8)  # noqa: PLR2004  # ten columns


def _dumps(host: Host) -> bool:
    """Say whether another kernel is kept ready for a crash: it is loaded by what would be switched off."""
    return host.status("/etc/default/kdump-tools") is not None


def _fixed(host: Host, key: str) -> bool:
    """Say whether a switch is in a place that is only to be read, as in a container."""
    path, found = f"/proc/sys/{key}", mounts.options(host)
    above = [path.rsplit("/", count)[0] or "/" for count in range(path.count("/") + 1)]
    return "ro" in next((found[place] for place in above if place in found), frozenset[str]())


def _withheld(host: Host, wanted: dict[str, str]) -> Iterator[str]:
    fixed = [key for key, value in wanted.items() if _fixed(host, key) and str(_number(host, key)) != value]
    if fixed:
        yield f"{len(fixed)} switches belong to the machine that this container runs on: {', '.join(fixed)}"
    if any(_needed(host, one) for one in sysctl.INTERFACES):
        yield "routers still say which way leads out over IPv6 (accept_ra): this server has it from one"
    if _dumps(host):
        yield "kernel/kexec_load_disabled is left out: kdump needs it"


def _won_over(host: Host, values: dict[str, str]) -> Iterator[str]:
    """Say what a file has that comes after ours, which will count after the next start (sysctl.d(5))."""
    own = SYSCTL.rpartition("/")[2]
    later = [path for folder in _LATER for path in host.under(folder, ".conf") if path.rpartition("/")[2] > own]
    for path in dict.fromkeys(later):
        for found in filter(None, map(_LINE.fullmatch, host.lines(path))):
            key = found["key"] if "/" in found["key"] else found["key"].replace(".", "/")
            if key in values and found["value"].strip() != values[key]:
                yield f"{path} has {key} = {found['value'].strip()} and comes later: take it out there"
