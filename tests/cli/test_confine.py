"""A bot under `ringfence confine`, which tries everything that it must not do, and does what a bot has to."""

import json
import os
import platform
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from ringfence.cli.confine import Wish, ask
from ringfence.confine import calls, namespace
from ringfence.confine.bot import Asked, Door, homes_of
from ringfence.confine.environment import cleaned
from ringfence.confine.held import Kernel, held
from ringfence.confine.seccomp import MACHINES
from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId
from ringfence.settings import Listener, Names, Proxy, Settings, load
from tests.ports import free_ports

_PATIENCE = 30.0
_WHOLE = Kernel(landlock=7, apart=True, filters=True)

# What a bot runs: each attempt by name, and what came of it, on standard output as JSON.
_BEFORE = """
import ctypes, errno, http.client, json, multiprocessing, os, socket, subprocess, sys, tempfile, threading
from pathlib import Path
home, bot, other, gateway = Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:5])
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long
found = {}
def attempt(name, do, *args):
    try:
        told = do(*args)
        found[name] = told if isinstance(told, str) else "worked"
    except OSError as error:
        found[name] = errno.errorcode.get(error.errno, type(error).__name__)
    except Exception as error:
        found[name] = type(error).__name__
def raw(*words):
    if libc.syscall(*(ctypes.c_long(word) for word in words)) < 0:
        raise OSError(ctypes.get_errno(), "")
def connect(port, where="127.0.0.1"):
    socket.create_connection((where, port), 2).close()
def fast(port):  # TCP Fast Open connects without connect(2)
    with socket.socket() as made:
        made.sendto(b"x", socket.MSG_FASTOPEN, ("127.0.0.1", port))
def ask():
    asking = http.client.HTTPConnection("127.0.0.1", gateway, timeout=5)
    asking.request("GET", "/")
    return asking.getresponse().read().decode()
"""
_AFTER = "\nprint(json.dumps(found), flush=True)\n"

_ATTACKS = """
for name in ("vault", "run/owner.sock", "journal/journal.db", "ringfence.toml"):
    attempt("read " + name, (home / name).read_bytes)
    attempt("write " + name, (home / name).write_bytes, b"x")
attempt("list home", os.listdir, home)
attempt("link vault", os.link, home / "vault", bot / "data" / "vault")
(bot / "data" / "soft").symlink_to(home / "vault")
attempt("by link", (bot / "data" / "soft").read_bytes)
attempt("move home", os.rename, home, bot / "data" / "home")
attempt("own code", (bot / "bot.py").write_bytes, b"x")
attempt("empty own code", lambda: os.close(os.open(bot / "bot.py", os.O_RDONLY | os.O_TRUNC)))
attempt("root", os.listdir, "/")
attempt("etc", os.listdir, "/etc")
attempt("shadow", Path("/etc/shadow").read_bytes)
for who in ("1", "self", str(os.getppid())):
    attempt(f"root of {who}", os.listdir, "/".join(("/proc", who, "root", "etc")))
attempt("cwd of parent", os.listdir, f"/proc/{os.getppid()}/cwd")
attempt("parent's memory", open, f"/proc/{os.getppid()}/mem", "rb")
attempt("parent's environment", Path(f"/proc/{os.getppid()}/environ").read_bytes)
attempt("signal", os.kill, os.getppid(), 0)
attempt("ptrace", raw, PTRACE, 16, os.getppid(), 0, 0)
attempt("connect elsewhere", connect, other)
attempt("connect abroad", connect, 443, "192.0.2.1")
attempt("fast open", fast, other)
attempt("datagram", socket.socket, socket.AF_INET, socket.SOCK_DGRAM)
attempt("raw", socket.socket, socket.AF_INET, socket.SOCK_RAW, 1)
attempt("packet", socket.socket, socket.AF_PACKET, socket.SOCK_RAW)
attempt("netlink", socket.socket, socket.AF_NETLINK, socket.SOCK_RAW)
attempt("mptcp", socket.socket, socket.AF_INET, socket.SOCK_STREAM, 262)
attempt("unix", socket.socket, socket.AF_UNIX)
attempt("pair of datagrams", socket.socketpair, socket.AF_UNIX, socket.SOCK_DGRAM)
attempt("names", socket.getaddrinfo, "exchange.example", 443)
attempt("listen", lambda: socket.create_server(("127.0.0.1", 0)).close())
attempt("listen unbound", lambda: socket.socket().listen())
attempt("namespace", raw, UNSHARE, 0x10000000)
attempt("namespace by clone", raw, CLONE, 0x10000000 | 17, 0, 0, 0, 0)
attempt("ring", raw, 425, 1, 0)
attempt("memory file", os.memfd_create, "x")
attempt("shared memory", raw, SHMGET, 1234, 4096, 0o1600)
attempt("type in terminal", raw, IOCTL, 0, 0x5412, 0)
attempt("type, high half", raw, IOCTL, 0, 0x5412 | 1 << 40, 0)
told = [line.split() for line in Path("/proc/self/status").read_text().splitlines()]
found["capabilities"] = sorted({line[1].strip("0") for line in told if line[0] in ("CapEff:", "CapPrm:", "CapInh:")})
program = bot / "data" / "program"
program.write_text("#!/bin/sh\\n"); program.chmod(0o755)
attempt("run what it wrote", subprocess.run, [str(program)])
inner = "import os, socket; os.listdir({!r}); socket.create_connection(('127.0.0.1', {}))".format(str(home), other)
found["child"] = subprocess.run([sys.executable, "-I", "-S", "-c", inner], stderr=subprocess.DEVNULL).returncode
"""

_REFUSED = {
    **dict.fromkeys(("datagram", "raw", "packet", "netlink", "mptcp", "unix", "pair of datagrams"), "EPERM"),
    **dict.fromkeys(("fast open", "listen unbound"), "EPERM"),
    **dict.fromkeys(("namespace", "namespace by clone", "ring", "memory file", "shared memory", "ptrace"), "EPERM"),
    **dict.fromkeys(("type in terminal", "type, high half", "empty own code", "signal"), "EPERM"),
    **dict.fromkeys(("root", "etc", "shadow", "list home", "root of 1", "cwd of parent"), "EACCES"),
    **dict.fromkeys(("parent's memory", "parent's environment", "run what it wrote", "connect elsewhere"), "EACCES"),
    **dict.fromkeys(("listen", "connect abroad", "root of self"), "EACCES"),
    "names": "gaierror", "child": 1, "capabilities": [""],
}  # fmt: skip


@dataclass(slots=True)
class Ground:
    """A deployment's home, a bot's directory, somebody who answers where the gateway would, and a neighbour."""

    home: Path
    bot: Path
    gateway: int
    other: int
    came: list[bytes] = field(default_factory=list)

    def command(self, *options: str, script: str, arguments: tuple[str, ...] = ()) -> list[str]:
        (self.bot / "bot.py").write_text(_BEFORE + script + _AFTER)
        words = (str(self.home), str(self.bot), str(self.other), str(self.gateway), *arguments)
        allowed = ("--read", str(self.bot), "--write", str(self.bot / "data"))
        start = (sys.executable, "-m", "ringfence.cli", "--home", str(self.home), "confine", *allowed, *options)
        return [*start, "--", sys.executable, str(self.bot / "bot.py"), *words]

    def run(
        self, *options: str, script: str, together: bool = False, **environment: str
    ) -> tuple[int, dict[str, object], str]:
        """Run a bot; `together`: on a kernel that gives nobody a network of its own."""
        command = self.command(*options, script=script)
        if together:
            command = [sys.executable, "-c", _TOGETHER, *command]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=os.environ | environment, timeout=_PATIENCE,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout) if done.stdout else {}, done.stderr


# The filter is one that many a container has: no new namespaces.
_TOGETHER = """
import os, sys
from ringfence.confine import calls, seccomp
assert seccomp.install(seccomp.assemble(seccomp.Profile((calls.SYSTEM["unshare"],)))) is None
os.execv(sys.argv[1], sys.argv[1:])
"""


def numbers(script: str) -> str:
    column = MACHINES[platform.machine()].column
    rows = {
        "PTRACE": calls.OTHERS_MEMORY["ptrace"], "UNSHARE": calls.SYSTEM["unshare"], "CLONE": calls.CLONE,
        "SHMGET": calls.SHARED["shmget"], "IOCTL": calls.IOCTL,
    }  # fmt: skip
    for name, row in rows.items():
        script = script.replace(f"raw, {name},", f"raw, {row[column]},")
    return script


@contextmanager
def answering(port: int, came: list[bytes]) -> Iterator[None]:
    with socket.create_server(("127.0.0.1", port)) as server:

        def serve() -> None:
            while True:
                try:
                    one, _ = server.accept()
                except OSError:
                    return
                with one:
                    came.append(one.recv(4096))
                    one.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\ngateway")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    gateway, other = free_ports(2)
    home, bot = tmp_path / "deep" / "home", tmp_path / "bot"
    for folder in (home / "run", home / "journal", bot / "data"):
        folder.mkdir(parents=True)
    for name in ("vault", "run/owner.sock", "journal/journal.db"):
        (home / name).write_text("secret")
    (home / "ringfence.toml").write_text(f'[listeners.one]\nexchange = "binance"\nport = {gateway}\n')
    made = Ground(home, bot, gateway, other)
    with answering(gateway, made.came), socket.create_server(("127.0.0.1", other)):
        yield made


def test_apart_a_bot_reaches_ringfence_and_nothing_that_it_tries_besides(ground: Ground) -> None:
    script = numbers(_ATTACKS) + 'attempt("gateway", ask)\nattempt("chmod", os.chmod, bot / "bot.py", 0o777)'
    code, found, said = ground.run(script=script)
    assert code == 0, said
    assert found.pop("gateway") == "gateway"
    assert found.pop("chmod") == "EROFS"
    closed = {
        name: found.pop(name)
        for name in list(found)
        if name.split()[0] in {"read", "write", "by", "link", "move", "own"}
    }
    assert set(closed.values()) <= {"EACCES", "ENOENT", "EROFS", "EXDEV", "EBUSY"}
    assert len(closed) == 12
    parent = f"root of {0}"
    found = {
        name if not name.startswith("root of ") or name[8:] in {"1", "self"} else parent: told
        for name, told in found.items()
    }
    assert found.pop(parent) in {"EACCES", "EPERM"}
    assert found == _REFUSED
    assert {path.name: path.read_text() for path in ground.home.glob("*") if path.is_file()}["vault"] == "secret"


def test_together_the_same_holds_but_for_the_addresses_and_modes_which_is_said(ground: Ground) -> None:
    code, found, said = ground.run("--partly", script=numbers(_ATTACKS) + 'attempt("gateway", ask)', together=True)
    assert code == 0, said
    assert found.pop("gateway") == "gateway"
    closed = {
        name: found.pop(name)
        for name in list(found)
        if name.split()[0] in {"read", "write", "by", "link", "move", "own"}
    }
    assert set(closed.values()) <= {"EACCES", "EXDEV"}
    assert {name: found[name] for name in _REFUSED} == _REFUSED
    assert f"TCP to port {ground.gateway} alone, but at any address" in said
    assert "it can still change modes, owners and times" in said
    assert (ground.home / "vault").read_text() == "secret"


def test_without_a_network_of_its_own_nothing_starts_unless_partly_is_said(ground: Ground) -> None:
    code, found, said = ground.run(script="found['ran'] = True", together=True)
    assert (code, found) == (2, {})
    assert "not everything holds here: network" in said
    assert "--partly" in said


def test_what_a_bot_has_to_do_works(ground: Ground) -> None:
    script = """
(bot / "data" / "orders.db").write_text("x")
import sqlite3
with sqlite3.connect(bot / "data" / "bot.sqlite") as db:
    db.execute("pragma journal_mode=wal"); db.execute("create table t (a)")
found["temporary"] = Path(tempfile.mkdtemp()).is_dir()
found["children"] = subprocess.run(["/bin/sh", "-c", "exit 3"]).returncode
def square(number): return number * number
found["pool"] = multiprocessing.get_context("fork").Pool(2).map(square, [2, 3])
import asyncio
found["loop"] = asyncio.run(asyncio.sleep(0, "done"))
found["threads"] = []
thread = threading.Thread(target=lambda: found["threads"].append(1)); thread.start(); thread.join()
found["localhost"] = bool(socket.getaddrinfo("localhost", 1))
attempt("gateway", ask)
attempt("allowed", connect, other)
"""
    code, found, said = ground.run("--allow-port", str(ground.other), script=script)
    assert found == {
        "temporary": True, "children": 3, "pool": [4, 9], "loop": "done", "threads": [1], "localhost": True,
        "gateway": "gateway", "allowed": "worked",
    }, said  # fmt: skip
    assert code == 0
    assert (ground.bot / "data" / "bot.sqlite").exists()
    assert len(ground.came) == 1


@pytest.mark.parametrize("together", [False, True])
def test_where_it_may_be_reached_it_is_and_only_there(ground: Ground, together: bool) -> None:
    port, unnamed = free_ports(2)
    script = f"""
attempt("unnamed", lambda: socket.create_server(("127.0.0.1", {unnamed})).close())
server = socket.create_server(("127.0.0.1", {port}))
sys.stderr.write("listening\\n"); sys.stderr.flush()
one, _ = server.accept(); found["heard"] = one.recv(99).decode(); one.sendall(b"bot"); one.close()
"""
    command = ground.command("--listen", str(port), *(["--partly"] if together else []), script=script)
    start = [sys.executable, "-c", _TOGETHER, *command] if together else command
    with subprocess.Popen(start, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stderr is not None
        while "listening" not in running.stderr.readline():
            assert running.poll() is None
        with socket.create_connection(("127.0.0.1", port), 5) as asking:
            asking.sendall(b"owner")
            assert asking.recv(99) == b"bot"
        out, _ = running.communicate(timeout=_PATIENCE)
    assert json.loads(out) == {"unnamed": "EACCES", "heard": "owner"}


@pytest.mark.parametrize(("ending", "code"), [("sys.exit(7)", 7), ("os.kill(os.getpid(), 9)", 137)])
def test_its_exit_code_is_the_commands(ground: Ground, ending: str, code: int) -> None:
    assert ground.run(script=ending)[0] == code


def test_signals_are_passed_on_and_nothing_is_left_behind(ground: Ground) -> None:
    script = """
import signal
def end(number, frame): print(json.dumps({"signal": number})); sys.exit(5)
signal.signal(signal.SIGTERM, end); signal.signal(signal.SIGINT, end)
sys.stderr.write(f"bot {os.getpid()}\\n"); sys.stderr.flush()
while True: signal.pause()
"""
    for number in (signal.SIGTERM, signal.SIGINT):
        with subprocess.Popen(
            ground.command(script=script),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            text=True,
        ) as running:
            _pid_of(running)
            running.send_signal(number)
            out, _ = running.communicate(timeout=_PATIENCE)
            assert (running.returncode, json.loads(out)) == (5, {"signal": number})


@pytest.mark.parametrize("killed", ["the command", "the launcher"])
def test_whatever_is_killed_outright_the_bot_ends(ground: Ground, killed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(ground.bot))  # who is killed outright does not clean up
    script = 'sys.stderr.write(f"bot {os.getpid()}\\n"); sys.stderr.flush()\nimport signal\nsignal.pause()'
    with subprocess.Popen(
        ground.command(script=script),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as running:
        pid = _pid_of(running)
        if killed == "the command":
            running.kill()
        else:
            os.kill(int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1]), signal.SIGKILL)
    deadline = time.monotonic() + _PATIENCE
    while _runs(pid):
        assert time.monotonic() < deadline
        os.sched_yield()


def _runs(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def _pid_of(running: "subprocess.Popen[str]") -> int:
    assert running.stderr is not None
    for line in running.stderr:
        if line.startswith("bot "):
            return int(line.split()[1])
    raise AssertionError("the bot did not start")


def test_secrets_of_the_environment_and_open_files_stay_behind(ground: Ground) -> None:
    script = 'found["names"] = sorted(os.environ)\nfound["open"] = sorted(os.listdir("/proc/self/fd"))'
    _, found, said = ground.run(
        script=script, BINANCE_API_KEY="real", SSH_AUTH_SOCK="/x", BOT_MODE="live", RINGFENCE_X="x"
    )
    names = found["names"]
    assert isinstance(names, list)
    assert not {"BINANCE_API_KEY", "RINGFENCE_X", "SSH_AUTH_SOCK"} & set(names)
    assert {"BOT_MODE", "TMPDIR", "PATH"} <= set(names)
    assert found["open"] == ["0", "1", "2", "3"]  # the last is the listing's own
    assert "BINANCE_API_KEY" in said
    assert "real" not in said


def test_a_program_that_is_not_there_or_may_not_run_is_said(ground: Ground) -> None:
    command = ground.command(script="pass")
    missing = [*command[: command.index("--") + 1], "no-such-program"]
    done = subprocess.run(missing, capture_output=True, text=True, check=False)
    assert (done.returncode, "there is no program no-such-program" in done.stderr) == (2, True)
    hidden = ground.home.parent / "program"
    hidden.write_text("not a program")
    hidden.chmod(0o755)
    done = subprocess.run(
        [*command[: command.index("--") + 1], str(hidden)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, "cannot be run: Exec format error" in done.stderr) == (2, True)


def test_what_the_command_cannot_read_is_said_before_it_starts(ground: Ground) -> None:
    script = ground.home.parent / "strategy.py"
    script.write_text("pass")
    command = ground.command(script="pass")
    done = subprocess.run([*command[:-5], str(script)], capture_output=True, text=True, check=False)
    assert f"it may not read {script}: add --read {script.parent}" in done.stderr
    assert done.returncode == 2  # Python's, for a file that cannot be opened


# What is asked of the launcher, without starting anything


def settings(tmp_path: Path) -> Settings:
    home = tmp_path / "home"
    home.mkdir()
    listeners = (Listener("one", ExchangeId("binance"), 8300), Listener("two", ExchangeId("binance"), 8300))
    return Settings(home, listeners, proxy=Proxy(8118), names=Names("127.0.0.91", (ExchangeId("binance"),), (443,)))


def asked(tmp_path: Path, made: Settings | None = None, **wish: object) -> Asked:
    given = {"read": (), "write": (), "allow": (), "listen": (), "partly": False} | wish
    return ask(made or settings(tmp_path), ("/bin/true",), Wish(**given), _WHOLE, tmp_path)  # type: ignore[arg-type]


def test_the_doors_are_the_deployments_ways_in_and_what_the_owner_allows(tmp_path: Path) -> None:
    assert asked(tmp_path, allow=(5432, 8118)).doors == (
        Door("127.0.0.1", 8300), Door("127.0.0.1", 8118), Door("127.0.0.91", 443), Door("127.0.0.1", 5432),
    )  # fmt: skip


@pytest.mark.parametrize("option", ["read", "write"])
@pytest.mark.parametrize("path", ["home", "home/journal", ".", "..", "link", "/"])
def test_a_path_that_opens_the_deployment_is_refused(tmp_path: Path, option: str, path: str) -> None:
    made = settings(tmp_path)
    (made.home / "journal").mkdir()
    (tmp_path / "link").symlink_to(made.home)
    with pytest.raises(Misconfigured, match="deployment's directory"):
        asked(tmp_path, made, **{option: (tmp_path / path,)})


def test_a_path_beside_the_deployment_is_allowed_and_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    made = settings(tmp_path)
    (tmp_path / "home2").mkdir()
    assert str(tmp_path / "home2") in asked(tmp_path, made, write=(tmp_path / "home2",)).write
    with pytest.raises(Misconfigured, match="there is no"):
        asked(tmp_path, made, read=(tmp_path / "nowhere",))


@pytest.mark.parametrize("path", [sys.prefix, f"{sys.prefix}/bin", str(Path(namespace.__file__).parent)])
def test_what_ringfence_runs_is_never_written_by_a_bot(tmp_path: Path, path: str) -> None:
    with pytest.raises(Misconfigured, match="could change Ringfence itself"):
        asked(tmp_path, write=(Path(path),))


@pytest.mark.parametrize(
    "wish", [{"allow": (0,)}, {"allow": (65536,)}, {"listen": (0,)}, {"listen": (70000,)}, {"listen": (8300,)}]
)
def test_no_port_and_a_port_of_ringfences_own_are_refused(tmp_path: Path, wish: dict[str, object]) -> None:
    with pytest.raises(Misconfigured, match=r"is no port|is Ringfence's"):
        asked(tmp_path, None, **wish)


def test_a_programs_environment_is_read_and_never_a_directory_that_holds_more(tmp_path: Path) -> None:
    venv, base = tmp_path / "bot" / ".venv", tmp_path / "pythons" / "3.11"
    for folder in (venv / "bin", base / "bin", base / "lib", tmp_path / "user" / "bin", tmp_path / "user" / "lib"):
        folder.mkdir(parents=True)
    (base / "bin" / "python").write_text("")
    (venv / "bin" / "python").symlink_to(base / "bin" / "python")
    (venv / "pyvenv.cfg").write_text(f"home = {base / 'bin'}\n")
    (tmp_path / "user" / "bin" / "tool").write_text("")
    private = (tmp_path / "user" / "deep" / "ringfence",)
    assert set(homes_of(venv / "bin" / "python", private)) == {
        venv / "bin" / "python", venv, base, base / "bin" / "python",
    }  # fmt: skip
    assert set(homes_of(tmp_path / "user" / "bin" / "tool", private)) == {tmp_path / "user" / "bin" / "tool"}
    assert set(homes_of(Path("/bin/true"), private)) >= {Path("/bin/true")}
    (venv / "pyvenv.cfg").write_text(f"home = {tmp_path / 'user' / 'bin'}\n")  # it says where to, and is not believed
    assert tmp_path / "user" not in set(homes_of(venv / "bin" / "python", private))


def test_a_virtual_key_is_handed_on_whatever_it_is_called_and_a_real_one_is_not() -> None:
    from ringfence.cli.mint import mint  # noqa: PLC0415

    key, secret = mint("binance")
    with secret:
        virtual = {"BINANCE_KEY": key, "BINANCE_SECRET": str(secret.view(), "ascii")}
    real = {"OTHER_KEY": "a" * 64, "DB_PASSWORD": "x", "github_token": "x", "AWS_PROFILE": "x", "Ringfence_X": "x"}
    plain = {"PATH": "/bin", "HTTPS_PROXY": "http://grid:pass@127.0.0.1:8118", "LANG": "C"}
    given, withheld = cleaned(virtual | real | plain, frozenset())
    assert given == virtual | plain
    assert withheld == tuple(sorted(real))
    assert cleaned(real, frozenset({"DB_PASSWORD"}))[0] == {"DB_PASSWORD": "x"}


@pytest.mark.parametrize(
    ("kernel", "missing"),
    [
        (_WHOLE, {"user"}),
        (Kernel(6, apart=True, filters=True), {"user"}),
        (Kernel(5, apart=True, filters=True), {"user", "signals"}),
        (Kernel(2, apart=True, filters=True), {"user", "signals"}),
        (Kernel(0, apart=True, filters=True), {"user", "signals", "files"}),
        (Kernel(7, apart=False, filters=True), {"user", "network", "changes"}),
        (Kernel(3, apart=False, filters=True), {"user", "network", "changes", "signals"}),
        (Kernel(0, apart=False, filters=True), {"user", "network", "changes", "signals", "files", "vault and journal"}),
        (Kernel(7, apart=True, filters=False), {"user", "system calls"}),
    ],
)
def test_what_does_not_hold_is_said(kernel: Kernel, missing: set[str]) -> None:
    assert {one.name for one in held(kernel, ("127.0.0.1:8300",)) if not one.live} == missing


def test_the_words_for_the_network_are_the_kernels() -> None:
    texts = [
        next(
            one.text
            for one in held(Kernel(version, apart=False, filters=True), ("127.0.0.1:8300",))
            if one.name == "network"
        )
        for version in (3, 4)
    ]
    assert "any address and port" in texts[0]
    assert "port 8300 alone, but at any address" in texts[1]


def test_the_settings_of_the_ground_are_those_of_a_deployment(ground: Ground) -> None:
    assert load(ground.home).listeners[0].port == ground.gateway
