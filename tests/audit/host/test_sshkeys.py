"""Public keys, and private ones without a passphrase."""

import pytest

from ringfence.audit.host import sshkeys
from ringfence.audit.host.source import Unseen
from tests.audit.host.fake import host
from tests.audit.host.ssh_lines import armoured, fingerprint, line_of, private

ED25519 = line_of("ssh-ed25519")
# Made by ssh-keygen and thrown away; the fingerprint is what `ssh-keygen -l` says.
REAL = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPHxUWSoVvASqAIeZxBDjEPtkwXOlYTe5sEiEN5ZgTv5 a@b"
REAL_PRINT = "SHA256:aR8lwwJ9hkMt5/kOW2WFhvZPhG9+o93CQK4lrRV3Qvs"


def test_a_fingerprint_is_the_one_that_ssh_keygen_says() -> None:
    key = sshkeys.parse(REAL)
    assert key is not None
    assert key.fingerprint == REAL_PRINT


@pytest.mark.parametrize(
    ("line", "kind", "bits", "options"),
    [
        (ED25519, "ssh-ed25519", 0, ()),
        (line_of("ssh-rsa", 2048), "ssh-rsa", 2048, ()),
        (line_of("ssh-rsa", 3072), "ssh-rsa", 3072, ()),
        (line_of("sk-ssh-ed25519@openssh.com"), "sk-ssh-ed25519@openssh.com", 0, ()),
        (f"restrict,pty {ED25519}", "ssh-ed25519", 0, ("restrict", "pty")),
        (
            f'from="10.0.0.0/8,::1",Verify-Required {ED25519}',
            "ssh-ed25519",
            0,
            ('from="10.0.0.0/8,::1"', "Verify-Required"),
        ),
        (f'command="echo \\"ssh-rsa AAAA\\"" {ED25519}', "ssh-ed25519", 0, ('command="echo \\"ssh-rsa AAAA\\""',)),
        (f"  {ED25519}\r", "ssh-ed25519", 0, ()),
    ],
)
def test_a_line_is_read_by_what_the_key_itself_says(line: str, kind: str, bits: int, options: tuple[str, ...]) -> None:
    key = sshkeys.parse(line)
    assert key is not None
    assert (key.kind, key.bits, key.options) == (kind, bits, options)
    assert key.fingerprint == fingerprint(line_of(kind, bits))


def test_an_option_is_known_by_its_name_in_any_case() -> None:
    key = sshkeys.parse(f'FROM="*",verify-required {ED25519}')
    assert key is not None
    assert key.has("from")
    assert key.has("verify-required")
    assert not key.has("restrict")


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ssh-ed25519",
        "ssh-ed25519 !!!!",
        "ssh-ed25519 AAAA",
        "nonsense AAAA",
        'from="x ' + ED25519,
        "a" * 10_000,
        "ssh-rsa " + "A" * 9_999,
    ],
)
def test_what_is_no_key_is_none(line: str) -> None:
    assert sshkeys.parse(line) is None


def test_a_line_that_names_another_kind_than_its_key_is_read_by_the_key() -> None:
    key = sshkeys.parse("ssh-ed25519 " + line_of("ssh-dss").split()[1])
    assert key is not None
    assert key.kind == "ssh-dss"


USERS = "root:x:0:0::/srv/root:/bin/bash\ndaemon:x:1:1::/usr/sbin:/usr/sbin/nologin\n"
TOLD = "permitrootlogin no\nauthorizedkeyscommand none\ntrustedusercakeys none\nauthorizedkeysfile {}\n"


@pytest.mark.parametrize(
    ("patterns", "config", "path"),
    [
        (".ssh/authorized_keys .ssh/authorized_keys2", "", "/srv/root/.ssh/authorized_keys2"),
        ("/etc/keys/%u", "", "/etc/keys/daemon"),
        ("%h/k/%U%%", "", "/usr/sbin/k/1%"),
        ("none", "Match User daemon\nAuthorizedKeysFile .k", "/usr/sbin/.k"),
    ],
)
def test_keys_are_looked_for_where_sshd_looks_for_them(patterns: str, config: str, path: str) -> None:
    texts = {
        "/etc/passwd": USERS,
        "/usr/sbin/sshd": "",
        "/etc/ssh/sshd_config": config,
        path: f"\n# {ED25519}\n{ED25519}\nodd",
    }
    found = sshkeys.grants(host(texts, commands={"sshd -T": TOLD.format(patterns)}))
    assert [(one.path, one.line, one.key is None) for one in found] == [(path, 3, False), (path, 4, True)]


def test_without_a_server_keys_are_looked_for_where_they_mostly_are() -> None:
    found = sshkeys.grants(host({"/etc/passwd": USERS, "/srv/root/.ssh/authorized_keys": ED25519}))
    assert [one.account.name for one in found] == ["root"]


@pytest.mark.parametrize(
    ("told", "config"),
    [
        (TOLD.replace("keyscommand none", "keyscommand /usr/bin/sss_ssh_authorizedkeys"), ""),
        (TOLD.replace("cakeys none", "cakeys /etc/ssh/ca.pub"), ""),
        (TOLD, "Match User a\nTrustedUserCAKeys /etc/ssh/ca.pub"),
        ("permitrootlogin no\nauthorizedkeysfile .k\n", ""),
    ],
)
def test_keys_that_come_from_elsewhere_are_unseen(told: str, config: str) -> None:
    texts = {"/etc/passwd": USERS, "/usr/sbin/sshd": "", "/etc/ssh/sshd_config": config}
    with pytest.raises(Unseen):
        sshkeys.grants(host(texts, commands={"sshd -T": told.format(".k")}))


@pytest.mark.parametrize(
    ("text", "guarded"),
    [
        (private(), False),
        (private(cipher="aes256-ctr"), True),
        (private("sk-ssh-ed25519@openssh.com"), True),
        (private().replace("\n", "\r\n"), False),
        (armoured("OPENSSH PRIVATE KEY", "AAAA"), False),
        (armoured("OPENSSH PRIVATE KEY", "!!!!"), False),
        (armoured("RSA PRIVATE KEY", "AAAA"), False),
        (armoured("RSA PRIVATE KEY", "AAAA").replace("AAAA", "Proc-Type: 4,ENCRYPTED\n\nAAAA"), True),
        (armoured("ENCRYPTED PRIVATE KEY", "AAAA"), True),
        (armoured("PRIVATE KEY", "AAAA"), False),
        (ED25519, None),
        ("", None),
    ],
)
def test_a_private_key_is_guarded_by_a_passphrase_or_by_a_token(text: str, guarded: bool | None) -> None:
    assert sshkeys.guarded(text) is guarded
