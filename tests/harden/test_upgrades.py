"""Updates, the clock and homes: what is missing is offered, what is there stays, what cannot be seen is said."""

from collections.abc import Mapping

import pytest

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Status
from ringfence.deploy.wants import File, Folder, Packages, Running
from ringfence.harden.area import Area, Asked, Proposal
from ringfence.harden.names import PERIODIC, SECURITY
from ringfence.harden.offer import offer
from tests.audit.host.fake import folder, host, link

TARGETS = "apt-get indextargets --format $(RELEASE)"
DUMP = "apt-config dump"
ON = 'APT::Periodic "";\nAPT::Periodic::Update-Package-Lists "1";\nAPT::Periodic::Unattended-Upgrade "1";\n'
DEBIAN = {
    "/usr/bin/apt-get": "",
    "/etc/os-release": 'ID=debian\nVERSION_CODENAME="bookworm"\n',
    "/usr/share/keyrings/debian-archive-keyring.gpg": "",
}


def ask(
    area: Area,
    texts: Mapping[str, str],
    commands: Mapping[str, str | tuple[int, str]] | None = None,
    stats: Mapping[str, Status] | None = None,
    hidden: tuple[str, ...] = (),
) -> Proposal:
    of: Host = host(texts, commands=commands or {}, stats=stats or {}, hidden=frozenset(hidden))
    return offer(area, of, Asked())


def upgrades(
    texts: Mapping[str, str] | None = None,
    targets: str | tuple[int, str] = "bookworm\n",
    dump: str | tuple[int, str] = ON,
) -> Proposal:
    return ask(Area.UPGRADES, {**DEBIAN, **(texts or {})}, {TARGETS: targets, DUMP: dump})


def files(offered: Proposal) -> list[str]:
    return [want.path for want in offered.wants if isinstance(want, File)]


def test_a_server_without_a_source_of_security_updates_is_offered_debians() -> None:
    offered = upgrades()
    source = next(want.content for want in offered.wants if isinstance(want, File))
    assert files(offered) == [SECURITY]
    assert "URIs: http://security.debian.org/debian-security\n" in source
    assert "Suites: bookworm-security\n" in source
    assert "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg\n" in source
    assert Packages(("unattended-upgrades",)) in offered.wants


def test_a_server_that_has_one_gets_no_second() -> None:
    assert files(upgrades(targets="bookworm\nbookworm-security\n")) == []


def test_a_source_of_another_release_is_none() -> None:
    assert files(upgrades(targets="bullseye-security\n")) == [SECURITY]


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"/etc/os-release": "ID=ubuntu\nVERSION_CODENAME=noble\n"}, "noble"),
        ({"/etc/os-release": "ID=debian\nVERSION_CODENAME=sid\n"}, "sid"),
        ({"/etc/os-release": ""}, "this distribution"),
    ],
)
def test_what_is_not_debians_own_is_left_to_a_person(texts: dict[str, str], words: str) -> None:
    offered = upgrades(texts)
    assert files(offered) == []
    assert f"security updates for {words}" in offered.notes[0]


def test_without_debians_keys_no_source_is_added() -> None:
    texts = {path: text for path, text in DEBIAN.items() if "keyring" not in path}
    offered = ask(Area.UPGRADES, texts, {TARGETS: "bookworm\n", DUMP: ON})
    assert files(offered) == []
    assert "debian-archive-keyring" in offered.notes[0]


@pytest.mark.parametrize(
    ("dump", "is_on"),
    [
        (ON, True),
        (ON.replace('"1"', '"7"'), True),
        (ON.replace('"1"', '"always"'), True),
        (ON.replace('"1"', '"0"'), False),
        (ON.replace('Upgrade "1"', 'Upgrade "0"'), False),
        (ON.replace('Lists "1"', 'Lists ""'), False),
        (f'{ON}APT::Periodic::Unattended-Upgrade "0";\n', False),
        ("", False),
        ("// " + ON.replace("\n", "\n// "), False),
    ],
)
def test_updates_are_switched_on_where_apt_says_that_they_are_off(dump: str, is_on: bool) -> None:
    offered = upgrades(targets="bookworm-security\n", dump=dump)
    assert files(offered) == ([] if is_on else [PERIODIC])


def test_another_file_that_switches_them_off_is_hinted_at() -> None:
    text = next(want.content for want in upgrades(dump="").wants if isinstance(want, File) and want.path == PERIODIC)
    assert "another file" in " ".join(upgrades({PERIODIC: text}, dump="").notes)
    assert "another file" not in " ".join(upgrades({PERIODIC: text}).notes)


def test_the_timers_that_start_them_run_where_there_are_some() -> None:
    assert [want for want in upgrades().wants if isinstance(want, Running)] == []
    offered = upgrades(
        {"/lib/systemd/system/apt-daily.timer": "", "/usr/lib/systemd/system/apt-daily-upgrade.timer": ""}
    )
    running = [want.unit for want in offered.wants if isinstance(want, Running)]
    assert running == ["apt-daily.timer", "apt-daily-upgrade.timer"]


def test_where_apt_does_not_answer_nothing_is_offered() -> None:
    assert "indextargets" in upgrades(targets=(100, "")).refused
    assert "apt-config" in upgrades(dump=(1, "")).refused
    assert "does not go by apt" in ask(Area.UPGRADES, {}).refused


VIRT = "systemd-detect-virt --container"
NO_CONTAINER = {VIRT: (1, "none\n")}


@pytest.mark.parametrize(
    ("unit", "runs"),
    [
        ("/usr/lib/systemd/system/chrony.service", "chrony.service"),
        ("/lib/systemd/system/systemd-timesyncd.service", "systemd-timesyncd.service"),
        ("/usr/lib/systemd/system/ntpsec.service", "ntpsec.service"),
    ],
)
def test_the_clock_is_kept_by_what_is_there(unit: str, runs: str) -> None:
    assert ask(Area.TIME, {unit: ""}, NO_CONTAINER).wants == (Running(runs),)


def test_of_two_that_keep_the_clock_one_runs() -> None:
    texts = {f"/usr/lib/systemd/system/{name}.service": "" for name in ("systemd-timesyncd", "chrony")}
    assert ask(Area.TIME, texts, NO_CONTAINER).wants == (Running("chrony.service"),)


def test_where_nothing_keeps_the_clock_timesyncd_comes() -> None:
    wants = ask(Area.TIME, {}, NO_CONTAINER).wants
    assert wants == (Packages(("systemd-timesyncd",)), Running("systemd-timesyncd.service"))


def test_the_clock_of_a_container_is_not_its_own() -> None:
    offered = ask(Area.TIME, {}, {VIRT: "lxc\n"})
    assert offered.wants == ()
    assert "lxc" in offered.notes[0]


def test_where_it_cannot_be_told_nothing_is_offered_for_the_clock() -> None:
    assert "cannot be looked at" in ask(Area.TIME, {}).refused


PEOPLE = {
    "/etc/passwd": "root:x:0:0::/:/bin/bash\nalice:x:1000:1000::/home/alice:/bin/bash\n"
    "bob:x:1001:1001::/home/bob:/bin/bash\nsvc:x:1002:1002::/home/svc:/usr/sbin/nologin\n",
    "/etc/group": "root:x:0:\nalice:x:1000:\nbob:x:1001:\nsvc:x:1002:\n",
}
ALICE = {"/home/alice": folder(0o755, 1000, 1000)}


def homes(
    stats: Mapping[str, Status], texts: Mapping[str, str] | None = None, hidden: tuple[str, ...] = ()
) -> Proposal:
    return ask(Area.ACCOUNTS, {**PEOPLE, **(texts or {})}, stats=stats, hidden=hidden)


@pytest.mark.parametrize(
    ("mode", "then"), [(0o755, 0o750), (0o777, 0o750), (0o711, 0o710), (0o751, 0o750), (0o770, 0o750), (0o2755, 0o2750)]
)
def test_a_home_that_others_can_look_into_is_closed(mode: int, then: int) -> None:
    offered = homes({"/home/alice": folder(mode, 1000, 1000)})
    assert offered.wants == (Folder("/home/alice", "alice", "alice", then),)


@pytest.mark.parametrize("mode", [0o750, 0o700, 0o710])
def test_a_home_that_is_closed_stays_as_it_is(mode: int) -> None:
    assert homes({"/home/alice": folder(mode, 1000, 1000)}).wants == ()


@pytest.mark.parametrize(
    ("why", "status"),
    [
        ("a link", link("/srv/alice")),
        ("of somebody else", folder(0o755, 1001, 1000)),
        ("of root", folder(0o755, 0, 0)),
        ("of a group without a name", folder(0o755, 1000, 4711)),
    ],
)
def test_what_is_no_plain_home_of_its_owner_is_left_and_said(why: str, status: Status) -> None:
    offered = homes({"/home/alice": status})
    assert offered.wants == (), why
    assert "/home/alice stays" in offered.notes[0]


def test_a_home_elsewhere_is_left_and_said() -> None:
    passwd = PEOPLE["/etc/passwd"].replace("/home/alice", "/srv/alice")
    offered = homes({"/srv/alice": folder(0o755, 1000, 1000)}, {"/etc/passwd": passwd})
    assert (offered.wants, len(offered.notes)) == ((), 1)


@pytest.mark.parametrize("place", ["cwd", "exe", "root"])
def test_a_home_in_which_somebody_elses_process_runs_is_left_and_said(place: str) -> None:
    running = {"/proc/77": folder(0o555, 998, 998), f"/proc/77/{place}": link("/home/alice/bot/x")}
    offered = homes({**ALICE, **running})
    assert offered.wants == ()
    assert "process 77" in offered.notes[0]


@pytest.mark.parametrize(
    ("uid", "target"), [(1000, "/home/alice/x"), (0, "/home/alice/x"), (998, "/home/alice2/x"), (998, "/opt/x")]
)
def test_what_its_owner_or_root_runs_in_it_does_not_matter(uid: int, target: str) -> None:
    running = {"/proc/77": folder(0o555, uid, uid), "/proc/77/cwd": link(target)}
    assert homes({**ALICE, **running}).wants


def test_a_home_that_holds_a_bot_of_the_deployment_is_left_even_while_it_does_not_run() -> None:
    texts = {"/var/lib/ringfence/deploy.toml": '[bot.grid]\ndirectory = "/home/alice/grid"\n'}
    offered = homes(ALICE, texts)
    assert offered.wants == ()
    assert "bot grid is in it" in offered.notes[0]
    assert homes(ALICE, {"/var/lib/ringfence/deploy.toml": '[bot.grid]\ndirectory = "/opt/grid"\n'}).wants


def test_where_accounts_processes_or_bots_cannot_be_seen_nothing_is_offered() -> None:
    assert "cannot be looked at" in homes(ALICE, hidden=("/etc/passwd",)).refused
    assert "cannot be looked at" in homes({**ALICE, "/proc/77": folder()}, hidden=("/proc/77",)).refused
    assert "cannot be read" in homes(ALICE, {"/var/lib/ringfence/deploy.toml": "[bot"}).refused
