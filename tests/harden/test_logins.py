"""Who can log in by a key, and who can become root: whoever might not come in is not counted on."""

import pytest

from ringfence.audit.host import sshd
from ringfence.audit.host.source import Unseen
from ringfence.harden.logins import Login, logins
from tests.audit.host.fake import NOW, file, folder
from tests.audit.host.ssh_lines import line_of
from tests.harden.ground import KEY, KEYS, ROOT_KEYS, TEXTS, stock, told

ALICE = Login("alice", free=True, admin=True)
DAY = 86_400


def test_somebody_with_a_key_and_sudo_comes_in_and_becomes_root() -> None:
    host = stock()
    assert logins(host, sshd.read(host)) == (ALICE,)


@pytest.mark.parametrize(
    "sudoers",
    [
        "alice ALL=(ALL) ALL\n",
        "alice ALL=ALL\n",
        "alice ALL = (root) NOPASSWD: ALL\n",
        "User_Alias US = alice\nUS ALL=(ALL:ALL) ALL\n",
        "#1000 ALL=(ALL) ALL\n",
    ],
)
def test_a_rule_that_allows_everything_makes_an_admin(sudoers: str) -> None:
    host = stock({"/etc/sudoers": sudoers})
    assert logins(host, sshd.read(host)) == (ALICE,)


@pytest.mark.parametrize(
    ("why", "texts"),
    [
        ("no rule", {"/etc/sudoers": "root ALL=(ALL:ALL) ALL\n"}),
        ("a rule that is a comment", {"/etc/sudoers": "# alice ALL=(ALL:ALL) ALL\n"}),
        ("some programs alone", {"/etc/sudoers": "alice ALL=(ALL) /usr/bin/apt\n"}),
        ("as another user alone", {"/etc/sudoers": "alice ALL=(postgres) ALL\n"}),
        ("on another host", {"/etc/sudoers": "alice elsewhere=(ALL) ALL\n"}),
        ("all but something", {"/etc/sudoers": "alice ALL=(ALL) ALL, !/bin/su\n"}),
        ("taken back by a later rule", {"/etc/sudoers": "alice ALL=(ALL) ALL\nalice ALL=(ALL) !ALL\n"}),
        ("by root's password", {"/etc/sudoers": "Defaults rootpw\nalice ALL=(ALL) ALL\n"}),
        ("without a password", {"/etc/shadow": "root:*:1::::::\nalice:!:1::::::\n"}),
        ("with an empty password", {"/etc/shadow": "root:*:1::::::\nalice::1::::::\n"}),
        ("not in shadow at all", {"/etc/shadow": "root:*:1::::::\n"}),
    ],
)
def test_who_sudo_does_not_make_root_is_no_admin(why: str, texts: dict[str, str]) -> None:
    host = stock(texts)
    assert logins(host, sshd.read(host)) == (ALICE._replace(admin=False),), why


def test_without_sudo_there_is_no_admin() -> None:
    texts = {path: text for path, text in TEXTS.items() if path != "/usr/bin/sudo"}
    host = stock()
    host._source.texts = texts  # type: ignore[attr-defined]
    assert logins(host, sshd.read(host)) == (ALICE._replace(admin=False),)


def test_a_locked_password_is_enough_where_sudo_asks_for_none() -> None:
    texts = {"/etc/shadow": "root:*:1::::::\nalice:!:1::::::\n", "/etc/sudoers": "alice ALL=(ALL) NOPASSWD: ALL\n"}
    host = stock(texts)
    assert logins(host, sshd.read(host)) == (ALICE,)


@pytest.mark.parametrize(
    ("why", "texts"),
    [
        ("no key", {KEYS: ""}),
        ("a comment", {KEYS: f"# {KEY}"}),
        ("no line of a key", {KEYS: "ssh-ed25519 AAAA"}),
        ("a kind that sshd does not take", {KEYS: line_of("ssh-dss")}),
        (
            "no shell",
            {"/etc/passwd": "root:x:0:0::/superuser:/bin/bash\nalice:x:1000:1000::/home/alice:/usr/sbin/nologin\n"},
        ),
        ("an account that has ended", {"/etc/shadow": f"alice:$y$j9T$made$up:1:::::{int(NOW) // DAY}:\n"}),
        ("an end that cannot be read", {"/etc/shadow": "alice:$y$j9T$made$up:1:::::soon:\n"}),
    ],
)
def test_who_cannot_come_in_is_not_counted(why: str, texts: dict[str, str]) -> None:
    host = stock(texts)
    assert logins(host, sshd.read(host)) == (), why


def test_an_account_that_ends_tomorrow_comes_in_today() -> None:
    host = stock({"/etc/shadow": f"alice:$y$j9T$made$up:1:::::{int(NOW) // DAY + 1}:\n"})
    assert logins(host, sshd.read(host)) == (ALICE,)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (KEYS, file(0o620, 1000, 1000)),
        (KEYS, file(0o602, 1000, 1000)),
        (KEYS, file(0o600, 1001, 1000)),
        ("/home/alice/.ssh", folder(0o770, 1000, 1000)),
        ("/home/alice", folder(0o775, 1000, 1000)),
        ("/home/alice", folder(0o755, 1001, 1000)),
    ],
)
def test_a_key_that_others_could_have_written_is_not_taken_by_sshd(path: str, status: object) -> None:
    host = stock(stats={path: status})  # type: ignore[dict-item]
    assert logins(host, sshd.read(host)) == ()


@pytest.mark.parametrize(
    "options",
    ['command="/usr/bin/rsync"', 'from="10.0.0.0/8"', 'expiry-time="20200101"', "restrict", "no-pty", "cert-authority"],
)
def test_a_key_with_conditions_gives_no_free_shell(options: str) -> None:
    host = stock({KEYS: f"{options} {KEY}"})
    assert logins(host, sshd.read(host)) == (ALICE._replace(free=False),)


@pytest.mark.parametrize("options", ["no-agent-forwarding,no-port-forwarding", 'environment="A=b"', "verify-required"])
def test_a_key_with_harmless_options_gives_one(options: str) -> None:
    host = stock({KEYS: f"{options} {KEY}"})
    assert logins(host, sshd.read(host)) == (ALICE,)


def test_one_free_key_beside_one_with_conditions_is_enough() -> None:
    host = stock({KEYS: f'command="/bin/true" {line_of("ssh-ed25519", seed=2)}\n{KEY}\n'})
    assert logins(host, sshd.read(host)) == (ALICE,)


def test_a_command_that_sshd_forces_gives_no_free_shell() -> None:
    host = stock(forcecommand="internal-sftp")
    assert logins(host, sshd.read(host)) == (ALICE._replace(free=False),)


def test_where_keys_are_not_taken_at_all_nobody_comes_in() -> None:
    host = stock(pubkeyauthentication="no")
    assert logins(host, sshd.read(host)) == ()


def test_what_a_match_block_says_for_one_user_counts_for_that_user() -> None:
    asked = {"sshd -T -C user=alice,host=localhost,addr=127.0.0.1": told(pubkeyauthentication="no")}
    host = stock(commands=asked)
    assert logins(host, sshd.read(host)) == ()


@pytest.mark.parametrize(
    ("lines", "comes"),
    [
        ("AllowUsers alice\n", True),
        ("AllowUsers a*\n", True),
        ("AllowUsers bob\n", False),
        ("AllowUsers alice@10.0.0.0/8\n", False),
        ("AllowGroups sudo\n", True),
        ("AllowGroups wheel\n", False),
        ("DenyUsers alice\n", False),
        ("DenyUsers alice@10.0.0.0/8\n", False),
        ("DenyGroups sudo\n", False),
        ("DenyUsers bob\n", True),
    ],
)
def test_the_lists_of_others_are_gone_by(lines: str, comes: bool) -> None:
    host = stock({"/etc/ssh/sshd_config": f"Include /etc/ssh/sshd_config.d/*.conf\n{lines}"})
    assert logins(host, sshd.read(host)) == ((ALICE,) if comes else ())


def test_our_own_list_keeps_nobody_out_of_the_next_one() -> None:
    host = stock({"/etc/ssh/sshd_config.d/00-ringfence.conf": "AllowUsers bob\n"})
    assert logins(host, sshd.read(host)) == (ALICE,)


def test_of_two_accounts_of_one_name_the_first_counts() -> None:
    passwd = TEXTS["/etc/passwd"] + "alice:x:1001:1001::/home/other:/bin/bash\n"
    host = stock({"/etc/passwd": passwd, KEYS: "", "/home/other/.ssh/authorized_keys": KEY})
    assert logins(host, sshd.read(host)) == ()


def test_root_with_a_key_comes_in_and_is_no_admin_of_sudo() -> None:
    host = stock({ROOT_KEYS: KEY, KEYS: ""})
    assert logins(host, sshd.read(host)) == (Login("root", free=True, admin=False),)


def test_keys_that_come_from_elsewhere_cannot_be_seen() -> None:
    host = stock(authorizedkeyscommand="/usr/bin/keys")
    with pytest.raises(Unseen, match="keys also come by"):
        logins(host, sshd.read(host))


def test_what_sshd_does_not_say_of_a_user_cannot_be_seen() -> None:
    host = stock(commands={"sshd -T -C user=alice,host=localhost,addr=127.0.0.1": (255, "")})
    with pytest.raises(Unseen, match="user=alice"):
        logins(host, sshd.read(host))
