"""Is the server kept up to date: its release, its sources, its updates, and whether what is installed is what runs."""

import datetime as dt
import re
from typing import Final

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed
from ringfence.audit.host.apt import Origin, is_yes, listed, origins, setting, settings
from ringfence.audit.host.dpkg import packages
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.kernels import kernels
from ringfence.audit.host.programs import Process, basename, processes, program, uids
from ringfence.audit.host.release import release
from ringfence.audit.host.source import Unseen
from ringfence.audit.host.updates import (
    LOG,
    fetched,
    is_security_wanted,
    last_run,
    outdated,
    pending,
    security_origins,
    takes_security,
)
from ringfence.audit.host.words import several

_DAY = 86400
_LISTS_OLD = 2 * _DAY  # apt-daily.timer runs twice a day
_RUN_OLD = 3 * _DAY
_UP_LONGEST = 60 * _DAY  # Debian gives out a kernel with security fixes about every month
_SELDOM = 7 * _DAY  # less often than weekly is as good as by hand
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": _DAY}
_TIMERS: Final = ("apt-daily.timer", "apt-daily-upgrade.timer")

_UNSIGNED: Final = (
    "apt::get::allowunauthenticated",
    "acquire::allowinsecurerepositories",
    "acquire::allowdowngradetoinsecurerepositories",
    "acquire::allowweakrepositories",
)
_VERIFIED: Final = re.compile(r"acquire::(?:.*::)?(?:check-valid-until|verify-peer|verify-host)$")
_OPTIONS: Final = ("trusted", "allow-insecure", "allow-weak", "allow-downgrade-to-insecure")
_DELETED: Final = re.compile(r"(/\S*\.so(?:\.[\w.]+)?)(?:;\w+)? \(deleted\)$", re.MULTILINE)
_WHOLE: Final = 250  # packages: the digests of a small server's take a second, those of a full one twenty
_CORE: Final = (  # what lets people in, starts programs, or is started by all
    "apt", "bash", "coreutils", "cron", "dash", "dbus", "dpkg", "gpgv", "init-system-helpers", "iproute2", "iptables",
    "kmod", "libc-bin", "libc6", "libpam-modules", "libpam-modules-bin", "libpam-runtime", "libpam-systemd", "libpam0g",
    "libssl3", "libssl3t64", "libsystemd0", "login", "mount", "nftables", "openssh-client", "openssh-server",
    "openssh-sftp-server", "passwd", "perl-base", "procps", "python3-minimal", "python3.11-minimal",
    "python3.13-minimal", "sudo", "systemd", "systemd-sysv", "tar", "udev", "util-linux",
)  # fmt: skip
_CHANGED: Final = re.compile(r"^..5\S* +(?!c )(/.*)$", re.MULTILINE)


def end_of_life(host: Host, _: Expected) -> Answer:
    """Ask whether the release still gets security updates."""
    found = release(host)
    today = dt.datetime.fromtimestamp(host.now, dt.UTC).date()
    if today > found.last:
        return failed(f"{found.name}: no security updates since {found.last}", "/etc/os-release")
    if today > found.full:
        said = f"{found.name}: full support ended {found.full}, the rest ends {found.last}"
        return failed(said, "/etc/os-release", severity=Severity.LOW)
    return passed(f"{found.name}: supported until {found.full}")


def no_security_source(host: Host, _: Expected) -> Answer:
    """Ask whether security updates can come at all."""
    found = security_origins(host)
    if found:
        return passed(several(each.uris[0] for each in found if each.uris), found[0].path)
    return failed("no enabled source brings the security updates of this release", "/etc/apt/sources.list")


def stale_lists(host: Host, _: Expected) -> Answer:
    """Ask how old the lists of packages are."""
    expired = outdated(host)
    if expired:
        return failed(f"past their own date of expiry: {several(expired)}", "/var/lib/apt/lists")
    when = fetched(host)
    if not when:
        return failed("the lists of packages were never fetched", "/var/lib/apt/lists")
    age = host.now - when
    said = f"fetched {max(age, 0) / _DAY:.1f} days ago"
    return passed(said) if age < _LISTS_OLD else failed(said, "/var/lib/apt/lists")


def pending_security(host: Host, _: Expected) -> Answer:
    """Ask which security updates wait."""
    found = pending(host)
    if found:
        return failed(several(found))
    if not is_security_wanted(host):
        raise Unseen("apt does not take anything from a security archive, so it cannot say what waits there")
    return passed()


def no_automatic_updates(host: Host, _: Expected) -> Answer:
    """Ask whether updates come by themselves."""
    if "unattended-upgrades" not in packages(host):
        return failed("unattended-upgrades is not installed")
    enable = setting(host, "APT::Periodic::Enable")
    wrong = ["APT::Periodic::Enable"] if enable and not is_yes(enable) else []
    every = {
        name: _every(setting(host, f"APT::Periodic::{name}")) for name in ("Update-Package-Lists", "Unattended-Upgrade")
    }
    wrong += [name for name, seconds in every.items() if not seconds]
    wrong += [timer for timer in _TIMERS if not _is_enabled(host, timer)]
    if wrong:
        return failed(f"switched off: {several(wrong)}")
    seldom = [name for name, seconds in every.items() if seconds > _SELDOM]
    return failed(f"seldom: {several(seldom)}", severity=Severity.MEDIUM) if seldom else passed()


def updates_left_out(host: Host, _: Expected) -> Answer:
    """Ask whether the automatic updates take every security update."""
    if not takes_security(host):
        return failed("no pattern of unattended-upgrades fits the security archive")
    left = listed(host, "Unattended-Upgrade::Package-Blacklist")
    if left:
        return failed(f"left out: {several(left)}")
    strict = is_yes(setting(host, "Unattended-Upgrade::Package-Whitelist-Strict"))
    only = listed(host, "Unattended-Upgrade::Package-Whitelist")
    return failed(f"nothing but: {several(only)}") if only or strict else passed()


def updates_failing(host: Host, _: Expected) -> Answer:
    """Ask how the last automatic update went."""
    run = last_run(host)
    if run is None:
        return failed("unattended-upgrades has never run", LOG)
    age = host.now - run.last
    if age < -_DAY:
        raise Unseen("the log of unattended-upgrades is dated in the future")
    if run.errors:
        return failed(run.errors[-1], LOG)
    said = f"last run {max(age, 0) / _DAY:.1f} days ago"
    return passed(said) if age <= _RUN_OLD else failed(said, LOG)


def old_kernel(host: Host, _: Expected) -> Answer:
    """Ask whether the newest installed kernel is the one that runs."""
    found = kernels(host)
    if found is None:
        return not_applicable("the kernel is not this system's own: whoever runs the machine updates it")
    if found.newer:
        return failed(f"{found.running} runs, {found.newer} is installed", "/boot")
    return passed(found.running)


def reboot_due(host: Host, _: Expected) -> Answer:
    """Ask whether the server should start anew."""
    if host.status("/run/reboot-required"):
        return failed("an update asks for a restart", "/run/reboot-required")
    words = (host.text("/proc/uptime") or "").split()
    if not words or not words[0].replace(".", "", 1).isdecimal():
        raise Unseen("/proc/uptime cannot be read")
    seconds = float(words[0])
    said = f"up for {seconds / _DAY:.0f} days"
    return passed(said) if seconds < _UP_LONGEST else failed(said, "/proc/uptime")


def deleted_library(host: Host, expected: Expected) -> Answer:
    """Ask whether bots, Ringfence and sshd still run code that an update has replaced."""
    known = uids(host, (*expected.bots, *expected.ours))
    own = [each for each in processes(host) if each.uids & known.keys() or each.name == "sshd"]
    found = [f"{each.name} ({each.pid}): {several(gone)}" for each in own if (gone := _deleted(host, each))]
    if found:
        return failed(several(found))
    return passed(f"{len(own)} processes") if own else not_applicable("neither a bot nor sshd runs")


def changed_file(host: Host, _: Expected) -> Answer:
    """Ask whether a program is not as its package brought it; of many packages only of those that matter most."""
    installed = packages(host)
    few = tuple(name for name in _CORE if name in installed) if len(installed) > _WHOLE else ()
    ran = host.run("dpkg", "-V", *few)
    if ran.code not in (0, 1) or (ran.code and not ran.out.strip()):
        raise Unseen("`dpkg -V` fails")
    found = _CHANGED.findall(ran.out)
    looked = f"{len(few)} of {len(installed)} packages: those that let people in and start programs" if few else ""
    return failed(several(found), found[0]) if found else passed(looked)


def unsigned_packages(host: Host, _: Expected) -> Answer:
    """Ask whether apt would take packages that nobody has signed, or old ones for new."""
    for each in origins(host):
        wrong = _unsigned(each)
        if wrong:
            return failed(f"{wrong}: {several(each.uris)}", each.path, each.line)
    held = dict(settings(host))
    bad = [name for name, value in held.items() if name.endswith(_UNSIGNED) and is_yes(value)]
    bad += [name for name, value in held.items() if _VERIFIED.search(name) and value and not is_yes(value)]
    if bad:
        return failed(several(bad))
    return passed(f"keyrings: {several(host.names('/etc/apt/trusted.gpg.d')) or 'none for every source'}")


def _every(text: str) -> int:
    """Read an interval of APT::Periodic in seconds: days, or a number with a unit, or always; 0 is never."""
    if text == "always":
        return 1
    found = re.fullmatch(r"(\d+)([smhd]?)", text)
    return int(found[1]) * _UNITS[found[2] or "d"] if found else 0


def _is_enabled(host: Host, timer: str) -> bool:
    mask = host.status(f"/etc/systemd/system/{timer}")
    if mask and mask.target == "/dev/null":
        return False
    return host.status(f"/etc/systemd/system/timers.target.wants/{timer}") is not None


def _deleted(host: Host, process: Process) -> list[str]:
    maps = host.text(f"{process.path}/maps") or ""
    gone = {basename(path) for path in _DELETED.findall(maps)}
    file = program(host, process)
    return sorted(gone | ({basename(file)} if file.endswith(" (deleted)") else set()))


def _unsigned(origin: Origin) -> str:
    for name in _OPTIONS:
        if is_yes(origin.options.get(name, "")):
            return f"{name}={origin.options[name]}"
    valid = origin.options.get("check-valid-until", "yes")
    return "" if is_yes(valid) else f"check-valid-until={valid}"


CHECKS: Final = (
    Check("host/end-of-life", end_of_life),
    Check("host/no-security-source", no_security_source),
    Check("host/stale-lists", stale_lists),
    Check("host/pending-security", pending_security, needs=("host/no-security-source", "host/stale-lists")),
    Check("host/no-automatic-updates", no_automatic_updates),
    Check("host/updates-left-out", updates_left_out, needs=("host/no-automatic-updates",)),
    Check("host/updates-failing", updates_failing, needs=("host/no-automatic-updates",)),
    Check("host/old-kernel", old_kernel),
    Check("host/reboot-due", reboot_due),
    Check("host/deleted-library", deleted_library),
    Check("host/changed-file", changed_file),
    Check("host/unsigned-packages", unsigned_packages),
)
