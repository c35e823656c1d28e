"""What a server lacks is said before anything of it is changed."""

import pytest

from ringfence.deploy.machine import Kind, Seen
from ringfence.deploy.preflight import check
from ringfence.errors import Misconfigured, RingfenceError
from tests.deploy.pretend import Pretend


class Server(Pretend):
    """One with a systemd of some version, and without some program."""

    version = "systemd 252 (252.39-1~deb12u1)\n+PAM"
    without = ""

    def run(self, *command: str, given: bytes | bytearray = b"") -> str:
        if command[0] == self.without:
            raise RingfenceError(f"there is no {command[0]} here")
        return self.version if command[0] == "systemctl" else ""


def server(version: str = Server.version, without: str = "", *, booted: bool = True) -> Server:
    made = Server({"/run/systemd/system": Seen(Kind.FOLDER, 0o755, 0, 0)} if booted else {})
    made.version, made.without = version, without
    return made


def test_a_server_that_has_everything_is_fit() -> None:
    check(server())
    check(server("systemd 250\n"))


@pytest.mark.parametrize(
    ("lacks", "said"),
    [
        (server("systemd 249 (249.11)\n"), "systemd 249 is too old: 250"),
        (server("no version"), "systemd . is too old"),
        (server(without="systemctl"), "there is no systemd here"),
        (server(booted=False), "was not started by systemd"),
        (server(without="nft"), "there is no nft here"),
        (server(without="systemd-creds"), "there is no systemd-creds here"),
        (server(without="useradd"), "there is no useradd here"),
    ],
)
def test_what_is_lacking_is_said(lacks: Server, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        check(lacks)
