"""What sshd really does: for everybody, for some, and with what it was started."""

import pytest

from ringfence.audit.host import sshd
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen
from tests.audit.host.fake import host

TOLD = "port 22\npermitrootlogin no\nx11forwarding no\nhostkey /a\nhostkey /b\n"


def server(config: str = "", told: str | tuple[int, str] = TOLD, **files: str) -> Host:
    """A server with SSH; `files` are named by their path, with __ for /."""
    more = {f"/{name.replace('__', '/')}": text for name, text in files.items()}
    return host({"/usr/sbin/sshd": "", sshd.CONFIG: config, **more}, commands={"sshd -T": told})


def said(config: str, key: str = "x11forwarding", **files: str) -> list[str]:
    """Read a setting as sshd says it, and as Match blocks do."""
    return [str(line) for line in sshd.read(server(config, **files)).says(key)]


def test_what_sshd_says_is_told_in_full() -> None:
    read = sshd.read(server())
    assert read.one("permitrootlogin") == "no"
    assert read.all("hostkey") == ("/a", "/b")


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("X11Forwarding yes", []),
        ("Match User deploy\n  X11Forwarding yes", ["x11forwarding yes (Match User deploy)"]),
        ("match user deploy\nx11FORWARDING=yes", ["x11forwarding yes (Match user deploy)"]),
        ('Match User "deploy"\nX11Forwarding\t"yes" # no', ["x11forwarding yes (Match User deploy)"]),
        ("Match User deploy\n#X11Forwarding yes", []),
        ("Match User a\nMatch all\nX11Forwarding yes", ["x11forwarding yes (Match all)"]),
    ],
)
def test_what_a_match_block_says_stands_beside_what_holds_for_everybody(config: str, told: list[str]) -> None:
    assert said(config) == ["x11forwarding no", *told]


def test_an_older_name_is_the_same_setting() -> None:
    told = "permitrootlogin no\nchallengeresponseauthentication no\n"
    read = sshd.read(server("Match User a\nChallengeResponseAuthentication yes", told))
    assert [line.value for line in read.says("kbdinteractiveauthentication")] == ["no", "yes"]


def test_files_that_are_included_are_read_where_they_stand() -> None:
    told = said(
        "Include sshd_config.d/*.conf\nMatch User b\nInclude /etc/more",
        **{
            "etc__ssh__sshd_config.d__z.conf": "Match User a\nX11Forwarding yes",
            "etc__ssh__sshd_config.d__.hidden.conf": "Match User c\nX11Forwarding yes",
            "etc__ssh__sshd_config.d__off": "Match User d\nX11Forwarding yes",
            "etc__more": "X11Forwarding yes",
        },
    )
    assert told[1:] == ["x11forwarding yes (Match User a)", "x11forwarding yes (Match User b)"]


def test_a_match_block_ends_with_the_file_that_it_is_in() -> None:
    files = {"etc__ssh__a.conf": "Match User a", "etc__ssh__b.conf": "X11Forwarding yes"}
    assert said("Include a.conf b.conf", **files) == ["x11forwarding no"]


def test_a_file_that_includes_itself_is_unseen() -> None:
    with pytest.raises(Unseen, match="too deep"):
        sshd.read(server(f"Include {sshd.CONFIG}"))


@pytest.mark.parametrize("told", [(255, ""), (0, ""), (0, "usage: sshd"), (1, TOLD)])
def test_a_server_that_does_not_say_what_it_does_is_unseen(told: tuple[int, str]) -> None:
    with pytest.raises(Unseen):
        sshd.read(server(told=told))


def test_a_setting_that_sshd_does_not_tell_is_unseen() -> None:
    with pytest.raises(Unseen, match="does not tell usepam"):
        sshd.read(server()).one("usepam")


UNIT = "[Service]\nExecStart=\nExecStart=/usr/sbin/sshd -D {}\n"


@pytest.mark.parametrize(
    ("path", "text", "odd"),
    [
        ("etc__default__ssh", "# SSHD_OPTS=-f /x\nSSHD_OPTS=\n", ""),
        ("etc__default__ssh", 'SSHD_OPTS="-o PasswordAuthentication=yes"\n', '"-o PasswordAuthentication=yes"'),
        ("etc__default__ssh", "SSHD_OPTS='-4'\n", ""),
        ("etc__systemd__system__ssh.service", UNIT.format("$SSHD_OPTS"), ""),
        ("etc__systemd__system__ssh.service", UNIT.format("$SSHD_OPTS -f /etc/other"), "-f /etc/other"),
        ("run__systemd__system__sshd.service.d__x.conf", UNIT.format("\\\n -f /etc/other"), "-f /etc/other"),
        ("usr__lib__systemd__system__ssh.service", UNIT.format("-e"), ""),
    ],
)
def test_a_server_that_is_started_with_settings_of_its_own_is_unseen(path: str, text: str, odd: str) -> None:
    made = server(**{path: text})
    if not odd:
        assert sshd.read(made).one("permitrootlogin") == "no"
        return
    with pytest.raises(Unseen, match="started with"):
        sshd.read(made)
    found = sshd.started_with(made)
    assert found is not None
    assert found.value == odd


@pytest.mark.parametrize(
    ("command", "seen"),
    [
        ("sshd: /usr/sbin/sshd -D [listener] 0 of 10-100 startups\0", True),
        ("sshd: /usr/sbin/sshd -D -f /tmp/x [listener] 0 of 10-100 startups\0", False),
        ("/usr/sbin/sshd\0-o\0PermitRootLogin=yes\0", False),
        ("/usr/bin/python3\0-c\0pass\0", True),  # another program has the number now
    ],
)
def test_the_server_that_runs_is_asked_too(command: str, seen: bool) -> None:
    made = server(**{"run__sshd.pid": "812\n", "proc__812__cmdline": command})
    assert (sshd.started_with(made) is None) == seen


def test_another_server_is_unseen_and_none_is_none() -> None:
    assert sshd.installed(server())
    assert not sshd.installed(host({"/etc/passwd": ""}))
    with pytest.raises(Unseen, match="dropbear"):
        sshd.installed(host({"/usr/sbin/dropbear": ""}))
