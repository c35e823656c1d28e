"""A deployment of its own in a temporary home, made and run by the owner's own commands; nothing of it is left behind.

It talks to Ringfence only as its owner can: through `ringfence`, as another process.
"""

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from ringfence.drill import status
from ringfence.drill.plan import POLICY
from ringfence.errors import Broken, RingfenceError, Unreachable
from ringfence.settings import Settings, load

_START_SECONDS = 60.0  # ours: a vault is opened twice, at 256 MiB each, on whatever machine this is
_STOP_SECONDS = 30.0  # the supervisor gives each of five processes ten, and they end in parallel with ours
_AGAIN_SECONDS = 0.3
_LOG = "run.log"
# Not the script beside the interpreter: it is not there for every way of being installed.
_RINGFENCE = (sys.executable, "-P", "-c", "from ringfence.cli.main import main; main()")
_LEASHED = (sys.executable, "-P", "-m", "ringfence.cli.leash")


class Pointed(msgspec.Struct, frozen=True):
    """The virtual key as ccxt is given it."""

    apiKey: str  # noqa: N815  # ccxt's word
    secret: str
    urls: dict[str, dict[str, object]]  # by ccxt's names; those of WebSockets are a table more


class PaperKey(msgspec.Struct, frozen=True):
    """One key of the rehearsal exchange."""

    account: str
    key: str
    secret: str


@dataclass(frozen=True, slots=True)
class Deployment:
    """One deployment, and the passphrase of its vault."""

    home: Path
    passphrase: bytes = field(repr=False, default_factory=lambda: secrets.token_hex(16).encode())

    @property
    def settings(self) -> Settings:
        """Where everything is."""
        return load(self.home)

    def keys(self) -> Mapping[str, PaperKey]:
        """The keys of the rehearsal exchange's people."""
        return msgspec.json.decode((self.home / "paper" / "accounts.json").read_bytes(), type=dict[str, PaperKey])

    def command(self, *arguments: str, opens_vault: bool = False, accept: tuple[int, ...] = (0,)) -> str:
        """Run one command as the owner and return what it printed."""
        with self.lent_passphrase() if opens_vault else contextlib.nullcontext() as reader:
            given = () if reader is None else ("--passphrase-fd", str(reader))
            done = subprocess.run(  # noqa: S603  # our own program, our own words
                self._ringfence(*arguments, *given),
                pass_fds=() if reader is None else (reader,),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
        if done.returncode not in accept:
            raise Broken(f"`ringfence {' '.join(arguments)}` ended with {done.returncode}: {_said(done.stderr)}")
        return done.stdout

    def make(self) -> Pointed:
        """Set everything up: a vault, a rehearsal exchange, a virtual key and a policy to apply."""
        self.prepare(POLICY)
        pointed = self.command("bot", "env", "grid", "--format", "ccxt", opens_vault=True)
        return msgspec.json.decode(pointed.encode(), type=Pointed)

    def prepare(self, policy: str) -> None:
        """Make a vault, a rehearsal exchange and a policy to apply, and no virtual key beside that of `grid`."""
        self.command("init", "--paper", opens_vault=True)
        self.settings.policy_draft.write_text(policy, "utf-8")

    @contextlib.contextmanager
    def running(self) -> Iterator[int]:
        """Run every process until the block ends, however it ends; yields the process that starts the others anew."""
        with self.lent_passphrase() as reader, (self.home / _LOG).open("wb") as log:
            supervisor = subprocess.Popen(  # noqa: S603  # the same
                # If we are killed outright, the kernel tells the supervisor to stop.
                (*_LEASHED, str(os.getpid()), *self._ringfence("run", "--passphrase-fd", str(reader))),
                pass_fds=(reader,),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # ^C is for us alone, who then stop it in order
            )
        try:
            self._until(supervisor, lambda: self.command("policy", "apply", "--yes"))
            self._until(supervisor, self._warm)
            yield supervisor.pid
        finally:
            _end(supervisor, self.home)

    def _warm(self) -> None:
        if not status.read(self.command("status", "--json")).warm:
            raise Unreachable("prices are not fresh yet")

    def _until(self, supervisor: subprocess.Popen[bytes], attempt: Callable[[], object]) -> None:
        """Try until it works; what it said last is what is raised in the end."""
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                attempt()
            except RingfenceError:
                if supervisor.poll() is not None:
                    raise Broken(f"`ringfence run` ended: {_said((self.home / _LOG).read_text('utf-8'))}") from None
                if time.monotonic() > deadline:
                    raise
                time.sleep(_AGAIN_SECONDS)
            else:
                return

    def _ringfence(self, *arguments: str) -> tuple[str, ...]:
        return (*_RINGFENCE, "--home", str(self.home), *arguments)

    @contextlib.contextmanager
    def lent_passphrase(self) -> Iterator[int]:
        """Lend a descriptor that the vault's passphrase can be read from, once."""
        reader, writer = os.pipe()
        try:
            with os.fdopen(writer, "wb") as pipe:
                pipe.write(self.passphrase)
            yield reader
        finally:
            os.close(reader)


@contextlib.contextmanager
def temporary_home(*, keep: bool, name: str = "demo") -> Iterator[Path]:
    """Make a directory for us alone, and remove it in the end unless it is to be kept."""
    home = Path(tempfile.mkdtemp(prefix=f"ringfence-{name}-"))  # mkdtemp: mode 0700
    try:
        yield home
    finally:
        if not keep:
            shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let nobody else of us choose ports until ours are listened on: two that look at once find the same ones free.

    Whoever has a name of the abstract namespace (unix(7)) is alone, and gives it up however it ends. It is a courtesy:
    after some time one goes on without it.
    """
    deadline = time.monotonic() + _START_SECONDS
    with socket.socket(socket.AF_UNIX) as turn:
        while time.monotonic() < deadline:
            try:
                turn.bind(f"\0ringfence-ports-{os.getuid()}")
                break
            except OSError:
                time.sleep(_AGAIN_SECONDS)
        yield


def _end(supervisor: subprocess.Popen[bytes], home: Path) -> None:
    """Stop the supervisor and all that it runs; whatever is left of this deployment is killed."""
    family = family_of(supervisor.pid)
    supervisor.terminate()
    try:
        supervisor.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        supervisor.kill()
        supervisor.wait()
    for pid in family:
        if str(home).encode() in command_line(pid):  # a number may have been given to a stranger meanwhile
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def family_of(pid: int) -> list[int]:
    """List a process and everything below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in family_of(int(child)))]


def command_line(pid: int) -> bytes:
    """Say how a process was started, zeros between its words; nothing of one that is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _said(text: str) -> str:
    """Pick what a command says was wrong, or else its last line."""
    lines = text.strip().splitlines() or ["it said nothing"]
    return next((line.removeprefix("error: ") for line in lines if line.startswith("error: ")), lines[-1])
