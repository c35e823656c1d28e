"""A deployment with every way in, and bots in their own environments, pointed at it by what `ringfence point` says."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ringfence.cli.certificates import make
from ringfence.pointing.clients import Way, clients
from ringfence.settings import load
from ringfence.vault.vault import Vault
from tests.cli.terminal import ringfence
from tests.deployment import PASSPHRASE, POLICY, Deployment
from tests.ports import free_ports

ROOT = Path(__file__).parents[2]
ADDRESS = "127.0.0.91"
# What a bot may need of the world around it; everything else would let a test pass that fails elsewhere.
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")


def insist_on(name: str) -> None:
    """Skip a test whose bot `make test-real BOTS=...` leaves out."""
    bots = os.environ.get("RINGFENCE_BOTS")
    if bots is not None and name not in bots.split():
        pytest.skip(f"{name} is left out")


def python(name: str) -> Path:
    """The Python of a bot's environment; a test without it says how to make one."""
    insist_on(name)
    found = Path(os.environ.get(f"RINGFENCE_{name.upper()}", ROOT / f".venv-{name}" / "bin" / "python"))
    if not found.exists():
        pytest.fail(f"{name} is not installed; `make test-real` does it")
    return found


@contextlib.contextmanager
def deployment(home: Path, policy: str = POLICY, *, tls: bool = False) -> Iterator[Deployment]:
    """Run a deployment with a listener, a proxy, and exchanges' names at a loopback address.

    `tls`: with a listener with TLS too, and without the names, whose ports only one deployment can have.
    """
    made = Deployment.written(home, policy)
    port, secure = free_ports(2)
    names = f'[names]\naddress = "{ADDRESS}"\nexchanges = ["paper-binance"]\n'
    listener = f'[listeners.secure]\nexchange = "paper-binance"\nport = {secure}\ntls = true\n'
    with (home / "ringfence.toml").open("a") as file:
        file.write(f"[proxy]\nport = {port}\n{listener if tls else names}")
    made.settings = load(home)
    made.begin(("grid",))
    with Vault.open(made.settings.vault, lambda: bytearray(PASSPHRASE)) as vault:
        make(made.settings, vault)
    with made:
        yield made


def forms(client: str) -> list[Way]:
    """Every way that `point` offers a client, over TLS and not."""
    return [form for way in clients()[client].ways.values() for form in (way, way.secure) if form is not None]


def point(there: Deployment, client: str, mode: str) -> Any:
    """What the owner is told to put where."""
    words = ("point", client, "--mode", mode, "--bot", "grid", "--show-secret", "--json")
    said = ringfence(there.home, *words, secrets={"passphrase": PASSPHRASE})
    assert said.code == 0, said.out + said.err
    return said.json()


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot's program: its environment has what it was told, and what its own names of hosts lead to."""

    environment: Mapping[str, str]
    hosts: Path | None = None

    def command(self, *words: str | Path) -> list[str]:
        """Have names of hosts mean what the owner was told to write into /etc/hosts, for this program alone."""
        if self.hosts is None:
            return [str(word) for word in words]
        bind = f'mount --bind {self.hosts} /etc/hosts && exec "$@"'
        return ["unshare", "--mount", "sh", "-c", bind, "sh", *map(str, words)]

    def run(self, *words: str | Path, given: str = "", seconds: float = 240.0, **more: str) -> str:
        """Run it to its end; what it printed."""
        done = subprocess.run(
            self.command(*words), input=given, env={**self.environment, **more}, capture_output=True, text=True,
            check=False, timeout=seconds,
        )  # fmt: skip
        told = done.stdout[-3000:] + done.stderr[-3000:]
        assert done.returncode == 0, f"{words[:4]} ended with {done.returncode}:\n{told}"
        return done.stdout


def bot(said: Any, folder: Path) -> Bot:
    """Make what `point` said true for one program, and nothing more."""
    hosts = None
    if said["hosts"]:
        hosts = folder / "hosts"
        hosts.write_text("127.0.0.1 localhost\n" + "\n".join(said["hosts"]) + "\n")
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return Bot({**kept, **said["environment"]}, hosts)


def orders(there: Deployment) -> list[tuple[str, str]]:
    """Side and state of every order that has reached the exchange."""
    return [(order["side"], order["status"]) for order in there.truth()["orders"]]


def streams(there: Deployment) -> set[str]:
    """Every stream that is carried at the exchange now."""
    return {name for socket in there.paper("GET", "/sockets") for name in socket["streams"]}
