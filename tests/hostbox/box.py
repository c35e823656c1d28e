"""A Debian server in a box: its own systemd, its own network, this checkout at /srv/ringfence; and a small internet.

The image is made once and kept in .hostbox; each box is a copy of it. A box is entered as root, from outside.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ringfence.deploy import names

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / ".hostbox"
SUITE = "bookworm"
# What a small VPS has, beside what debootstrap brings. One source of time: chrony and systemd-timesyncd conflict.
PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "openssh-server", "nftables", "sudo", "cron", "python3", "iproute2", "procps",
    "libpam-systemd", "unattended-upgrades", "chrony", "libpam-pwquality", "logrotate", "rsyslog", "ca-certificates",
)  # fmt: skip
HOME = "/var/lib/ringfence"
PASSPHRASE = "correct horse battery"  # noqa: S105  # of a vault that is gone with its box
PROGRAM = "/usr/local/bin/ringfence"

# What runs in a box is this checkout, by the box's own Python: what its environment has is made for the same one.
_START = (
    "import runpy, sys; sys.path[:0] = ['/srv/ringfence/src', '/srv/site']; sys.argv[0] = 'ringfence'; "
    "runpy.run_module('ringfence.cli', run_name='__main__', alter_sys=True)"
)
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": names.SUPERUSER_HOME, "TERM": "dumb", "COLUMNS": "160"}
# What a virtual server has and a container of nspawn's has not.
_CALLS = "bpf perf_event_open memfd_secret @memlock landlock_create_ruleset landlock_add_rule landlock_restrict_self"
_CAPABILITIES = "CAP_BPF,CAP_PERFMON,CAP_SYS_RESOURCE,CAP_NET_ADMIN,CAP_SYS_ADMIN,CAP_IPC_LOCK"
_BOOT_SECONDS = 60.0


def lacking() -> str:
    """Say what this machine lacks for a box; empty where that is nothing."""
    if os.geteuid() != 0:
        return "only root can boot a server in a box"
    missing = [name for name in ("systemd-nspawn", "debootstrap", "nsenter") if shutil.which(name) is None]
    if missing:
        return f"there is no {', '.join(missing)}; apt-get install systemd-container debootstrap"
    return "" if sys.version_info[:2] == (3, 11) else "the environment must be for Python 3.11, as Debian 12 has it"


@dataclass(frozen=True, slots=True)
class Done:
    """What a command came to."""

    code: int
    out: str
    err: str


class Box:
    """One booted server."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._nspawn: subprocess.Popen[bytes] | None = None

    def boot(self) -> None:
        """Switch it on, and wait until its systemd says that it is up."""
        site = next((ROOT / ".venv" / "lib").glob("python3.*/site-packages"))
        command = ["systemd-nspawn", "-D", str(self.root), "-M", self.root.name, "--register=no", "--keep-unit", "-b"]
        command += ["--private-network", f"--bind-ro={ROOT}/src:/srv/ringfence/src", f"--bind-ro={site}:/srv/site"]
        command += [f"--bind-ro={ROOT}/pyproject.toml:/srv/ringfence/pyproject.toml"]
        command += [f"--system-call-filter={_CALLS}", f"--capability={_CAPABILITIES}", "--console=pipe"]
        environment = os.environ | {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"}
        self._nspawn = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        self.await_up()

    def await_up(self) -> None:
        """Wait until it is up; raises where it does not come."""
        until = time.monotonic() + _BOOT_SECONDS
        while time.monotonic() < until:
            state = self.run("systemctl", "is-system-running").out.strip() if self._init() else ""
            if state in {"running", "degraded"}:
                return
            time.sleep(0.2)
        raise AssertionError(f"{self.root.name} does not come up")

    def off(self) -> None:
        """Switch it off at once."""
        if self._nspawn is not None:
            init = self._init()  # which has another parent once that one is gone
            self._nspawn.send_signal(signal.SIGKILL)
            if init:
                os.kill(init, signal.SIGKILL)
            self._nspawn.wait()
            self._nspawn = None

    def reboot(self) -> None:
        """Switch it off as a person would pull the plug, and on again."""
        self.off()
        time.sleep(0.5)
        self.boot()

    def run(self, *command: str, given: str = "", seconds: float = 180) -> Done:
        """Run a command inside, as root."""
        enter = ["nsenter", "-t", str(self._init()), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w"]
        done = subprocess.run(
            [*enter, *command],
            input=given,
            capture_output=True,
            text=True,
            timeout=seconds,
            env=_ENVIRONMENT,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start a command inside, as root, and do not wait for it."""
        enter = ["nsenter", "-t", str(self._init()), "-m", "-u", "-i", "-n", "-p", "-C", "-r", "-w"]
        return subprocess.Popen(
            [*enter, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            env=_ENVIRONMENT,
        )

    def must(self, *command: str, given: str = "") -> str:
        """Run a command that has to succeed, and return what it said."""
        done = self.run(*command, given=given)
        assert done.code == 0, f"{' '.join(command)}: {done.code}\n{done.out}\n{done.err}"
        return done.out

    def checkout(self, *arguments: str) -> list[str]:
        """Say how this checkout's `ringfence` is called inside."""
        return ["/usr/bin/python3", "-I", "-S", "-c", _START, "--home", HOME, *arguments]

    def ringfence(self, *arguments: str) -> Done:
        """Call this checkout's `ringfence` inside; it reads the passphrase from standard input where it wants one."""
        return self.run(*self.checkout(*arguments), given=PASSPHRASE)

    def put(self, path: str, text: str, mode: int = 0o644) -> None:
        """Write a file inside, root's."""
        where = self.root / path.lstrip("/")
        where.parent.mkdir(parents=True, exist_ok=True)
        where.write_text(text, "utf-8")
        where.chmod(mode)

    def text(self, path: str) -> str:
        """Read a file inside."""
        return (self.root / path.lstrip("/")).read_text("utf-8")

    def _init(self) -> int:
        if self._nspawn is None:
            return 0
        found = subprocess.run(["pgrep", "-P", str(self._nspawn.pid)], capture_output=True, text=True, check=False)
        return int(found.stdout.split()[0]) if found.stdout.split() else 0


def image() -> Path:
    """Make the image, or find it made."""
    made = IMAGES / SUITE
    if not (made / ".complete").exists():
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        command = ["debootstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}", SUITE, str(made)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-2_000:]
        (made / ".complete").touch()
    return made


@contextmanager
def box(name: str, *, boot: bool = True) -> Iterator[Box]:
    """Have a server of one's own."""
    root = IMAGES / f"box-{name}-{os.getpid()}"
    shutil.rmtree(root, ignore_errors=True)
    subprocess.run(["cp", "-a", "--reflink=auto", str(image()), str(root)], check=True)
    made = Box(root)
    try:
        if boot:
            made.boot()
        yield made
    finally:
        made.off()
        shutil.rmtree(root, ignore_errors=True)


def tree(root: Path, folders: Sequence[str]) -> dict[str, tuple[int, int, int, bytes]]:
    """Take everything in some folders down: mode, owner, group, and what it holds or leads to."""
    found = {}
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            status = path.lstat()
            held = bytes(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
            found[str(path.relative_to(root))] = (status.st_mode, status.st_uid, status.st_gid, held)
    return found
