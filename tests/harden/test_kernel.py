"""The kernel's switches: what the audit asks for is set, what is well stays, and what others need is left alone."""

import pytest

from ringfence.audit.host import sysctl
from ringfence.audit.host.host import Host
from ringfence.deploy.wants import File, Switches
from ringfence.harden.area import Area, Asked, Proposal
from ringfence.harden.names import SYSCTL
from ringfence.harden.offer import offer
from tests.audit.host.fake import host

MOUNTS = "proc /proc proc rw,nosuid 0 0\n/dev/vda1 / ext4 rw 0 0\n"
STOCK = {
    "kernel.randomize_va_space": 2, "kernel.kptr_restrict": 0, "kernel.dmesg_restrict": 0,
    "kernel.unprivileged_bpf_disabled": 0, "kernel.perf_event_paranoid": 3, "kernel.sysrq": 438,
    "kernel.yama.ptrace_scope": 0, "kernel.kexec_load_disabled": 0, "net.ipv4.tcp_syncookies": 1,
    "net.ipv4.ip_forward": 1,
}  # fmt: skip
KINDS = {"accept_redirects": 1, "rp_filter": 0, "log_martians": 0, "accept_source_route": 1}


def server(texts: dict[str, str] | None = None, interfaces: tuple[str, ...] = ("all", "default", "eth0", "lo")) -> Host:
    found = {f"/proc/sys/{key.replace('.', '/')}": f"{value}\n" for key, value in STOCK.items()}
    for name in interfaces:
        found |= {f"/proc/sys/net/ipv4/conf/{name}/{key}": f"{value}\n" for key, value in KINDS.items()}
        found |= {f"/proc/sys/net/ipv6/conf/{name}/{key}": "1\n" for key in ("accept_redirects", "accept_ra")}
    return host({**found, "/proc/mounts": MOUNTS, **(texts or {})})


def ask(of: Host) -> Proposal:
    return offer(Area.KERNEL, of, Asked())


def values(of: Host) -> dict[str, str]:
    offered = ask(of)
    assert not offered.refused, offered.refused
    return dict(next(want.values for want in offered.wants if isinstance(want, Switches)))


def test_each_switch_that_is_not_well_is_set_and_each_that_is_stays() -> None:
    found = values(server())
    assert found["kernel/kptr_restrict"] == "1"
    assert found["kernel/yama/ptrace_scope"] == "1"
    assert found["kernel/perf_event_paranoid"] == "3"
    assert found["net/ipv4/conf/eth0/rp_filter"] == "2"
    assert found["net/ipv6/conf/default/accept_ra"] == "0"


def test_the_file_says_just_what_is_set() -> None:
    offered = ask(server())
    text = next(want.content for want in offered.wants if isinstance(want, File))
    said = tuple(tuple(line.split(" = ")) for line in text.splitlines() if not line.startswith("#"))
    assert said == tuple(values(server()).items())


def test_what_can_be_set_once_alone_is_not_set_so() -> None:
    assert values(server())["kernel/unprivileged_bpf_disabled"] == "2"
    assert values(server())["kernel/sysrq"] == "176"


def test_what_this_kernel_lacks_is_left_out() -> None:
    assert not any("io_uring" in key or "bpf_jit" in key for key in values(server()))


def test_whether_packets_are_passed_on_is_never_touched() -> None:
    assert not any("forward" in key for key in values(server()))


def test_loopback_and_what_engines_make_are_left_out() -> None:
    names = ("all", "default", "eth0", "lo", "veth1a", "br-12", "docker0", "wg0", "eth0.100")
    found = {key.split("/")[3] for key in values(server(interfaces=names)) if "/conf/" in key}
    assert found == {"all", "default", "eth0", "wg0", "eth0.100"}


def test_setting_it_once_more_changes_nothing() -> None:
    once = values(server())
    there = {f"/proc/sys/{key}": value for key, value in once.items()}
    assert values(server(there)) == once


def test_what_is_set_passes_the_audit() -> None:
    there = server({f"/proc/sys/{key}": value for key, value in values(server()).items()})
    assert sysctl.wrong(there, (*sysctl.HARDENING, *sysctl.NETWORK)).wrong == ()
    assert sysctl.wrong_interfaces(there).wrong == ()


@pytest.mark.parametrize(("flag", "told"), [("0", False), ("4", True), ("c", True)])
def test_a_way_out_that_routers_tell_is_not_cut_off(flag: str, told: bool) -> None:
    of = server({"/proc/net/ipv6_route": _route(flag)})
    assert any("accept_ra" in key for key in values(of)) is not told
    assert any("accept_ra" in note for note in ask(of).notes) is told


def _route(flag: str) -> str:
    nothing = "0" * 32
    return f"{nothing} 00 {nothing} 00 {'f' * 32} 00000400 00000001 00000000 000{flag}0003     eth0\n"


def test_kdump_keeps_what_it_needs() -> None:
    of = server({"/etc/default/kdump-tools": "USE_KDUMP=1\n"})
    assert "kernel/kexec_load_disabled" not in values(of)
    assert "kdump" in " ".join(ask(of).notes)
    assert values(server())["kernel/kexec_load_disabled"] == "1"


def test_what_a_container_cannot_set_is_left_out_and_said() -> None:
    mounts = f"{MOUNTS}proc /proc/sys proc ro 0 0\nproc /proc/sys/net proc rw 0 0\n"
    of = server({"/proc/mounts": mounts})
    assert all(key.startswith("net/") for key in values(of))
    assert "kernel/kptr_restrict" in ask(of).notes[0]
    assert "randomize" not in ask(of).notes[0]


def test_where_nothing_can_be_set_it_says_so() -> None:
    of = server({"/proc/mounts": f"{MOUNTS}proc /proc/sys proc ro 0 0\n"})
    assert "can be set from in here" in ask(of).refused
    assert ask(of).wants == ()


@pytest.mark.parametrize("text", ["kernel.sysrq = 1\n", "kernel/sysrq=1\n", "- kernel.sysrq = 1\n"])
def test_a_file_that_comes_later_and_says_otherwise_is_named(text: str) -> None:
    notes = ask(server({"/etc/sysctl.d/99-sysctl.conf": text})).notes
    assert notes == ("/etc/sysctl.d/99-sysctl.conf has kernel/sysrq = 1 and comes later: take it out there",)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("99-sysctl.conf", "kernel.sysrq = 176\n"),
        ("99-sysctl.conf", "# kernel.sysrq = 1\n; kernel.sysrq = 1\n"),
        ("99-sysctl.conf", "net.ipv4.ip_forward = 1\n"),
        ("10-mine.conf", "kernel.sysrq = 1\n"),
        ("99-mine.conf.bak", "kernel.sysrq = 1\n"),
    ],
)
def test_a_file_that_says_the_same_or_comes_before_is_not(name: str, text: str) -> None:
    assert ask(server({f"/etc/sysctl.d/{name}": text})).notes == ()


def test_where_switches_cannot_be_read_nothing_is_offered() -> None:
    assert "nothing in it" in ask(host({"/proc/mounts": MOUNTS})).refused
    assert "no number" in ask(server({"/proc/sys/kernel/sysrq": "much"})).refused
    assert "/proc/mounts" in ask(server({"/proc/mounts": ""})).refused


def test_the_file_is_where_the_system_looks_at_a_start() -> None:
    assert [want.path for want in ask(server()).wants if isinstance(want, File)] == [SYSCTL]
