"""What is written down: each check passes, fails and is unknown when it cannot look; and what would hide from it."""

from collections.abc import Mapping

import pytest

from ringfence.audit.finding import Severity
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.source import Status
from tests.audit.host.asking import ask, verdict
from tests.audit.host.fake import file, folder, link
from tests.audit.host.proc import process

CONF = "/etc/systemd/journald.conf"
KEPT = {"/etc/machine-id": "ab12\n", "/var/log/journal/ab12/system.journal": ""}


def journal(text: str, **more: str) -> dict[str, str]:
    return KEPT | {CONF: f"[Journal]\n{text}\n"} | {name: f"[Journal]\n{value}\n" for name, value in more.items()}


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (KEPT, "pass"),
        (journal("#Storage=none"), "pass"),
        (journal("Storage=persistent"), "pass"),
        (journal("Storage=volatile"), "fail"),
        (journal("Storage=none"), "fail"),
        (journal("Storage=none\nStorage="), "pass"),  # an empty value sets it back
        (journal("Storage=volatile\nStorage=auto"), "pass"),  # the last counts
        (KEPT | {CONF: "[Other]\nStorage=none\n"}, "pass"),
        (journal("Storage=auto") | {f"{CONF}.d/z.conf": "[Journal]\nStorage=none\n"}, "fail"),
        (journal("Storage=auto") | {f"{CONF}.d/z.conf.off": "[Journal]\nStorage=none\n"}, "pass"),
        (KEPT | {"/usr/lib/systemd/journald.conf.d/z.conf": "[Journal]\nStorage=none\n"}, "fail"),
        (
            KEPT
            | {
                "/usr/lib/systemd/journald.conf.d/z.conf": "[Journal]\nStorage=none\n",
                "/etc/systemd/journald.conf.d/z.conf": "",  # in its place
            },
            "pass",
        ),
        (
            KEPT
            | {
                "/etc/systemd/journald.conf.d/a.conf": "[Journal]\nStorage=none\n",
                "/usr/lib/systemd/journald.conf.d/b.conf": "[Journal]\nStorage=auto\n",  # the later name counts
            },
            "pass",
        ),
        ({"/etc/machine-id": "ab12\n"}, "fail"),
        (KEPT | {"/etc/machine-id": "other\n"}, "fail"),
        ({"/var/log/journal/ab12/system.journal": ""}, "fail"),
        (journal("MaxRetentionSec=30day"), "pass"),
        (journal("MaxRetentionSec=29day 23h"), "fail"),
        (journal("MaxRetentionSec=2592000"), "pass"),
        (journal("MaxRetentionSec=1month"), "pass"),
        (journal("MaxRetentionSec=4week"), "fail"),
        (journal("MaxRetentionSec=0"), "pass"),
        (journal("MaxRetentionSec=soon"), "unknown"),
        (journal("MaxRetentionSec=3 moons"), "unknown"),
        (journal("SystemMaxUse=100M"), "pass"),
        (journal("SystemMaxUse=99M"), "fail"),
        (journal("SystemMaxUse=104857600"), "pass"),
        (journal("SystemMaxUse=1G"), "pass"),
        (journal("SystemMaxUse=lots"), "unknown"),
        (journal("Max\\\nRetentionSec=1"), "pass"),  # that key is none
        (journal("SystemMaxUse=\\\n1K"), "fail"),
    ],
)
def test_the_journal_is_kept_as_journald_reads_its_settings(texts: dict[str, str], found: str) -> None:
    assert verdict("journal-lost", texts) == found


def test_a_journal_that_cannot_be_seen_is_unknown() -> None:
    for path in (CONF, "/var/log/journal", "/var/log/journal/ab12"):
        assert verdict("journal-lost", KEPT, hidden=frozenset({path})) == "unknown"


WANTS = "/etc/systemd/system/multi-user.target.wants"
UPLOAD = {f"{WANTS}/systemd-journal-upload.service": ""}
URL = "/etc/systemd/journal-upload.conf"
RSYSLOG = process(5, "rsyslogd") | {f"{WANTS}/rsyslog.service": ""}
BASE = process(1, "systemd")


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        ({}, "fail"),
        (process(5, "vector") | {f"{WANTS}/vector.service": ""}, "pass"),
        (process(5, "vector", 7), "fail"),  # anybody may call itself so
        ({f"{WANTS}/vector.service": ""}, "fail"),  # and what is enabled may not run
        (UPLOAD | {URL: "[Upload]\nURL=https://logs.example:19532\n"}, "pass"),
        (UPLOAD | {URL: "[Upload]\nURL=http://127.0.0.1:19532\n"}, "fail"),
        (UPLOAD | {URL: "[Upload]\nURL=http://[::1]:19532\n"}, "fail"),
        (UPLOAD | {URL: "[Upload]\n#URL=https://logs.example\n"}, "fail"),
        ({URL: "[Upload]\nURL=https://logs.example\n"}, "fail"),
        (RSYSLOG | {"/etc/rsyslog.conf": "*.* @@logs.example:6514\n"}, "pass"),
        (RSYSLOG | {"/etc/rsyslog.d/x.conf": "*.*  @@(o)192.0.2.7:514\n"}, "pass"),
        (RSYSLOG | {"/etc/rsyslog.d/x.conf": "# *.* @@logs.example\n*.* /var/log/all # @@logs.example\n"}, "fail"),
        (RSYSLOG | {"/etc/rsyslog.d/x.conf.off": "*.* @@logs.example\n"}, "fail"),
        (RSYSLOG | {"/etc/rsyslog.conf": "*.* @@localhost:514\n*.* @@127.0.0.1\n*.* @@[::1]:514\n"}, "fail"),
        ({"/etc/rsyslog.conf": "*.* @@logs.example\n"}, "fail"),
        (RSYSLOG | {"/etc/rsyslog.conf": 'action(type="omfwd" target="logs.example" protocol="tcp")\n'}, "pass"),
        (RSYSLOG | {"/etc/rsyslog.conf": 'action(type="omfwd" target="127.0.0.1" protocol="tcp")\n'}, "fail"),
        (RSYSLOG | {"/etc/rsyslog.conf": 'action(type="omrelp"\n target="logs.example")\n'}, "pass"),
    ],
)
def test_logs_leave_the_server_where_something_that_runs_sends_them(texts: dict[str, str], found: str) -> None:
    assert verdict("logs-stay-here", BASE | texts) == found


@pytest.mark.parametrize("line", ["*.* @logs.example:514\n", 'action(type="omfwd" target="logs.example")\n'])
def test_sending_by_udp_is_milder_than_not_sending(line: str) -> None:
    assert ask("logs-stay-here", BASE | RSYSLOG | {"/etc/rsyslog.conf": line}).severity is Severity.LOW
    assert ask("logs-stay-here", BASE).severity is Severity.MEDIUM


def test_a_shipper_that_is_masked_does_not_count() -> None:
    texts = BASE | RSYSLOG | {"/etc/rsyslog.conf": "*.* @@logs.example\n"}
    masked = {"/etc/systemd/system/rsyslog.service": link("/dev/null")}
    assert verdict("logs-stay-here", texts, stats=masked) == "fail"


def test_where_logs_go_is_unknown_where_it_cannot_be_seen() -> None:
    assert verdict("logs-stay-here", {}) == "unknown"
    assert verdict("logs-stay-here", BASE | RSYSLOG, hidden=frozenset({"/etc/rsyslog.conf"})) == "unknown"


AUDITD = BASE | process(6, "auditd")
RUNS = "-a always,exit -F arch=b64 -S execve -F auid>=1000 -F key=run\n"


@pytest.mark.parametrize(
    ("texts", "commands", "found"),
    [
        (AUDITD, {"auditctl -l": RUNS}, "pass"),
        (AUDITD, {"auditctl -l": "-w /etc/passwd -p wa\n"}, "pass"),
        (AUDITD, {"auditctl -l": "No rules\n"}, "fail"),
        (AUDITD, {"auditctl -l": "-a always,exit -S mount\n"}, "fail"),
        (AUDITD, {"auditctl -l": RUNS + "-a never,task\n"}, "fail"),
        (AUDITD, {"auditctl -l": (4, "")}, "unknown"),
        (AUDITD, {}, "unknown"),
        (BASE | process(6, "auditd", 7), {"auditctl -l": RUNS}, "fail"),
        (BASE, {}, "fail"),
        ({}, {}, "unknown"),
    ],
)
def test_somebody_writes_down_what_is_run(texts: dict[str, str], commands: dict[str, object], found: str) -> None:
    assert verdict("no-audit-trail", texts, commands=commands) == found


LOGS: dict[str, Status] = {
    "/var/log": folder(),
    "/var/log/auth.log": file(0o640, gid=4),
    "/var/log/wtmp": file(0o664),
    "/var/log/dpkg.log": file(0o644),
    "/var/log/journal": folder(0o2755),
    "/var/log/journal/ab12": folder(0o2755),
    "/var/log/journal/ab12/system.journal": file(0o640),
    "/var/log/audit": folder(0o700),
    "/var/log/audit/audit.log": file(0o600),
}
USERS = {"/etc/passwd": "bot:x:7:7::/:/bin/sh\n", "/etc/group": "adm:x:4:syslog\nsystemd-journal:x:9:\nbot:x:7:\n"}
BOT = Expected(bots=("bot",))


@pytest.mark.parametrize(
    ("texts", "stats", "found"),
    [
        ({}, {}, "pass"),
        ({}, {"/var/log/auth.log": file(0o644)}, "fail"),
        ({}, {"/var/log/auth.log.1": file(0o644)}, "fail"),
        ({}, {"/var/log/auth.log-2026.gz": file(0o644)}, "fail"),
        ({}, {"/var/log/auth.logs": file(0o644)}, "pass"),
        ({}, {"/var/log/syslog": file(0o604)}, "fail"),
        ({}, {"/var/log/btmp": file(0o664)}, "fail"),
        ({}, {"/var/log/journal/ab12/system.journal": file(0o644)}, "fail"),
        ({}, {"/var/log/audit/audit.log": file(0o644)}, "pass"),  # the folder is shut
        ({}, {"/var/log/audit": folder(0o755), "/var/log/audit/audit.log": file(0o644)}, "fail"),
        ({}, {"/var/log/auth.log": file(0o640, uid=7)}, "fail"),
        ({}, {"/var/log/syslog": link("/var/log/else")}, "pass"),
        ({"/etc/group": "adm:x:4:syslog,bot\n"}, {}, "fail"),
        ({"/etc/group": "systemd-journal:x:9:bot\n"}, {}, "fail"),
        ({"/etc/passwd": "bot:x:7:4::/:/bin/sh\n"}, {}, "fail"),  # the group that it begins with
        ({"/etc/group": "adm:x:4:botty\n"}, {}, "pass"),
    ],
)
def test_logs_are_for_root_and_its_groups(texts: dict[str, str], stats: dict[str, Status], found: str) -> None:
    assert verdict("readable-log", USERS | texts, BOT, stats=LOGS | stats) == found


def test_logs_that_cannot_be_seen_are_unknown() -> None:
    assert verdict("readable-log", USERS, BOT) == "unknown"
    assert verdict("readable-log", USERS, BOT, stats=LOGS, hidden=frozenset({"/var/log/auth.log"})) == "unknown"
    assert verdict("readable-log", USERS, BOT, stats=LOGS, hidden=frozenset({"/var/log/journal/ab12"})) == "unknown"
    assert verdict("readable-log", USERS, Expected(bots=("nobody-here",)), stats=LOGS) == "unknown"
    assert verdict("readable-log", USERS, stats=LOGS) == "pass"


SSHD = {"/usr/sbin/sshd": ""}


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (SSHD | BASE | process(5, "fail2ban-server"), "pass"),
        (SSHD | BASE | process(5, "sshguard"), "pass"),
        (SSHD | BASE | process(5, "crowdsec"), "pass"),
        (SSHD | BASE | process(5, "fail2ban-server", 7), "fail"),  # who is not root can shut nobody out
        (SSHD | BASE | {"/etc/fail2ban/jail.local": ""}, "fail"),  # installed is not running
        (SSHD | BASE, "fail"),
        (SSHD, "unknown"),
        (BASE, "not applicable"),
    ],
)
def test_whoever_guesses_passwords_is_shut_out(texts: Mapping[str, str], found: str) -> None:
    assert verdict("no-ban", texts) == found


HEAD = "Filesystem 1024-blocks Used Available Capacity Mounted on\n"
ROOM = HEAD + "/dev/vda1 100 10 90 10% /\n"


def df(blocks: str | tuple[int, str] = ROOM, inodes: str = ROOM) -> dict[str, object]:
    return {"df -P -l -k": blocks, "df -P -l -i": inodes}


@pytest.mark.parametrize(
    ("commands", "found"),
    [
        (df(), "pass"),
        (df(ROOM + "/dev/vdb 100 85 15 85% /srv\n"), "pass"),
        (df(ROOM + "/dev/vdb 100 86 14 86% /srv\n"), "fail"),
        (df(ROOM + "/dev/vdb 100 86 14 86% /my disk\n"), "fail"),
        (df(HEAD + "overlay 100 99 1 99% /\n"), "fail"),
        (df(ROOM + "/dev/loop3 100 100 0 100% /snap/core\ntmpfs 9 9 0 100% /run\n"), "pass"),
        (df(inodes=HEAD + "/dev/vda1 100 97 3 97% /\n"), "fail"),
        (df(inodes=HEAD + "/dev/vda1 0 0 0 - /\n"), "pass"),  # btrfs counts none
        (df(HEAD), "unknown"),
        (df(""), "unknown"),
        (df((1, ROOM)), "pass"),  # df says 1 where it could not look at some other mount
        ({}, "unknown"),
        ({"df -P -l -k": HEAD + "/dev/vda1 100 99 1 99% /\n"}, "fail"),
    ],
)
def test_there_is_room_on_every_disk(commands: dict[str, object], found: str) -> None:
    assert verdict("full-disk", {}, commands=commands) == found
