"""The kernel's switches as they are now, from /proc/sys: what a file in sysctl.d wishes for is not looked at."""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from ringfence.audit.host.each import Seen, each
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen


class Wanted(NamedTuple):
    """A switch and the values that are well."""

    key: str
    values: tuple[int, ...]


class OfInterface(NamedTuple):
    """A switch that each network interface has, and how `all` and its own come together (ip-sysctl of the kernel)."""

    family: str
    key: str
    together: Callable[[int, int], int]
    values: tuple[int, ...]


def _own(_: int, own: int) -> int:
    return own


HARDENING: Final = (
    Wanted("kernel.randomize_va_space", (2,)),
    Wanted("kernel.kptr_restrict", (1, 2)),
    Wanted("kernel.dmesg_restrict", (1,)),
    Wanted("kernel.unprivileged_bpf_disabled", (1, 2)),
    Wanted("net.core.bpf_jit_harden", (2,)),
    Wanted("fs.suid_dumpable", (0,)),
    Wanted("fs.protected_hardlinks", (1,)),
    Wanted("fs.protected_symlinks", (1,)),
    Wanted("fs.protected_fifos", (1, 2)),
    Wanted("fs.protected_regular", (1, 2)),
    Wanted("kernel.perf_event_paranoid", (2, 3, 4)),
    Wanted("dev.tty.ldisc_autoload", (0,)),
    Wanted("kernel.kexec_load_disabled", (1,)),
    Wanted("kernel.sysrq", (0, 176)),
    Wanted("vm.unprivileged_userfaultfd", (0,)),
    Wanted("kernel.io_uring_disabled", (1, 2)),
)
"""What CIS 1.5 and Lynis KRNL-6000 ask for; a kernel that lacks a switch lacks what it switches."""

NETWORK: Final = (
    Wanted("net.ipv4.tcp_syncookies", (1, 2)),
    Wanted("net.ipv4.icmp_echo_ignore_broadcasts", (1,)),
)
"""What CIS 3.3 asks for of the network as a whole."""

INTERFACES: Final = (
    OfInterface("ipv4", "accept_redirects", max, (0,)),
    OfInterface("ipv4", "secure_redirects", max, (0,)),
    OfInterface("ipv4", "send_redirects", max, (0,)),
    OfInterface("ipv4", "accept_source_route", min, (0,)),
    OfInterface("ipv4", "rp_filter", max, (1, 2)),
    OfInterface("ipv4", "log_martians", max, (1,)),
    OfInterface("ipv6", "accept_redirects", _own, (0,)),
    OfInterface("ipv6", "accept_source_route", _own, (0, -1)),
    OfInterface("ipv6", "accept_ra", _own, (0,)),
)
"""What CIS 3.3 asks for of each interface."""


def number(host: Host, key: str) -> int | None:
    """Read a switch; None where this kernel has none. Raises `Unseen`, also for what is no number."""
    path = f"/proc/sys/{key.replace('.', '/')}"
    return _number(host, path)


def wrong(host: Host, wanted: tuple[Wanted, ...]) -> Seen:
    """Find the switches that are not as they should be."""

    def look(one: Wanted) -> Iterator[str]:
        found = number(host, one.key)
        if found is not None and found not in one.values:
            yield f"{one.key} = {found} (wanted {one.values[0]})"

    return each(wanted, look)


def wrong_interfaces(host: Host) -> Seen:
    """Find the interfaces, and the default of those to come, that are not as they should be."""
    pairs = [(one, name) for one in INTERFACES for name in _interfaces(host, one.family)]
    return each(pairs, lambda pair: _wrong_interface(host, *pair))


def _interfaces(host: Host, family: str) -> tuple[str, ...]:
    return tuple(name for name in host.names(f"/proc/sys/net/{family}/conf") if name not in {"all", "lo"})


def _wrong_interface(host: Host, one: OfInterface, name: str) -> Iterator[str]:
    place = f"/proc/sys/net/{one.family}/conf"
    if one.family == "ipv6" and _number(host, f"{place}/{name}/disable_ipv6") == 1:
        return
    every, own = _number(host, f"{place}/all/{one.key}"), _number(host, f"{place}/{name}/{one.key}")
    if own is None:
        return
    found = one.together(own if every is None else every, own)
    if found not in one.values:
        yield f"net.{one.family}.conf.{name}.{one.key} = {found} (wanted {one.values[0]})"


def _number(host: Host, path: str) -> int | None:
    text = host.text(path)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise Unseen(f"{path}: it holds no number") from None
