"""What is written down and whether it is still there when it is needed. No log is read: it is asked who keeps them."""

import ipaddress
import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.finding import Severity
from ringfence.audit.host import journald, paths, units
from ringfence.audit.host.answer import Answer, Check, failed, not_applicable, passed, unknown
from ringfence.audit.host.each import each, listed
from ringfence.audit.host.engines import groups_of
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.processes import processes, uids
from ringfence.audit.host.source import Unseen

_SHIPPERS: Final = frozenset(
    {"vector", "promtail", "alloy", "filebeat", "fluent-bit", "fluentd", "syslog-ng", "wazuh-agentd", "auditbeat"}
)
_BANS: Final = frozenset({"fail2ban-server", "sshguard", "sshg-blocker", "crowdsec"})
_PRIVATE: Final = re.compile(
    r"(auth\.log|syslog|kern\.log|messages|secure|daemon\.log|user\.log|btmp|ufw\.log)([.-].*)?"
)
_PRIVATE_FOLDERS: Final = ("audit", "journal", "private")
_TCP: Final = re.compile(r"@@(?:\([^)]*\))?\[?(?P<host>[A-Za-z0-9_.:-]+)")
_UDP: Final = re.compile(r"(?<!@)@(?!@)(?:\([^)]*\))?\[?(?P<host>[A-Za-z0-9_.:-]+)")
_TARGET: Final = re.compile(r"\btarget\s*=\s*\"(?P<host>[^\"]+)\"", re.IGNORECASE)
_OVER_TCP: Final = re.compile(r"type\s*=\s*\"omrelp\"|protocol\s*=\s*\"tcp\"", re.IGNORECASE)
_FULLEST: Final = 85
"""Percent: Lynis and most monitors warn from there on; journald itself stops at 85 (journald.conf(5), KeepFree)."""
_READERS: Final = frozenset({"adm", "systemd-journal"})


def journal_lost(host: Host, _: Expected) -> Answer:
    """Ask whether the journal is kept for a month and over a start."""
    return each((host,), journald.faults).answer("it is kept", "/etc/systemd/journald.conf")


def logs_stay(host: Host, _: Expected) -> Answer:
    """Ask whether what is logged leaves the server: a thief who is root rewrites what stays."""
    running = {one.name for one in processes(host)} & _SHIPPERS  # any program may call itself so
    shippers = [name for name in running if units.enabled(host, f"{name}.service")]
    if shippers:
        return passed(f"{', '.join(sorted(shippers))} runs")
    upload = _upload(host)
    if upload:
        return passed(upload)
    sent = dict(_forwarded(host))
    if True in sent.values():
        return passed(f"rsyslog sends to {listed(name for name, whole in sent.items() if whole)}")
    if sent:
        return failed(f"rsyslog sends to {listed(sent)} by UDP, which loses lines", severity=Severity.LOW)
    return failed("no program that sends logs elsewhere is set up")


def no_audit_trail(host: Host, _: Expected) -> Answer:
    """Ask whether the kernel writes down who runs what."""
    if not any(one.name == "auditd" and one.uids == {0} for one in processes(host)):
        return failed("auditd does not run")
    ran = host.run("auditctl", "-l")
    if ran.code != 0:
        raise Unseen("auditctl -l: it is not for this user")
    rules = [line for line in ran.out.splitlines() if line.startswith("-")]
    if not any("execve" in one or one.startswith("-w") for one in rules):
        return failed("auditd runs, and has no rule about programs or files")
    if any(one.startswith(("-a never,task", "-a task,never")) for one in rules):
        return failed("a rule turns all of it off: -a never,task")
    return passed(f"{len(rules)} rules")


def logs_readable(host: Host, expected: Expected) -> Answer:
    """Ask whether a bot, or anybody, may read or write what is logged of others."""
    if host.status("/var/log") is None:
        return unknown("there is no /var/log")
    bots = uids(host, expected.bots)
    seen = each(_private(host), lambda path: _open_log(host, path, bots))
    groups = groups_of(host, expected.bots)
    seen += each(_READERS, lambda name: _member(host, name, groups) if expected.bots else ())
    return seen.answer("for root and its groups only", "/var/log")


def no_ban(host: Host, _: Expected) -> Answer:
    """Ask whether somebody who guesses passwords is shut out."""
    if all(host.status(path) is None for path in ("/usr/sbin/sshd", "/usr/local/sbin/sshd")):
        return not_applicable("there is no sshd")
    found = {one.name for one in processes(host) if 0 in one.uids} & {name[:15] for name in _BANS}
    return passed(f"{', '.join(sorted(found))} runs") if found else failed("neither fail2ban nor its like runs")


def disk_full(host: Host, _: Expected) -> Answer:
    """Ask whether there is room: a full disk ends logs, the journal and orders."""
    seen = each(("-k", "-i"), lambda flag: _full(host, flag))
    return seen.answer("there is room on every disk")


def _upload(host: Host) -> str:
    if not units.enabled(host, "systemd-journal-upload.service"):
        return ""
    found = units.last(units.conf(host, "journal-upload.conf"), "Upload", "URL")
    if found is None or _is_here(re.sub(r"^\w+://", "", found.value).partition("/")[0]):
        return ""
    return f"journal-upload sends to {found.value}"


def _forwarded(host: Host) -> Iterator[tuple[str, bool]]:
    """Yield where rsyslog sends lines, and whether so that none is lost."""
    if not units.enabled(host, "rsyslog.service") or all(one.name != "rsyslogd" for one in processes(host)):
        return
    for path in ("/etc/rsyslog.conf", *host.under("/etc/rsyslog.d", ".conf")):
        text = "\n".join(line.partition("#")[0] for line in host.lines(path))
        yield from ((one["host"], True) for one in _TCP.finditer(text) if not _is_here(one["host"]))
        yield from ((one["host"], False) for one in _UDP.finditer(text) if not _is_here(one["host"]))
        for action in re.findall(r"action\s*\(([^)]*)\)", text, re.IGNORECASE):
            target = _TARGET.search(action)
            if target and not _is_here(target["host"]):
                yield target["host"], _OVER_TCP.search(action) is not None


def _is_here(name: str) -> bool:
    """Say whether a host is this machine, whatever port stands behind it."""
    bare = name[1:].partition("]")[0] if name.startswith("[") else name
    bare = bare.partition(":")[0] if bare.count(":") == 1 else bare
    if bare.lower() in {"", "localhost", "ip6-localhost"}:
        return True
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def _private(host: Host) -> tuple[str, ...]:
    names = host.names("/var/log")
    found = [f"/var/log/{name}" for name in names if _PRIVATE.fullmatch(name)]
    for folder in (name for name in _PRIVATE_FOLDERS if name in names):
        found += _below(host, f"/var/log/{folder}")
    return tuple(found)


def _below(host: Host, folder: str) -> Iterator[str]:
    """Yield the files of a folder, and of the folders in it: the journal has one for each machine."""
    for path in host.under(folder):
        status = host.status(path)
        if status is not None and status.is_dir:
            yield from host.under(path)
        else:
            yield path


def _open_log(host: Host, path: str, bots: frozenset[int]) -> Iterator[str]:
    status = host.status(path)
    if status is None or status.is_link:
        return
    if status.uid in bots:
        yield f"{path} belongs to a bot"
    elif paths.readable_by_all(status) and not paths.secluded(host, path):
        yield f"{path} may be read by anybody ({status.bits:04o})"


def _member(host: Host, name: str, groups: frozenset[int]) -> Iterator[str]:
    rows = (line.split(":") for line in host.lines("/etc/group"))
    if any(row[0] == name and len(row) > 2 and row[2].isdecimal() and int(row[2]) in groups for row in rows):  # noqa: PLR2004  # group(5)
        yield f"a bot is in the group {name}"


def _full(host: Host, flag: str) -> Iterator[str]:
    ran = host.run("df", "-P", "-l", flag)
    rows = [line.split(None, 5) for line in ran.out.splitlines()[1:]]
    disks = [row for row in rows if len(row) == 6 and _is_disk(row[0], row[5])]  # noqa: PLR2004  # POSIX df -P
    if not disks:
        raise Unseen("df shows no disk")
    for row in disks:
        used = row[4].removesuffix("%")
        if used.isdecimal() and int(used) > _FULLEST:
            yield f"{row[5]} is {used}% full{' of files' if flag == '-i' else ''}"


def _is_disk(device: str, place: str) -> bool:
    return place == "/" or (device.startswith("/dev/") and not device.startswith("/dev/loop"))


CHECKS: Final[tuple[Check, ...]] = (
    Check("host/journal-lost", journal_lost),
    Check("host/logs-stay-here", logs_stay),
    Check("host/no-audit-trail", no_audit_trail),
    Check("host/readable-log", logs_readable),
    Check("host/no-ban", no_ban),
    Check("host/full-disk", disk_full, optional=True),
)
