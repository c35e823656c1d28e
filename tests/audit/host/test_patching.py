"""Kept up to date: each check passes, fails, and does not know where it cannot look."""

import datetime as dt

import pytest

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer, Verdict
from ringfence.audit.host.checks.patching import CHECKS
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.source import Status
from tests.audit.host.fake import NOW, file, host, link
from tests.audit.host.servers import BOT, INIT, INIT_RUNS, USERS, ask, process, rules_of, runs

DAY = 86400
PASS, FAIL, UNKNOWN = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN
DEBIAN = {"/etc/os-release": 'PRETTY_NAME="Debian 12"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n'}
UBUNTU = {"/etc/os-release": 'PRETTY_NAME="Ubuntu 24.04"\nID=ubuntu\nVERSION_ID="24.04"\nVERSION_CODENAME=noble\n'}
DUMP = (
    'Dir "/";\nDir::Etc "etc/apt";\nDir::Etc::sourcelist "sources.list";\nDir::Etc::sourceparts "sources.list.d";\n'
    'Acquire::AllowInsecureRepositories "0";\n'
)
SECURITY = "deb http://security.debian.org/debian-security bookworm-security main\n"


def at(text: str) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC).timestamp()


def dump(*lines: str) -> dict[str, str]:
    return {"apt-config dump": DUMP + "".join(f"{line};\n" for line in lines)}


def test_every_check_has_its_words_and_every_word_its_check() -> None:
    assert {each.rule for each in CHECKS} == {f"host/{name}" for name in rules_of("patching")}


def test_what_waits_means_nothing_without_a_source_and_fresh_lists() -> None:
    (check,) = (each for each in CHECKS if each.rule == "host/pending-security")
    assert check.needs == ("host/no-security-source", "host/stale-lists")


# --- the release


@pytest.mark.parametrize(
    ("day", "verdict", "severity"),
    [
        ("2026-07-11", PASS, None),
        ("2026-07-12", FAIL, Severity.LOW),
        ("2028-06-30", FAIL, Severity.LOW),
        ("2028-07-01", FAIL, None),
    ],
)
def test_a_release_is_supported_up_to_its_last_day(day: str, verdict: Verdict, severity: Severity | None) -> None:
    answer = ask(CHECKS, "end-of-life", host(DEBIAN, now=at(day)))
    assert (answer.verdict, answer.severity) == (verdict, severity)


def test_a_release_without_longer_support_ends_at_once() -> None:
    assert ask(CHECKS, "end-of-life", host(UBUNTU, now=at("2029-05-31"))).verdict is PASS
    answer = ask(CHECKS, "end-of-life", host(UBUNTU, now=at("2029-06-01")))
    assert (answer.verdict, answer.severity) == (FAIL, None)


TABLE = "version,codename,series,created,release,eol,eol-lts,eol-elts\n"


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        ("12,Bookworm,bookworm,2021-08-14,2023-06-10,2027-01-01,2028-06-30\n", PASS),
        ("13,Trixie,trixie,2023-06-10,2025-08-09,2028-08-09,2030-06-30\n", FAIL),
        ("12,Bookworm,bookworm,2021-08-14,2023-06-10\n", FAIL),
        ("12,Bookworm,bookworm,2021-08-14,2023-06-10,soon\n", UNKNOWN),
    ],
)
def test_the_servers_own_table_comes_first_and_ours_where_it_says_nothing(row: str, verdict: Verdict) -> None:
    texts = {**DEBIAN, "/usr/share/distro-info/debian.csv": TABLE + row}
    assert ask(CHECKS, "end-of-life", host(texts)).verdict is verdict


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ID=debian\n",
        'ID=debian\nVERSION_ID="99"\n',
        'ID=arch\nVERSION_ID="12"\n',
        'ID=../../etc/x\nVERSION_ID="1"\n',
    ],
)
def test_a_release_that_no_table_has_is_unknown(text: str) -> None:
    assert ask(CHECKS, "end-of-life", host({"/etc/os-release": text})).verdict is UNKNOWN


# --- sources


def sources(texts: dict[str, str], *settings: str, rule: str = "no-security-source") -> Answer:
    return ask(CHECKS, rule, host({**DEBIAN, **texts}, commands=dump(*settings)))


STANZA = "Types: deb\nURIs: http://deb.debian.org/debian-security\nSuites: bookworm-security\nComponents: main\n"
LIST, PART, DEB822 = "/etc/apt/sources.list", "/etc/apt/sources.list.d/x.list", "/etc/apt/sources.list.d/x.sources"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (LIST, SECURITY),
        (PART, SECURITY),
        (LIST, f"# deb cdrom:[x]/ y main\n  {SECURITY}"),
        (LIST, "deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://m/ bookworm-security main contrib # why\n"),
        (LIST, "deb http://m/ stable-security main\n"),
        (LIST, "deb http://m/ oldstable-security main\n"),
        (DEB822, STANZA),
        (DEB822, STANZA.replace("Suites: ", "Suites: bookworm bookworm-updates ")),
        (DEB822, STANZA.replace("Suites: ", "Suites:\n bookworm\n ")),
        (DEB822, f"# first\n{STANZA.replace('main', 'contrib')}\n# second\n{STANZA}Enabled: yes\n"),
        (DEB822, STANZA.lower().replace("bookworm-security", "bookworm-security")),
    ],
)
def test_a_source_of_security_updates_is_found_in_either_form(path: str, text: str) -> None:
    assert sources({path: text}).verdict is PASS


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (LIST, ""),
        (LIST, f"# {SECURITY}"),
        (LIST, "deb http://deb.debian.org/debian bookworm main # bookworm-security main\n"),
        (LIST, SECURITY.replace("deb ", "deb-src ", 1)),
        (LIST, SECURITY.replace("bookworm", "bullseye")),
        (LIST, SECURITY.replace(" main", " contrib")),
        ("/etc/apt/sources.list.d/x.list.save", SECURITY),
        ("/etc/apt/sources.list.d/x.disabled", SECURITY),
        ("/etc/apt/sources.list.d/x y.list", SECURITY),
        (DEB822, f"{STANZA}Enabled: no\n"),
        (DEB822, STANZA.replace("Types: deb", "Types: deb-src")),
        (DEB822, "".join(f"# {line}\n" for line in STANZA.splitlines())),
        (DEB822, STANZA.replace("Suites: bookworm-security", "Suites: bookworm\n#Suites: bookworm-security")),
    ],
)
def test_what_only_looks_like_a_source_of_security_updates_is_none(path: str, text: str) -> None:
    assert sources({path: text}).verdict is FAIL


@pytest.mark.parametrize("setting", ['Dir::Etc::sourcelist "other"', 'dir::etc::SourceParts "x.d"', 'Dir::Etc "opt"'])
@pytest.mark.parametrize("rule", ["no-security-source", "unsigned-packages"])
def test_sources_in_an_unusual_place_are_unknown(setting: str, rule: str) -> None:
    assert sources({LIST: SECURITY}, setting, rule=rule).verdict is UNKNOWN


@pytest.mark.parametrize("commands", [{}, {"apt-config dump": ""}, {"apt-config dump": (100, DUMP)}])
@pytest.mark.parametrize("rule", ["no-security-source", "unsigned-packages", "updates-left-out"])
def test_settings_that_cannot_be_seen_are_unknown(commands: dict[str, str], rule: str) -> None:
    assert ask(CHECKS, rule, host({**DEBIAN, LIST: SECURITY}, commands=commands)).verdict is UNKNOWN


@pytest.mark.parametrize("path", [LIST, "/etc/apt/sources.list.d"])
def test_sources_that_cannot_be_read_are_unknown(path: str) -> None:
    made = host({**DEBIAN, PART: SECURITY}, commands=dump(), hidden=frozenset((path,)))
    assert ask(CHECKS, "no-security-source", made).verdict is UNKNOWN


def test_a_line_that_apt_would_not_read_is_unknown() -> None:
    assert sources({LIST: f"{SECURITY}deb [trusted=yes http://m/ x main\n"}).verdict is UNKNOWN


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        (LIST, f"{SECURITY}deb [trusted=yes] http://m/ x main\n", 2),
        (LIST, "deb [ arch=amd64 Trusted=YES ] http://m/ x main\n", 1),
        (LIST, "deb [signed-by=/a#b trusted=1] http://m/ x main\n", 1),
        (LIST, "deb [allow-insecure=true] http://m/ x main\n", 1),
        (LIST, "deb [allow-downgrade-to-insecure=on] http://m/ x main\n", 1),
        (LIST, "deb [check-valid-until=no] http://m/ x main\n", 1),
        (LIST, "deb-src [trusted=yes] http://m/ x main\n", 1),
        (DEB822, f"{STANZA}Trusted: yes\n", 1),
        (DEB822, f"{STANZA}\n{STANZA}allow-weak: Yes\n", 6),
    ],
)
def test_a_source_that_nobody_signs_is_a_failure_and_its_line_is_named(path: str, text: str, line: int) -> None:
    answer = sources({path: text}, rule="unsigned-packages")
    assert (answer.verdict, answer.path, answer.line) == (FAIL, path, line)


@pytest.mark.parametrize(
    "text",
    [
        SECURITY,
        "deb [trusted=no] http://m/ x main\n",
        "# deb [trusted=yes] http://m/ x main\n",
        "deb http://m/ x main # [trusted=yes]\n",
    ],
)
def test_a_source_that_is_signed_is_fine(text: str) -> None:
    assert sources({LIST: text}, rule="unsigned-packages").verdict is PASS


@pytest.mark.parametrize(
    ("setting", "verdict"),
    [
        ('APT::Get::AllowUnauthenticated "true"', FAIL),
        ('apt::get::allowunauthenticated "1"', FAIL),
        ('APT::Get::AllowUnauthenticated "false"', PASS),
        ('Binary::apt::APT::Get::AllowUnauthenticated "yes"', FAIL),
        ('Acquire::AllowInsecureRepositories "yes"', FAIL),
        ('Acquire::AllowWeakRepositories "on"', FAIL),
        ('Acquire::Check-Valid-Until "false"', FAIL),
        ('Acquire::https::Verify-Peer "false"', FAIL),
        ('Acquire::https::m.example::Verify-Host "0"', FAIL),
        ('Acquire::https::Verify-Peer "true"', PASS),
    ],
)
def test_a_setting_that_takes_unsigned_packages_is_a_failure(setting: str, verdict: Verdict) -> None:
    assert sources({LIST: SECURITY}, setting, rule="unsigned-packages").verdict is verdict


def test_of_two_settings_the_last_one_holds() -> None:
    first, last = 'APT::Get::AllowUnauthenticated "true"', 'apt::get::allowunauthenticated "false"'
    assert sources({LIST: SECURITY}, first, last, rule="unsigned-packages").verdict is PASS
    assert sources({LIST: SECURITY}, last, first, rule="unsigned-packages").verdict is FAIL


# --- lists

RELEASE = "/var/lib/apt/lists/security.debian.org_dists_bookworm-security_InRelease"
STAMP = "/var/lib/apt/periodic/update-success-stamp"


@pytest.mark.parametrize("path", [RELEASE, STAMP, "/var/lib/apt/periodic/update-stamp"])
@pytest.mark.parametrize(("age", "verdict"), [(2 * DAY - 1, PASS), (2 * DAY, FAIL), (-DAY, PASS), (-DAY - 1, UNKNOWN)])
def test_lists_are_fresh_for_two_days_and_never_from_the_future(path: str, age: float, verdict: Verdict) -> None:
    assert ask(CHECKS, "stale-lists", host(stats={path: file(mtime=NOW - age)})).verdict is verdict


def test_the_newest_date_counts_but_for_one_from_the_future() -> None:
    stats = {RELEASE: file(mtime=NOW - 9 * DAY), STAMP: file(mtime=NOW - DAY)}
    assert ask(CHECKS, "stale-lists", host(stats=stats)).verdict is PASS
    stats[STAMP] = file(mtime=NOW + 9 * DAY)
    assert ask(CHECKS, "stale-lists", host(stats=stats)).verdict is FAIL


def test_lists_that_were_never_fetched_are_a_failure() -> None:
    assert ask(CHECKS, "stale-lists", host()).verdict is FAIL


@pytest.mark.parametrize(
    ("until", "verdict"),
    [
        ("Sat, 28 Nov 2026 23:59:59 UTC", PASS),
        ("Thu, 26 Nov 2026 23:59:59 UTC", FAIL),
        ("some day", UNKNOWN),
    ],
)
def test_a_list_past_its_own_date_is_a_failure_however_new_the_file_is(until: str, verdict: Verdict) -> None:
    made = host({RELEASE: f"Origin: Debian\nValid-Until: {until}\n"})
    assert ask(CHECKS, "stale-lists", made).verdict is verdict


def test_lists_that_cannot_be_looked_at_are_unknown() -> None:
    assert ask(CHECKS, "stale-lists", host(hidden=frozenset((STAMP,)))).verdict is UNKNOWN


# --- what waits

SIMULATE = "apt-get -s -o Debug::NoLocking=1 -o APT::Ignore-Hold=1 dist-upgrade"
DONE = "Reading package lists...\n0 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n"
POLICY = (
    " 100 /var/lib/dpkg/status\n     release a=now\n"
    " 500 http://security.debian.org/debian-security bookworm-security/main amd64 Packages\n"
)


def waiting(out: str | tuple[int, str], policy: str | tuple[int, str] = POLICY) -> Answer:
    return ask(CHECKS, "pending-security", host(commands={SIMULATE: out, "apt-cache policy": policy}))


def test_no_update_waits() -> None:
    assert waiting(DONE).verdict is PASS


@pytest.mark.parametrize(
    "line",
    [
        "Inst libssl3 [3.0.11-1] (3.0.14-1~deb12u2 Debian-Security:12/stable-security [amd64])",
        "Inst libssl3 [3.0.11-1] (3.0.14-1 Ubuntu:24.04/noble-updates, Ubuntu:24.04/noble-security [amd64])",
    ],
)
def test_a_security_update_that_waits_is_named(line: str) -> None:
    answer = waiting(f"{line}\nConf libssl3 (x)\n{DONE}")
    assert (answer.verdict, answer.evidence) == (FAIL, "libssl3")


def test_another_update_that_waits_is_no_security_update() -> None:
    assert waiting(f"Inst tzdata [1] (2 Debian:12.8/stable [all])\n{DONE}").verdict is PASS


@pytest.mark.parametrize("out", ["", "Reading package lists...\n", (100, DONE), (0, "E: Unable to lock\n")])
def test_updates_that_apt_cannot_list_are_unknown(out: str | tuple[int, str]) -> None:
    assert waiting(out).verdict is UNKNOWN


@pytest.mark.parametrize(
    "policy",
    [
        "",
        (100, POLICY),
        POLICY.replace(" 500 ", " -1 "),
        POLICY.replace(" 500 ", " 99 "),
        POLICY.replace("-security/main", "/main"),
    ],
)
def test_nothing_waits_for_a_server_that_takes_nothing_is_unknown(policy: str | tuple[int, str]) -> None:
    assert waiting(DONE, policy).verdict is UNKNOWN


def test_a_priority_of_100_is_enough() -> None:
    assert waiting(DONE, POLICY.replace(" 500 ", " 100 ")).verdict is PASS


# --- updates by themselves

UPGRADES = {
    **DEBIAN,
    "/var/lib/dpkg/status": (
        "Package: dpkg\nStatus: install ok installed\nVersion: 1\n\n"
        "Package: unattended-upgrades\nStatus: install ok installed\nVersion: 2\n"
    ),
}
TIMERS = {
    f"/etc/systemd/system/timers.target.wants/{name}": link(f"/lib/systemd/system/{name}")
    for name in ("apt-daily.timer", "apt-daily-upgrade.timer")
}
ON = ('APT::Periodic::Update-Package-Lists "1"', 'APT::Periodic::Unattended-Upgrade "1"')


def automatic(*settings: str, stats: dict[str, Status] | None = None, texts: dict[str, str] | None = None) -> Answer:
    made = host(
        UPGRADES if texts is None else texts, stats=TIMERS if stats is None else stats, commands=dump(*settings)
    )
    return ask(CHECKS, "no-automatic-updates", made)


def test_updates_that_come_every_day_are_fine() -> None:
    assert automatic(*ON).verdict is PASS


@pytest.mark.parametrize(
    ("value", "verdict", "severity"),
    [
        ("1", PASS, None),
        ("always", PASS, None),
        ("12h", PASS, None),
        ("7", PASS, None),
        ("7d", PASS, None),
        ("8", FAIL, Severity.MEDIUM),
        ("169h", FAIL, Severity.MEDIUM),
        ("0", FAIL, None),
        ("", FAIL, None),
        ("never", FAIL, None),
        ("-1", FAIL, None),
    ],
)
def test_updates_come_weekly_at_least(value: str, verdict: Verdict, severity: Severity | None) -> None:
    answer = automatic(ON[0], f'APT::Periodic::Unattended-Upgrade "{value}"')
    assert (answer.verdict, answer.severity) == (verdict, severity)


@pytest.mark.parametrize(
    "settings",
    [
        (),
        (ON[0],),
        (ON[1],),
        (*ON, 'APT::Periodic::Enable "0"'),
        (*ON, 'apt::periodic::unattended-upgrade "0"'),
    ],
)
def test_updates_that_are_switched_off_somewhere_are_a_failure(settings: tuple[str, ...]) -> None:
    assert automatic(*settings).verdict is FAIL


@pytest.mark.parametrize("name", list(TIMERS))
def test_updates_without_their_timers_are_a_failure(name: str) -> None:
    assert automatic(*ON, stats={path: one for path, one in TIMERS.items() if path != name}).verdict is FAIL


def test_a_timer_that_is_masked_is_a_failure() -> None:
    masked = {"/etc/systemd/system/apt-daily.timer": link("/dev/null")}
    assert automatic(*ON, stats={**TIMERS, **masked}).evidence == "switched off: apt-daily.timer"


def test_updates_without_the_package_are_a_failure() -> None:
    status = UPGRADES["/var/lib/dpkg/status"].replace("unattended-upgrades", "other")
    assert automatic(*ON, texts={"/var/lib/dpkg/status": status}).verdict is FAIL


def test_updates_of_a_server_without_a_list_of_packages_are_unknown() -> None:
    assert automatic(*ON, texts={}).verdict is UNKNOWN


# --- what they take

PATTERN = 'Unattended-Upgrade::Origins-Pattern:: "{}"'
BROUGHT = PATTERN.format("origin=Debian,codename=${distro_codename}-security,label=Debian-Security")


def taken(*settings: str, system: dict[str, str] | None = None) -> Verdict:
    made = host({**(system or DEBIAN), LIST: SECURITY}, commands=dump(*settings))
    return ask(CHECKS, "updates-left-out", made).verdict


@pytest.mark.parametrize(
    ("pattern", "verdict"),
    [
        ("origin=Debian,codename=${distro_codename}-security,label=Debian-Security", PASS),
        ("o=Debian,l=Debian-Security", PASS),
        ("origin=${distro_id},suite=stable-security", PASS),
        ("origin=*", PASS),
        ("site=security.debian.org", PASS),
        ("site=elsewhere", FAIL),
        ("origin=Debian,codename=${distro_codename},label=Debian", FAIL),
        ("origin=Debian,codename=${distro_codename},label=Debian-Security", FAIL),
        ("origin=Debian,codename=bullseye-security,label=Debian-Security", FAIL),
        ("origin=Debian,label=Debian-Security,colour=red", FAIL),
        ("", FAIL),
    ],
)
def test_a_pattern_takes_the_security_archive_or_does_not(pattern: str, verdict: Verdict) -> None:
    assert taken(PATTERN.format(pattern)) is verdict


def test_no_pattern_takes_nothing() -> None:
    assert taken() is FAIL


@pytest.mark.parametrize(
    ("allowed", "verdict"),
    [
        ("${distro_id}:${distro_codename}-security", PASS),
        ("Ubuntu:noble-security", PASS),
        ("${distro_id}:${distro_codename}", FAIL),
        ("${distro_id}:${distro_codename}-updates", FAIL),
        ("Ubuntu:jammy-security", FAIL),
    ],
)
def test_ubuntus_way_of_saying_it_is_known(allowed: str, verdict: Verdict) -> None:
    assert taken(f'Unattended-Upgrade::Allowed-Origins:: "{allowed}"', system=UBUNTU) is verdict


@pytest.mark.parametrize(
    "setting",
    [
        'Unattended-Upgrade::Package-Blacklist:: "linux-"',
        'unattended-upgrade::package-blacklist:: "openssh-server"',
        'Unattended-Upgrade::Package-Whitelist:: "vim"',
        'Unattended-Upgrade::Package-Whitelist-Strict "true"',
    ],
)
def test_a_package_that_is_left_out_is_a_failure(setting: str) -> None:
    assert taken(BROUGHT, setting) is FAIL


# --- how they went

LOG = "/var/log/unattended-upgrades/unattended-upgrades.log"
START = "INFO Starting unattended upgrades script"


def log(*entries: tuple[float, str]) -> str:
    return "".join(
        f"{dt.datetime.fromtimestamp(NOW - age, dt.UTC):%Y-%m-%d %H:%M:%S},123 {text}\n" for age, text in entries
    )


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ({LOG: log((DAY, START), (DAY, "INFO No packages found"))}, PASS),
        ({LOG: log((3 * DAY, START))}, PASS),
        ({LOG: log((3 * DAY + 1, START))}, FAIL),
        ({LOG: log((DAY, START), (DAY, "ERROR Cache has broken packages, exiting"))}, FAIL),
        ({LOG: log((DAY, "ERROR it fails without a start"))}, FAIL),
        ({LOG: log((2 * DAY, START), (2 * DAY, "ERROR x"), (DAY, START), (DAY, "INFO ok"))}, PASS),
        ({LOG: log((DAY, START), (DAY, "INFO all upgrades ERROR-free"))}, PASS),
        ({f"{LOG}.1": log((DAY, START)), LOG: ""}, PASS),
        ({f"{LOG}.1": log((DAY, START)), LOG: log((9, "ERROR x"))}, FAIL),
        ({LOG: ""}, FAIL),
        ({LOG: "nonsense\n"}, FAIL),
        ({}, FAIL),
        ({LOG: log((-2 * DAY, START))}, UNKNOWN),
        ({LOG: "2026-99-99 00:00:00,000 INFO x\n"}, UNKNOWN),
    ],
)
def test_the_last_run_was_lately_and_without_errors(texts: dict[str, str], verdict: Verdict) -> None:
    assert ask(CHECKS, "updates-failing", host(texts)).verdict is verdict


def test_a_log_that_cannot_be_read_is_unknown() -> None:
    assert ask(CHECKS, "updates-failing", host(hidden=frozenset((LOG,)))).verdict is UNKNOWN


# --- kernels

RUNNING = "/proc/sys/kernel/osrelease"


def kernel(running: str, *installed: str, version: str = "", package: str = "") -> Answer:
    texts = {RUNNING: f"{running}\n", "/proc/version": version, **{f"/boot/vmlinuz-{name}": "" for name in installed}}
    status = "Package: dpkg\nStatus: install ok installed\nVersion: 1\n"
    if package:
        status += f"\nPackage: linux-image-{running}\nStatus: install ok installed\nVersion: {package}\n"
    return ask(CHECKS, "old-kernel", host({**texts, "/var/lib/dpkg/status": status}))


@pytest.mark.parametrize(
    ("running", "installed", "verdict"),
    [
        ("6.1.0-37-amd64", ("6.1.0-37-amd64",), PASS),
        ("6.1.0-37-amd64", ("6.1.0-9-amd64", "6.1.0-37-amd64"), PASS),
        ("6.1.0-9-amd64", ("6.1.0-9-amd64", "6.1.0-37-amd64"), FAIL),
        ("6.1.0-37-cloud-amd64", ("6.1.0-37-cloud-amd64", "6.12.1-1-amd64"), PASS),
        ("6.1.0-37-amd64", ("6.1.0-37-amd64", "6.12.9+bpo-amd64"), FAIL),
        ("6.8.0-45-generic", ("6.8.0-45-generic", "6.8.0-100-generic"), FAIL),
        ("6.1.0-38-amd64", ("6.1.0-37-amd64",), PASS),
        ("6.1.0-9-rt-amd64", ("6.1.0-37-amd64",), FAIL),
        ("6.1.0-37-amd64", (), Verdict.NOT_APPLICABLE),
        ("", ("6.1.0-37-amd64",), UNKNOWN),
    ],
)
def test_the_newest_kernel_of_its_kind_should_run(running: str, installed: tuple[str, ...], verdict: Verdict) -> None:
    assert kernel(running, *installed).verdict is verdict


@pytest.mark.parametrize(("package", "verdict"), [("6.1.137-1", PASS), ("6.1.140-1", FAIL), ("", PASS)])
def test_another_build_of_the_same_name_should_run_too(package: str, verdict: Verdict) -> None:
    text = "Linux version 6.1.0-37-amd64 (x) #1 SMP PREEMPT_DYNAMIC Debian 6.1.137-1 (2025-05-07)"
    assert kernel("6.1.0-37-amd64", "6.1.0-37-amd64", version=text, package=package).verdict is verdict


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ({"/proc/uptime": f"{60 * DAY - 1}.00 1.0\n"}, PASS),
        ({"/proc/uptime": f"{60 * DAY}.00 1.0\n"}, FAIL),
        ({"/proc/uptime": "9.00 1.0\n", "/run/reboot-required": "*** System restart required ***\n"}, FAIL),
        ({"/proc/uptime": ""}, UNKNOWN),
        ({"/proc/uptime": "-5 1"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_a_server_is_restarted_when_asked_and_every_two_months(texts: dict[str, str], verdict: Verdict) -> None:
    assert ask(CHECKS, "reboot-due", host(texts)).verdict is verdict


# --- what still runs

GONE = "7f0 r-xp 00000000 08:01 1 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n"


def mapped(
    maps: str, uid: int = 1001, name: str = "python3", exe: str = "/usr/bin/python3.11", **rest: object
) -> Answer:
    texts = {"/etc/passwd": USERS, **INIT, **process(9, name, uid), "/proc/9/maps": maps, "/proc/1/maps": GONE}
    made = host(texts, stats={**INIT_RUNS, **runs(9, exe)}, **rest)
    return ask(CHECKS, "deleted-library", made, BOT)


@pytest.mark.parametrize(
    ("maps", "said"),
    [
        (GONE, "python3 (9): libssl.so.3"),
        (GONE.replace("libssl.so.3", "libssl.so.3;66aa"), "python3 (9): libssl.so.3"),
        (
            GONE.replace("libssl.so.3", "_x.cpython-311-x86_64-linux-gnu.so"),
            "python3 (9): _x.cpython-311-x86_64-linux-gnu.so",
        ),
    ],
)
def test_a_library_that_was_replaced_is_a_failure(maps: str, said: str) -> None:
    answer = mapped(maps)
    assert (answer.verdict, answer.evidence) == (FAIL, said)


def test_a_program_that_was_replaced_is_a_failure() -> None:
    assert mapped("", exe="/usr/sbin/sshd (deleted)", name="sshd", uid=0).evidence == "sshd (9): sshd"


@pytest.mark.parametrize(
    "maps",
    [
        "",
        GONE.replace(" (deleted)", ""),
        GONE.replace("libssl.so.3", "data.db"),
        GONE.replace("libssl.so.3", "x.so.txt/a"),
    ],
)
def test_what_is_still_on_the_disk_or_no_library_is_fine(maps: str) -> None:
    assert mapped(maps).verdict is PASS


def test_another_users_process_is_not_asked_but_sshd_is() -> None:
    assert mapped(GONE, uid=33, name="cron").verdict is Verdict.NOT_APPLICABLE
    assert mapped(GONE, uid=0, name="sshd").verdict is FAIL


def test_memory_that_cannot_be_seen_is_unknown() -> None:
    assert mapped("", hidden=frozenset(("/proc/9/maps",))).verdict is UNKNOWN
    assert ask(CHECKS, "deleted-library", host(), Expected()).verdict is UNKNOWN


# --- what was changed


@pytest.mark.parametrize(
    ("out", "verdict"),
    [
        ("", PASS),
        ("??5??????   /usr/sbin/sshd\n", FAIL),
        ((1, "??5??????   /usr/sbin/sshd\n"), FAIL),
        ("??5?????? c /etc/ssh/sshd_config\n", PASS),
        ("??5??????   /usr/lib/c \n", FAIL),
        ("??5?????? c /etc/x\n??5??????   /bin/ls\n", FAIL),
        ("missing     /usr/share/doc/x/copyright\n", PASS),
        ("????????? c /etc/sudoers\n", PASS),
        ((1, ""), UNKNOWN),
        ((2, "??5??????   /bin/ls\n"), UNKNOWN),
    ],
)
def test_a_program_that_was_changed_is_a_failure(out: str | tuple[int, str], verdict: Verdict) -> None:
    assert ask(CHECKS, "changed-file", host(installed(), commands={"dpkg -V": out})).verdict is verdict


def installed(*more: str) -> dict[str, str]:
    names = ("dpkg", "sudo", *more)
    return {
        "/var/lib/dpkg/status": "\n".join(
            f"Package: {name}\nStatus: install ok installed\nVersion: 1\n" for name in names
        )
    }


@pytest.mark.parametrize(("count", "command"), [(248, "dpkg -V"), (249, "dpkg -V dpkg sudo")])
def test_of_many_packages_those_that_matter_most_are_looked_at(count: int, command: str) -> None:
    many = installed(*(f"other{number}" for number in range(count)))
    assert ask(CHECKS, "changed-file", host(many, commands={command: ""})).verdict is PASS
    changed = {command: (1, "??5??????   /usr/bin/sudo\n")}
    assert ask(CHECKS, "changed-file", host(many, commands=changed)).verdict is FAIL


def test_a_server_without_dpkg_is_unknown() -> None:
    assert ask(CHECKS, "changed-file", host()).verdict is UNKNOWN
