"""The running system as a source: what is not there, what cannot be seen, and what must not be waited for."""

import os
import select
import socket
import stat
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ringfence.audit.host.live import Live
from ringfence.audit.host.source import MOST, Ran, Unseen

LIVE = Live()


def test_a_file_is_read_through_links_and_looked_at_without(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"one\xff")
    (tmp_path / "real").chmod(0o4640)
    (tmp_path / "link").symlink_to("real")
    assert LIVE.read(str(tmp_path / "link")) == b"one\xff"
    link, real = LIVE.status(str(tmp_path / "link")), LIVE.status(str(tmp_path / "real"))
    assert link is not None
    assert real is not None
    assert (link.is_link, link.target) == (True, "real")
    assert (real.is_file, real.bits, real.size, real.uid, real.target) == (True, 0o4640, 4, os.getuid(), "")


@pytest.mark.parametrize("name", ["nowhere", "file/below"])
def test_what_is_not_there_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    path = str(tmp_path / name)
    assert (LIVE.read(path), LIVE.status(path), LIVE.names(path)) == (None, None, None)


@pytest.mark.parametrize("path", ["/tmp/\0", f"/tmp/{'a' * 300}"], ids=["no name of a file", "too long a name"])  # noqa: S108
def test_a_name_that_no_file_can_have_is_unseen_and_not_absent(path: str) -> None:
    for ask in (LIVE.read, LIVE.status, LIVE.names):
        with pytest.raises(Unseen):
            ask(path)


def test_links_in_a_circle_are_unseen(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(Unseen, match="too many levels"):
        LIVE.read(str(tmp_path / "a"))
    with pytest.raises(Unseen, match="too many levels"):
        LIVE.names(str(tmp_path / "a"))


def test_what_is_no_plain_file_is_never_opened(tmp_path: Path, place: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place / "socket"))
        for path in (tmp_path, tmp_path / "pipe", place / "socket", Path("/dev/zero")):
            with pytest.raises(Unseen, match="no plain file"):
                LIVE.read(str(path))


@pytest.mark.parametrize(("size", "seen"), [(9, True), (10, True), (11, False)])
def test_a_file_is_read_up_to_its_bound_and_not_in_part(tmp_path: Path, size: int, seen: bool) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * size)
    if seen:
        assert LIVE.read(str(path), 10) == b"x" * size
    else:
        with pytest.raises(Unseen, match="larger than 10 bytes"):
            LIVE.read(str(path), 10)


def test_a_file_of_proc_is_read_though_it_claims_no_size() -> None:
    assert b"Name:" in (LIVE.read("/proc/self/status") or b"")
    assert LIVE.read("/proc/999999999/status") is None


def test_a_process_that_has_ended_has_nothing_to_read_though_it_is_listed() -> None:
    ended = os.fork()
    if ended == 0:
        os._exit(0)
    os.waitid(os.P_PID, ended, os.WEXITED | os.WNOWAIT)
    try:
        assert b"zombie" in (LIVE.read(f"/proc/{ended}/status") or b"")
        assert LIVE.read(f"/proc/{ended}/mountinfo") is None
        assert LIVE.read(f"/proc/{ended}/environ") in {None, b""}
    finally:
        os.waitpid(ended, 0)


def test_names_come_in_order_and_a_file_has_none(tmp_path: Path) -> None:
    for name in ("b", "a", "c"):
        (tmp_path / name).touch()
    assert LIVE.names(str(tmp_path)) == ("a", "b", "c")
    assert LIVE.names(str(tmp_path / "a")) is None


@pytest.fixture
def nobody() -> Iterator[None]:
    """Be somebody who may not read everything."""
    before = os.geteuid()
    os.seteuid(before or 65534)
    yield
    os.seteuid(before)


@pytest.mark.usefixtures("nobody")
def test_what_may_not_be_read_is_unseen_and_not_absent() -> None:
    for ask in (LIVE.read, LIVE.names):
        with pytest.raises(Unseen, match="permission denied"):
            ask("/proc/1/task/1/environ" if ask == LIVE.read else "/proc/1/task/1/fd")


def test_a_program_says_its_code_and_what_it_prints_and_nothing_of_what_it_complains() -> None:
    assert LIVE.run("sh", "-c", "echo said; echo complained >&2; exit 3") == Ran(3, "said\n")
    assert LIVE.run("cat") == Ran(0, "")  # nothing is given to it


def test_a_program_gets_a_fixed_environment_and_no_other_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LD_PRELOAD", "/nowhere.so")
    monkeypatch.setenv("PATH", "/nowhere")
    lines = LIVE.run("env").out.splitlines()
    assert sorted(line for line in lines if not line.startswith("_=")) == [
        "LC_ALL=C",
        "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
    ]
    assert LIVE.run("pwd").out == "/\n"


def test_a_program_that_is_not_there_is_unseen() -> None:
    with pytest.raises(Unseen, match="no-such-program is not installed"):
        LIVE.run("no-such-program", "-x")


def test_a_program_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reading = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    began = time.monotonic()
    with pytest.raises(Unseen, match=r"did not end within 0\.2 s"):
        Live(0.2).run("sh", "-c", f"exec 3>{pipe}; echo begun >&3; sleep 71234 & sleep 71234")
    assert time.monotonic() - began < 5
    assert os.read(reading, 99) == b"begun\n"
    assert select.select([reading], [], [], 5)[0], "something that it started still holds the pipe"
    assert os.read(reading, 99) == b""  # the end, which comes once nobody holds it
    os.close(reading)


def test_a_program_that_closes_its_output_and_goes_on_is_ended() -> None:
    with pytest.raises(Unseen, match="did not end"):
        Live(0.2).run("sh", "-c", "exec >&-; sleep 71235")


def test_a_program_that_leaves_another_with_its_output_is_not_waited_for_beyond_its_time() -> None:
    with pytest.raises(Unseen, match="did not end"):
        Live(0.2).run("sh", "-c", "sleep 71236 & exit 0")


def test_a_program_that_prints_without_end_is_unseen() -> None:
    with pytest.raises(Unseen, match=f"more than {MOST:,} bytes"):
        LIVE.run("cat", "/dev/zero")


def test_a_program_that_was_killed_has_said_nothing() -> None:
    with pytest.raises(Unseen, match="signal 9"):
        LIVE.run("sh", "-c", "echo half; kill -9 $$")


def test_this_machine_has_a_root_directory_and_a_time() -> None:
    root = LIVE.status("/")
    assert root is not None
    assert stat.S_ISDIR(root.mode)
    assert abs(LIVE.now - time.time()) < 600


def test_a_command_that_is_begun_ahead_says_the_same_once() -> None:
    live = Live(ahead=(("printf", "a"), ("no-such-program",)))
    assert live.run("printf", "a").out == "a"
    assert live.run("printf", "a").out == "a"
    with pytest.raises(Unseen, match="is not installed"):
        live.run("no-such-program")
