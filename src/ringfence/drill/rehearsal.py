"""A deployment to be attacked, and what its owner can do with it: look, kill a process, ask for another policy."""

import os
import signal
import ssl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

from ringfence import passes
from ringfence.drill import status
from ringfence.drill.deployment import Deployment, PaperKey, command_line, family_of, one_at_a_time
from ringfence.drill.markets import markets
from ringfence.drill.status import Bot, Status
from ringfence.drill.tunnel import Tunnel
from ringfence.drill.venue import Venue
from ringfence.errors import Broken, Misconfigured, RingfenceError
from ringfence.ipc.messages import AskAllow, AskApply, AskHolds, AskStatus, FromOwner, Proof
from ringfence.settings import Settings

_LOOK_SECONDS = 0.1
_END_SECONDS = 10.0
_BACK_SECONDS = 60.0  # a vault is opened at 256 MiB, and prices warm up, on whatever machine this is
MAIN = "main"  # the account, at Ringfence and at the rehearsal exchange


_FALSE = Proof(bytes(32), bytes(32))


class _Held(msgspec.Struct, frozen=True):
    id: str
    bot: str


class _Holds(msgspec.Struct, frozen=True):
    held: tuple[_Held, ...] = ()


class Owner(Protocol):
    """What the owner's commands do for a rehearsal, in this process: they are above us, and handed in."""

    def ask(self, settings: Settings, message: FromOwner) -> bytes:
        """Ask the signer."""
        ...

    def mint(self, deployment: Deployment, names: Sequence[str]) -> Mapping[str, tuple[str, str]]:
        """Make a virtual key, and a pass for the proxy, for each bot."""
        ...


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """One running deployment. `bots` has the virtual key and secret of each bot, `supervisor` keeps it running."""

    deployment: Deployment
    owner: Owner
    bots: Mapping[str, tuple[str, str]]
    keys: Mapping[str, PaperKey]
    supervisor: int

    @property
    def home(self) -> Path:
        """Where the deployment is."""
        return self.deployment.home

    @property
    def settings(self) -> Settings:
        """Its settings."""
        return self.deployment.settings

    @property
    def venue(self) -> Venue:
        """The rehearsal exchange from behind the scenes."""
        return Venue(self.settings.socket("paper"))

    @property
    def gateway(self) -> int:
        """The port where bots find Ringfence."""
        return self.settings.listeners[0].port

    def tunnel(self, key: str) -> Tunnel:
        """How the bot that has this virtual key comes in by the proxy."""
        return self._tunnels()[self._name(key)]

    def neighbour(self, key: str) -> Tunnel:
        """How another bot does; there is one in every rehearsal."""
        return next(tunnel for name, tunnel in self._tunnels().items() if name != self._name(key))

    def _tunnels(self) -> Mapping[str, Tunnel]:
        if self.settings.proxy is None:
            raise Misconfigured(f"{self.home} has no proxy")
        port, trusted = self.settings.proxy.port, ssl.create_default_context(cafile=self.settings.authority)
        return {one.bot: Tunnel(port, one.bot, one.token, trusted) for one in passes.read(self.settings.passes)}

    def _name(self, key: str) -> str:
        return next(name for name, (one, _) in self.bots.items() if one == key)

    @property
    def exchange(self) -> int:
        """The port that leads straight to the exchange."""
        paper = self.settings.paper
        if paper is None:
            raise Misconfigured(f"{self.home} has no rehearsal exchange")
        return paper.plain_port

    @property
    def real(self) -> tuple[str, str]:
        """The real key, and its secret."""
        return self.keys[MAIN].key, self.keys[MAIN].secret

    def status(self) -> Status:
        """Look at everything."""
        return status.read(self.owner.ask(self.settings, AskStatus()))

    def bot(self, key: str) -> Bot:
        """Look at the bot that has this virtual key."""
        return next(bot for bot in self.status().bots if bot.bot == self._name(key))

    @contextmanager
    def down(self, process: str) -> Iterator[None]:
        """Kill a process outright; at the end of the block it is started again, and this waits until orders pass.

        Whoever would start it anew is held still meanwhile.
        """
        os.kill(self.supervisor, signal.SIGSTOP)
        try:
            pid = self._pid(process)
            os.kill(pid, signal.SIGKILL)
            _until(lambda: _is_dead(pid), _END_SECONDS)
            yield
        finally:
            os.kill(self.supervisor, signal.SIGCONT)
        if not self.until(lambda: self.status().warm, _BACK_SECONDS):
            raise Broken(f"the {process} did not come back: {self._log(process)}")

    def until(self, so: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so; whoever does not answer meanwhile may answer later."""

        def tried() -> bool:
            try:
                return so()
            except RingfenceError:
                return False

        return _until(tried, seconds)

    def resume(self) -> None:
        """Lift what only a person can lift."""
        self.deployment.command("resume", opens_vault=True)

    def apply_unproven(self, text: str) -> str:
        """Ask for another policy without the owner's proof; returns why it was refused."""
        return self._refused(AskApply(text, None))

    def allow_unproven(self, bot: str) -> tuple[str, ...]:
        """Let every order pass that a bot has waiting, with a false proof; returns why each was refused."""
        waiting = msgspec.json.decode(self.owner.ask(self.settings, AskHolds()), type=_Holds).held
        return tuple(self._refused(AskAllow(one.id, _FALSE)) for one in waiting if one.bot == bot)

    def _refused(self, message: FromOwner) -> str:
        """Ask for something without the owner's proof; returns why not, nothing where it was done."""
        try:
            self.owner.ask(self.settings, message)
        except RingfenceError as error:
            return str(error)
        return ""

    def _pid(self, process: str) -> int:
        name = f"ringfence.{process}".encode()
        for pid in family_of(self.supervisor)[1:]:
            if name in command_line(pid).split(b"\0"):
                return pid
        raise Broken(f"no {process} is running")

    def _log(self, process: str) -> str:
        lines = (self.home / "logs" / f"{process}.log").read_text("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"


@contextmanager
def rehearsing(
    owner: Owner, deployment: Deployment, policy: str, names: Sequence[str], listed: Sequence[str] = ()
) -> Iterator[Rehearsal]:
    """Run a deployment under a policy that has a bot of each name, on an exchange that lists some more symbols."""
    with ExitStack() as stack:
        with one_at_a_time():
            deployment.prepare(policy)
            _list(deployment.home, markets(listed))
            bots = owner.mint(deployment, names)
            supervisor = stack.enter_context(deployment.running())
        yield Rehearsal(deployment, owner, bots, deployment.keys(), supervisor)


def _list(home: Path, text: str) -> None:
    (home / "paper" / "scenario.toml").write_text(text, "utf-8")


def _until(so: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while not so():
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


def _is_dead(pid: int) -> bool:
    """Whether a process has ended, though nobody has asked yet how (proc(5), state Z)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
