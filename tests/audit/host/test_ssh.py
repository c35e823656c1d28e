"""SSH: each question, answered well and badly, and what would hide a bad answer."""

from collections.abc import Mapping

import pytest

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer
from ringfence.audit.host.checks.ssh import CHECKS
from ringfence.audit.host.source import Status
from ringfence.audit.host.sshd import CONFIG
from tests.audit.host.fake import file, folder, host, link
from tests.audit.host.one_check import FAIL, NOTHING, PASS, UNKNOWN, ask, wordless
from tests.audit.host.ssh_lines import RSA_2048, line_of

GOOD = {
    "permitrootlogin": "no",
    "passwordauthentication": "no",
    "kbdinteractiveauthentication": "no",
    "permitemptypasswords": "no",
    "authenticationmethods": "any",
    "allowusers": "deploy",
    "maxauthtries": "4",
    "logingracetime": "60",
    "maxstartups": "10:30:60",
    "maxsessions": "10",
    "x11forwarding": "no",
    "allowagentforwarding": "no",
    "allowtcpforwarding": "local",
    "permittunnel": "no",
    "gatewayports": "no",
    "disableforwarding": "no",
    "hostbasedauthentication": "no",
    "ignorerhosts": "yes",
    "permituserenvironment": "no",
    "strictmodes": "yes",
    "usepam": "yes",
    "loglevel": "VERBOSE",
    "clientaliveinterval": "300",
    "ciphers": "chacha20-poly1305@openssh.com,aes256-gcm@openssh.com",
    "macs": "hmac-sha2-256-etm@openssh.com",
    "kexalgorithms": "sntrup761x25519-sha512@openssh.com,curve25519-sha256,diffie-hellman-group14-sha256",
    "hostkeyalgorithms": "ssh-ed25519,rsa-sha2-512",
    "pubkeyacceptedalgorithms": "ssh-ed25519,sk-ssh-ed25519@openssh.com",
    "hostkey": "/etc/ssh/ssh_host_ed25519_key",
}
HOST_KEY = "/etc/ssh/ssh_host_ed25519_key"
DROP_IN = "/etc/ssh/sshd_config.d/50-cloud-init.conf"


def answer(
    rule: str,
    config: str = "",
    stats: Mapping[str, Status] | None = None,
    texts: Mapping[str, str] | None = None,
    told: Mapping[str, str | None] | None = None,
) -> Answer:
    """Ask one question of a server that is well set but for what is said; None takes a setting out."""
    settings = {**GOOD, **(told or {})}
    out = "".join(f"{key} {value}\n" for key, value in settings.items() if value is not None)
    files = {
        "/usr/sbin/sshd": "",
        CONFIG: config,
        HOST_KEY: "",
        f"{HOST_KEY}.pub": line_of("ssh-ed25519"),
        **(texts or {}),
    }
    rights = {HOST_KEY: file(0o600), CONFIG: file(0o600), **(stats or {})}
    return ask(CHECKS, rule, host(files, stats=rights, commands={"sshd -T": out}))


def test_every_question_has_its_words() -> None:
    assert wordless(CHECKS, "ssh") == []


STATED = [check.rule.removeprefix("host/") for check in CHECKS if check.rule != "host/ssh-version"]


@pytest.mark.parametrize("rule", STATED)
def test_a_server_that_is_well_set_passes(rule: str) -> None:
    assert answer(rule).verdict == PASS


@pytest.mark.parametrize("rule", [check.rule.removeprefix("host/") for check in CHECKS])
def test_without_a_server_there_is_nothing_to_ask(rule: str) -> None:
    assert ask(CHECKS, rule, host({"/etc/passwd": ""})).verdict == NOTHING


@pytest.mark.parametrize("rule", STATED)
def test_a_server_that_does_not_say_what_it_does_is_unknown(rule: str) -> None:
    files = {"/usr/sbin/sshd": "", CONFIG: "PermitRootLogin no"}
    for commands in ({}, {"sshd -T": (255, "")}):
        assert ask(CHECKS, rule, host(files, commands=commands)).verdict == UNKNOWN


@pytest.mark.parametrize(
    ("value", "verdict", "severity"),
    [
        ("no", PASS, None),
        ("yes", FAIL, None),
        ("without-password", FAIL, Severity.MEDIUM),
        ("prohibit-password", FAIL, Severity.MEDIUM),
        ("forced-commands-only", FAIL, Severity.MEDIUM),
        (None, UNKNOWN, None),
    ],
)
def test_root_may_not_log_in_and_with_a_key_alone_it_is_milder(
    value: str | None, verdict: str, severity: Severity | None
) -> None:
    told = answer("root-login", told={"permitrootlogin": value})
    assert (told.verdict, told.severity) == (verdict, severity)


@pytest.mark.parametrize(
    ("rule", "config"),
    [
        ("root-login", "Match Address 10.0.0.0/8\nPermitRootLogin yes"),
        ("password-login", "Match User deploy\nPasswordAuthentication yes"),
        ("password-login", "Match User deploy\nchallengeresponseauthentication yes"),
        ("empty-password-login", "Match Group x\nPermitEmptyPasswords=yes"),
        ("login-unrestricted", "Match Group x\nAllowUsers *"),
        ("ssh-forwarding", 'Match Group x\nX11Forwarding "yes"'),
        ("ssh-trust", "Match Group x\nHostbasedAuthentication yes"),
    ],
)
def test_what_is_allowed_in_a_match_block_is_allowed(rule: str, config: str) -> None:
    told = answer(rule, config)
    assert told.verdict == FAIL


def test_a_match_block_in_a_drop_in_is_named_with_its_line() -> None:
    told = answer("root-login", "Include sshd_config.d/*.conf", texts={DROP_IN: "\nMatch User a\nPermitRootLogin yes"})
    assert (told.path, told.line, told.severity) == (DROP_IN, 3, None)
    assert told.evidence == "permitrootlogin yes (Match User a)"


@pytest.mark.parametrize(
    ("password", "asked", "methods", "verdict"),
    [
        ("no", "no", "any", PASS),
        ("yes", "no", "any", FAIL),
        ("no", "yes", "any", FAIL),
        ("yes", "no", "publickey,password", PASS),
        ("no", "yes", "publickey,keyboard-interactive:pam", PASS),
        ("yes", "no", "publickey,password password", FAIL),
        ("yes", "yes", "password,keyboard-interactive", FAIL),
        (None, "no", "any", UNKNOWN),
        ("yes", "no", None, UNKNOWN),
    ],
)
def test_a_password_is_taken_only_after_a_key(
    password: str | None, asked: str, methods: str | None, verdict: str
) -> None:
    told = {"passwordauthentication": password, "kbdinteractiveauthentication": asked, "authenticationmethods": methods}
    assert answer("password-login", told=told).verdict == verdict


def test_a_match_block_that_asks_for_a_password_alone_undoes_the_key_before_it() -> None:
    config = "Match User a\nAuthenticationMethods password"
    told = answer(
        "password-login", config, told={"passwordauthentication": "yes", "authenticationmethods": "publickey,password"}
    )
    assert told.verdict == FAIL


@pytest.mark.parametrize(
    ("users", "groups", "verdict"),
    [
        ("deploy", None, PASS),
        (None, "ssh-people", PASS),
        ("*@10.0.0.0/8", None, PASS),
        (None, None, FAIL),
        ("*", None, FAIL),
        ("deploy *", None, FAIL),
        ("*", "ssh-people", PASS),
    ],
)
def test_who_may_log_in_is_listed(users: str | None, groups: str | None, verdict: str) -> None:
    assert answer("login-unrestricted", told={"allowusers": users, "allowgroups": groups}).verdict == verdict


@pytest.mark.parametrize(
    ("rule", "key", "good", "bad"),
    [
        ("empty-password-login", "permitemptypasswords", "no", "yes"),
        ("ssh-limits", "maxauthtries", "4", "5"),
        ("ssh-limits", "maxauthtries", "1", "0"),
        ("ssh-limits", "logingracetime", "60", "61"),
        ("ssh-limits", "logingracetime", "1", "0"),  # 0 is no limit
        ("ssh-limits", "maxsessions", "10", "11"),
        ("ssh-limits", "maxstartups", "10:30:60", "11:30:60"),
        ("ssh-limits", "maxstartups", "10:30:60", "10:29:60"),
        ("ssh-limits", "maxstartups", "5:100:60", "10:30:61"),
        ("ssh-limits", "maxstartups", "10:30:60", "10"),
        ("ssh-limits", "maxstartups", "10:30:60", "10:30:" + "9" * 5000),
        ("ssh-forwarding", "x11forwarding", "no", "yes"),
        ("ssh-forwarding", "allowagentforwarding", "no", "yes"),
        ("ssh-forwarding", "allowtcpforwarding", "no", "yes"),
        ("ssh-forwarding", "allowtcpforwarding", "local", "remote"),
        ("ssh-forwarding", "permittunnel", "no", "point-to-point"),
        ("ssh-forwarding", "gatewayports", "no", "clientspecified"),
        ("ssh-trust", "hostbasedauthentication", "no", "yes"),
        ("ssh-trust", "ignorerhosts", "yes", "shosts-only"),
        ("ssh-trust", "permituserenvironment", "no", "LANG*"),
        ("ssh-trust", "strictmodes", "yes", "no"),
        ("ssh-trust", "usepam", "yes", "no"),
        ("ssh-log", "loglevel", "INFO", "QUIET"),
        ("ssh-log", "loglevel", "VERBOSE", "DEBUG"),
        ("ssh-log", "clientaliveinterval", "1", "0"),
        ("ssh-algorithms", "ciphers", "aes128-ctr", "aes128-cbc"),
        ("ssh-algorithms", "macs", "hmac-sha2-512", "hmac-sha2-512,hmac-sha1-etm@openssh.com"),
        ("ssh-algorithms", "kexalgorithms", "diffie-hellman-group14-sha256", "diffie-hellman-group14-sha1"),
        ("ssh-algorithms", "kexalgorithms", "diffie-hellman-group16-sha512", "diffie-hellman-group1-sha1"),
        ("ssh-algorithms", "hostkeyalgorithms", "rsa-sha2-256", "ssh-rsa"),
        ("ssh-algorithms", "pubkeyacceptedalgorithms", "rsa-sha2-256", "ssh-dss"),
        ("ssh-key-exchange", "kexalgorithms", "mlkem768x25519-sha256", "curve25519-sha256"),
    ],
)
def test_each_setting_has_its_bound(rule: str, key: str, good: str, bad: str) -> None:
    assert answer(rule, told={key: good}).verdict == PASS
    failing = answer(rule, told={key: bad})
    assert failing.verdict == FAIL
    assert key in failing.evidence
    assert answer(rule, told={key: None}).verdict == UNKNOWN


def test_forwarding_that_is_disabled_as_a_whole_is_still_asked_one_by_one() -> None:
    # CVE-2025-32728: before OpenSSH 10.0 DisableForwarding left X11 and the agent on.
    assert answer("ssh-forwarding", told={"disableforwarding": "yes", "x11forwarding": "yes"}).verdict == FAIL
    assert answer("ssh-forwarding", told={"disableforwarding": "yes", "allowtcpforwarding": "yes"}).verdict == PASS


@pytest.mark.parametrize(
    ("rights", "verdict"),
    [
        (file(0o600), PASS),
        (file(0o400), PASS),
        (file(0o640), FAIL),
        (file(0o604), FAIL),
        (file(0o600, uid=1000), FAIL),
        (link("/srv/key"), FAIL),
    ],
)
def test_a_host_key_is_for_root_alone_wherever_a_link_leads(rights: Status, verdict: str) -> None:
    stats = {HOST_KEY: rights, "/srv/key": file(0o644)}
    assert answer("ssh-host-keys", stats=stats).verdict == verdict


def test_a_host_key_that_sshd_does_not_use_is_looked_at_too() -> None:
    stale = "/etc/ssh/ssh_host_rsa_key"
    told = answer("ssh-host-keys", stats={stale: file(0o644)}, texts={stale: "", f"{stale}.pub": RSA_2048})
    assert (told.verdict, told.path) == (FAIL, stale)


@pytest.mark.parametrize(
    ("public", "verdict"),
    [
        (line_of("ssh-ed25519"), PASS),
        (line_of("ecdsa-sha2-nistp256"), PASS),
        (line_of("ssh-rsa", 3072), PASS),
        (line_of("ssh-rsa", 3071), FAIL),
        (line_of("ssh-dss"), FAIL),
        ("nonsense", UNKNOWN),
        ("", UNKNOWN),
    ],
)
def test_a_host_key_is_of_a_strong_kind(public: str, verdict: str) -> None:
    assert answer("ssh-host-keys", texts={f"{HOST_KEY}.pub": public}).verdict == verdict


@pytest.mark.parametrize(
    ("path", "rights", "verdict"),
    [
        (CONFIG, file(0o644), PASS),
        (CONFIG, file(0o664), FAIL),
        (CONFIG, file(0o646), FAIL),
        (CONFIG, file(0o600, uid=1000), FAIL),
        (DROP_IN, file(0o666), FAIL),
        ("/etc/ssh/sshd_config.d", folder(0o775), FAIL),
        ("/etc/ssh/sshd_config.d", folder(0o755), PASS),
    ],
)
def test_only_root_changes_the_settings(path: str, rights: Status, verdict: str) -> None:
    texts = {DROP_IN: "X11Forwarding no"}
    told = answer("ssh-config-writable", "Include sshd_config.d/*.conf", {path: rights}, texts)
    assert told.verdict == verdict


@pytest.mark.parametrize(("mode", "verdict"), [(0o600, PASS), (0o644, FAIL), (0o640, FAIL)])
def test_only_root_reads_the_settings(mode: int, verdict: str) -> None:
    assert answer("ssh-config-readable", stats={CONFIG: file(mode)}).verdict == verdict


@pytest.mark.parametrize(
    ("drop_in", "own", "verdict"),
    [
        ("PasswordAuthentication yes", "PasswordAuthentication no", FAIL),
        ("PermitRootLogin yes", "permitrootlogin no", FAIL),
        ("X11Forwarding no", "X11Forwarding yes", PASS),  # a drop-in that is stricter is how it is meant
        ("PasswordAuthentication yes", "", PASS),  # nothing is overridden: another check's
        ("PasswordAuthentication yes", "Match User a\nPasswordAuthentication no", PASS),
        ("Banner /etc/issue", "Banner none", PASS),
    ],
)
def test_a_drop_in_that_weakens_what_the_file_says_is_named(drop_in: str, own: str, verdict: str) -> None:
    told = answer("ssh-overridden", f"Include {DROP_IN}\n{own}", texts={DROP_IN: drop_in})
    assert told.verdict == verdict
    assert (told.path, told.line) == ((DROP_IN, 1) if verdict == FAIL else ("", 0))


def test_what_sshd_is_started_with_weakens_all_files_and_makes_the_rest_unknown() -> None:
    texts = {"/etc/default/ssh": "SSHD_OPTS=-oPermitRootLogin=yes"}
    told = answer("ssh-overridden", texts=texts)
    assert (told.verdict, told.path) == (FAIL, "/etc/default/ssh")
    assert answer("root-login", texts=texts).verdict == UNKNOWN


INSTALLED = "install ok installed"
OTHER = f"Package: sudo\nStatus: {INSTALLED}\nVersion: 9.0p1-1\n\n"
STATUS = OTHER + "Package: openssh-server\nStatus: {}\nVersion: {}\n"


@pytest.mark.parametrize(
    ("state", "version", "verdict"),
    [
        (INSTALLED, "1:9.2p1-2+deb12u3", PASS),
        (INSTALLED, "1:9.2p1-2+deb12u10", PASS),
        (INSTALLED, "1:9.2p1-2+deb12u2", FAIL),
        (INSTALLED, "1:9.2p1-2", FAIL),
        (INSTALLED, "1:8.4p1-5+deb11u3", PASS),  # before the fault came in
        (INSTALLED, "1:8.5p1-1", FAIL),
        (INSTALLED, "1:8.9p1-3ubuntu0.10", PASS),
        (INSTALLED, "1:8.9p1-3ubuntu0.7", FAIL),
        (INSTALLED, "1:9.6p1-3ubuntu13.3", PASS),
        (INSTALLED, "1:9.6p1-3ubuntu13", FAIL),
        (INSTALLED, "1:9.7p1-7", PASS),
        (INSTALLED, "1:9.7p1-6", FAIL),
        (INSTALLED, "1:9.8p1-1", PASS),
        (INSTALLED, "1:10.0p1-7+deb13u1", PASS),
        (INSTALLED, "V_9.2", UNKNOWN),
        ("deinstall ok config-files", "1:9.2p1-2+deb12u3", UNKNOWN),
    ],
)
def test_the_version_is_one_that_is_mended(state: str, version: str, verdict: str) -> None:
    texts = {"/var/lib/dpkg/status": STATUS.format(state, version)}
    assert answer("ssh-version", texts=texts).verdict == verdict


def test_a_version_that_nobody_tells_is_unknown() -> None:
    assert answer("ssh-version").verdict == UNKNOWN
