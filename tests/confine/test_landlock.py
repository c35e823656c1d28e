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
