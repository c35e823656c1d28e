"""Passwords: how good, how often, and what would make PAM ask for nothing."""

from collections.abc import Mapping

import pytest

from ringfence.audit.host.answer import Answer
from ringfence.audit.host.checks.passwords import CHECKS
from tests.audit.host.fake import host
from tests.audit.host.one_check import FAIL, PASS, UNKNOWN, ask, wordless

QUALITY = "password requisite pam_pwquality.so retry=3\n"
UNIX = "password [success=1 default=ignore] pam_unix.so use_authtok\npassword requisite pam_deny.so\n"
AUTH = (
    "auth required pam_faillock.so preauth\n"
    "auth [success=2 default=ignore] pam_unix.so\n"
    "auth [default=die] pam_faillock.so authfail\n"
    "auth requisite pam_deny.so\nauth required pam_permit.so\n"
)
CONF, LOCK = "/etc/security/pwquality.conf", "/etc/security/faillock.conf"
COMMON, COMMON_AUTH = "/etc/pam.d/common-password", "/etc/pam.d/common-auth"
GOOD = {
    "/etc/pam.d/passwd": "@include common-password\n",
    "/etc/pam.d/login": "auth optional pam_faildelay.so delay=3000000\n@include common-auth\n",
    "/etc/pam.d/sshd": "@include common-auth\n",
    COMMON: QUALITY + UNIX,
    COMMON_AUTH: AUTH,
    CONF: "minlen = 14\n",
    LOCK: "deny = 5\nunlock_time = 900\n",
}


def answer(rule: str, texts: Mapping[str, str] | None = None, hidden: tuple[str, ...] = ()) -> Answer:
    """Ask one question of a server that asks for good passwords but for what is said."""
    return ask(CHECKS, rule, host({**GOOD, **(texts or {})}, hidden=frozenset(hidden)))


def test_every_question_has_its_words() -> None:
    assert wordless(CHECKS, "passwords") == []


@pytest.mark.parametrize("rule", ["password-quality", "password-tries", "password-null"])
def test_a_server_that_is_well_set_passes_and_one_without_pam_is_unknown(rule: str) -> None:
    assert answer(rule).verdict == PASS
    assert ask(CHECKS, rule, host({"/etc/passwd": ""})).verdict == UNKNOWN


@pytest.mark.parametrize(
    ("rule", "hidden"),
    [
        ("password-quality", CONF),
        ("password-quality", f"{CONF}.d"),
        ("password-quality", COMMON),
        ("password-tries", LOCK),
        ("password-tries", COMMON_AUTH),
        ("password-null", COMMON_AUTH),
    ],
)
def test_what_cannot_be_looked_at_is_unknown(rule: str, hidden: str) -> None:
    assert answer(rule, hidden=(hidden,)).verdict == UNKNOWN


@pytest.mark.parametrize(
    ("stack", "verdict"),
    [
        (QUALITY + UNIX, PASS),
        (QUALITY.replace("requisite", "required") + UNIX, PASS),
        (QUALITY.replace("requisite", "[success=ok default=die]") + UNIX, PASS),
        (UNIX, FAIL),
        ("#" + QUALITY + UNIX, FAIL),
        ("-" + QUALITY + UNIX, FAIL),  # left out without a word where the module is missing
        (QUALITY.replace("requisite", "optional") + UNIX, FAIL),
        (UNIX + QUALITY, FAIL),
        ("password sufficient pam_unix.so\n" + QUALITY, FAIL),
        (QUALITY.replace("retry=3", "minlen=13") + UNIX, FAIL),  # what the module is given counts more
        (QUALITY.replace("password", "auth") + UNIX, FAIL),
    ],
)
def test_a_new_password_is_judged_before_it_is_taken(stack: str, verdict: str) -> None:
    assert answer("password-quality", {COMMON: stack}).verdict == verdict


@pytest.mark.parametrize(
    ("own", "drop_in", "verdict"),
    [
        ("minlen = 14", "", PASS),
        ("minlen=15 # long", "", PASS),
        ("minlen = 13", "", FAIL),
        ("", "", FAIL),
        ("# minlen = 14", "", FAIL),
        ("", "minlen = 14", PASS),
        ("minlen = 8", "minlen = 20", FAIL),  # the file comes after the drop-ins
        ("minlen = 14\nminlen = 8", "", FAIL),
        ("minlen = 8\nminlen = 14", "", PASS),
        ("minlen = 14\nenforcing = 0", "", FAIL),
        ("minlen = 14\nenforcing = 1", "", PASS),
        ("minlen = 14\ndcredit = 1", "", FAIL),  # a credit makes up for a missing character
        ("minlen = 15\ndcredit = 1", "", PASS),
        ("minlen = 14\ndcredit = -1", "", PASS),
        ("minlen = many", "", UNKNOWN),
        ("minlen = " + "9" * 5000, "", UNKNOWN),
    ],
)
def test_a_password_is_long_by_what_counts_in_the_end(own: str, drop_in: str, verdict: str) -> None:
    assert answer("password-quality", {CONF: own, f"{CONF}.d/50.conf": drop_in}).verdict == verdict


@pytest.mark.parametrize(
    ("stack", "verdict"),
    [
        (AUTH, PASS),
        (AUTH.replace("preauth", "preauth deny=3 unlock_time=0"), PASS),
        (AUTH.replace("preauth", "preauth deny=6"), FAIL),
        (AUTH.replace("authfail", "authfail unlock_time=60"), FAIL),
        (AUTH.replace("required pam_faillock", "optional pam_faillock"), FAIL),
        (AUTH.replace("[default=die]", "[default=ignore]"), FAIL),
        (AUTH.replace("auth required pam_faillock.so preauth\n", ""), FAIL),
        (AUTH.replace("auth [default=die] pam_faillock.so authfail\n", ""), FAIL),
        (AUTH.replace("auth required pam_faillock.so preauth\n", "") + "auth required pam_faillock.so preauth\n", FAIL),
        (AUTH.replace("auth required pam_f", "#auth required pam_f"), FAIL),
        (AUTH.replace("auth required pam_f", "-auth required pam_f"), FAIL),
        ("auth required pam_permit.so\n", PASS),  # no password is asked for
        ("@include none\n", UNKNOWN),
    ],
)
def test_wrong_passwords_are_counted_before_and_after(stack: str, verdict: str) -> None:
    assert answer("password-tries", {COMMON_AUTH: stack}).verdict == verdict


@pytest.mark.parametrize(
    ("conf", "verdict"),
    [
        ("deny = 5\nunlock_time = 900", PASS),
        ("unlock_time = 900", PASS),  # three tries, if nothing is said
        ("deny = 6\nunlock_time = 900", FAIL),
        ("deny = 0\nunlock_time = 900", FAIL),  # 0 is no limit
        ("deny = 5\nunlock_time = 899", FAIL),
        ("deny = 5\nunlock_time = 0", PASS),  # for ever
        ("deny = 5\nunlock_time = never", PASS),
        ("deny = 5", FAIL),  # ten minutes, if nothing is said
        ("#deny = 5\n#unlock_time = 900", FAIL),
        ("deny = 5\nunlock_time = soon", UNKNOWN),
    ],
)
def test_the_tries_are_few_and_the_wait_is_long(conf: str, verdict: str) -> None:
    assert answer("password-tries", {LOCK: conf}).verdict == verdict


def test_one_service_without_the_count_is_enough_to_fail() -> None:
    told = answer("password-tries", {"/etc/pam.d/su": "auth sufficient pam_rootok.so\nauth required pam_unix.so\n"})
    assert (told.verdict, told.evidence) == (FAIL, "su: wrong passwords are not counted")


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ({COMMON_AUTH: "auth required pam_unix.so nullok"}, FAIL),
        ({COMMON_AUTH: "auth required pam_unix.so nullok_secure"}, FAIL),
        ({COMMON_AUTH: "auth required pam_unix.so # nullok"}, PASS),
        ({"/etc/pam.d/su": "auth required pam_unix.so try_first_pass nullok"}, FAIL),
        ({"/etc/pam.d/other": "auth required pam_unix.so nullok"}, FAIL),
        ({COMMON_AUTH: "account required pam_unix.so nullok"}, PASS),
    ],
)
def test_an_empty_password_is_taken_nowhere(texts: dict[str, str], verdict: str) -> None:
    assert answer("password-null", texts).verdict == verdict
