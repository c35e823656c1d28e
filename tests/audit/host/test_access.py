"""Access: each question about accounts, sudo, keys and homes, answered well and badly, and what would hide the bad."""

from collections.abc import Mapping

import pytest

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer
from ringfence.audit.host.checks.access import CHECKS
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.source import Status
from tests.audit.host.fake import file, folder, host, link
from tests.audit.host.one_check import FAIL, NOTHING, PASS, UNKNOWN, ask, wordless
from tests.audit.host.ssh_lines import RSA_2048, armoured, fingerprint, line_of, private

USERS = "root:x:0:0::/srv/root:/bin/bash\ndeploy:x:1000:1000::/home/deploy:/bin/bash\n"
GROUPS = "root:x:0:\nsudo:x:27:deploy\ndocker:x:120:\nshadow:x:42:\ndeploy:x:1000:\n"
SHADOW = "root:*:1::::::\ndeploy:$y$j9T$made$up:1::::::\n"
SUDOERS = "Defaults use_pty\nroot ALL=(ALL:ALL) ALL\n%sudo ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n"
KEYS = "/home/deploy/.ssh/authorized_keys"
KEY = line_of("ssh-ed25519")
GOOD = {
    "/etc/passwd": USERS,
    "/etc/group": GROUPS,
    "/etc/shadow": SHADOW,
    "/etc/sudoers": SUDOERS,
    "/etc/login.defs": "UMASK 027\nHOME_MODE 0750\n",
    "/etc/pam.d/su": "auth sufficient pam_rootok.so\nauth required pam_wheel.so use_uid\n@include common-auth\n",
    "/etc/pam.d/common-auth": "auth required pam_unix.so\n",
    KEYS: KEY,
}
RIGHTS = {
    "/etc/sudoers": file(0o440),
    "/home/deploy": folder(0o750, 1000, 1000),
    "/home/deploy/.ssh": folder(0o700, 1000, 1000),
    KEYS: file(0o600, 1000, 1000),
}
COMMANDS: Mapping[str, str | tuple[int, str]] = {"visudo -c": "parsed OK"}
ANYBODY = Expected()


def answer(
    rule: str,
    texts: Mapping[str, str] | None = None,
    stats: Mapping[str, Status] | None = None,
    expected: Expected = ANYBODY,
    hidden: tuple[str, ...] = (),
    commands: Mapping[str, str | tuple[int, str]] = COMMANDS,
) -> Answer:
    """Ask one question of a server that is well kept but for what is said."""
    server = host(
        {**GOOD, **(texts or {})}, stats={**RIGHTS, **(stats or {})}, hidden=frozenset(hidden), commands=commands
    )
    return ask(CHECKS, rule, server, expected)


def test_every_question_has_its_words() -> None:
    assert wordless(CHECKS, "access") == []


OF_BOTS = {"shared-account", "powerful-bot", "bot-reaches-vault"}
RULES = [check.rule.removeprefix("host/") for check in CHECKS]


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in OF_BOTS])
def test_a_server_that_is_well_kept_passes(rule: str) -> None:
    assert answer(rule).verdict == PASS


@pytest.mark.parametrize(
    ("rule", "hidden"),
    [
        ("second-root", "/etc/passwd"),
        ("second-root", "/etc/group"),
        ("empty-password", "/etc/shadow"),
        ("weak-password-hash", "/etc/shadow"),
        ("shared-account", "/etc/shadow"),
        ("shared-account", KEYS),
        ("powerful-bot", "/etc/group"),
        ("powerful-bot", "/etc/sudoers"),
        ("powerful-bot", "/etc/sudoers.d"),
        ("powerful-bot", "/etc/polkit-1/rules.d"),
        ("powerful-bot", "/var/lib/systemd/linger/grid"),
        ("root-groups", "/etc/group"),
        ("sudo-rules", "/etc/sudoers"),
        ("sudo-rules", "/etc/sudoers.d"),
        ("administrators", "/etc/sudoers.d"),
        ("login-keys", KEYS),
        ("login-keys", "/home/deploy/.ssh"),
        ("login-key-kinds", KEYS),
        ("open-homes", "/home/deploy"),
        ("open-homes", "/etc/login.defs"),
        ("bot-reaches-vault", "/var/lib/ringfence/vault"),
        ("bot-reaches-vault", "/var/lib"),
        ("secrets-at-home", "/home/deploy/.netrc"),
        ("secrets-at-home", "/home/deploy/.docker/config.json"),
        ("secrets-at-home", "/home/deploy/.ssh"),
        ("su-and-cron", "/etc/pam.d/su"),
        ("su-and-cron", "/usr/bin/crontab"),
    ],
)
def test_what_cannot_be_looked_at_is_unknown(rule: str, hidden: str) -> None:
    texts = {**BOTS, "/etc/sudoers.d/x": ""}
    assert answer(rule, texts, {**VAULT, "/etc/sudoers.d/x": file(0o440)}, WITH_BOTS, (hidden,)).verdict == UNKNOWN


@pytest.mark.parametrize(
    ("users", "groups", "verdict", "line"),
    [
        (USERS, GROUPS, PASS, 0),
        (USERS + "toor:x:0:1::/:/bin/sh\n", GROUPS, FAIL, 3),
        (USERS + "toor:x:000:1::/:/bin/sh\n", GROUPS, FAIL, 3),
        (USERS + "deploy:x:0:1000::/:/bin/sh\n", GROUPS, FAIL, 3),  # the second line of a name
        (USERS + "toor:x:5:0::/:/bin/sh\n", GROUPS, FAIL, 3),
        (USERS, GROUPS + "wheel:x:0:deploy\n", FAIL, 0),
        (USERS + "toor:x:+0:0::/:/bin/sh\n", GROUPS, UNKNOWN, 0),
    ],
)
def test_only_root_is_root(users: str, groups: str, verdict: str, line: int) -> None:
    told = answer("second-root", {"/etc/passwd": users, "/etc/group": groups})
    assert (told.verdict, told.line) == (verdict, line)


@pytest.mark.parametrize(
    ("users", "shadow", "empty", "weak"),
    [
        (USERS, SHADOW, PASS, PASS),
        (USERS, SHADOW + "anna::1::::::\n", FAIL, PASS),
        (USERS + "anna::1001:1001::/:/bin/sh\n", SHADOW, FAIL, PASS),
        (USERS, SHADOW + "anna:$1$made$up:1::::::\n", PASS, FAIL),
        (USERS, SHADOW + "anna:$5$made$up:1::::::\n", PASS, FAIL),
        (USERS, SHADOW + "anna:$6$made$up:1::::::\n", PASS, PASS),
        (USERS, SHADOW + "anna:!$1$made$up:1::::::\n", PASS, PASS),
        (USERS + "anna:madeupmadeup1:1001:1001::/:/bin/sh\n", SHADOW, PASS, FAIL),
        (USERS, "nonsense", UNKNOWN, UNKNOWN),
    ],
)
def test_every_account_has_a_password_or_none_that_works_and_it_is_kept_well(
    users: str, shadow: str, empty: str, weak: str
) -> None:
    texts = {"/etc/passwd": users, "/etc/shadow": shadow}
    assert answer("empty-password", texts).verdict == empty
    told = answer("weak-password-hash", texts)
    assert told.verdict == weak
    assert "made" not in told.evidence


BOTS = {
    "/etc/passwd": USERS + "grid:x:990:990::/nonexistent:/usr/sbin/nologin\nours:x:991:991::/:/usr/sbin/nologin\n",
    "/etc/group": GROUPS + "grid:x:990:\nours:x:991:\n",
    "/etc/shadow": SHADOW + "grid:!:1::::::\nours:!*:1::::::\n",
}
WITH_BOTS = Expected(bots=("grid",), ours=("ours",), home="/var/lib/ringfence")


def changed(path: str, old: str, new: str) -> dict[str, str]:
    """Change one thing about a server that has a bot."""
    assert old in BOTS[path]
    return {**BOTS, path: BOTS[path].replace(old, new)}


@pytest.mark.parametrize(
    ("texts", "expected", "verdict"),
    [
        (BOTS, WITH_BOTS, PASS),
        (BOTS, Expected(), NOTHING),
        (BOTS, Expected(bots=("grid", "other")), UNKNOWN),
        (BOTS, Expected(bots=("grid",), ours=("grid",)), FAIL),
        (BOTS, Expected(bots=("grid",), people=("grid",)), FAIL),
        (changed("/etc/passwd", "ours:x:991", "ours:x:990"), WITH_BOTS, FAIL),
        (changed("/etc/passwd", "deploy:x:1000", "deploy:x:990"), WITH_BOTS, FAIL),
        (changed("/etc/passwd", "grid:x:990", "grid:x:0"), WITH_BOTS, FAIL),
        (changed("/etc/passwd", "/nonexistent:/usr/sbin/nologin", "/nonexistent:/bin/sh"), WITH_BOTS, FAIL),
        (changed("/etc/passwd", "/nonexistent:/usr/sbin/nologin", "/nonexistent:"), WITH_BOTS, FAIL),
        (changed("/etc/shadow", "grid:!", "grid:$y$j9T$made$up"), WITH_BOTS, FAIL),
        (changed("/etc/shadow", "grid:!", "grid:"), WITH_BOTS, FAIL),
        ({**BOTS, "/nonexistent/.ssh/authorized_keys2": KEY}, WITH_BOTS, FAIL),
        ({**BOTS, "/nonexistent/.ssh/authorized_keys": "# nothing\n"}, WITH_BOTS, PASS),
    ],
)
def test_a_bot_has_an_account_of_its_own_that_nobody_logs_in_to(
    texts: dict[str, str], expected: Expected, verdict: str
) -> None:
    assert answer("shared-account", texts, expected=expected).verdict == verdict


POLKIT = 'polkit.addRule(function(action, subject) { if (subject.user == "grid") { return polkit.Result.YES; } });'


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        (BOTS, PASS),
        (changed("/etc/group", "docker:x:120:", "docker:x:120:grid"), FAIL),
        (changed("/etc/group", "sudo:x:27:deploy", "sudo:x:27:deploy,grid"), FAIL),
        (changed("/etc/group", "ours:x:991:", "harmless:x:120:grid"), FAIL),  # docker's number under another name
        (changed("/etc/passwd", "grid:x:990:990", "grid:x:990:42"), FAIL),  # its own group
        (changed("/etc/group", "grid:x:990:", "systemd-journal:x:990:"), FAIL),
        ({**BOTS, "/etc/sudoers.d/bot": "grid ALL=(root) NOPASSWD: /bin/chown"}, FAIL),
        ({**BOTS, "/etc/sudoers.d/bot": "#990 ALL=ALL"}, FAIL),
        ({**BOTS, "/etc/sudoers.d/bot.off": "grid ALL=ALL"}, PASS),
        ({**BOTS, "/etc/sudoers.d/bot": "+ops ALL=ALL"}, UNKNOWN),
        ({**BOTS, "/var/lib/systemd/linger/grid": ""}, FAIL),
        ({**BOTS, "/var/lib/systemd/linger/deploy": ""}, PASS),
        ({**BOTS, "/etc/polkit-1/rules.d/9.rules": POLKIT}, FAIL),
        ({**BOTS, "/etc/polkit-1/rules.d/9.rules": POLKIT.replace('"grid"', '"grid-admin"')}, PASS),
        ({**BOTS, "/etc/polkit-1/localauthority/50-local.d/a.pkla": "[x]\nIdentity=unix-user:grid\n"}, FAIL),
        ({**BOTS, "/etc/doas.conf": "permit nopass grid as root\n"}, FAIL),
        (changed("/etc/passwd", "grid:x:990:990::/nonexistent:/usr/sbin/nologin\n", ""), UNKNOWN),
    ],
)
def test_a_bot_has_no_way_to_become_root(texts: dict[str, str], verdict: str) -> None:
    assert answer("powerful-bot", texts, expected=WITH_BOTS).verdict == verdict


def test_without_a_bot_there_is_nothing_to_ask_of_one() -> None:
    assert [answer(rule).verdict for rule in sorted(OF_BOTS)] == [NOTHING] * 3
    assert answer("bot-reaches-vault", BOTS, expected=Expected(bots=("grid",))).verdict == NOTHING


@pytest.mark.parametrize(
    ("users", "groups", "verdict"),
    [
        (USERS, GROUPS, PASS),
        (USERS, GROUPS.replace("docker:x:120:", "docker:x:120:deploy"), FAIL),
        (USERS, GROUPS + "lxd:x:130:anna\n", FAIL),
        (USERS, GROUPS + "harmless:x:42:anna\n", FAIL),
        (USERS.replace("1000:1000", "1000:120"), GROUPS, FAIL),
    ],
)
def test_nobody_is_in_a_group_that_is_as_good_as_root(users: str, groups: str, verdict: str) -> None:
    assert answer("root-groups", {"/etc/passwd": users, "/etc/group": groups}).verdict == verdict


CLOUD = "/etc/sudoers.d/90-cloud-init-users"


@pytest.mark.parametrize(
    ("rules", "drop_in", "verdict"),
    [
        (SUDOERS, "", PASS),
        (SUDOERS, "deploy ALL=(ALL) NOPASSWD:ALL", FAIL),
        (SUDOERS, "deploy ALL=(ALL) NOPASS\\\nWD : ALL", FAIL),
        (SUDOERS, "# deploy ALL=(ALL) NOPASSWD:ALL", PASS),
        (SUDOERS, "# \\\ndeploy ALL=(ALL) NOPASSWD:ALL", FAIL),
        (SUDOERS, "Defaults:deploy !authenticate", FAIL),
        (SUDOERS, "Defaults !!authenticate", PASS),
        (SUDOERS, "Defaults exempt_group = sudo", FAIL),
        (SUDOERS, "Defaults !use_pty", FAIL),
        (SUDOERS, "Defaults!/usr/bin/x !use_pty", FAIL),
        (SUDOERS.replace("Defaults use_pty\n", ""), "", FAIL),
        (SUDOERS.replace("Defaults use_pty\n", ""), "Defaults:deploy use_pty", FAIL),
        (SUDOERS, "Defaults timestamp_timeout=15", PASS),
        (SUDOERS, "Defaults timestamp_timeout=15.5", FAIL),
        (SUDOERS, "Defaults timestamp_timeout=-1", FAIL),
        (SUDOERS, "Defaults timestamp_timeout=nan", FAIL),
        (SUDOERS, "nonsense", UNKNOWN),
    ],
)
def test_sudo_asks_for_a_password_and_forgets_it_soon(rules: str, drop_in: str, verdict: str) -> None:
    stats = {CLOUD: file(0o440)}
    told = answer("sudo-rules", {"/etc/sudoers": rules, CLOUD: drop_in}, stats)
    assert told.verdict == verdict
    assert told.severity is None


@pytest.mark.parametrize(
    ("rights", "verdict", "severity"),
    [
        (file(0o440), PASS, None),
        (file(0o400), PASS, None),
        (file(0o644), FAIL, Severity.LOW),
        (file(0o664), FAIL, None),
        (file(0o442), FAIL, None),
        (file(0o440, uid=1000), FAIL, None),
        (link("/srv/rules"), FAIL, None),
    ],
)
def test_rules_of_sudo_are_roots(rights: Status, verdict: str, severity: Severity | None) -> None:
    told = answer("sudo-rules", {CLOUD: ""}, {CLOUD: rights, "/srv/rules": file(0o666)})
    assert (told.verdict, told.severity) == (verdict, severity)


def test_rules_that_visudo_does_not_take_are_unknown_and_without_sudo_there_is_nothing_to_ask() -> None:
    assert answer("sudo-rules", commands={"visudo -c": (1, "syntax error")}).verdict == UNKNOWN
    assert answer("sudo-rules", commands={}).verdict == UNKNOWN
    assert ask(CHECKS, "sudo-rules", host({"/etc/passwd": USERS})).verdict == NOTHING


@pytest.mark.parametrize(
    ("texts", "people", "verdict"),
    [
        ({}, (), PASS),
        ({"/etc/group": GROUPS.replace(":deploy", ":deploy,anna")}, (), FAIL),
        ({"/etc/group": GROUPS.replace(":deploy", ":deploy,anna")}, ("deploy", "anna"), PASS),
        ({}, ("anna",), FAIL),
        ({"/etc/group": GROUPS + "x:x:27:anna\n"}, (), FAIL),
        ({"/etc/passwd": USERS + "anna:x:1001:27::/:/bin/sh\n"}, ("deploy",), FAIL),
        ({"/etc/passwd": USERS + "anna:x:1001:1::/:/bin/sh\n", CLOUD: "anna ALL=(ALL) ALL"}, ("deploy",), FAIL),
    ],
)
def test_only_those_who_are_meant_to_may_become_root(
    texts: dict[str, str], people: tuple[str, ...], verdict: str
) -> None:
    assert answer("administrators", texts, expected=Expected(people=people)).verdict == verdict


PRINT = fingerprint(KEY)
OTHER = line_of("ssh-ed25519", seed=2)


@pytest.mark.parametrize(
    ("texts", "keys", "verdict"),
    [
        ({}, (), PASS),  # nothing is known, and nothing held against it
        ({}, (PRINT,), PASS),
        ({}, (PRINT.removeprefix("SHA256:") + "=",), PASS),
        ({KEYS: f"{KEY}\n{OTHER}"}, (PRINT,), FAIL),
        ({f"{KEYS}2": OTHER}, (PRINT,), FAIL),
        ({f"{KEYS}2": f"cert-authority {OTHER}"}, (PRINT,), FAIL),
        ({KEYS: f"{KEY}\n#{OTHER}"}, (PRINT,), PASS),
        ({KEYS: f"{KEY}\nnonsense"}, (PRINT,), UNKNOWN),
        ({KEYS: f"{OTHER}\nnonsense"}, (PRINT,), FAIL),  # what is found counts more than what is not seen
        ({"/srv/root/.ssh/authorized_keys": OTHER}, (PRINT,), FAIL),
    ],
)
def test_only_keys_that_are_named_open_an_account(texts: dict[str, str], keys: tuple[str, ...], verdict: str) -> None:
    stats = {f"{KEYS}2": file(0o600, 1000)} if f"{KEYS}2" in texts else {}
    assert answer("login-keys", texts, stats, Expected(keys=keys)).verdict == verdict


@pytest.mark.parametrize(
    ("stats", "verdict", "severity"),
    [
        ({KEYS: file(0o400, 1000)}, PASS, None),
        ({KEYS: file(0o600, 0)}, PASS, None),
        ({KEYS: file(0o644, 1000)}, FAIL, Severity.LOW),
        ({KEYS: file(0o620, 1000)}, FAIL, None),
        ({KEYS: file(0o602, 1000)}, FAIL, None),
        ({KEYS: file(0o600, 990)}, FAIL, None),
        ({"/home/deploy/.ssh": folder(0o770, 1000)}, FAIL, None),
        ({"/home/deploy/.ssh": folder(0o700, 990)}, FAIL, None),
        ({"/home/deploy": folder(0o775, 1000)}, FAIL, None),
    ],
)
def test_nobody_else_can_add_a_key(stats: dict[str, Status], verdict: str, severity: Severity | None) -> None:
    told = answer("login-keys", stats=stats)
    assert (told.verdict, told.severity) == (verdict, severity)


@pytest.mark.parametrize(
    ("line", "verdict"),
    [
        (KEY, PASS),
        (line_of("sk-ssh-ed25519@openssh.com"), PASS),
        (line_of("ecdsa-sha2-nistp256"), PASS),
        (line_of("ssh-rsa", 3072), PASS),
        (line_of("ssh-rsa", 3071), FAIL),
        (RSA_2048, FAIL),
        (line_of("ssh-dss"), FAIL),
        ("ssh-ed25519 " + line_of("ssh-dss").split()[1], FAIL),
        ("nonsense", UNKNOWN),
    ],
)
def test_keys_are_of_a_strong_kind(line: str, verdict: str) -> None:
    assert answer("login-key-kinds", {KEYS: line}).verdict == verdict


def test_what_bounds_a_key_is_noted() -> None:
    told = answer("login-key-kinds", {KEYS: f'from="10.0.0.1",restrict {KEY}'})
    assert told.evidence == "deploy ssh-ed25519 (from, restrict)"


@pytest.mark.parametrize(
    ("stats", "defs", "verdict", "severity"),
    [
        ({"/home/deploy": folder(0o700)}, "UMASK 077", PASS, None),
        ({"/home/deploy": folder(0o755)}, "UMASK 027", FAIL, None),
        ({"/home/deploy": folder(0o751)}, "UMASK 027", FAIL, None),
        ({"/home/deploy": folder(0o770)}, "UMASK 027", FAIL, None),
        ({"/home/gone": folder(0o755)}, "UMASK 027", FAIL, None),  # nobody's any more
        ({"/home/deploy": link("/data/deploy"), "/data/deploy": folder(0o755)}, "UMASK 027", FAIL, None),
        ({}, "UMASK 022", FAIL, Severity.LOW),
        ({}, "UMASK 027\nHOME_MODE 0755", FAIL, Severity.LOW),
        ({}, "UMASK 022\nHOME_MODE 0700", FAIL, Severity.LOW),
        ({}, "UMASK 022\nUMASK 027", PASS, None),
        ({}, "UMASK 027\nUMASK 022", FAIL, Severity.LOW),
        ({}, "#UMASK 027", FAIL, Severity.LOW),
        ({}, "UMASK nonsense", UNKNOWN, None),
    ],
)
def test_homes_are_closed_and_new_ones_will_be(
    stats: dict[str, Status], defs: str, verdict: str, severity: Severity | None
) -> None:
    told = answer("open-homes", {"/etc/login.defs": defs}, stats)
    assert (told.verdict, told.severity) == (verdict, severity)


HOME = "/var/lib/ringfence"
VAULT = {
    "/": folder(),
    HOME: folder(0o711, 991, 991),
    f"{HOME}/vault": folder(0o700, 991, 991),
    f"{HOME}/vault/keys": file(0o600, 991, 991),
    f"{HOME}/gateway": folder(0o711, 991, 991),
    f"{HOME}/gateway/passes.toml": file(0o600, 991, 991),
    f"{HOME}/trust": folder(0o755, 991, 991),
    f"{HOME}/trust/ca.pem": file(0o644, 991, 991),
}


@pytest.mark.parametrize(
    ("stats", "verdict"),
    [
        ({}, PASS),
        ({f"{HOME}/vault/keys": file(0o666, 991)}, PASS),  # its directory is closed
        ({f"{HOME}/vault": folder(0o755, 991)}, FAIL),  # what is there can be listed
        ({f"{HOME}/gateway/passes.toml": file(0o604, 991)}, FAIL),
        ({f"{HOME}/gateway/passes.toml": file(0o600, 990)}, FAIL),
        ({f"{HOME}/journal": folder(0o711, 991), f"{HOME}/journal/db": file(0o640, 991, 990)}, FAIL),
        ({f"{HOME}/later": file(0o644, 991)}, FAIL),  # what nobody knows is private
        ({f"{HOME}/trust/ca.pem": file(0o646, 991)}, FAIL),
        ({f"{HOME}/trust": folder(0o777, 991)}, FAIL),
        ({HOME: folder(0o713, 991)}, FAIL),
        ({HOME: folder(0o711, 990)}, FAIL),
        ({"/var/lib": folder(0o777)}, FAIL),
        ({f"{HOME}/trust/more": link("/srv/open"), "/srv/open": file(0o666)}, FAIL),
        ({f"{HOME}/gateway/passes.toml": file(0o640, 991, 991)}, UNKNOWN),  # ls is not there to exclude an ACL
    ],
)
def test_a_bot_is_kept_out_of_the_deployment(stats: dict[str, Status], verdict: str) -> None:
    assert answer("bot-reaches-vault", BOTS, {**VAULT, **stats}, WITH_BOTS).verdict == verdict


def test_a_deployment_that_is_not_there_or_is_too_large_is_unknown() -> None:
    assert answer("bot-reaches-vault", BOTS, {"/": folder()}, WITH_BOTS).verdict == UNKNOWN
    many = {f"{HOME}/trust/{number}": file(0o644, 991) for number in range(2000)}
    assert answer("bot-reaches-vault", BOTS, {**VAULT, **many}, WITH_BOTS).verdict == UNKNOWN


DEPLOY = "/home/deploy"


@pytest.mark.parametrize(
    ("path", "text", "verdict"),
    [
        (".netrc", "machine x", FAIL),
        (".netrc", "", PASS),
        (".aws/credentials", "[default]", FAIL),
        (".pgpass", "x", FAIL),
        (".git-credentials", "x", FAIL),
        (".docker/config.json", '{"auths":{"ghcr.io":{"auth":"made-up"}}}', FAIL),
        (".docker/config.json", '{"auths":{"ghcr.io":{}},"credsStore":"pass"}', PASS),
        (".docker/config.json", "nonsense", UNKNOWN),
        (".docker/config.json", "[" * 100_000, UNKNOWN),
        (".ssh/id_ed25519", private(), FAIL),
        (".ssh/backup.txt", private(), FAIL),  # whatever it is called
        (".ssh/known_hosts", private(), FAIL),
        (".ssh/id_ed25519", private(cipher="aes256-ctr"), PASS),
        (".ssh/id_ed25519_sk", private("sk-ssh-ed25519@openssh.com"), PASS),
        (".ssh/id_rsa", armoured("RSA PRIVATE KEY", "AAAA"), FAIL),
        (".ssh/id_ed25519.pub", KEY, PASS),
    ],
)
def test_no_home_holds_a_secret_that_nothing_guards(path: str, text: str, verdict: str) -> None:
    told = answer("secrets-at-home", {f"{DEPLOY}/{path}": text})
    assert told.verdict == verdict
    assert "made-up" not in told.evidence


def test_a_key_behind_a_link_is_found_and_one_found_counts_more_than_one_unread() -> None:
    texts = {"/srv/key": private(), f"{DEPLOY}/.ssh/k": private(), f"{DEPLOY}/.docker/config.json": "?"}
    told = answer("secrets-at-home", texts, {f"{DEPLOY}/.ssh/k": link("/srv/key")})
    assert (told.verdict, told.path) == (FAIL, f"{DEPLOY}/.ssh/k")


@pytest.mark.parametrize(
    ("texts", "verdict"),
    [
        ({"/usr/bin/crontab": "", "/etc/cron.allow": "root"}, PASS),
        ({"/usr/bin/crontab": ""}, FAIL),
        ({"/usr/bin/at": ""}, FAIL),
        ({"/etc/pam.d/su": "auth sufficient pam_rootok.so\n# auth required pam_wheel.so\n"}, FAIL),
        ({"/etc/pam.d/su": "auth sufficient pam_wheel.so trust\n"}, FAIL),
        ({"/etc/pam.d/su": "auth optional pam_wheel.so\n"}, FAIL),
        ({"/etc/pam.d/su": "auth required pam_wheel.so deny group=x\n"}, FAIL),
        ({"/etc/pam.d/su": "@include common-auth\nauth required pam_wheel.so\n"}, PASS),
    ],
)
def test_su_and_cron_are_for_some(texts: dict[str, str], verdict: str) -> None:
    assert answer("su-and-cron", texts).verdict == verdict
