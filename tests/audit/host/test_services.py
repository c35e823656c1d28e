"""What runs and what could run: each check passes, fails and is unknown when it cannot look; and what would hide."""

import json
import stat

import pytest

from ringfence.audit.finding import Severity
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.source import Marked, Status
from tests.audit.host.asking import ask, verdict
from tests.audit.host.fake import file, folder, link
from tests.audit.host.proc import process

USERS = {
    "/etc/passwd": "root:x:0:0::/:/bin/sh\nbot:x:7:7::/:/bin/sh\ngw:x:8:8::/:/bin/sh\n",
    "/etc/group": "root:x:0:\nbot:x:7:\ngw:x:8:\ndocker:x:90:\n",
}
MEANT = Expected(bots=("bot",), ours=("gw",), units=("bot.service", "gateway"))


# --- the exposure of units

ANALYZE = "systemd-analyze security --json=short --no-pager"


def exposure(**units: object) -> dict[str, object]:
    rows = [{"unit": f"{name}.service", "exposure": value, "predicate": "OK"} for name, value in units.items()]
    return {ANALYZE: json.dumps(rows)}


@pytest.mark.parametrize(
    ("commands", "found"),
    [
        (exposure(bot=3.0, gateway="2.0", ssh=9.6), "pass"),
        (exposure(bot=3.1, gateway=2.0), "fail"),
        (exposure(bot=3.0, gateway="2.1"), "fail"),
        (exposure(bot=3.0), "unknown"),
        (exposure(bot=9.0), "fail"),
        (exposure(bot="nan", gateway=1), "fail"),
        ({ANALYZE: (1, "")}, "unknown"),
        ({ANALYZE: "garbage"}, "unknown"),
        ({ANALYZE: "[1]"}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_units_are_exposed_as_far_as_systemd_says(commands: dict[str, object], found: str) -> None:
    assert verdict("exposed-unit", {}, MEANT, commands=commands) == found


@pytest.mark.parametrize("units", [(), ("bot.socket",)])
def test_without_a_service_there_is_none_to_expose(units: tuple[str, ...]) -> None:
    assert verdict("exposed-unit", {}, Expected(units=units)) == "not applicable"


# --- processes

OURS, APART = link("net:[1]"), link("net:[2]")
NETS = {"/proc/1/ns/net": OURS, "/proc/20/ns/net": APART, "/proc/30/ns/net": OURS}
FINE = USERS | process(1, "systemd") | process(20, "python3", 7, unit="bot.service") | process(30, "gateway", 8)


def loose(texts: dict[str, str], expected: Expected = MEANT, stats: dict[str, Status] = NETS) -> tuple[str, str]:
    found = ask("loose-process", FINE | texts, expected, stats=stats)
    return found.verdict.value, found.severity.value


def test_confined_processes_pass_and_others_are_not_asked() -> None:
    assert loose({}) == ("pass", "critical")
    assert loose(process(40, "sshd", 0, nnp=0, seccomp=0, caps="1ff")) == ("pass", "critical")


@pytest.mark.parametrize(
    "bad",
    [
        process(20, "python3", 7, nnp=0),
        process(20, "python3", 7, seccomp=0),
        process(20, "python3", 7, seccomp=1),
        process(20, "python3", 7, caps="0000000000000400"),
        process(20, "python3", 7, permitted="0000000000000001"),
        process(21, "sh", 7, seccomp=0),
        process(30, "gateway", 8, nnp=0),
        process(22, "python3", 0, unit="bot.service"),  # a unit that forgot its user
        process(22, "python3", 0, unit="bot.service/payload"),
        {"/proc/20/task/25/status": process(20, "python3", 7, seccomp=0)["/proc/20/status"]},  # one thread of many
    ],
)
def test_a_process_that_is_not_confined_fails_whatever_its_unit_says(bad: dict[str, str]) -> None:
    assert loose(bad, stats=NETS | {f"/proc/{pid}/ns/net": APART for pid in (21, 22)}) == ("fail", "critical")


def test_a_bot_whose_user_is_root_fails() -> None:
    root = {"/etc/passwd": "bot:x:0:0::/:/bin/sh\ngw:x:8:8::/:/bin/sh\n"} | process(20, "python3", 0)
    assert loose(root) == ("fail", "critical")


def test_a_bot_in_the_servers_own_network_is_milder_and_ringfence_may_be_there() -> None:
    assert loose({}, stats=NETS | {"/proc/20/ns/net": OURS}) == ("fail", "high")
    both = process(20, "python3", 7, nnp=0)
    assert loose(both, stats=NETS | {"/proc/20/ns/net": OURS}) == ("fail", "critical")


@pytest.mark.parametrize(
    ("texts", "expected", "stats"),
    [
        ({"/proc/20/status": "Name:\tpython3\n", "/proc/30/status": "?"}, MEANT, NETS),
        ({}, Expected(bots=("nobody-here",)), NETS),
        ({}, MEANT, {name: status for name, status in NETS.items() if name != "/proc/1/ns/net"}),
        ({}, MEANT, NETS | {"/proc/20/ns/net": link("")}),
    ],
)
def test_what_cannot_be_seen_of_a_process_is_unknown(
    texts: dict[str, str], expected: Expected, stats: dict[str, Status]
) -> None:
    assert loose(texts, expected, stats)[0] == "unknown"


def test_where_no_such_process_runs_nothing_is_known_and_without_users_nothing_is_asked() -> None:
    assert verdict("loose-process", USERS | process(1, "systemd"), MEANT) == "unknown"
    assert verdict("loose-process", USERS, MEANT) == "unknown"  # no /proc
    assert verdict("loose-process", FINE) == "not applicable"
    assert verdict("loose-process", FINE, MEANT, stats=NETS, hidden=frozenset({"/proc/20/status"})) == "unknown"


# --- what units run

UNIT = "/etc/systemd/system/bot.service"
RUN = "[Service]\nExecStart=/opt/venv/bin/python /opt/bot/run.py --config /srv/bot/config.json\n"
TREE = {
    UNIT: RUN,
    "/opt/bot/run.py": "",
    "/usr/bin/python3": "",
    "/opt/venv/pyvenv.cfg": "",
    "/opt/venv/lib/python3.11/site-packages/ccxt/x.py": "",
    "/srv/bot/config.json": "",
}
LINKS = {"/opt/venv/bin/python": link("python3"), "/opt/venv/bin/python3": link("/usr/bin/python3")}
BOT = Expected(bots=("bot",), units=("bot",))


def changeable(texts: dict[str, str] | None = None, stats: dict[str, Status] | None = None) -> str:
    return verdict("changeable-unit", USERS | TREE | (texts or {}), BOT, stats=LINKS | (stats or {}))


def test_what_only_root_may_change_passes_and_a_bots_own_files_are_its_own() -> None:
    assert changeable(stats={"/srv/bot": folder(uid=7), "/srv/bot/config.json": file(uid=7)}) == "pass"
    assert changeable(stats={"/opt/bot/run.py": file(0o664)}) == "pass"  # the group is root's
    assert changeable(stats={"/opt": folder(0o1777)}) == "pass"  # what is root's stays in a sticky directory


@pytest.mark.parametrize(
    ("texts", "stats"),
    [
        ({}, {UNIT: file(uid=7)}),
        ({}, {"/opt/bot/run.py": file(uid=7)}),
        ({}, {"/opt/bot/run.py": file(0o646)}),
        ({}, {"/opt/bot/run.py": file(0o664, gid=7)}),
        ({}, {"/opt/bot": folder(0o777)}),
        ({}, {"/opt": folder(0o775, gid=7)}),
        ({}, {"/usr/bin/python3": file(0o757)}),  # where the link leads to
        ({}, {"/usr": folder(0o777)}),
        ({}, {"/opt/venv/bin": folder(uid=7)}),
        ({}, {"/opt/venv/lib/python3.11/site-packages": folder(uid=7)}),
        ({}, {"/opt/venv/lib/python3.11/site-packages/ccxt": folder(uid=7)}),
        (
            {"/etc/systemd/system/bot.service.d/x.conf": "[Service]\nExecStartPre=-/srv/bot/pre.sh\n"},
            {"/srv/bot": folder(uid=7)},
        ),
        (
            {"/etc/systemd/system/bot.service.d/x.conf": "[Service]\nEnvironmentFile=-/srv/bot/env\n"},
            {"/srv/bot": folder(uid=7)},
        ),
        ({"/etc/systemd/system/bot.service.d/x.conf": ""}, {"/etc/systemd/system/bot.service.d/x.conf": file(uid=7)}),
        ({UNIT: "[Service]\nExecStart=/srv/open/not-yet\n"}, {"/srv/open": folder(0o1777)}),  # may be put there
        ({UNIT: "[Service]\nExecStart=@!/opt/bot/run.py x \\\n  /srv/bot/more.py\n"}, {"/srv/bot": folder(uid=7)}),
    ],
)
def test_what_somebody_else_may_change_fails(texts: dict[str, str], stats: dict[str, Status]) -> None:
    assert changeable(texts, stats) == "fail"


@pytest.mark.parametrize(
    ("texts", "stats"),
    [
        ({UNIT: "[Service]\nExecStart=python3 x\n"}, {}),
        ({UNIT: "[Service]\nExecStart=/bin/sh -c 'x\n"}, {}),
        ({}, {"/opt/venv/bin/python3": link("python")}),  # a circle
    ],
)
def test_a_command_that_cannot_be_followed_is_unknown(texts: dict[str, str], stats: dict[str, Status]) -> None:
    assert changeable(texts, stats) == "unknown"


def test_a_unit_that_is_not_there_or_shut_is_unknown_and_without_units_nothing_is_asked() -> None:
    assert verdict("changeable-unit", USERS, BOT) == "unknown"
    assert verdict("changeable-unit", USERS | TREE, BOT, stats=LINKS, hidden=frozenset({UNIT})) == "unknown"
    assert verdict("changeable-unit", USERS | TREE) == "not applicable"


# --- files that stand out


def marked(path: str, mode: int, uid: int = 0, *, capable: bool = False, unowned: bool = False) -> Marked:
    return Marked(path, file(mode, uid), capable, unowned)


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (marked("/usr/bin/sudo", 0o4755), "pass"),
        (marked("/bin/su", 0o4755), "pass"),
        (marked("/usr/sbin/unix_chkpwd", 0o2755), "pass"),
        (marked("/usr/bin/ping", 0o755, capable=True), "pass"),
        (marked("/usr/bin/ping", 0o4755, capable=True), "fail"),
        (marked("/usr/bin/python3", 0o755, capable=True), "fail"),
        (marked("/usr/bin/sudo", 0o4755, 7), "fail"),  # whose rights does it give?
        (marked("/usr/local/bin/sudo", 0o4755), "fail"),
        (marked("/tmp/sh", 0o4755), "fail"),  # noqa: S108
        (marked("/home/bot/sh", 0o6755), "fail"),
        (marked("/x", 0o666), "pass"),
    ],
)
def test_only_what_the_distribution_has_may_give_rights(one: Marked, found: str) -> None:
    assert verdict("odd-set-user-id", {}, odd=(one,)) == found


@pytest.mark.parametrize(
    ("above", "found"),
    [
        ({"/var/lib/docker": folder(0o710)}, "pass"),
        ({"/var/lib/docker": folder(0o700)}, "pass"),
        ({"/var/lib/docker": folder(0o711)}, "fail"),
        ({"/var/lib/docker": folder(0o710, gid=7)}, "fail"),
        ({"/var/lib/docker": folder(0o700, uid=7)}, "fail"),
    ],
)
def test_what_nobody_but_root_can_come_to_gives_nobody_rights(above: dict[str, Status], found: str) -> None:
    hidden = marked("/var/lib/docker/overlay2/x/usr/bin/su", 0o4755)
    assert verdict("odd-set-user-id", {}, odd=(hidden,), stats=above) == found


@pytest.mark.parametrize(
    ("one", "found"),
    [
        (marked("/opt/x", 0o666), "fail"),
        (marked("/opt/x", 0o664), "pass"),
        (marked("/opt/x", 0o644, 4711, unowned=True), "fail"),
        (marked("/tmp/x", 0o666), "pass"),  # noqa: S108
        (marked("/tmpx/x", 0o666), "fail"),  # noqa: S108
        (marked("/usr/bin/sudo", 0o4755), "pass"),
        (Marked("/opt/d", folder(0o777)), "fail"),
        (Marked("/opt/d", folder(0o1777)), "pass"),
    ],
)
def test_only_in_tmp_may_anybody_write(one: Marked, found: str) -> None:
    assert verdict("open-file", {}, odd=(one,)) == found


@pytest.mark.parametrize("rule", ["odd-set-user-id", "open-file"])
def test_what_stands_out_is_unknown_where_the_way_to_it_is_shut(rule: str) -> None:
    odd = (marked("/shut/x", 0o4757),)
    assert verdict(rule, {}, odd=odd, hidden=frozenset({"/shut"})) == "unknown"
    assert verdict(rule, {}, odd=(*odd, marked("/opt/y", 0o4757)), hidden=frozenset({"/shut"})) == "fail"


# --- code that is loaded first

QUIET = process(1, "systemd", environ="PATH=/bin\0")


def preloaded(texts: dict[str, str]) -> tuple[str, str]:
    found = ask("preloaded-code", QUIET | texts)
    return found.verdict.value, found.severity.value


@pytest.mark.parametrize(
    "texts",
    [
        {},
        {"/etc/ld.so.preload": ""},
        {"/etc/ld.so.preload": "# /x.so\n\n"},
        {"/etc/environment": "# LD_PRELOAD=/x\nPATH=/bin\n"},
        {"/etc/profile.d/x.sh": "unset LD_PRELOAD\n"},
        {"/etc/systemd/system/x.service": "[Service]\n;Environment=LD_PRELOAD=/x\nUnsetEnvironment=LD_PRELOAD\n"},
        {"/etc/profile.d/x.sh": "MY_LD_PRELOAD_NOTE=x\n"},
        {"/proc/9/environ": "LD_PRELOAD=\0MY_LD_PRELOAD=/x\0"},
    ],
)
def test_nothing_that_is_loaded_first_passes(texts: dict[str, str]) -> None:
    assert preloaded(texts) == ("pass", "critical")


@pytest.mark.parametrize(
    "texts",
    [
        {"/etc/ld.so.preload": "/lib/x.so"},
        {"/etc/ld.so.preload": "#\n /a.so:/b.so # why\n"},
        process(9, "sshd", environ="A=b\0LD_PRELOAD=/x.so\0"),
        process(9, "sshd", environ="LD_AUDIT=/x.so"),
        {"/etc/environment": "LD_PRELOAD=/x.so\n"},
        {"/etc/security/pam_env.conf": "LD_PRELOAD DEFAULT=/x.so\n"},
        {"/etc/profile.d/a.sh": "  export LD_PRELOAD=/x.so\n"},
        {"/etc/environment.d/x.conf": "LD_AUDIT=/x.so\n"},
        {"/etc/default/cron": "LD_PRELOAD=/x.so\n"},
        {"/etc/systemd/system.conf": "[Manager]\nDefaultEnvironment=LD_PRELOAD=/x.so\n"},
        {"/etc/systemd/system.conf.d/a.conf": '[Manager]\nDefaultEnvironment="LD_PRELOAD=/x.so"\n'},
        {"/etc/systemd/system/x.service": '[Service]\nEnvironment="A=b" "LD_PRELOAD=/x.so"\n'},
        {"/etc/systemd/system/x.service": "[Service]\nEnvironment=A=b \\\n LD_PRELOAD=/x.so\n"},
        {"/etc/systemd/system/ssh.service.d/o.conf": "[Service]\nEnvironment=LD_PRELOAD=/x.so\n"},
        {"/run/systemd/system/x.service": "[Service]\nEnvironment=LD_PRELOAD=/x.so\n"},
        {"/etc/systemd/system/x.service": "EnvironmentFile=-/opt/e\n", "/opt/e": "LD_PRELOAD=/x.so\n"},
    ],
)
def test_what_is_loaded_first_is_found_wherever_it_is_asked_for(texts: dict[str, str]) -> None:
    assert preloaded(texts) == ("fail", "critical")


@pytest.mark.parametrize("name", ["LD_LIBRARY_PATH", "NODE_OPTIONS", "PYTHONSTARTUP"])
def test_what_some_programs_are_honestly_given_is_milder(name: str) -> None:
    assert preloaded(process(9, "node", environ=f"{name}=/x\0")) == ("fail", "medium")
    assert preloaded({"/etc/environment": f"{name}=/x\n"}) == ("fail", "medium")
    both = process(9, "node", environ=f"{name}=/x\0") | {"/etc/profile": "export LD_PRELOAD=/x\n"}
    assert preloaded(both) == ("fail", "critical")


SITE = "/opt/venv/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("sitecustomize.py", "", "fail"),
        ("usercustomize.py", "", "fail"),
        ("x.pth", "/opt/more\nimport os; os.system('x')\n", "fail"),
        ("x.pth", "/opt/more\n# import os\n", "pass"),
        ("distutils-precedence.pth", "import os\n", "pass"),
        ("customize.py", "", "pass"),
    ],
)
def test_what_python_runs_at_each_start_is_found_in_a_bots_environment(name: str, text: str, found: str) -> None:
    texts = QUIET | USERS | TREE | {f"{SITE}/{name}": text}
    assert verdict("preloaded-code", texts, BOT, stats=LINKS) == found


def test_a_process_that_cannot_be_looked_into_is_unknown_unless_another_fails() -> None:
    shut = frozenset({"/proc/1/environ"})
    assert verdict("preloaded-code", QUIET, hidden=shut) == "unknown"
    assert verdict("preloaded-code", QUIET | process(9, "x", environ="LD_AUDIT=/x"), hidden=shut) == "fail"
    assert verdict("preloaded-code", QUIET, hidden=frozenset({"/etc/ld.so.preload"})) == "unknown"
    assert verdict("preloaded-code", {}) == "unknown"  # no /proc


def test_a_file_that_is_masked_says_nothing() -> None:
    stats = {"/etc/systemd/system/x.service": link("/dev/null")}
    assert verdict("preloaded-code", QUIET, stats=stats, hidden=frozenset({"/dev/null"})) == "pass"


# --- container engines


def sock(mode: int, uid: int = 0, gid: int = 0) -> Status:
    return Status(stat.S_IFSOCK | mode, uid, gid)


@pytest.mark.parametrize(
    ("status", "texts", "found"),
    [
        (sock(0o660, gid=90), {}, "pass"),
        (sock(0o666, gid=90), {}, "fail"),
        (sock(0o660, gid=90), {"/etc/group": "docker:x:90:anna,bot\n"}, "fail"),
        (sock(0o660, gid=90), {"/etc/group": "docker:x:90:anna,botty\n"}, "pass"),
        (sock(0o660, gid=7), {}, "fail"),  # the bot's own group
        (sock(0o600, uid=7), {}, "fail"),
        (sock(0o600, gid=7), {}, "pass"),
        (sock(0o660, gid=90), process(20, "python3", 7, groups="7 90 "), "fail"),  # given by its unit alone
    ],
)
def test_the_socket_of_a_container_engine_is_out_of_a_bots_reach(
    status: Status, texts: dict[str, str], found: str
) -> None:
    world = USERS | process(1, "systemd") | texts
    assert verdict("container-socket", world, BOT, stats={"/run/docker.sock": status}) == found


MOUNTED = "31 23 0:25 /docker.sock /var/run/docker.sock rw - tmpfs tmpfs rw\n"


def test_a_socket_inside_a_container_is_found_and_is_worse_where_the_bot_has_it() -> None:
    other = USERS | process(20, "traefik") | {"/proc/20/mountinfo": MOUNTED}
    bot = USERS | process(20, "python3", 7) | {"/proc/20/mountinfo": MOUNTED}
    assert ask("container-socket", other, BOT).severity is Severity.HIGH
    assert ask("container-socket", bot, BOT).severity is Severity.CRITICAL
    plain = other | {"/proc/20/mountinfo": MOUNTED.replace("docker.sock", "bus")}
    assert verdict("container-socket", plain, BOT) == "pass"


def test_a_socket_that_cannot_be_seen_is_unknown() -> None:
    world = USERS | process(1, "systemd")
    assert verdict("container-socket", world, BOT) == "pass"
    assert verdict("container-socket", world, BOT, hidden=frozenset({"/run/docker.sock"})) == "unknown"
    assert verdict("container-socket", world, BOT, hidden=frozenset({"/proc/1/mountinfo"})) == "unknown"
    assert verdict("container-socket", world, Expected(bots=("nobody-here",))) == "unknown"


# --- system files

MODES = {"/etc/passwd": file(0o644), "/etc/shadow": file(0o640, gid=42), "/etc/ssh": folder(0o755)}


@pytest.mark.parametrize(
    ("stats", "found"),
    [
        ({}, "pass"),
        ({"/etc/passwd": file(0o600)}, "pass"),
        ({"/etc/passwd": file(0o646)}, "fail"),
        ({"/etc/passwd": file(0o664)}, "fail"),
        ({"/etc/passwd": file(0o644, uid=7)}, "fail"),
        ({"/etc/shadow": file(0o644)}, "fail"),
        ({"/etc/shadow-": file(0o644)}, "fail"),
        ({"/etc/ssh": folder(0o775)}, "fail"),
        ({"/etc/resolv.conf": file(0o755)}, "pass"),  # execution does no harm
        ({"/etc/resolv.conf": link("/run/r"), "/run/r": file(0o644, uid=101)}, "fail"),
        ({"/etc/resolv.conf": link("/run/gone")}, "pass"),
    ],
)
def test_system_files_have_the_modes_that_the_distribution_gives_them(stats: dict[str, Status], found: str) -> None:
    assert verdict("system-file-mode", {}, stats=MODES | stats) == found


def test_a_system_file_that_cannot_be_seen_is_unknown() -> None:
    assert verdict("system-file-mode", {}, stats=MODES, hidden=frozenset({"/etc/sudoers"})) == "unknown"


@pytest.mark.parametrize(
    ("text", "found", "severity"),
    [
        ("127.0.0.1 localhost\n", "pass", "medium"),
        ("203.0.113.9 api.binance.com\n", "fail", "medium"),
        ("203.0.113.9\tx API.Binance.COM. # mine\n", "fail", "medium"),
        ("203.0.113.9 binance.com\n", "fail", "medium"),
        ("# 203.0.113.9 api.binance.com\n", "pass", "medium"),
        ("203.0.113.9 notbinance.com binance.com.example\n", "pass", "medium"),
        ("127.0.0.1 api.kraken.com\n", "fail", "low"),
        ("::1 api.kraken.com\n", "fail", "low"),
        ("garbage api.kraken.com\n", "fail", "medium"),
        ("127.0.0.1 api.kraken.com\n10.0.0.1 api.kraken.com", "fail", "medium"),
    ],
)
def test_the_name_of_an_exchange_leads_where_everybodys_does(text: str, found: str, severity: str) -> None:
    answer = ask("redirected-exchange", {"/etc/hosts": text})
    assert (answer.verdict.value, answer.severity.value) == (found, severity)


def test_a_deployment_may_lead_an_exchange_to_this_machine_and_nowhere_else() -> None:
    here = Expected(home="/var/lib/ringfence")
    assert verdict("redirected-exchange", {"/etc/hosts": "127.0.0.7 api.kraken.com"}, here) == "pass"
    assert verdict("redirected-exchange", {"/etc/hosts": "10.0.0.7 api.kraken.com"}, here) == "fail"
    assert verdict("redirected-exchange", {}, hidden=frozenset({"/etc/hosts"})) == "unknown"


ONE, TWO = (f"-----BEGIN CERTIFICATE-----\nMII{name}\n{name}\n-----END CERTIFICATE-----\n" for name in "AB")
BUNDLE, SHIPPED = "/etc/ssl/certs/ca-certificates.crt", "/usr/share/ca-certificates/mozilla/One.crt"
TRUST = {BUNDLE: ONE, SHIPPED: ONE}


@pytest.mark.parametrize(
    ("texts", "stats", "found"),
    [
        ({}, {}, "pass"),
        ({BUNDLE: ONE.replace("\n", "\r\n")}, {}, "pass"),
        ({BUNDLE: ONE + TWO}, {}, "fail"),  # appended by hand
        ({"/usr/local/share/ca-certificates/x.crt": TWO}, {}, "fail"),
        ({"/usr/local/share/ca-certificates/a/b/x.crt": TWO}, {}, "fail"),
        ({"/usr/local/share/ca-certificates/README": ""}, {}, "pass"),
        ({"/etc/ssl/certs/x.pem": TWO}, {}, "fail"),
        ({"/etc/ssl/certs/x.pem": TWO.replace("BEGIN ", "BEGIN TRUSTED ")}, {}, "fail"),
        ({}, {"/etc/ssl/certs/One.pem": link(SHIPPED), "/etc/ssl/certs/ab12.0": link("One.pem")}, "pass"),
        ({"/etc/ssl/certs/ab12.0": TWO}, {"/etc/ssl/certs/ab12.0": link("/opt/evil.pem")}, "fail"),
    ],
)
def test_only_the_distributions_authorities_are_trusted(
    texts: dict[str, str], stats: dict[str, Status], found: str
) -> None:
    assert verdict("extra-authority", TRUST | texts, stats=stats) == found


def test_authorities_that_cannot_be_read_are_unknown_and_where_there_are_none_nothing_is_asked() -> None:
    assert verdict("extra-authority", TRUST, hidden=frozenset({SHIPPED})) == "unknown"
    assert verdict("extra-authority", {}) == "not applicable"
