"""SSH: no way in is shut before another is seen to be open, and our file is the first that sshd meets."""

import pytest

from ringfence.audit.host.answer import Verdict
from ringfence.audit.host.checks.ssh import CHECKS
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen
from ringfence.deploy.wants import File
from ringfence.harden import ssh
from ringfence.harden.area import Area, Asked
from ringfence.harden.names import SSH
from ringfence.harden.offer import offer
from tests.audit.host.fake import host as bare
from tests.harden.ground import CONFIG, KEY, NO_KEYS, ROOT_HAS_KEY, TEXTS, stock, told

MAIN = "/etc/ssh/sshd_config"
FIRST = "Include /etc/ssh/sshd_config.d/*.conf\n"


def lines(host: Host) -> dict[str, str]:
    """Say what is offered, setting by setting."""
    offered = offer(Area.SSH, host, Asked())
    assert not offered.refused, offered.refused
    text = next((want.content for want in offered.wants if isinstance(want, File)), "")
    return dict(line.split(" ", 1) for line in text.splitlines() if not line.startswith("#"))


def notes(host: Host) -> str:
    return "\n".join(offer(Area.SSH, host, Asked()).notes)


def test_a_stock_server_with_an_admin_who_has_a_key_is_offered_everything() -> None:
    offered = offer(Area.SSH, stock(), Asked())
    assert lines(stock()) == {
        "X11Forwarding": "no",
        "AllowAgentForwarding": "no",
        "AllowTcpForwarding": "local",
        "MaxAuthTries": "4",
        "LoginGraceTime": "60",
        "MaxStartups": "10:30:60",
        "PermitRootLogin": "no",
        "PasswordAuthentication": "no",
        "KbdInteractiveAuthentication": "no",
        "AllowUsers": "alice",
    }
    assert offered.rereads == ("ssh.service",)
    assert offered.notes == ()
    assert [(want.path, want.mode) for want in offered.wants if isinstance(want, File)] == [(SSH, 0o600)]


def test_what_is_offered_does_not_change_once_it_is_there() -> None:
    offered = next(want for want in offer(Area.SSH, stock(), Asked()).wants if isinstance(want, File))
    there = stock({SSH: offered.content}, passwordauthentication="no", permitrootlogin="no")
    assert lines(there) == lines(stock())


def test_nobody_has_a_key_so_nobody_could_come_in_and_passwords_stay() -> None:
    offered = lines(stock(NO_KEYS))
    assert not {"PasswordAuthentication", "PermitRootLogin", "AllowUsers"} & set(offered)
    assert offered["X11Forwarding"] == "no"
    assert "nobody could come in" in notes(stock(NO_KEYS))
    assert "ssh-copy-id" in notes(stock(NO_KEYS))


def test_root_alone_has_a_key_so_root_stays_and_passwords_go() -> None:
    offered = lines(stock(ROOT_HAS_KEY))
    assert offered["PermitRootLogin"] == "prohibit-password"
    assert offered["PasswordAuthentication"] == "no"
    assert offered["AllowUsers"] == "root"
    assert "nobody else with a key can become root" in notes(stock(ROOT_HAS_KEY))
    assert "alice has no key, and will not be able to log in" in notes(stock(ROOT_HAS_KEY))


def test_a_user_with_a_key_who_cannot_become_root_does_not_shut_root_out() -> None:
    offered = lines(stock({**TEXTS, "/superuser/.ssh/authorized_keys": KEY, "/etc/sudoers": "root ALL=(ALL) ALL\n"}))
    assert offered["PermitRootLogin"] == "prohibit-password"
    assert offered["AllowUsers"] == "root alice"


@pytest.mark.parametrize("value", ["no", "forced-commands-only"])
def test_a_key_of_root_counts_for_nothing_where_root_may_not_log_in(value: str) -> None:
    texts = {**ROOT_HAS_KEY, MAIN: f"{FIRST}PermitRootLogin {value}\n"}
    offered = lines(stock(texts, permitrootlogin=value))
    assert not {"PasswordAuthentication", "PermitRootLogin", "AllowUsers"} & set(offered)


@pytest.mark.parametrize(
    "methods",
    ["publickey,password", "publickey,keyboard-interactive:pam", "publickey password", "any publickey,password"],
)
def test_passwords_stay_where_a_login_asks_for_one_as_well(methods: str) -> None:
    texts = {MAIN: f"{CONFIG}AuthenticationMethods {methods}\n"}
    offered = lines(stock(texts, authenticationmethods=methods))
    assert not {"PasswordAuthentication", "KbdInteractiveAuthentication", "AllowUsers"} & set(offered)
    assert offered["PermitRootLogin"] == "no"


def test_they_stay_as_well_where_it_asks_for_one_for_some_alone() -> None:
    texts = {MAIN: f"{CONFIG}Match Group sudo\n  AuthenticationMethods publickey,password\n"}
    assert "PasswordAuthentication" not in lines(stock(texts))


def test_keys_alone_as_the_method_do_not_keep_passwords() -> None:
    texts = {MAIN: f"{CONFIG}AuthenticationMethods publickey\n"}
    assert lines(stock(texts, authenticationmethods="publickey"))["PasswordAuthentication"] == "no"


@pytest.mark.parametrize(
    "listed", ["AllowUsers alice bob", "AllowGroups sudo", "Match Address 10.0.0.1\nAllowUsers alice"]
)
def test_a_list_of_somebody_elses_is_not_widened(listed: str) -> None:
    assert "AllowUsers" not in lines(stock({MAIN: f"{FIRST}{listed}\n"}))


def test_a_name_that_sshd_would_take_for_a_pattern_is_not_listed() -> None:
    passwd = TEXTS["/etc/passwd"].replace("alice:x", "back+up:x")
    texts = {"/etc/passwd": passwd, "/etc/sudoers": "back+up ALL=(ALL) NOPASSWD: ALL\n"}
    offered = lines(stock(texts))
    assert "AllowUsers" not in offered
    assert offered["PasswordAuthentication"] == "no"
    assert "back+up would be a pattern" in notes(stock(texts))


def test_who_logs_in_by_password_now_is_named() -> None:
    passwd = TEXTS["/etc/passwd"] + "bob:x:1001:1001::/home/bob:/bin/bash\nsvc:x:200:200::/srv:/bin/sh\n"
    shadow = TEXTS["/etc/shadow"] + "bob:!:1::::::\nsvc:$y$a$b$c:1::::::\n"
    said = notes(stock({"/etc/passwd": passwd, "/etc/shadow": shadow}))
    assert "bob has no key" in said
    assert "svc has no key" in said
    assert "alice" not in said


@pytest.mark.parametrize(
    ("theirs", "key", "ours"),
    [
        ("AllowTcpForwarding no", "AllowTcpForwarding", None),
        ("AllowTcpForwarding yes", "AllowTcpForwarding", "local"),
        ("MaxAuthTries 3", "MaxAuthTries", None),
        ("MaxAuthTries 4", "MaxAuthTries", None),
        ("MaxAuthTries 5", "MaxAuthTries", "4"),
        ("MaxAuthTries 0", "MaxAuthTries", "4"),
        ("LoginGraceTime 60", "LoginGraceTime", None),
        ("LoginGraceTime 61", "LoginGraceTime", "60"),
        ("LoginGraceTime 0", "LoginGraceTime", "60"),
        ("LoginGraceTime 30m", "LoginGraceTime", "60"),
        ("MaxStartups 10:30:60", "MaxStartups", None),
        ("MaxStartups 10:29:60", "MaxStartups", "10:30:60"),
        ("MaxStartups 11:30:60", "MaxStartups", "10:30:60"),
        ("MaxStartups 10:30:61", "MaxStartups", "10:30:60"),
        ("MaxStartups 5", "MaxStartups", "10:30:60"),
        ("Match User bob\nMaxAuthTries 3", "MaxAuthTries", "4"),
        ("# MaxAuthTries 3", "MaxAuthTries", "4"),
        ("maxauthtries = 3\nMaxAuthTries 9", "MaxAuthTries", None),
        ("MaxAuthTries 9\nMaxAuthTries 3", "MaxAuthTries", "4"),
    ],
)
def test_what_is_as_strict_already_stays_and_what_is_looser_does_not_win(
    theirs: str, key: str, ours: str | None
) -> None:
    assert lines(stock({MAIN: f"{FIRST}{theirs}\n"})).get(key) == ours


@pytest.mark.parametrize(
    "text",
    [
        f"MaxAuthTries 9\n{FIRST}",
        f"  permitrootlogin = yes\n{FIRST}",
        f'"PasswordAuthentication" yes\n{FIRST}',
        f"Match User bob\n  Banner none\n{FIRST}",
        f"Include /etc/ssh/more/*.conf\n{FIRST}",
        f"include /etc/ssh/more.conf\n{FIRST}",
        "Include /etc/ssh/more/*.conf /etc/ssh/sshd_config.d/*.conf\n",
        f"# {FIRST}UsePAM yes\n",
        "UsePAM yes\n",
        "Include /etc/ssh/sshd_config.d/5*.conf\n",
        "",
    ],
)
def test_where_another_setting_would_win_nothing_is_offered(text: str) -> None:
    offered = offer(Area.SSH, stock({MAIN: text}), Asked())
    assert "/etc/ssh/sshd_config.d" in offered.refused
    assert offered.wants == ()


@pytest.mark.parametrize(
    "text",
    [
        FIRST,
        f"# comment\n\nPort 2222\nHostKey /etc/ssh/k\n{FIRST}",
        "include sshd_config.d/*.conf\n",
        'Include "/etc/ssh/sshd_config.d/*.conf"\n',
        "Include /etc/ssh/sshd_config.d/*.conf /etc/ssh/more.conf\n",
    ],
)
def test_what_does_not_matter_may_stand_above(text: str) -> None:
    assert lines(stock({MAIN: text}))["PasswordAuthentication"] == "no"


@pytest.mark.parametrize("text", ["PasswordAuthentication yes\n", "Match all\n", "Include /elsewhere/*.conf\n"])
def test_a_drop_in_that_comes_before_ours_is_named(text: str) -> None:
    offered = offer(Area.SSH, stock({"/etc/ssh/sshd_config.d/00-cloud.conf": text}), Asked())
    assert "/etc/ssh/sshd_config.d/00-cloud.conf:1" in offered.refused


@pytest.mark.parametrize("name", ["50-cloud-init.conf", "00-zz.conf", "00-cloud.conf.bak"])
def test_a_drop_in_that_comes_after_ours_or_is_none_does_not_matter(name: str) -> None:
    texts = {f"/etc/ssh/sshd_config.d/{name}": "PasswordAuthentication yes\n"}
    assert lines(stock(texts))["PasswordAuthentication"] == "no"


def test_a_match_block_that_goes_past_it_is_named() -> None:
    texts = {MAIN: f"{CONFIG}Match User bob\n  PasswordAuthentication yes\n  X11Forwarding no\n"}
    said = notes(stock(texts))
    assert "/etc/ssh/sshd_config:5 still says passwordauthentication yes (Match User bob)" in said
    assert "x11forwarding" not in said


def test_a_server_that_is_started_with_other_settings_is_not_touched() -> None:
    texts = {"/etc/default/ssh": 'SSHD_OPTS="-o PasswordAuthentication=yes"\n'}
    assert "sshd is started with" in offer(Area.SSH, stock(texts), Asked()).refused


def test_where_sshd_does_not_say_how_it_is_set_nothing_is_offered() -> None:
    assert "cannot be looked at" in offer(Area.SSH, stock(commands={"sshd -T": (255, "")}), Asked()).refused


def test_where_accounts_cannot_be_read_nothing_is_offered() -> None:
    assert "cannot be looked at" in offer(Area.SSH, stock(hidden=("/etc/shadow",)), Asked()).refused


def test_another_server_of_ssh_is_not_touched() -> None:
    offered = offer(Area.SSH, bare({"/usr/sbin/dropbear": ""}), Asked())
    assert "dropbear" in offered.refused


def test_without_a_server_of_ssh_there_is_nothing_to_do() -> None:
    offered = offer(Area.SSH, bare({"/etc/passwd": TEXTS["/etc/passwd"]}), Asked())
    assert (offered.wants, offered.refused) == ((), "")


def test_the_unit_is_found_by_either_name_and_none_is_unseen() -> None:
    assert ssh.unit(bare({"/lib/systemd/system/sshd.service": ""})) == "sshd.service"
    with pytest.raises(Unseen, match="no unit of systemd"):
        ssh.unit(bare({}))


def put(sshd: dict[str, str]) -> Host:
    text = "# ours\nPermitRootLogin prohibit-password\nMaxAuthTries 4\nAllowUsers alice bob\n"
    printed = told(**{"permitrootlogin": "without-password", "maxauthtries": "4", "allowusers": "alice", **sshd})
    return stock({SSH: text}, commands={"sshd -T": f"{printed}allowusers bob\n"})


def test_all_that_the_drop_in_says_holds() -> None:
    assert ssh.verify(put({})) == ""


@pytest.mark.parametrize(
    "sshd", [{"maxauthtries": "6"}, {"permitrootlogin": "yes"}, {"allowusers": "alice\nallowusers eve"}]
)
def test_what_does_not_hold_is_said(sshd: dict[str, str]) -> None:
    assert ssh.verify(put(sshd)).startswith(f"sshd says {next(iter(sshd))}")


def test_what_is_offered_passes_the_audit() -> None:
    text = next(want.content for want in offer(Area.SSH, stock(), Asked()).wants if isinstance(want, File))
    said = {key.lower(): value for key, value in (line.split(" ", 1) for line in text.splitlines() if line[0] != "#")}
    good = {"permittunnel": "no", "gatewayports": "no", "disableforwarding": "no", "maxsessions": "10"}
    host = stock({SSH: text}, commands={"sshd -T": told(**{**good, **said})})
    wanted = ("root-login", "password-login", "login-unrestricted", "ssh-limits", "ssh-forwarding")
    for check in CHECKS:
        if check.rule.removeprefix("host/") in wanted:
            assert check.ask(host, Expected()).verdict is Verdict.PASS, check.rule
