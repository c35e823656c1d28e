"""What the kernel allows: each check passes, fails and is unknown when it cannot look; and what would hide from it."""

from collections.abc import Mapping

import pytest

from ringfence.audit.checked import Verdict
from ringfence.audit.finding import Severity
from ringfence.audit.host import sysctl
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.source import Status
from tests.audit.host.asking import ask, verdict
from tests.audit.host.fake import link
from tests.audit.host.proc import process

GOOD = {f"/proc/sys/{one.key.replace('.', '/')}": f"{one.values[0]}\n" for one in sysctl.HARDENING}
NET = "/proc/sys/net"
GOOD_NET = {
    f"{NET}/{one.family}/conf/{name}/{one.key}": str(one.values[0])
    for one in sysctl.INTERFACES
    for name in ("all", "default", "eth0")
}
GOOD_NET |= {f"/proc/sys/{one.key.replace('.', '/')}": "1" for one in sysctl.NETWORK}


def without(texts: Mapping[str, str], *paths: str) -> dict[str, str]:
    return {path: text for path, text in texts.items() if path not in paths}


def test_switches_that_are_set_pass_and_those_that_a_kernel_lacks_are_not_asked() -> None:
    assert verdict("kernel-switches", GOOD) == "pass"
    assert verdict("kernel-switches", without(GOOD, "/proc/sys/kernel/io_uring_disabled")) == "pass"


@pytest.mark.parametrize("one", sysctl.HARDENING, ids=lambda one: one.key)
def test_each_switch_fails_alone_and_passes_at_each_good_value(one: sysctl.Wanted) -> None:
    path = f"/proc/sys/{one.key.replace('.', '/')}"
    for value in (-1, 0, 1, 2, 3, 4, 5, 176, 438):
        found = ask("kernel-switches", GOOD | {path: f"{value}\n"})
        assert (found.verdict is Verdict.PASS) == (value in one.values)
        assert (one.key in found.evidence) == (value not in one.values)


def test_switches_that_cannot_be_seen_are_unknown_unless_another_fails() -> None:
    shut = frozenset({"/proc/sys/net/core/bpf_jit_harden"})
    assert verdict("kernel-switches", GOOD, hidden=shut) == "unknown"
    bad = GOOD | {"/proc/sys/kernel/kptr_restrict": "0"}
    assert verdict("kernel-switches", bad, hidden=shut) == "fail"
    assert verdict("kernel-switches", {}) == "unknown"
    assert verdict("kernel-switches", GOOD | {"/proc/sys/kernel/kptr_restrict": "x"}) == "unknown"


@pytest.mark.parametrize(("scope", "found"), [("0", "fail"), ("1", "pass"), ("3", "pass"), ("", "unknown")])
def test_memory_is_shut_by_yama(scope: str, found: str) -> None:
    assert verdict("readable-memory", {"/proc/sys/kernel/yama/ptrace_scope": scope}) == found


def test_memory_is_worse_where_a_bot_is_the_user_of_ringfence() -> None:
    users = {"/etc/passwd": "bot:x:7:7::/:/bin/sh\nother:x:7:7::/:/bin/sh\nsigner:x:8:8::/:/bin/sh\n"}
    apart = ask("readable-memory", users, Expected(bots=("bot",), ours=("signer",)))
    shared = ask("readable-memory", users, Expected(bots=("bot",), ours=("signer", "other")))
    assert (apart.severity, shared.severity) == (Severity.MEDIUM, Severity.HIGH)
    assert ask("readable-memory", {}, Expected(bots=("bot",), ours=("signer",))).verdict is Verdict.FAIL


def test_a_network_that_takes_no_advice_passes() -> None:
    assert verdict("network-switches", GOOD_NET) == "pass"
    assert verdict("network-switches", {}) == "unknown"
    assert verdict("network-switches", GOOD_NET, hidden=frozenset({f"{NET}/ipv4/conf/eth0/rp_filter"})) == "unknown"


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"ipv4/conf/eth0/accept_redirects": "1"}, "fail"),  # one interface is enough
        ({"ipv4/conf/all/accept_redirects": "1"}, "fail"),
        ({"ipv4/conf/lo/accept_redirects": "1"}, "pass"),
        ({"ipv4/conf/eth0/accept_source_route": "1"}, "pass"),  # both are needed to switch it on
        ({"ipv4/conf/eth0/accept_source_route": "1", "ipv4/conf/all/accept_source_route": "1"}, "fail"),
        ({"ipv4/conf/eth0/rp_filter": "0"}, "pass"),  # the greater of both counts
        ({"ipv4/conf/eth0/rp_filter": "0", "ipv4/conf/all/rp_filter": "0"}, "fail"),
        ({"ipv6/conf/all/accept_ra": "1"}, "pass"),  # only an interface's own counts
        ({"ipv6/conf/eth0/accept_ra": "2"}, "fail"),
        ({"ipv6/conf/eth0/accept_ra": "2", "ipv6/conf/eth0/disable_ipv6": "1"}, "pass"),
        ({"ipv4/tcp_syncookies": "0"}, "fail"),
    ],
)
def test_an_interfaces_switch_counts_as_the_kernel_counts_it(changed: dict[str, str], found: str) -> None:
    assert verdict("network-switches", GOOD_NET | {f"{NET}/{key}": value for key, value in changed.items()}) == found


PATTERN = "/proc/sys/kernel/core_pattern"
LIMITED = {"/etc/security/limits.d/90.conf": "* hard core 0\n", **process(1, "init")}
COREDUMP = "|/lib/systemd/systemd-coredump %P %u"


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (LIMITED | {PATTERN: "core\n"}, "pass"),
        (without(LIMITED, "/etc/security/limits.d/90.conf") | {PATTERN: "core\n"}, "fail"),
        (LIMITED | {PATTERN: "core", "/etc/security/limits.d/90.conf": "# * hard core 0"}, "fail"),
        (LIMITED | {PATTERN: "core", "/etc/security/limits.d/90.conf": "* soft core 0"}, "fail"),
        (LIMITED | {PATTERN: "core", "/etc/security/limits.d/99.conf": "* hard core unlimited"}, "fail"),
        (LIMITED | {PATTERN: COREDUMP}, "fail"),  # what is piped is given whatever limits say
        ({PATTERN: COREDUMP, "/etc/systemd/coredump.conf": "[Coredump]\nStorage=none\n"}, "pass"),
        ({PATTERN: COREDUMP, "/etc/systemd/coredump.conf": "[Coredump]\n#Storage=none\n"}, "fail"),
        ({PATTERN: COREDUMP, "/etc/systemd/coredump.conf": "[Other]\nStorage=none\n"}, "fail"),
        (
            {
                PATTERN: COREDUMP,
                "/etc/systemd/coredump.conf": "[Coredump]\nStorage=none\n",
                "/etc/systemd/coredump.conf.d/z.conf": "[Coredump]\nStorage=external\n",
            },
            "fail",
        ),
        ({PATTERN: "|/bin/false"}, "pass"),
        ({PATTERN: "|/usr/bin/apport -p%p"}, "fail"),
        ({PATTERN: "|"}, "fail"),
        ({}, "unknown"),
    ],
)
def test_what_crashes_leaves_no_memory(texts: dict[str, str], found: str) -> None:
    assert verdict("core-dumps", texts) == found


def test_a_process_of_ours_that_may_leave_its_memory_is_named() -> None:
    ours = {"/etc/passwd": "signer:x:8:8::/:/bin/sh", **process(12, "signer", 8)}
    for limit, found in (("0 0 bytes", "pass"), ("0 unlimited bytes", "fail")):
        texts = LIMITED | ours | {PATTERN: "core", "/proc/12/limits": f"Max core file size {limit}\n"}
        assert ask("core-dumps", texts, Expected(ours=("signer",))).verdict.value == found


LSM, APPARMOR = "/sys/kernel/security/lsm", "/sys/module/apparmor/parameters/enabled"


@pytest.mark.parametrize(
    ("texts", "found", "severity"),
    [
        ({LSM: "lockdown,capability,landlock,yama,apparmor", APPARMOR: "Y\n"}, "pass", Severity.MEDIUM),
        ({LSM: "capability,landlock,selinux"}, "pass", Severity.MEDIUM),
        ({LSM: "capability,landlock,apparmor", APPARMOR: "N\n"}, "fail", Severity.MEDIUM),
        ({LSM: "capability,landlock,yama"}, "fail", Severity.MEDIUM),
        ({LSM: "capability,noapparmor,landlock"}, "fail", Severity.MEDIUM),
        ({LSM: ""}, "fail", Severity.MEDIUM),
        ({LSM: "capability,apparmor", APPARMOR: "Y"}, "fail", Severity.LOW),
        ({APPARMOR: "Y"}, "unknown", Severity.MEDIUM),
    ],
)
def test_access_control_is_what_the_kernel_says(texts: dict[str, str], found: str, severity: Severity) -> None:
    answer = ask("no-access-control", texts)
    assert (answer.verdict.value, answer.severity) == (found, severity)


DEP = "/lib/modules/6.1/modules.dep"
KERNEL = {
    "/proc/sys/kernel/osrelease": "6.1\n",
    DEP: "kernel/net/sctp/sctp.ko.xz: kernel/x.ko\nkernel/usb/usb-storage.ko:\n",
}
OFF = "install sctp /bin/false\nblacklist usb-storage\n"


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (KERNEL, "fail"),
        (KERNEL | {"/etc/modprobe.d/x.conf": OFF}, "pass"),
        (KERNEL | {"/etc/modprobe.d/x.conf": f"#{OFF}"}, "fail"),
        (KERNEL | {"/etc/modprobe.d/x.txt": OFF}, "fail"),
        (
            KERNEL | {"/etc/modprobe.d/x.conf": OFF.replace("/bin/false", "/sbin/modprobe --ignore-install sctp")},
            "fail",
        ),
        (KERNEL | {"/etc/modprobe.d/x.conf": OFF, "/etc/modprobe.d/y.conf": "install sctp /sbin/insmod x"}, "fail"),
        (KERNEL | {"/usr/lib/modprobe.d/x.conf": OFF, "/etc/modprobe.d/x.conf": "# in its place"}, "fail"),
        (KERNEL | {"/etc/modprobe.d/x.conf": OFF.replace("sctp /", "sctp \\\n /")}, "pass"),
        (KERNEL | {"/etc/modprobe.d/x.conf": OFF, "/proc/modules": "sctp 1 0 - Live 0x0\n"}, "fail"),
        (KERNEL | {"/proc/sys/kernel/modules_disabled": "1"}, "pass"),
        ({"/proc/sys/kernel/osrelease": "6.1\n"}, "not applicable"),
    ],
)
def test_rare_modules_are_switched_off_as_modprobe_reads_it(texts: dict[str, str], found: str) -> None:
    assert verdict("rare-modules", texts) == found


def test_rare_modules_are_unknown_where_the_list_is_shut() -> None:
    assert verdict("rare-modules", KERNEL, hidden=frozenset({DEP})) == "unknown"


STRICT = "".join(f"tmpfs {path} tmpfs rw,nosuid,nodev,noexec 0 0\n" for path in ("/tmp", "/var/tmp", "/dev/shm"))  # noqa: S108
PROC = "proc /proc proc rw,hidepid=2 0 0\n"


@pytest.mark.parametrize(
    ("mounts", "found"),
    [
        (STRICT + PROC, "pass"),
        (STRICT + PROC.replace("hidepid=2", "hidepid=invisible"), "pass"),
        (STRICT + PROC.replace(",hidepid=2", ""), "fail"),
        (STRICT + PROC.replace("hidepid=2", "hidepid=0"), "fail"),
        (STRICT.replace("noexec", "relatime", 1) + PROC, "fail"),
        (STRICT + PROC + "tmpfs /tmp tmpfs rw 0 0\n", "fail"),  # what is mounted last counts
        (PROC, "fail"),
    ],
)
def test_mounts_are_strict(mounts: str, found: str) -> None:
    assert verdict("loose-mounts", {"/proc/mounts": mounts}) == found


def test_mounts_that_are_not_known_are_unknown() -> None:
    assert verdict("loose-mounts", {}) == "unknown"


YES, NO = "NTPSynchronized=yes\n", "NTPSynchronized=no\n"
TIMEDATECTL, CHRONYC = "timedatectl show -p NTPSynchronized", "chronyc -c tracking"


def tracking(offset: str, leap: str = "Normal") -> str:
    return f"C0A80001,192.168.0.1,3,1.0,{offset},0.0,0.0,1.0,0.0,0.1,0.01,0.001,64.2,{leap}\n"


@pytest.mark.parametrize(
    ("commands", "found"),
    [
        ({TIMEDATECTL: YES}, "pass"),
        ({TIMEDATECTL: NO}, "fail"),
        ({TIMEDATECTL: YES, CHRONYC: tracking("-0.499")}, "pass"),
        ({TIMEDATECTL: YES, CHRONYC: tracking("-0.5")}, "fail"),
        ({TIMEDATECTL: YES, CHRONYC: tracking("0.5")}, "fail"),
        ({TIMEDATECTL: YES, CHRONYC: (1, "506 Cannot talk to daemon")}, "pass"),
        ({TIMEDATECTL: NO, CHRONYC: tracking("0.0")}, "fail"),
        ({TIMEDATECTL: (1, ""), CHRONYC: tracking("0.001")}, "pass"),
        ({CHRONYC: tracking("0.001", "Not synchronised")}, "fail"),
    ],
)
def test_the_clock_is_what_the_kernel_and_chrony_say(commands: dict[str, object], found: str) -> None:
    assert verdict("wrong-clock", {}, commands=commands) == found


@pytest.mark.parametrize(
    "commands", [{}, {TIMEDATECTL: (1, "")}, {TIMEDATECTL: ""}, {CHRONYC: "garbage"}, {CHRONYC: tracking("nan")}]
)
def test_a_clock_of_which_nobody_says_anything_is_unknown(commands: dict[str, object]) -> None:
    assert verdict("wrong-clock", {}, commands=commands) == "unknown"


TAINTED = "/proc/sys/kernel/tainted"


@pytest.mark.parametrize(
    ("taint", "found"),
    [("0", "pass"), ("512", "pass"), ("4096", "fail"), ("8192", "fail"), ("12801", "fail"), ("16384", "pass")],
)
def test_a_foreign_module_is_known_by_its_taint(taint: str, found: str) -> None:
    assert verdict("foreign-module", {TAINTED: taint}) == found


def test_a_foreign_module_is_named_and_one_that_hides_is_said_to() -> None:
    loaded = "ext4 1 0 - Live 0x0\nrk 1 0 - Live 0x0 (OE)\n"
    assert "rk" in ask("foreign-module", {TAINTED: "4096", "/proc/modules": loaded}).evidence
    assert "hides" in ask("foreign-module", {TAINTED: "4096", "/proc/modules": "ext4 1 0 - Live 0x0\n"}).evidence
    assert verdict("foreign-module", {}) == "unknown"


SWAPS = "Filename Type Size Used Priority\n"


@pytest.mark.parametrize(
    ("swap", "texts", "stats", "found"),
    [
        ("", {}, {}, "pass"),
        ("/dev/zram0 partition 1 0 100\n", {}, {}, "pass"),
        ("/dev/vda2 partition 1 0 -2\n", {}, {}, "fail"),
        ("/swapfile file 1 0 -2\n", {}, {}, "fail"),
        ("/dev/dm-0 partition 1 0 -2\n", {"/sys/block/dm-0/dm/uuid": "CRYPT-LUKS2-x"}, {}, "pass"),
        ("/dev/dm-0 partition 1 0 -2\n", {"/sys/block/dm-0/dm/uuid": "LVM-x"}, {}, "fail"),
        (
            "/dev/dm-1 partition 1 0 -2\n",
            {
                "/sys/block/dm-1/dm/uuid": "LVM-x",
                "/sys/block/dm-1/slaves/dm-0": "",
                "/sys/block/dm-0/dm/uuid": "CRYPT-x",
            },
            {},
            "pass",
        ),
        (
            "/dev/mapper/swap partition 1 0 -2\n",
            {"/sys/block/dm-0/dm/uuid": "CRYPT-x"},
            {"/dev/mapper/swap": link("../dm-0")},
            "pass",
        ),
        ("/dev/zram0 partition 1 0 1\n/dev/vda2 partition 1 0 -2\n", {}, {}, "fail"),
    ],
)
def test_swap_is_in_memory_or_encrypted(swap: str, texts: dict[str, str], stats: dict[str, Status], found: str) -> None:
    assert verdict("plain-swap", {"/proc/swaps": SWAPS + swap} | texts, stats=stats) == found


def test_swap_that_is_not_known_is_unknown() -> None:
    assert verdict("plain-swap", {}) == "unknown"
