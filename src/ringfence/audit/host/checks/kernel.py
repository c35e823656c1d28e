"""What the kernel allows: its switches, its modules, its mounts, its clock. Read as they are now, never set."""

from collections.abc import Iterator
from typing import Final

from ringfence.audit.finding import Severity
from ringfence.audit.host import clock, modules, mounts, sysctl, units
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed, unknown
from ringfence.audit.host.each import Seen, each, listed
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.processes import theirs

_MAPS: Final = {"apparmor", "selinux", "tomoyo", "smack"}
_STRICT: Final = ("nosuid", "nodev", "noexec")
_STRICT_MOUNTS: Final = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108  # looked at, never written to
_HIDDEN: Final = {"hidepid=1", "hidepid=2", "hidepid=4", "hidepid=noaccess", "hidepid=invisible", "hidepid=ptraceable"}
_FURTHEST: Final = 0.5
"""Seconds: a half of the 1 s that exchanges allow a request to lie ahead of their time."""
_DROPS: Final = {"/bin/false", "/usr/bin/false", "/bin/true", "/usr/bin/true"}


def hardening(host: Host, _: Expected) -> Answer:
    """Ask whether the kernel's switches are set as a server's should be."""
    if sysctl.number(host, "kernel.randomize_va_space") is None:
        return unknown("/proc/sys has nothing in it")
    return sysctl.wrong(host, sysctl.HARDENING).answer("every switch that this kernel has is set")


def memory(host: Host, expected: Expected) -> Answer:
    """Ask whether a process may read the memory of another of its user; worse where a bot's user is a gateway's."""
    scope = sysctl.number(host, "kernel.yama.ptrace_scope")
    if scope is not None and scope >= 1:
        return passed(f"kernel.yama.ptrace_scope = {scope}")
    shared = _numbers(host, expected.bots) & _numbers(host, expected.ours)
    seen = "this kernel has no Yama" if scope is None else f"kernel.yama.ptrace_scope = {scope}"
    if shared:
        return failed(f"{seen}, and a bot runs as the user of Ringfence's own processes")
    return failed(seen, severity=Severity.MEDIUM)


def network(host: Host, _: Expected) -> Answer:
    """Ask whether the network's switches are set as a host's should be."""
    if not host.names("/proc/sys/net/ipv4/conf"):
        return unknown("/proc/sys/net/ipv4/conf has nothing in it")
    seen = sysctl.wrong(host, sysctl.NETWORK) + sysctl.wrong_interfaces(host)
    return seen.answer("redirects, source routes and martians are not taken")


def core_dumps(host: Host, expected: Expected) -> Answer:
    """Ask whether the memory of a process that crashes is kept: keys are in it."""
    pattern = host.text("/proc/sys/kernel/core_pattern")
    if pattern is None:
        return unknown("/proc/sys/kernel/core_pattern is not there")
    if pattern.startswith("|"):
        return _piped(host, pattern[1:].split())
    seen = each(theirs(host, expected, expected.ours), lambda one: _may_dump(host, one.pid, one.name))
    if not _limited(host):
        seen += Seen(("no line `* hard core 0` in limits.conf or limits.d",))
    return seen.answer("a process that crashes leaves no memory behind")


def access_control(host: Host, _: Expected) -> Answer:
    """Ask whether AppArmor or its like is on."""
    path = "/sys/kernel/security/lsm"
    text = host.text(path)
    if text is None:
        return unknown("the kernel does not say what is on: securityfs is not mounted", path)
    active = set(text.strip().split(","))
    if not active & _MAPS or ("apparmor" in active and not active & (_MAPS - {"apparmor"}) and not _apparmor(host)):
        return failed(f"active: {text.strip() or 'nothing'}", path)
    if "landlock" not in active:
        return failed(f"landlock is not among {text.strip()}", path, severity=Severity.LOW)
    return passed(f"active: {text.strip()}", path)


def rare_modules(host: Host, _: Expected) -> Answer:
    """Ask whether modules that no server of this kind needs can be loaded."""
    if sysctl.number(host, "kernel.modules_disabled") == 1:
        return passed("no module can be loaded until the next start")
    loadable = modules.loadable(host)
    if loadable is None:
        return not_applicable("there are no modules for the kernel that runs")
    return Seen(tuple(sorted(loadable))).answer("none of them can be loaded")


def loose_mounts(host: Host, _: Expected) -> Answer:
    """Ask whether programs can be put where everybody may write, and whether processes are hidden from users."""
    found = mounts.options(host)
    wrong = [word for path in _STRICT_MOUNTS for word in _loose(path, found.get(path))]
    if "/proc" not in found or not found["/proc"] & _HIDDEN:
        wrong.append("/proc shows every user the processes of all")
    return Seen(tuple(wrong)).answer("mounted strictly", "/proc/mounts")


def clock_right(host: Host, _: Expected) -> Answer:
    """Ask whether the clock is kept right: exchanges refuse what is late, and a journal needs the time."""
    told = clock.look(host)
    if not told.synchronized:
        return failed(told.seen)
    if told.offset is not None and abs(told.offset) >= _FURTHEST:
        return failed(f"the clock is off by {abs(told.offset):.2f} s")
    return passed(told.seen)


def foreign_modules(host: Host, _: Expected) -> Answer:
    """Ask whether code from outside the distribution runs in the kernel."""
    taint = sysctl.number(host, "kernel.tainted")
    if taint is None:
        return unknown("/proc/sys/kernel/tainted is not there")
    if not taint & modules.FOREIGN:
        return passed(f"kernel.tainted = {taint}")
    named = modules.foreign(host)
    which = listed(named) if named else "none that is still listed: it was taken out, or hides"
    return failed(f"kernel.tainted = {taint}; {which}")


def swap(host: Host, _: Expected) -> Answer:
    """Ask whether memory is written to a disk in the clear: keys may be in it."""
    text = host.text("/proc/swaps")
    if text is None:
        return unknown("/proc/swaps is not there")
    devices = [line.split()[0] for line in text.splitlines()[1:] if line.strip()]
    return each(devices, lambda one: _in_the_clear(host, one)).answer("no swap, or none in the clear", "/proc/swaps")


def _numbers(host: Host, names: tuple[str, ...]) -> set[int]:
    return {host.users[name].uid for name in names if name in host.users}


def _piped(host: Host, words: list[str]) -> Answer:
    """Judge what is given the memory of a process: it is, whatever limits say (core(5))."""
    program = words[0] if words else ""
    if program in _DROPS:
        return passed(f"{program} takes it, and keeps nothing")
    if program.endswith("/systemd-coredump"):
        found = units.conf(host, "coredump.conf")
        storage = units.last(found, "Coredump", "Storage")
        if storage is not None and storage.value == "none":
            return passed("systemd-coredump keeps none", storage.path)
    return failed(f"{program or 'a program without a name'} is given the memory of what crashes")


def _limited(host: Host) -> bool:
    paths = ("/etc/security/limits.conf", *host.under("/etc/security/limits.d", ".conf"))
    rows = [line.split("#")[0].split() for path in paths for line in host.lines(path)]
    said = [row[3] for row in rows if len(row) == 4 and row[0] == "*" and row[1] in {"hard", "-"} and row[2] == "core"]  # noqa: PLR2004  # limits.conf(5)
    return bool(said) and said[-1] == "0"


def _may_dump(host: Host, pid: int, name: str) -> Iterator[str]:
    text = host.text(f"/proc/{pid}/limits")
    for line in (text or "").splitlines():
        if line.startswith("Max core file size") and line.split()[4:6] != ["0", "0"]:
            yield f"{name} ({pid}) may leave its memory in a file"


def _apparmor(host: Host) -> bool:
    return (host.text("/sys/module/apparmor/parameters/enabled") or "").strip() == "Y"


def _loose(path: str, found: frozenset[str] | None) -> Iterator[str]:
    if found is None:
        yield f"{path} is no mount of its own"
        return
    missing = [one for one in _STRICT if one not in found]
    if missing:
        yield f"{path} lacks {', '.join(missing)}"


def _in_the_clear(host: Host, device: str) -> Iterator[str]:
    if device.startswith("/dev/zram"):
        return
    status = host.status(device)
    name = (status.target if status is not None and status.is_link else device).rpartition("/")[2]
    if not _encrypted(host, name, 0):
        yield f"{device} is not encrypted"


def _encrypted(host: Host, name: str, depth: int) -> bool:
    """Say whether a block device is dm-crypt, or stands on such ones only: a volume on LUKS."""
    if (host.text(f"/sys/block/{name}/dm/uuid") or "").startswith("CRYPT-"):
        return True
    below = host.names(f"/sys/block/{name}/slaves")
    return depth < 8 and bool(below) and all(_encrypted(host, one, depth + 1) for one in below)  # noqa: PLR2004  # more than any stack


CHECKS: Final[tuple[Check, ...]] = (
    Check("host/kernel-switches", hardening),
    Check("host/readable-memory", memory),
    Check("host/network-switches", network, optional=True),
    Check("host/core-dumps", core_dumps, optional=True),
    Check("host/no-access-control", access_control),
    Check("host/rare-modules", rare_modules, optional=True),
    Check("host/loose-mounts", loose_mounts, optional=True),
    Check("host/wrong-clock", clock_right),
    Check("host/foreign-module", foreign_modules),
    Check("host/plain-swap", swap, optional=True),
)
