"""What an engine that was taken over can do: each of these would work for a program that is merely started."""

import dataclasses
import json
import os
import socket
import subprocess
from pathlib import Path

import msgspec
import pytest

from ringfence.audit.engines import alone
from ringfence.audit.engines.table import BY_NAME
from ringfence.audit.finding import Unanswered
from ringfence.confine import launch
from tests.audit.engines.fake import Ground, whys
from tests.confine.child import run as in_a_process


def test_it_reaches_nobody_though_they_listen(ground: Ground) -> None:
    door = ground.target / "docker.sock"  # in the very place that it may read
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX) as unix,
    ):
        udp.bind(("127.0.0.1", 0))
        unix.bind(str(door))
        unix.listen()
        assert ground.tries(
            f"""
attempt("tcp", lambda: socket.create_connection(("127.0.0.1", {tcp.getsockname()[1]}), 2))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", {udp.getsockname()[1]})))
attempt("six", lambda: socket.socket(socket.AF_INET6))
attempt("unix", lambda: socket.socket(socket.AF_UNIX).connect({str(door)!r}))
attempt("pair", socket.socketpair)
attempt("netlink", lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW))
attempt("packet", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
attempt("ring", lambda: libc("syscall", 425, 1, None))
attempt("queue", lambda: libc("syscall", 240 if os.uname().machine == "x86_64" else 180, b"/q", 0o102, 0o600, None))
"""  # noqa: E501
        ) == [
            "netlink.EPERM", "packet.EPERM", "pair.EPERM", "queue.EPERM", "ring.EPERM", "six.EPERM", "tcp.EPERM",
            "udp.EPERM", "unix.EPERM",
        ]  # fmt: skip


def test_it_reads_the_target_and_no_other_file(ground: Ground) -> None:
    (ground.top / "outside").write_text("x")
    (ground.target / "link").symlink_to(ground.home / "vault")
    tried = {
        "inside": f"{ground.target}/a.py",
        "outside": f"{ground.top}/outside",
        "above": str(ground.top),
        "home": str(ground.home),
        "vault": f"{ground.home}/vault",
        "link": f"{ground.target}/link",
        "passwd": "/etc/passwd",
        "user": os.path.expanduser("~"),  # noqa: PTH111
        "engine.place": f"{ground.top}/bin",
        "environ": f"/proc/{os.getpid()}/environ",
        "memory": f"/proc/{os.getpid()}/mem",
        "disk": "/dev/mem",
        "scratch": f"{ground.top}/scratch",
    }
    told = ground.tries(
        f"""
for name, path in {tried!r}.items():
    attempt(name, os.open, path, os.O_RDONLY)
attempt("parent", os.open, f"/proc/{{os.getppid()}}/environ", os.O_RDONLY)
attempt("program", os.readlink, f"/proc/{{os.getppid()}}/cwd")
"""
    )
    expected = {f"{name}.EACCES" for name in tried if name != "inside"} | {"inside.worked", "parent.EACCES"}
    assert set(told) - {"disk.ENOENT"} == (expected | {"program.EACCES"}) - ({"disk.EACCES"} - set(told))


def _state(path: Path) -> tuple[int, int, int, int, list[str], bytes]:
    status = path.stat()
    listed = sorted(os.listdir(path)) if path.is_dir() else []  # noqa: PTH208
    text = path.read_bytes() if path.is_file() else b""
    return status.st_mode, status.st_uid, status.st_mtime_ns, status.st_nlink, listed, text


@pytest.mark.parametrize("where", ["target", "home", "bin", "scratch"])
def test_it_changes_nothing_anywhere(ground: Ground, where: str) -> None:
    here = ground.top / where
    (here / "old").write_text("as it was")
    ground.engine("")  # it is written over later, which changes no directory
    before = _state(here / "old"), _state(here)
    told = ground.tries(
        f"""
here = {str(here)!r}
old, new = here + "/old", here + "/new"
attempt("create", os.open, new, os.O_WRONLY | os.O_CREAT)
attempt("write", os.open, old, os.O_WRONLY)
attempt("append", os.open, old, os.O_WRONLY | os.O_APPEND)
attempt("empty", os.open, old, os.O_WRONLY | os.O_TRUNC)
attempt("empty.reading", os.open, old, os.O_RDONLY | os.O_TRUNC)
attempt("truncate", os.truncate, old, 0)
attempt("unlink", os.unlink, old)
attempt("rename", os.rename, old, new)
attempt("link", os.link, old, new)
attempt("symlink", os.symlink, "/etc", new)
attempt("mkdir", os.mkdir, new)
attempt("fifo", os.mkfifo, new)
attempt("mode", os.chmod, old, 0o777)
attempt("mode.directory", os.chmod, here, 0o777)
attempt("owner", os.chown, old, os.getuid(), os.getgid())
attempt("time", os.utime, old, (0, 0))
attempt("attribute", os.setxattr, old, "user.x", b"y")
"""
    )
    assert len(told) == 17
    assert {one.rpartition(".")[2] for one in told} <= {"EACCES", "EPERM"}
    assert _state(here / "old") == before[0]
    assert where == "scratch" or _state(here) == before[1]


def test_it_leaves_nothing_running_and_touches_no_other_process(ground: Ground) -> None:
    told = ground.tries(
        """
attempt("fork", os.fork)
attempt("daemon", lambda: libc("daemon", 0, 0))
attempt("spawn", os.posix_spawn, "/bin/true", ["true"], {})
attempt("program", subprocess.run, ["/bin/true"])
attempt("clone", lambda: libc("syscall", 56 if os.uname().machine == "x86_64" else 220, 17, 0, 0, 0, 0))
attempt("parent", os.kill, os.getppid(), 0)
attempt("stop", os.kill, os.getppid(), signal.SIGSTOP)
attempt("everybody", os.kill, -1, 0)
attempt("group", os.killpg, os.getppid(), 0)
attempt("limits", resource.prlimit, os.getppid(), resource.RLIMIT_NOFILE, (1, 1))
attempt("priority", os.setpriority, os.PRIO_PROCESS, os.getppid(), 19)
attempt("trace", lambda: libc("ptrace", 16, os.getppid(), 0, 0))
attempt("session", os.setsid)
import fcntl
attempt("owner", fcntl.fcntl, 0, fcntl.F_SETOWN, os.getppid())
attempt("signal", fcntl.fcntl, 0, fcntl.F_SETSIG if hasattr(fcntl, "F_SETSIG") else 10, 9)
"""
    )
    assert len(told) == 15
    assert {one.rpartition(".")[2] for one in told} == {"EPERM"}


def test_threads_and_signals_to_itself_are_its_own(ground: Ground) -> None:
    assert ground.tries(
        """
threads = [threading.Thread(target=time.sleep, args=(0.01,)) for _ in range(20)]
attempt("threads", lambda: [thread.start() for thread in threads])
attempt("itself", os.kill, os.getpid(), 0)
attempt("thread", signal.pthread_kill, threading.main_thread().ident, 0)
attempt("limits", resource.setrlimit, resource.RLIMIT_NOFILE, (64, 64))
"""
    ) == ["itself.worked", "limits.worked", "thread.worked", "threads.worked"]


def test_what_it_becomes_is_as_confined(ground: Ground) -> None:
    second = ground.target / "second.py"
    second.write_text("import os, socket, sys\ntry:\n    socket.socket()\nexcept PermissionError:\n    sys.exit(3)\n")
    ground.engine(f"import os, sys; os.execv(sys.executable, [sys.executable, '-IS', {str(second)!r}])")
    assert any("code 3, which is not what it printed" in why for why in whys(ground.ask()))


def test_it_is_told_nothing_that_is_ours(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RINGFENCE_HOME", str(ground.home))
    monkeypatch.setenv("BINANCE_SECRET", "not-for-engines")
    read, write = os.pipe()
    os.set_inheritable(read, True)
    try:
        told = ground.tries(
            """
for name in os.environ:
    tell(name.replace("_", "."))
for handle in range(256):
    try:
        os.fstat(handle)
    except OSError:
        continue
    tell(f"handle.{handle}")
tell("core.%d.%d" % resource.getrlimit(resource.RLIMIT_CORE))
tell("own.place" if os.getcwd() == os.environ["HOME"] == os.environ["TMPDIR"] else "elsewhere")
"""
        )
    finally:
        os.close(read)
        os.close(write)
    environment = {"PATH", "LANG", "HOME", "TMPDIR", "GITLEAKS.CONFIG.TOML", "LC.CTYPE"}
    assert set(told) - environment == {"handle.0", "handle.1", "handle.2", "core.0.0", "own.place"}


def test_what_its_launcher_was_given_by_mistake_is_closed_too(ground: Ground) -> None:
    read, write = os.pipe()
    job = alone.Job(
        command=["/bin/ls", "/proc/self/fd/"], environment={}, read=["/usr", "/lib", "/lib64", "/bin", "/proc"],
        write=[], closed=[], memory=1 << 30, space=1 << 34, cpu=10, file=0, told=write,
    )  # fmt: skip
    with (ground.home / "vault").open("rb") as vault:
        command = launch.command(alone.__name__, msgspec.json.encode(job).decode())
        handles = (write, vault.fileno())
        done = subprocess.run(command, capture_output=True, pass_fds=handles, timeout=30, check=True, env={})
    os.close(write)
    assert os.read(read, 100) == alone.CONFINED
    os.close(read)
    assert done.stdout.split() == [b"0", b"1", b"2", b"3"]  # the last is the listed directory itself


def test_it_has_so_much_memory_and_no_more(ground: Ground) -> None:
    assert ground.tries(
        """
attempt("some", bytearray, 256 << 20)
attempt("much", bytearray, 3 << 30)
import mmap
attempt("shared", mmap.mmap, -1, 32 << 30)
"""
    ) == ["much.memory", "shared.ENOMEM", "some.worked"]


def test_one_that_must_write_writes_in_its_scratch_alone_and_no_large_file(ground: Ground) -> None:
    writing = dataclasses.replace(BY_NAME["gitleaks"], writes=True)
    assert ground.tries(
        f"""
def fill(size):
    with open(os.environ["HOME"] + "/file", "wb") as file:
        file.write(bytes(size))
attempt("some", fill, 1 << 20)
attempt("much", fill, 17 << 20)
attempt("elsewhere", lambda: open({str(ground.target)!r} + "/file", "wb"))
""",
        writing,
    ) == ["elsewhere.EACCES", "much.EFBIG", "some.worked"]


@pytest.mark.parametrize(
    ("missing", "told"), [((444, 444), "files: this kernel has no Landlock"), ((317, 277), "no-sockets: seccomp: ")]
)
def test_where_it_cannot_be_confined_it_is_not_asked(ground: Ground, missing: tuple[int, int], told: str) -> None:
    mark = ground.target / "was-here"
    ground.engine(f"open({str(mark)!r}, 'w')")
    heard = in_a_process(
        f"""
import platform, struct
from pathlib import Path
from ringfence.audit.engines import run
column = seccomp.MACHINES[platform.machine()].column
step = lambda code, k, then=0, other=0: struct.pack("<HBBI", code, then, other, k)
number = {missing!r}[column]
# What an older kernel answers; the filter is the same that any container may have.
code = [step(0x20, 0), step(0x15, number, 0, 1), step(0x06, 0x00050000 | errno.ENOSYS), step(0x06, 0x7FFF0000)]
found["installed"] = seccomp.install(b"".join(code))
told = run.run_all(["gitleaks"], Path({str(ground.target)!r}), Path({str(ground.home)!r}), None, [Path({str(ground.top / "bin")!r})])
found["told"] = [type(one).__name__ for one in told]
found["why"] = told[0].why
"""  # noqa: E501
    )
    assert heard["installed"] is None
    assert heard["told"] == [Unanswered.__name__]
    assert str(heard["why"]).startswith(f"gitleaks was not asked: it could not be confined: {told}")
    assert not mark.exists()


def test_without_its_confinement_the_same_program_does_all_that(ground: Ground) -> None:
    """Show that the tests above could fail, of what can be tried without harm."""
    with socket.create_server(("127.0.0.1", 0)) as tcp:
        body = f"""
attempt("tcp", lambda: socket.create_connection(("127.0.0.1", {tcp.getsockname()[1]}), 2))
attempt("vault", os.open, {str(ground.home / "vault")!r}, os.O_RDONLY)
attempt("parent", os.open, f"/proc/{{os.getppid()}}/environ", os.O_RDONLY)
attempt("empty", os.open, {str(ground.target / "a.py")!r}, os.O_RDONLY | os.O_TRUNC)
attempt("mode", os.chmod, {str(ground.target / "a.py")!r}, 0o777)
attempt("kill", os.kill, os.getppid(), 0)
attempt("program", subprocess.run, ["/bin/true"])
"""
        confined = ground.tries(body)
        program = ground.top / "bin" / "gitleaks"
        free = subprocess.run([program, "dir", f"{ground.target}/"], capture_output=True, check=False)
    names = ("tcp", "vault", "parent", "empty", "mode", "kill", "program")
    assert [one["RuleID"] for one in json.loads(free.stdout)] == [f"{name}.worked" for name in names]
    assert {one.rpartition(".")[2] for one in confined} == {"EPERM", "EACCES"}
    assert len(confined) == len(names)
