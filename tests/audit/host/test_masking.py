"""What a recording must not hold: each secret is cut wherever it stands, and what a check judges by stays."""

import time

import pytest

from ringfence.audit.host import masking

_PEM = "-----BEGIN {0}PRIVATE KEY-----\n{1}\nc2VjcmV0c2VjcmV0\n-----END {0}PRIVATE KEY-----\n"
_OPENSSH = "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAA" + "c2VjcmV0" * 4

CUT = [
    ("/etc/shadow", "anna:$y$j9T$abc$defghi:19000:0:99999:7:::", "anna:$y$…:19000:0:99999:7:::"),
    ("/etc/shadow", "anna:!$6$salt$hash:1::::::", "anna:!$6$…:1::::::"),
    ("/etc/shadow", "old:abJnggxhB/yWI:1::::::", "old:…:1::::::"),
    ("/etc/shadow", "root:*:1::::::\nx:!:1::::::\ny:!!:1::::::\nz::1::::::", None),
    ("/etc/shadow-", "anna:$6$salt$hash:1::::::", "anna:$6$…:1::::::"),
    ("/etc/shadow", "a password that was typed here", "…"),
    ("/etc/gshadow", "adm:$6$x$yyyyyyyyy:root:anna", "adm:$6$…:root:anna"),
    ("/etc/passwd", "anna:x:1000:1000:Anna:/home/anna:/bin/bash", None),
    ("/etc/passwd", "anna:abJnggxhB/yWI:1000:1000::/:/bin/sh", "anna:…:1000:1000::/:/bin/sh"),
    ("/home/bot/.ssh/authorized_keys", "root:$y$j9T$abcdefgh$ijklmnop:1::::::", "root:$y$…:1::::::"),
    ("/proc/12/environ", "HOME=/x\0API_KEY=k\0EMPTY=\0", "HOME=…\0API_KEY=…\0EMPTY=\0"),
    ("/proc/12/environ", "LD_PRELOAD=/x.so\0PYTHONPATH=/y\0", None),
    ("/proc/12/task/13/environ", "A=secret", "A=…"),
    ("/proc/self/environ", "nginx: worker with a token", "…"),
    ("/proc/12/environ", "a b=secret", "…"),
    ("/proc/12/environ", "NODE_OPTIONS=--require https://u:hunter2@x/", "NODE_OPTIONS=--require https://u:…@x/"),
    ("/proc/12/cmdline", "bot\0--api-key\0abcdef\0-x", "bot\0--api-key\0…\0-x"),
    ("/proc/12/cmdline", "bot\0--secret=abcdef\0-x", "bot\0--secret=…"),
    ("/x", _PEM.format("", "MIIEsecret"), "-----BEGIN PRIVATE KEY-----\n…-----END PRIVATE KEY-----\n"),
    ("/x", _PEM.format("RSA ", "MIIEsecret").partition("-----END")[0], "-----BEGIN RSA PRIVATE KEY-----\n…"),
    (
        "/home/anna/.ssh/id_ed25519",
        _PEM.format("OPENSSH ", _OPENSSH),
        f"-----BEGIN OPENSSH PRIVATE KEY-----\n{_OPENSSH[:44]}…-----END OPENSSH PRIVATE KEY-----\n",
    ),
    ("/home/anna/.netrc", "machine x login y password z", "…"),
    ("/home/anna/.aws/credentials", "[default]\naws_secret_access_key = abc", "…"),
    ("/home/anna/.google_authenticator", 'JBSWY3DPEHPK3PXP\n" TOTP_AUTH\n12345678', '…\n" TOTP_AUTH\n…'),
    ("/etc/wireguard/wg0.conf", "PrivateKey = YWJjZGVm=\nAddress = 10.0.0.1", "PrivateKey = …\nAddress = 10.0.0.1"),
    ("/etc/wireguard/wg0.conf", "PresharedKey=YWJjZGVm=\nPublicKey = eHl6=", "PresharedKey=…\nPublicKey = eHl6="),
    ("/x.service", 'Environment="BINANCE_API_SECRET=abc def" HOME=/x', 'Environment="BINANCE_API_SECRET=…" HOME=/x'),
    ("/x.service", "SetCredential=key:abc", "SetCredential=…"),
    ("/x.json", '{"password": "hunter2", "user": "anna"}', '{"password": …, "user": "anna"}'),
    ("/x.yml", "jwt_secret_key: somethingrandom\nname: x", "jwt_secret_key: …\nname: x"),
    ("/x.env", "MNEMONIC=abandon ability able about\nX=1", "MNEMONIC=…\nX=1"),
    (
        "/etc/apt/sources.list",
        "deb https://me:hunter2@mirror.example/ x main",
        "deb https://me:…@mirror.example/ x main",
    ),
    ("/x", "key 0x" + "ab12" * 16 + " end", "key … end"),
    ("/x", "AGE-SECRET-KEY-1" + "QPZRY9X8" * 7, "…"),
    ("/x", "ghp_" + "a1B2" * 9, "…"),
    ("/x", "at 123456789:" + "AbCdEfG" * 5, "at …"),
]


@pytest.mark.parametrize(("path", "text", "kept"), CUT, ids=lambda value: str(value)[:30].encode("unicode_escape"))
def test_secrets_are_cut_and_the_rest_is_kept(path: str, text: str, kept: str | None) -> None:
    assert masking.of_file(path, text.encode()).decode() == (text if kept is None else kept)


KEPT = [
    ("/etc/ssh/sshd_config", "PasswordAuthentication no\nHostKey /etc/ssh/ssh_host_ed25519_key\n"),
    (
        "/etc/pam.d/common-password",
        "password   [success=1 default=ignore]   pam_unix.so obscure use_authtok yescrypt\n",
    ),
    ("/etc/pam.d/passwd", "@include common-password\n"),
    ("/etc/nsswitch.conf", "passwd:         files systemd\nshadow:         files\n"),
    ("/etc/sudoers.d/x", "anna ALL=(ALL) NOPASSWD: ALL, PASSWD: /usr/bin/id\n"),
    ("/etc/login.defs", "PASS_MAX_DAYS\t99999\nENCRYPT_METHOD YESCRYPT\n"),
    (
        "/home/anna/.ssh/authorized_keys",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIPubl1cKeyPubl1cKeyPubl1cKeyPubl1cKeyPubl anna@x\n",
    ),
    ("/etc/ssl/certs/ca.crt", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"),
    ("/var/lib/dpkg/status", "Package: sudo\nStatus: install ok installed\n /etc/x 0123456789abcdef0123456789abcdef\n"),
    ("/proc/1/status", "Name:\tsystemd\nCapEff:\t000001ffffffffff\n"),
]


@pytest.mark.parametrize(("path", "text"), KEPT, ids=lambda value: value[:30].strip())
def test_what_is_no_secret_stays_as_it_is(path: str, text: str) -> None:
    assert masking.of_file(path, text.encode()) == text.encode()


def test_bytes_that_are_no_text_stay_as_they_are() -> None:
    data = bytes(range(256))
    assert masking.of_file("/x", data) == data


def test_the_keys_that_wg_prints_are_cut_and_the_public_ones_stay() -> None:
    key = "A" * 43 + "="
    interface = f"wg0\t{key}\tPUBLIC\t51820\toff"
    peer = f"wg0\tPEER\t{key}\t198.51.100.1:4\t10.0.0.2/32\t0\t0\t0\toff"
    out = masking.of_output(("wg", "show", "all", "dump"), f"{interface}\n{peer}\n".encode()).decode()
    assert out == interface.replace(key, "…") + "\n" + peer.replace(key, "…") + "\n"
    bare = peer.replace(key, "(none)")
    assert masking.of_output(("wg", "show", "all", "dump"), bare.encode()).decode() == bare
    assert masking.of_output(("wg", "show", "wg0", "private-key"), f"{key}\n".encode()).decode() == "…\n"


@pytest.mark.parametrize(
    "letter",
    ["a", "-", "$6$", "-----BEGIN PRIVATE KEY-----", "token", "://a:", "password = ", "eyJaaaaaaaa.", "1", "key-"],
)
def test_a_text_that_is_made_to_take_long_does_not(letter: str) -> None:
    began = time.process_time()
    masking.of_file("/x", (letter * (400_000 // len(letter))).encode())
    assert time.process_time() - began < 2


@pytest.mark.parametrize(
    "plain",
    [
        b"permitrootlogin without-password\nignorerhosts yes\n",
        b"hostkeyalgorithms sk-ssh-ed25519-cert-v01@openssh.com,sk-ecdsa-sha2-nistp256-cert-v01@openssh.com\n",
    ],
)
def test_what_sshd_says_of_itself_is_kept(plain: bytes) -> None:
    assert masking.text(plain) == plain
