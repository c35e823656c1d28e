"""The second factor: by PAM or by a key in hardware, for everybody, and what would go around it."""

from collections.abc import Mapping

import pytest

from ringfence.audit.host.answer import Answer
from ringfence.audit.host.checks.second_factor import CHECKS
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.source import Status
from tests.audit.host.fake import file, host
from tests.audit.host.one_check import FAIL, NOTHING, PASS, UNKNOWN, ask, wordless
from tests.audit.host.ssh_lines import line_of

USERS = "root:x:0:0::/srv/root:/bin/bash\ndeploy:x:1000:1000::/home/deploy:/bin/bash\n"
TOKEN = line_of("sk-ssh-ed25519@openssh.com")
PLAIN = line_of("ssh-ed25519")
KEYS = "/home/deploy/.ssh/authorized_keys"
SECRET = "/home/deploy/.google_authenticator"  # noqa: S105  # a path
ASKS = "auth required pam_google_authenticator.so\n"
BY_PAM = {"authenticationmethods": "publickey,keyboard-interactive", "kbdinteractiveauthentication": "yes"}
BY_TOKEN = {"pubkeyauthoptions": "verify-required"}
BASE = {
    "permitrootlogin": "no",
    "usepam": "yes",
    "authenticationmethods": "any",
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "hostbasedauthentication": "no",
    "gssapiauthentication": "no",
    "kerberosauthentication": "no",
    "pubkeyauthoptions": "none",
    "authorizedkeysfile": ".ssh/authorized_keys",
    "authorizedkeyscommand": "none",
    "trustedusercakeys": "none",
}
PAM = {"/etc/pam.d/sshd": f"{ASKS}@include common-auth\n", "/etc/pam.d/common-auth": "auth required pam_unix.so\n"}


def answer(
    rule: str,
    told: Mapping[str, str] | None = None,
    texts: Mapping[str, str] | None = None,
    stats: Mapping[str, Status] | None = None,
    expected: Expected | None = None,
    hidden: tuple[str, ...] = (),
) -> Answer:
    """Ask one question of a server with SSH and one user."""
    out = "".join(f"{key} {value}\n" for key, value in {**BASE, **(told or {})}.items())
    files = {
        "/usr/sbin/sshd": "",
        "/etc/ssh/sshd_config": "",
        "/etc/passwd": USERS,
        "/etc/shadow": "root:*::\ndeploy:*::\n",
        "/etc/sudoers": "",
        KEYS: PLAIN,
        **(texts or {}),
    }
    server = host(files, stats=stats or {}, commands={"sshd -T": out}, hidden=frozenset(hidden))
    return ask(CHECKS, rule, server, expected)


def test_every_question_has_its_words() -> None:
    assert wordless(CHECKS, "second_factor") == []


def pam(line: str) -> dict[str, str]:
    """Set the first line that PAM asks for SSH."""
    return {**PAM, "/etc/pam.d/sshd": f"{line}@include common-auth\n"}


@pytest.mark.parametrize(
    ("told", "texts", "verdict"),
    [
        (BY_PAM, PAM, PASS),
        ({**BY_PAM, "authenticationmethods": "publickey,keyboard-interactive:pam"}, PAM, PASS),
        ({**BY_PAM, "authenticationmethods": "publickey"}, PAM, FAIL),
        ({**BY_PAM, "authenticationmethods": "any"}, PAM, FAIL),
        ({**BY_PAM, "authenticationmethods": "publickey,publickey"}, PAM, FAIL),
        ({**BY_PAM, "authenticationmethods": "keyboard-interactive"}, PAM, FAIL),
        ({**BY_PAM, "authenticationmethods": "publickey,keyboard-interactive publickey"}, PAM, FAIL),
        ({**BY_PAM, "usepam": "no"}, PAM, FAIL),
        ({**BY_PAM, "kbdinteractiveauthentication": "no"}, PAM, FAIL),
        (BY_PAM, pam(""), FAIL),
        (BY_PAM, pam("#" + ASKS), FAIL),
        (BY_PAM, pam(ASKS.replace(".so", ".so nullok")), FAIL),
        (BY_PAM, pam(ASKS.replace("required", "optional")), FAIL),
        (BY_PAM, pam("auth sufficient pam_unix.so\n" + ASKS), FAIL),
        (BY_PAM, pam("auth required pam_oath.so usersfile=/etc/users.oath\n"), PASS),
        (BY_PAM, {**PAM, "/etc/ssh/sshd_config": "Match User a\nAuthenticationMethods publickey"}, FAIL),
        (BY_PAM, {**PAM, "/etc/ssh/sshd_config": "Match User a\nUsePAM no"}, FAIL),
        (BY_PAM, pam("@include gone\n"), UNKNOWN),
    ],
)
def test_pam_asks_everybody_after_the_key(told: dict[str, str], texts: dict[str, str], verdict: str) -> None:
    assert answer("ssh-second-factor", told, texts).verdict == verdict


@pytest.mark.parametrize(
    ("told", "texts", "verdict"),
    [
        (BY_TOKEN, {KEYS: TOKEN}, PASS),
        ({}, {KEYS: f"verify-required {TOKEN}"}, PASS),
        ({"pubkeyauthoptions": "touch-required verify-required"}, {KEYS: TOKEN}, PASS),
        ({}, {KEYS: TOKEN}, FAIL),  # a finger on it is not asked who it is
        ({"pubkeyauthoptions": "touch-required"}, {KEYS: TOKEN}, FAIL),
        (BY_TOKEN, {KEYS: PLAIN}, FAIL),
        (BY_TOKEN, {KEYS: f"{TOKEN}\n{PLAIN}"}, FAIL),
        (BY_TOKEN, {KEYS: f"{TOKEN}\nnonsense"}, FAIL),
        (BY_TOKEN, {KEYS: TOKEN, "/srv/root/.ssh/authorized_keys": PLAIN}, FAIL),
        ({**BY_TOKEN, "passwordauthentication": "yes"}, {KEYS: TOKEN}, FAIL),
        ({**BY_TOKEN, "kbdinteractiveauthentication": "yes"}, {KEYS: TOKEN}, FAIL),
        ({**BY_TOKEN, "gssapiauthentication": "yes"}, {KEYS: TOKEN}, FAIL),
        (BY_TOKEN, {KEYS: TOKEN, "/etc/ssh/sshd_config": "Match User a\nPubkeyAuthOptions none"}, FAIL),
        (BY_TOKEN, {KEYS: TOKEN, "/etc/ssh/sshd_config": "Match User a\nPasswordAuthentication yes"}, FAIL),
        ({**BY_TOKEN, "authorizedkeyscommand": "/usr/bin/x"}, {KEYS: TOKEN}, UNKNOWN),
        (BY_TOKEN, {KEYS: ""}, NOTHING),
    ],
)
def test_or_every_key_is_in_hardware_and_asks_who_it_is(
    told: dict[str, str], texts: dict[str, str], verdict: str
) -> None:
    assert answer("ssh-second-factor", told, texts).verdict == verdict


def test_without_a_server_there_is_nothing_to_ask_and_a_silent_one_is_unknown() -> None:
    assert ask(CHECKS, "ssh-second-factor", host({"/etc/passwd": USERS})).verdict == NOTHING
    assert ask(CHECKS, "ssh-second-factor", host({"/usr/sbin/sshd": ""})).verdict == UNKNOWN
    assert answer("ssh-second-factor", BY_TOKEN, {KEYS: TOKEN}, hidden=(KEYS,)).verdict == UNKNOWN


HELD = file(0o400, 1000, size=9)


@pytest.mark.parametrize(
    ("texts", "stats", "verdict"),
    [
        (PAM, {SECRET: HELD}, PASS),
        (PAM, {}, FAIL),
        (PAM, {SECRET: file(0o400, 1000, size=0)}, FAIL),
        (PAM, {SECRET: file(0o600, 1000, size=9)}, FAIL),
        (PAM, {SECRET: file(0o440, 1000, size=9)}, FAIL),
        (PAM, {SECRET: file(0o400, 990, size=9)}, FAIL),
        ({**PAM, "/etc/shadow": "root:$y$j$m$u::\ndeploy:*::\n"}, {SECRET: HELD}, FAIL),  # root has a password
        ({**PAM, KEYS: ""}, {}, PASS),  # nobody logs in
        (pam(""), {}, NOTHING),
        (pam("auth required pam_oath.so\n"), {}, UNKNOWN),
        (pam(ASKS.replace(".so", ".so nullok")), {}, FAIL),
        (pam(ASKS.replace(".so", ".so secret=/var/lib/ga/${USER}")), {"/var/lib/ga/deploy": HELD}, PASS),
        (pam(ASKS.replace(".so", ".so secret=~/.ga")), {"/home/deploy/.ga": HELD}, PASS),
        (pam(ASKS.replace(".so", ".so secret=/var/lib/ga/${USER}")), {SECRET: HELD}, FAIL),
        (pam(ASKS.replace(".so", ".so secret=${ELSE}/x")), {SECRET: HELD}, UNKNOWN),
    ],
)
def test_everybody_who_logs_in_has_a_second_factor(
    texts: dict[str, str], stats: dict[str, Status], verdict: str
) -> None:
    assert answer("second-factor-missing", BY_PAM, texts, stats).verdict == verdict


def test_a_bot_needs_none_and_what_cannot_be_looked_at_is_unknown() -> None:
    expected = Expected(bots=("deploy",))
    assert answer("second-factor-missing", BY_PAM, PAM, expected=expected).verdict == PASS
    for hidden in (SECRET, "/etc/shadow", "/etc/pam.d/common-auth"):
        stats = {SECRET: HELD}
        assert answer("second-factor-missing", BY_PAM, PAM, stats, hidden=(hidden,)).verdict == UNKNOWN


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ({"/etc/pam.d/sudo": "auth required pam_u2f.so\nauth required pam_unix.so\n"}, PASS),
        ({"/etc/pam.d/sudo": "auth required pam_u2f.so nouserok\nauth required pam_unix.so\n"}, FAIL),
        ({"/etc/pam.d/sudo": "auth sufficient pam_u2f.so\nauth required pam_unix.so\n"}, FAIL),
        ({"/etc/pam.d/sudo": "auth required pam_unix.so\n"}, FAIL),
        ({"/etc/pam.d/sudo": "@include gone\n"}, UNKNOWN),
        ({}, UNKNOWN),
    ],
)
def test_sudo_asks_for_a_second_factor(texts: dict[str, str], verdict: str) -> None:
    assert answer("sudo-second-factor", texts=texts).verdict == verdict


def test_without_sudo_there_is_nothing_to_ask() -> None:
    assert ask(CHECKS, "sudo-second-factor", host({"/etc/passwd": USERS})).verdict == NOTHING
