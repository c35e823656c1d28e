"""What a process that was restricted can still read and write, found by trying it."""

from pathlib import Path

import pytest

from tests.confine.child import run


def restricted(tmp_path: Path, tried: str) -> dict[str, object]:
    """Try something in a process that may read one directory and write another."""
    for name in ("read", "write", "other"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "file").write_text("x")
    return run(
        f"""
from pathlib import Path
from ringfence.confine import landlock
top = Path({str(tmp_path)!r})
rights = (top / "read", *map(Path, filter(None, sys.path)), Path(sys.base_prefix))
found["live"] = landlock.restrict(rights, (top / "write",)).live
{tried}
"""
    )


def test_what_was_named_can_be_read_and_nothing_else(tmp_path: Path) -> None:
    found = restricted(
        tmp_path,
        """
for name in ("read", "write", "other"):
    found[name] = attempt((top / name / "file").read_text)
    found[name + " list"] = attempt(os.listdir, top / name)
found["link"] = attempt(Path("/etc/passwd").read_text)
found["own memory"] = attempt(open, "/proc/self/mem", "rb")
""",
    )
    assert found == {
        "live": True,
        "read": "worked", "read list": "worked", "write": "worked", "write list": "worked",
        "other": "EACCES", "other list": "EACCES", "link": "EACCES", "own memory": "EACCES",
    }  # fmt: skip


@pytest.mark.parametrize(
    "tried",
    [
        '(top / "{}" / "new").write_text("x")',
        '(top / "{}" / "file").write_text("x")',
        'os.truncate(top / "{}" / "file", 0)',
        '(top / "{}" / "file").unlink()',
        '(top / "{}" / "folder").mkdir()',
        '(top / "{}" / "link").symlink_to("/etc")',
        'os.mkfifo(top / "{}" / "pipe")',
    ],
)
def test_it_writes_where_it_may_and_nowhere_else(tmp_path: Path, tried: str) -> None:
    for name, told in (("write", "worked"), ("read", "EACCES"), ("other", "EACCES")):
        found = restricted(tmp_path, f'found["it"] = attempt(lambda: {tried.format(name)})')
        assert found == {"live": True, "it": told}, name


def test_it_holds_for_what_is_started_afterwards(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    found = run(
        f"""
from pathlib import Path
from ringfence.confine import landlock
rights = map(Path, (sys.base_prefix, "/lib", "/lib64", "/usr", "/etc/ld.so.cache", "/dev/null"))
found["live"] = landlock.restrict(rights, (Path("/dev/null"),)).live
for name, path in (("file", {str(tmp_path / "file")!r}), ("library", os.__file__)):
    child = f"open({{path!r}}).read()"
    program = os.path.realpath(sys.executable)
    found[name] = subprocess.run([program, "-I", "-S", "-c", child], stderr=subprocess.DEVNULL).returncode
"""
    )
    assert found == {"live": True, "file": 1, "library": 0}


def test_a_second_restriction_gives_nothing_back(tmp_path: Path) -> None:
    found = restricted(
        tmp_path,
        """
found["again"] = landlock.restrict((Path("/"),), (Path("/"),)).live
found["other"] = attempt((top / "other" / "file").read_text)
""",
    )
    assert found == {"live": True, "again": True, "other": "EACCES"}


def test_a_path_that_is_not_there_allows_nothing_and_is_no_error(tmp_path: Path) -> None:
    found = restricted(tmp_path, 'found["none"] = landlock.restrict((top / "nowhere",)).live')
    assert found == {"live": True, "none": True}


@pytest.mark.parametrize(("programs", "told"), [(False, "EPERM"), (True, "worked")])
def test_without_sockets_there_is_none_of_any_kind(programs: bool, told: str) -> None:
    found = run(
        f"""
import subprocess
found["live"] = seccomp.no_sockets(programs={programs}).live
for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"):
    found[family] = attempt(socket.socket, getattr(socket, family), 1 if family != "AF_NETLINK" else 3)
found["pair"] = attempt(socket.socketpair)
found["program"] = attempt(subprocess.run, ["/bin/true"])
"""
    )
    expected = dict.fromkeys(("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK", "pair"), "EPERM")
    assert found == {"live": True, **expected, "program": told}


def test_a_path_that_the_user_cannot_reach_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "closed" / "inner").mkdir(parents=True)
    (tmp_path / "closed").chmod(0)
    found = restricted(
        tmp_path, 'nobody()\nfound["none"] = landlock.restrict((top / "closed" / "inner", Path("/proc/1/root"))).live'
    )
    assert found == {"live": True, "none": True}


_PORTS = """
from ringfence.confine import landlock
servers = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
ours, theirs = (server.getsockname()[1] for server in servers)
spare = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
mine, foreign = (server.getsockname()[1] for server in spare)
for server in spare: server.close()
before = socket.create_connection(("127.0.0.1", theirs))
landlock.restrict((Path(sys.base_prefix),), connect=(ours,), bind=(mine,))
def connect(port, where="127.0.0.1"): socket.create_connection((where, port), 2).close()
def listen(port): socket.create_server(("127.0.0.1", port)).close()
"""


def test_tcp_reaches_and_listens_on_the_ports_that_were_named_and_no_others() -> None:
    found = run(
        f"""{_PORTS}
found["connect"] = [attempt(connect, port) for port in (ours, theirs, 443)]
found["mapped"] = attempt(connect, theirs, "::ffff:127.0.0.1")
found["listen"] = [attempt(listen, port) for port in (mine, foreign, 0)]
found["before"] = attempt(before.send, b"x")  # what was open stays open: confine before anything is
"""
    )
    assert found == {
        "connect": ["worked", "EACCES", "EACCES"], "mapped": "EACCES", "listen": ["worked", "EACCES", "EACCES"],
        "before": "worked",
    }  # fmt: skip


def test_a_port_means_that_port_at_every_address_so_others_must_keep_the_addresses() -> None:
    found = run(
        f"""{_PORTS}
found["elsewhere"] = attempt(connect, ours, "127.0.0.2")
"""
    )
    assert found == {"elsewhere": "ECONNREFUSED"}  # it was let through to the address, where nobody listens


def test_other_processes_get_no_signal_and_their_abstract_sockets_no_connection() -> None:
    found = run(
        """
from ringfence.confine import landlock
server = socket.socket(socket.AF_UNIX); server.bind("\\0ringfence-test-" + str(os.getpid())); server.listen()
client = socket.socket(socket.AF_UNIX)
landlock.restrict((Path(sys.base_prefix),))
found["signal"] = attempt(os.kill, os.getppid(), 0)
found["abstract"] = attempt(client.connect, server.getsockname())
found["itself"] = attempt(os.kill, os.getpid(), 0)
"""
    )
    assert found == {"signal": "EPERM", "abstract": "EPERM", "itself": "worked"}


def test_what_was_written_cannot_be_run(tmp_path: Path) -> None:
    found = restricted(
        tmp_path,
        """
(top / "write" / "program").write_bytes(b"#!/bin/sh\\nexit 0\\n")
(top / "write" / "program").chmod(0o755)
found["run"] = attempt(os.execv, str(top / "write" / "program"), ["program"])
""",
    )
    assert found == {"live": True, "run": "EACCES"}
