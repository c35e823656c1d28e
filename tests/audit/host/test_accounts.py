"""Accounts, groups and how passwords are kept: what is read, what is refused, and that no hash is kept."""

import pytest

from ringfence.audit.host import accounts
from ringfence.audit.host.accounts import Kept, Password
from ringfence.audit.host.source import Unseen
from tests.audit.host.fake import host

USERS = "root:x:0:0::/srv/root:/bin/bash\ndeploy:x:1000:1000::/home/deploy:/bin/bash\n"
GROUP = "root:x:0:\nsudo:x:27:deploy\nother:x:27:anna\ndeploy:x:1000:\n"


@pytest.mark.parametrize(
    "line",
    [
        "toor:x:+0:0::/:/bin/sh",  # the system takes all of these for 0
        "toor:x: 0:0::/:/bin/sh",
        "toor:x:\u0660:0::/:/bin/sh",
        "toor:x:\xb2:0::/:/bin/sh",
        "toor:x:0x0:0::/:/bin/sh",
        "toor:x:4294967296:0::/:/bin/sh",
        "toor:x:4294967295:0::/:/bin/sh",
        "toor:x:" + "9" * 5000 + ":0::/:/bin/sh",
        "toor:x::0::/:/bin/sh",
        "toor:x:0:0",
        "toor:x:0:0::/:/bin/sh:more",
        "+::::::",
        "-mallory::::::",
        "nonsense",
    ],
)
def test_a_line_that_is_no_account_makes_all_of_them_unseen(line: str) -> None:
    with pytest.raises(Unseen, match="line 3 of /etc/passwd"):
        accounts.accounts(host({"/etc/passwd": USERS + line}))


def test_blanks_and_comments_are_no_accounts_and_twice_is_twice() -> None:
    found = accounts.accounts(host({"/etc/passwd": "\n# toor:x:0:0::/:/bin/sh\n  " + USERS + "deploy:x:0:0::/:\n"}))
    assert [(one.name, one.uid, one.line) for one in found] == [("root", 0, 3), ("deploy", 1000, 4), ("deploy", 0, 5)]


@pytest.mark.parametrize("missing", ["passwd", "group"])
def test_a_table_that_is_not_there_is_unseen(missing: str) -> None:
    server = host({"/etc/passwd": USERS} if missing == "group" else {"/etc/group": GROUP})
    with pytest.raises(Unseen, match=f"/etc/{missing} is not there"):
        (accounts.groups if missing == "group" else accounts.accounts)(server)


@pytest.mark.parametrize(
    ("line", "seen"),
    [
        ("passwd: files systemd", True),
        ("passwd: compat", True),
        ("passwd: files [NOTFOUND=return] systemd # ldap", True),
        ("shadow: files ldap", True),
        ("passwd: files ldap", False),
        ("passwd:sss files", False),
    ],
)
def test_accounts_that_come_from_elsewhere_are_unseen(line: str, seen: bool) -> None:
    server = host({"/etc/passwd": USERS, "/etc/nsswitch.conf": line})
    if seen:
        assert len(accounts.accounts(server)) == 2
    else:
        with pytest.raises(Unseen, match="also comes from"):
            accounts.accounts(server)


def test_accounts_of_systemd_are_unseen() -> None:
    with pytest.raises(Unseen, match="/etc/userdb"):
        accounts.accounts(host({"/etc/passwd": USERS, "/etc/userdb/toor.user": "{}"}))


@pytest.mark.parametrize(
    ("field", "kept"),
    [
        ("", Password(Kept.EMPTY)),
        ("*", Password(Kept.LOCKED)),
        ("!", Password(Kept.LOCKED)),
        ("!!", Password(Kept.LOCKED)),
        ("!$y$j9T$made$up", Password(Kept.LOCKED)),
        ("x", Password(Kept.LOCKED)),
        ("$y$j9T$made$up", Password(Kept.HASHED, "y")),
        ("$6$made$up", Password(Kept.HASHED, "6")),
        ("$1$made$up", Password(Kept.HASHED, "1")),
        ("$2b$12$madeup", Password(Kept.HASHED, "2b")),
        ("madeupmadeup", Password(Kept.LOCKED)),  # one short of the shortest hash
        ("madeupmadeup1", Password(Kept.HASHED, "DES")),
        ("_madeupmadeupmadeup1", Password(Kept.HASHED, "DES")),
    ],
)
def test_how_a_password_is_kept_is_told_and_not_its_hash(field: str, kept: Password) -> None:
    server = host({"/etc/passwd": USERS, "/etc/shadow": f"deploy:{field}:19000:0:99999:7:::\n"})
    assert accounts.password(server, accounts.account(server, "deploy")) == kept
    assert "made" not in str(accounts.shadow(server))


def test_a_password_in_passwd_itself_counts_and_the_first_line_of_shadow_does() -> None:
    server = host({"/etc/passwd": "a::1:1::/:\nb:x:2:2::/:\nc:x:3:3::/:\n", "/etc/shadow": "b:*::\nb:$y$j$m$u:\n"})
    kept = [accounts.password(server, one).kept for one in accounts.accounts(server)]
    assert kept == [Kept.EMPTY, Kept.LOCKED, Kept.LOCKED]


@pytest.mark.parametrize("texts", [{}, {"/etc/shadow": "deploy"}])
def test_passwords_that_cannot_be_read_are_unseen(texts: dict[str, str]) -> None:
    with pytest.raises(Unseen):
        accounts.shadow(host({"/etc/passwd": USERS, **texts}))


def test_members_are_those_listed_those_whose_own_it_is_and_those_of_the_same_number() -> None:
    passwd = USERS + "backup:x:34:27::/:/bin/sh\n"
    server = host({"/etc/passwd": passwd, "/etc/group": GROUP})
    assert accounts.members(server, "sudo") == ("backup", "deploy", "anna")
    assert accounts.members(server, "docker") == ()
    assert accounts.gids(server, accounts.account(server, "deploy")) == {27, 1000}


@pytest.mark.parametrize(
    ("uid", "shell", "person"),
    [
        (0, "/bin/bash", True),
        (1000, "/bin/bash", True),
        (1000, "", True),  # an empty shell is /bin/sh
        (999, "/bin/bash", False),
        (65534, "/bin/bash", False),
        (1000, "/usr/sbin/nologin", False),
        (1000, "/bin/false", False),
    ],
)
def test_a_person_is_who_may_log_in(uid: int, shell: str, person: bool) -> None:
    server = host({"/etc/passwd": f"a:x:{uid}:1::/:{shell}\n"})
    assert accounts.account(server, "a").is_person == person


def test_an_account_that_is_not_there_is_unseen() -> None:
    with pytest.raises(Unseen, match="grid is no user"):
        accounts.account(host({"/etc/passwd": USERS}), "grid")
