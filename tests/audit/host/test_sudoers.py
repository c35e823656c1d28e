"""What sudo allows: includes, comments, aliases, and whom a rule means. Each was tried on sudo 1.9.13 of Debian 12."""

from itertools import pairwise

import pytest

from ringfence.audit.host import sudoers
from ringfence.audit.host.source import Unseen
from ringfence.audit.host.sudoers import Subject, Sudoers
from tests.audit.host.fake import host

GRID = Subject("grid", 990, frozenset({"grid", "traders"}), frozenset({990, 27}))


def read(text: str, **files: str) -> Sudoers:
    """Read rules; `files` are those in /etc/sudoers.d."""
    found = sudoers.read(host({sudoers.FILE: text, **{f"/etc/sudoers.d/{name}": body for name, body in files.items()}}))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ("grid ALL=(ALL) ALL", True),
        ("deploy, grid ALL=(ALL) ALL", True),
        ("deploy ,grid ALL = ALL", True),
        ('"grid" ALL=ALL', True),
        ("#990 ALL=ALL", True),
        ("%traders ALL=ALL", True),
        ("%#27 ALL=ALL", True),
        ("ALL ALL=ALL", True),
        ("ALL,!grid ALL=ALL", False),
        ("ALL,! grid ALL=ALL", False),
        ("!grid,ALL ALL=ALL", True),
        ("!!grid ALL=ALL", True),
        ("deploy ALL=(grid) ALL", False),
        ("#99 ALL=ALL", False),
        ("%grids ALL=ALL", False),
        ("# grid ALL=ALL", False),
        ("deploy ALL=ALL # grid", False),
        ("User_Alias X = deploy : Y = X, grid\nY ALL=ALL", True),
        ("User_Alias X = grid\nALL,!X ALL=ALL", False),
        ("User_Alias X = ALL,!grid\nX ALL=ALL", False),
        ("User_Alias X = ALL,!grid\n!X ALL=ALL", True),
        ("# a comment ends with its line \\\ngrid ALL=ALL", True),
        ("grid \\\n ALL=ALL", True),
    ],
)
def test_a_rule_names_an_account_by_all_the_ways_there_are(rule: str, named: bool) -> None:
    assert bool(read(rule).allow(GRID)) == named


@pytest.mark.parametrize(
    ("including", "found"),
    [
        ("@includedir /etc/sudoers.d", True),
        ("#includedir /etc/sudoers.d", True),
        ("  @includedir sudoers.d", True),
        ('@include "/etc/sudoers.d/with space"', True),
        ("@include sudoers.d/a", True),
        ("@include /etc/sudoers.d/other\\ one", True),
        ("# includedir /etc/sudoers.d", False),
        ("@include /etc/sudoers.d/none", False),
    ],
)
def test_what_is_included_is_read(including: str, found: bool) -> None:
    files = {"a": "grid ALL=ALL", "with space": "grid ALL=ALL", "other one": "grid ALL=ALL"}
    assert bool(read(including, **files).rules) == found


def test_a_directory_is_read_without_backups_and_names_with_a_dot() -> None:
    rules = read("@includedir /etc/sudoers.d", **{"a": "a ALL=ALL", "b~": "b ALL=ALL", "c.bak": "c ALL=ALL"})
    assert [(rule.users, rule.path) for rule in rules.rules] == [(("a",), "/etc/sudoers.d/a")]
    assert rules.files == (sudoers.FILE, "/etc/sudoers.d/a")


@pytest.mark.parametrize(
    "text",
    [
        "@include /etc/sudoers",
        "@include /etc/sudoers.%h",
        "nonsense",
        "grid",
        "Defaults: grid !authenticate",
        "+netgroup ALL=ALL",
        "%:domain ALL=ALL",
        "User_Alias X = Y\nUser_Alias Y = X\nX ALL=ALL",
    ],
)
def test_what_cannot_be_followed_is_unseen(text: str) -> None:
    with pytest.raises(Unseen):
        read(text).allow(GRID)


def test_aliases_of_aliases_are_followed_in_bounded_time() -> None:
    names = [f"A{number}" for number in range(200)]
    text = "\n".join(f"User_Alias {one} = {other}, {other}" for one, other in pairwise(names))
    assert read(f"{text}\nUser_Alias A199 = grid\nA0 ALL=ALL").allow(GRID)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("Defaults use_pty", [("use_pty", "", True, "")]),
        (
            "Defaults\t!use_pty, timestamp_timeout = 5",
            [("use_pty", "", False, ""), ("timestamp_timeout", "5", True, "")],
        ),
        ("Defaults:grid,deploy !authenticate", [("authenticate", "", False, ":grid,deploy")]),
        (
            'Defaults passprompt="a # b, !c", !authenticate',
            [("passprompt", "a # b, !c", True, ""), ("authenticate", "", False, "")],
        ),
        ("Defaults !!use_pty # !use_pty", [("use_pty", "", True, "")]),
        ("Defaults use_pty, \\\n  !authenticate", [("use_pty", "", True, ""), ("authenticate", "", False, "")]),
    ],
)
def test_settings_are_read_with_whom_they_are_for(line: str, told: list[tuple[str, str, bool, str]]) -> None:
    assert [(one.name, one.value, one.on, one.scope) for one in read(line).settings] == told


def test_a_rule_is_told_in_full_with_its_line() -> None:
    rule = read("\ngrid ALL=(ALL) NOPASS\\\nWD:   ALL\n").rules[0]
    assert (rule.text, rule.line) == ("grid ALL=(ALL) NOPASSWD: ALL", 2)


def test_without_the_file_there_is_none() -> None:
    assert sudoers.read(host({"/etc/passwd": ""})) is None


@pytest.mark.parametrize(
    ("path", "text", "seen"),
    [
        ("/etc/nsswitch.conf", "sudoers: files", True),
        ("/etc/nsswitch.conf", "sudoers: files sss", False),
        ("/etc/sudo.conf", "# Plugin sudoers_policy sudoers.so sudoers_file=/x", True),
        ("/etc/sudo.conf", "Plugin sudoers_policy sudoers.so", True),
        ("/etc/sudo.conf", "Plugin sudoers_policy sudoers.so sudoers_file=/x", False),
        ("/etc/sudo.conf", "Plugin policy /opt/mine.so", False),
    ],
)
def test_rules_that_come_from_elsewhere_are_unseen(path: str, text: str, seen: bool) -> None:
    server = host({sudoers.FILE: "grid ALL=ALL", path: text})
    if seen:
        assert sudoers.read(server)
    else:
        with pytest.raises(Unseen):
            sudoers.read(server)
