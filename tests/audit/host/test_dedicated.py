"""A server for the bot alone: each check passes, fails, and does not know where it cannot look."""

import hashlib

import pytest

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer, Verdict
from ringfence.audit.host.checks.dedicated import CHECKS
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Status
from tests.audit.host.fake import file, folder, host, link
from tests.audit.host.servers import (
    ADDRESS,
    ANY,
    ANY6,
    BOT,
    DOCKER0,
    ETH0,
    INIT,
    INIT_RUNS,
    LOCAL,
    USERS,
    VPN,
    WG0,
    addresses,
    ask,
    nets,
    process,
    rules_of,
    runs,
)

LINKS = addresses(ETH0, WG0, DOCKER0)


def test_every_check_has_its_words_and_every_word_its_check() -> None:
    words = rules_of("dedicated")
    assert {each.rule for each in CHECKS} == {f"host/{name}" for name in words}
    assert {each.rule for each in CHECKS if each.optional} == {
        f"host/{name}" for name, row in words.items() if row["severity"] == "low"
    }


# --- what listens


def listening(*rows: tuple[str, str, int, int, int], **rest: object) -> Answer:
    return listened(Expected(), *rows, **rest)


def listened(expected: Expected, *rows: tuple[str, str, int, int, int], **rest: object) -> Answer:
    texts = {**INIT, **process(7, "redis-server"), **nets(*rows)}
    stats = {**INIT_RUNS, **runs(7, "/usr/bin/redis-server", 70)}
    return ask(CHECKS, "unexpected-listener", host(texts, **{"stats": stats, "commands": LINKS, **rest}), expected)


@pytest.mark.parametrize(
    "row",
    [
        ("tcp", ANY, 22, 0, 1),
        ("tcp6", ANY6, 22, 0, 1),
        ("udp", ANY, 51820, 0, 0),
        ("tcp", LOCAL, 6379, 0, 70),
        ("tcp", "0200007F", 6379, 0, 70),
        ("tcp6", "00000000000000000000000001000000", 6379, 0, 70),
        ("tcp6", "0000000000000000FFFF00000100007F", 6379, 0, 70),
        ("tcp", VPN, 8080, 0, 70),
        ("tcp", "010011AC", 8080, 0, 70),
    ],
)
def test_what_is_meant_to_be_reached_or_cannot_be_from_outside_is_fine(row: tuple[str, str, int, int, int]) -> None:
    assert listening(row).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("tcp", ANY, 6379, 107, 70), "tcp/6379 on 0.0.0.0 by redis-server (uid 107)"),
        (("tcp6", ANY6, 6379, 107, 70), "tcp/6379 on :: by redis-server (uid 107)"),
        (("tcp", "076433C6", 6379, 107, 70), "tcp/6379 on 198.51.100.7 by redis-server (uid 107)"),
        (("udp", ANY, 22, 0, 70), "udp/22 on 0.0.0.0 by redis-server (uid 0)"),
        (("udp", ANY, 5353, 0, 71), "udp/5353 on 0.0.0.0 by the kernel, or a process that is not seen (uid 0)"),
        (("tcp", "05010A0A", 80, 0, 70), "tcp/80 on 10.10.1.5 by redis-server (uid 0)"),
    ],
)
def test_what_else_listens_is_named(row: tuple[str, str, int, int, int], said: str) -> None:
    answer = listening(row)
    assert (answer.verdict, answer.evidence, answer.severity) == (Verdict.FAIL, said, None)


def test_a_port_that_the_owner_did_not_name_is_a_failure_even_if_it_is_sshds() -> None:
    assert listened(Expected(ports=("tcp/2222",)), ("tcp", ANY, 22, 0, 1)).verdict is Verdict.FAIL


@pytest.mark.parametrize(("number", "severity"), [(32767, None), (32768, Severity.LOW)])
def test_a_udp_socket_on_a_port_of_the_kernels_choice_is_milder(number: int, severity: Severity | None) -> None:
    assert listening(("udp", ANY, number, 0, 70)).severity is severity


def test_a_tcp_port_of_the_kernels_choice_is_not() -> None:
    assert listening(("tcp", ANY, 40000, 0, 70)).severity is None


@pytest.mark.parametrize(
    ("program", "number", "verdict"),
    [
        ("/usr/sbin/dhclient", 68, Verdict.PASS),
        ("/usr/lib/systemd/systemd-networkd", 546, Verdict.PASS),
        ("/usr/bin/socat", 68, Verdict.FAIL),
        ("/usr/sbin/dhclient", 69, Verdict.FAIL),
    ],
)
def test_only_a_dhcp_client_may_listen_as_one(program: str, number: int, verdict: Verdict) -> None:
    stats = {**INIT_RUNS, **runs(7, program, 70)}
    assert listening(("udp", ANY, number, 0, 70), stats=stats).verdict is verdict


def test_a_connected_socket_does_not_listen() -> None:
    texts = {**INIT, **nets(("tcp", ANY, 6379, 0, 70))}
    texts["/proc/net/tcp"] = texts["/proc/net/tcp"].replace(" 0A ", " 01 ")
    assert ask(CHECKS, "unexpected-listener", host(texts, stats=INIT_RUNS, commands=LINKS)).verdict is Verdict.PASS


@pytest.mark.parametrize(
    "rest",
    [
        {"commands": {}},
        {"commands": {ADDRESS: (1, "")}},
        {"commands": {ADDRESS: "no JSON"}},
        {"commands": addresses()},
        {"hidden": frozenset(("/proc/net/udp6",))},
    ],
)
def test_listeners_that_cannot_be_seen_are_unknown(rest: dict[str, object]) -> None:
    assert listening(("tcp", LOCAL, 1, 0, 1), **rest).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("line", ["   0: zz:0016 00:0000 0A x x x 0 0 1", "   0: 00000000"])
def test_a_table_of_sockets_that_cannot_be_read_is_unknown(line: str) -> None:
    texts = nets()
    texts["/proc/net/tcp"] += f"{line}\n"
    assert ask(CHECKS, "unexpected-listener", host(texts, commands=LINKS)).verdict is Verdict.UNKNOWN


def test_a_server_without_tables_of_sockets_is_unknown() -> None:
    assert ask(CHECKS, "unexpected-listener", host(commands=LINKS)).verdict is Verdict.UNKNOWN


def test_a_process_that_hides_its_sockets_does_not_hide_the_listener() -> None:
    answer = listening(("tcp", ANY, 6379, 107, 70), hidden=frozenset(("/proc/7/fd",)))
    assert answer.evidence == "tcp/6379 on 0.0.0.0 by the kernel, or a process that is not seen (uid 107)"


# --- what is installed

DPKG = "Package: dpkg\nStatus: install ok installed\nVersion: 1.21\n"


def installed(*stanzas: str) -> Host:
    return host({"/var/lib/dpkg/status": "\n".join((DPKG, *stanzas))})


def stanza(name: str, status: str = "install ok installed", more: str = "") -> str:
    return f"Package: {name}\nStatus: {status}\nVersion: 1\n{more}"


@pytest.mark.parametrize(
    "one",
    [
        stanza("apache2"),
        stanza("postgresql-15"),
        stanza("exim4-daemon-light"),
        stanza("nginx", "install ok half-configured"),
        stanza("nginx", "hold ok installed"),
        stanza("nginx", "deinstall ok installed"),
        "Status: install ok installed\nVersion: 1\nPackage: nginx\n",
        "Package: nginx\nDescription: x\n Status: deinstall ok config-files\nStatus: install ok installed\n",
    ],
)
def test_a_server_package_is_a_failure(one: str) -> None:
    answer = ask(CHECKS, "server-package", installed(one))
    assert answer.verdict is Verdict.FAIL
    assert answer.fix.startswith("apt purge ")


@pytest.mark.parametrize(
    "one",
    [
        stanza("apache2-utils"),
        stanza("postgresql-client-15"),
        stanza("nginx", "deinstall ok config-files"),
        stanza("nginx", "purge ok not-installed"),
        stanza("curl", more="Description: a thing\n like\n Package: nginx\n"),
    ],
)
def test_what_is_no_server_or_is_gone_is_fine(one: str) -> None:
    assert ask(CHECKS, "server-package", installed(one)).verdict is Verdict.PASS


def test_a_server_package_that_the_owner_wants_is_fine() -> None:
    made = installed(stanza("apache2"))
    assert ask(CHECKS, "server-package", made, Expected(packages=("apache2",))).verdict is Verdict.PASS


@pytest.mark.parametrize("rule", ["server-package", "desktop"])
@pytest.mark.parametrize("texts", [{}, {"/var/lib/dpkg/status": ""}, {"/var/lib/dpkg/status": stanza("nginx")}])
def test_a_server_without_a_list_of_packages_is_unknown(rule: str, texts: dict[str, str]) -> None:
    assert ask(CHECKS, rule, host(texts)).verdict is Verdict.UNKNOWN


def test_a_browser_is_a_failure_and_its_absence_is_fine() -> None:
    assert ask(CHECKS, "desktop", installed(stanza("firefox-esr"))).evidence == "firefox-esr"
    assert ask(CHECKS, "desktop", installed()).verdict is Verdict.PASS


# --- who may log in


def people(*lines: str, expected: tuple[str, ...] = ()) -> Answer:
    return ask(CHECKS, "too-many-people", host({"/etc/passwd": "\n".join(lines)}), Expected(people=expected))


def person(name: str, uid: int = 1000, shell: str = "/bin/bash") -> str:
    return f"{name}:x:{uid}:{uid}::/home/{name}:{shell}"


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ((person("a"), person("b", 1001)), Verdict.PASS),
        ((person("a"), person("b", 1001), person("c", 1002)), Verdict.FAIL),
        ((person("a"), person("b", 1001), person("c", 1002, "/usr/sbin/nologin")), Verdict.PASS),
        ((person("a"), person("b", 1001), person("c", 1002, "")), Verdict.FAIL),
        ((person("a"), person("b", 1001), person("c", 1002, "/tmp/nologin")), Verdict.FAIL),  # noqa: S108
        ((person("a"), person("b", 1001), person("c", 70000)), Verdict.FAIL),
        ((person("a"), person("b", 1001), person("c", 999)), Verdict.PASS),
        ((person("a"), person("b", 1001), person("nobody", 65534)), Verdict.PASS),
    ],
)
def test_two_people_may_log_in_where_nobody_is_named(lines: tuple[str, ...], verdict: Verdict) -> None:
    assert people(*lines).verdict is verdict


def test_somebody_who_is_not_named_is_a_failure() -> None:
    answer = people(person("alice"), person("mallory", 1001), expected=("alice",))
    assert (answer.verdict, answer.evidence) == (Verdict.FAIL, "mallory")


def test_as_many_people_as_are_named_may_log_in() -> None:
    names = ("a", "b", "c")
    assert people(*(person(name, 1000 + at) for at, name in enumerate(names)), expected=names).verdict is Verdict.PASS


def test_a_server_without_users_is_unknown() -> None:
    assert people().verdict is Verdict.UNKNOWN


# --- what starts by itself

CRON = "17 * * * * root run-parts /etc/cron.hourly\n"
CRONTAB = hashlib.md5(CRON.encode(), usedforsecurity=False).hexdigest()
BROUGHT = {
    "/var/lib/dpkg/status": DPKG + "\n" + stanza("cron", more=f"Conffiles:\n /etc/crontab {CRONTAB}\n"),
    "/var/lib/dpkg/info/cron.list": "/.\n/etc\n/etc/crontab\n/lib/systemd/system/cron.service\n",
    "/var/lib/dpkg/info/apt.list": "/lib/systemd/system/apt-daily.timer\n/usr/lib/systemd/system/getty@.service\n",
    "/etc/crontab": CRON,
    "/etc/passwd": USERS,
    "/usr/lib/systemd/system/cron.service": "[Service]\n",
    "/usr/lib/systemd/system/apt-daily.timer": "[Timer]\n",
}
LINKED = {
    "/lib": link("usr/lib"),
    "/etc/systemd/system/timers.target.wants/apt-daily.timer": link("/lib/systemd/system/apt-daily.timer"),
    "/etc/systemd/system/getty.target.wants/getty@tty1.service": link("/lib/systemd/system/getty@.service"),
    "/etc/systemd/system/rpcbind.service": link("/dev/null"),
    "/etc/cron.daily": folder(),
}


def scheduled(
    texts: dict[str, str] | None = None, stats: dict[str, Status] | None = None, expected: Expected | None = None
) -> Answer:
    made = host({**BROUGHT, **(texts or {})}, stats={**LINKED, **(stats or {})})
    return ask(CHECKS, "foreign-schedule", made, expected)


def test_what_packages_brought_is_fine() -> None:
    assert scheduled().verdict is Verdict.PASS


@pytest.mark.parametrize(
    "path",
    [
        "/etc/cron.d/x",
        "/etc/cron.hourly/x",
        "/etc/cron.d/.hidden",
        "/etc/init.d/x",
        "/etc/rc.local",
        "/etc/anacrontab",
        "/var/spool/cron/crontabs/root",
        "/var/spool/cron/atjobs/a0000101c4f5a0",
        "/etc/systemd/system/miner.service",
        "/etc/systemd/system/miner.timer",
        "/etc/systemd/system/cron.service",
        "/etc/systemd/system/cron.service.d/more.conf",
        "/etc/systemd/system/service.d/all.conf",
        "/etc/systemd/user/x.service",
        "/run/systemd/system/x.service",
        "/run/systemd/transient/run-r1.timer",
        "/usr/local/lib/systemd/system/x.service",
        "/usr/lib/systemd/system/not-a-package.service",
        "/usr/lib/systemd/system/x.path",
        "/usr/lib/systemd/system/x.socket",
        "/home/bot/.config/systemd/user/x.service",
        "/home/root/.config/systemd/user/default.target.wants/x.service",
    ],
)
def test_what_nobody_packaged_is_named(path: str) -> None:
    answer = scheduled({path: "x\n"})
    assert (answer.verdict, answer.evidence) == (Verdict.FAIL, path)


def test_a_line_that_was_added_to_a_packages_crontab_is_a_failure() -> None:
    assert scheduled({"/etc/crontab": f"{CRON}* * * * * root /tmp/x\n"}).evidence == "/etc/crontab"


@pytest.mark.parametrize("target", ["/opt/x.service", "/home/bot/x.service", "../../../opt/x.service"])
def test_a_link_to_a_unit_from_elsewhere_is_a_failure(target: str) -> None:
    path = "/etc/systemd/system/multi-user.target.wants/x.service"
    assert scheduled(stats={path: link(target)}).evidence == path


def test_a_crontab_of_comments_starts_nothing() -> None:
    assert scheduled({"/var/spool/cron/crontabs/root": "# nothing\n\n"}).verdict is Verdict.PASS


def test_units_that_the_deployment_made_are_known_and_so_are_their_drop_ins() -> None:
    texts = {
        "/etc/systemd/system/gw.service": "x",
        "/etc/systemd/system/gw.service.d/a.conf": "x",
        "/etc/systemd/system/multi-user.target.wants/gw.service": "x",
    }
    assert scheduled(texts, expected=Expected(units=("gw.service",))).verdict is Verdict.PASS
    assert scheduled(texts, expected=Expected(units=("g.service",))).verdict is Verdict.FAIL


def test_a_cron_job_is_not_excused_by_the_name_of_a_unit() -> None:
    texts = {"/etc/cron.d/gw.service": "x"}
    assert scheduled(texts, expected=Expected(units=("gw.service",))).verdict is Verdict.FAIL


@pytest.mark.parametrize("path", ["/var/spool/cron/crontabs", "/home/bot/.config/systemd/user", "/etc/crontab"])
def test_schedules_that_cannot_be_seen_are_unknown(path: str) -> None:
    made = host(BROUGHT, stats=LINKED, hidden=frozenset((path,)))
    assert ask(CHECKS, "foreign-schedule", made).verdict is Verdict.UNKNOWN


def test_a_server_without_lists_of_files_is_unknown() -> None:
    texts = {path: text for path, text in BROUGHT.items() if not path.endswith(".list")}
    assert ask(CHECKS, "foreign-schedule", host(texts)).verdict is Verdict.UNKNOWN


# --- what a bot runs


def bot_runs(name: str, path: str, args: str, uid: int = 1001, **rest: object) -> Answer:
    texts = {"/etc/passwd": USERS, **INIT, **process(9, name, uid, args)}
    return ask(CHECKS, "bot-runs-tools", host(texts, stats={**INIT_RUNS, **runs(9, path)}, **rest), BOT)


@pytest.mark.parametrize(
    ("path", "args"),
    [
        ("/usr/bin/python3.11", "/usr/bin/python3 bot.py"),
        ("/usr/bin/python3.11", "python3 -m freqtrade trade -c config.json"),
        ("/usr/bin/python3.11", "python3 bot.py -c config.json"),
        ("/opt/bot/.venv/bin/python", "python -u bot.py"),
        ("/usr/bin/python3.11", "python3 -W ignore -m freqtrade -c config.json"),
        ("/usr/bin/python3.11", "python3 -um freqtrade -c config.json"),
        ("/usr/bin/python3.11", "python3 -Xdev bot.py"),
        ("/usr/bin/python3.11", "bot:worker"),
        ("/usr/bin/node", "node bot.js"),
        ("/opt/bot/curlew", "curlew"),
    ],
)
def test_a_bot_that_runs_itself_is_fine(path: str, args: str) -> None:
    assert bot_runs("bot", path, args).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("path", "args"),
    [
        ("/usr/bin/bash", "bash -i"),
        ("/usr/bin/dash", "sh -c id"),
        ("/usr/bin/bash", "-bash"),
        ("/usr/bin/busybox", "kworker"),
        ("/home/bot/x", "/bin/bash"),
        ("/usr/bin/bash (deleted)", "worker"),
        ("/usr/bin/curl", "curl https://x"),
        ("/usr/bin/nc.openbsd", "nc 203.0.113.1 4444"),
        ("/usr/bin/ssh", "ssh -R 1:2:3 x"),
        ("/usr/bin/python3.11", "python3 -c import+os"),
        ("/usr/bin/python3.11", "python3 -uc import+os"),
        ("/usr/bin/python3.11", "python3 -I -c import+os"),
        ("/usr/bin/python3.11", "python3 -W ignore -c import+os"),
        ("/usr/bin/python3.11", "python3 -Xdev -c import+os"),
        ("/usr/bin/python3.11", "python3 --check-hash-based-pycs always -c import+os"),
        ("/usr/bin/python3.11", "python3"),
        ("/usr/bin/python3.11", "python3 -"),
        ("/usr/bin/python3.11", "python3 -i"),
        ("/tmp/python3.11", "python3 bot.py"),  # noqa: S108
        ("/dev/shm/x", "x"),  # noqa: S108
        ("/memfd:x (deleted)", "x"),
    ],
)
def test_a_bot_that_runs_what_a_burglar_runs_is_a_failure(path: str, args: str) -> None:
    answer = bot_runs("x", path, args)
    assert answer.verdict is Verdict.FAIL
    assert answer.evidence.startswith(f"9 {path}")


def test_a_shell_of_somebody_else_is_not_the_bots() -> None:
    assert bot_runs("bash", "/usr/bin/bash", "bash", uid=1000).verdict is Verdict.PASS


def test_a_process_that_may_become_the_bot_is_the_bots() -> None:
    texts = {"/etc/passwd": USERS, **INIT, **process(9, "sh")}
    texts["/proc/9/status"] = "Name:\tsh\nUid:\t1000\t1000\t1001\t1000\n"
    made = host(texts, stats={**INIT_RUNS, **runs(9, "/usr/bin/dash")})
    assert ask(CHECKS, "bot-runs-tools", made, BOT).verdict is Verdict.FAIL


def test_without_a_bot_there_is_nothing_to_ask() -> None:
    assert ask(CHECKS, "bot-runs-tools", host()).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("texts", [{"/etc/passwd": USERS}, {"/etc/passwd": USERS, **process(9, "sh", 1001)}, {**INIT}])
def test_processes_that_are_hidden_and_users_that_are_not_there_are_unknown(texts: dict[str, str]) -> None:
    assert ask(CHECKS, "bot-runs-tools", host(texts), BOT).verdict is Verdict.UNKNOWN


def test_a_program_that_may_not_be_looked_at_is_unknown() -> None:
    assert bot_runs("bot", "/x", "x", hidden=frozenset(("/proc/9/exe",))).verdict is Verdict.UNKNOWN


# --- compilers


@pytest.mark.parametrize(
    ("stats", "verdict"),
    [
        ({}, Verdict.PASS),
        ({"/usr/bin/gcc": file(0o755)}, Verdict.FAIL),
        ({"/usr/bin/gcc": file(0o750)}, Verdict.PASS),
        ({"/usr/bin/cc": link("gcc-12"), "/usr/bin/gcc-12": file(0o755)}, Verdict.FAIL),
        ({"/usr/bin/cc": link("/etc/alternatives/cc"), "/etc/alternatives/cc": link("/usr/bin/gcc-12")}, Verdict.PASS),
        (
            {
                "/usr/bin/cc": link("/etc/alternatives/cc"),
                "/etc/alternatives/cc": link("/usr/bin/gcc-12"),
                "/usr/bin/gcc-12": file(0o755),
            },
            Verdict.FAIL,
        ),
    ],
)
def test_a_compiler_for_everybody_is_a_failure(stats: dict[str, Status], verdict: Verdict) -> None:
    assert ask(CHECKS, "compiler", host(stats=stats)).verdict is verdict


def test_a_compiler_that_cannot_be_looked_at_is_unknown() -> None:
    assert ask(CHECKS, "compiler", host(hidden=frozenset(("/usr/bin/gcc",)))).verdict is Verdict.UNKNOWN
