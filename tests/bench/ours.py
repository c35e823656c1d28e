"""Ringfence itself, set up and started as a user does it, a durable journal included; only the exchange is static."""

import contextlib
import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

from ringfence.confine import launch
from ringfence.settings import Settings, load
from tests.bench import load as client
from tests.bench.orders import Credentials, numbered
from tests.bench.running import Process, family, running

WEIGHED = ("gateway", "signer", "courier")
ORDERS_PER_MINUTE = 10_000  # the most that a policy may say (policy/load.py)

_READY_SECONDS = 30.0
# Every rule is asked, and none says no: what is measured is the way of an order, not of a refusal.
POLICY = f"""
[account.main]
exchange = "paper-binance"
currency = "USDT"
fee = "0.1%"

[bot.grid]
account = "main"
role = "trade"
symbols = ["BTC/USDT"]
orders = ["limit"]

[bot.grid.limits]
collar = "0.5%"
exit_collar = "2%"
order_notional = "500"
window_notional = "100000000"
exposure = "100000000"
loss_budget = "100000000"
open_orders = 10000
orders_per_minute = {ORDERS_PER_MINUTE}
"""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A deployment that `init` has made: where it is, what opens it, and the key of its bot."""

    settings: Settings
    passphrase: bytes
    credentials: Credentials

    @property
    def certificates(self) -> Path:
        """Where the rehearsal exchange's certificates are: ca.pem, server.pem, server.key."""
        return self.settings.paper_ca.parent

    @property
    def gateway(self) -> int:
        """Where bots find Ringfence."""
        return self.settings.listeners[0].port

    @property
    def exchange(self) -> tuple[int, int, int, int]:
        """Where the rehearsal exchange is expected: trading, its plain port, and two more venues' tickers."""
        paper = self.settings.paper
        assert paper is not None
        return paper.port, paper.plain_port, paper.east_port, paper.west_port


def prepare(home: Path) -> Prepared:
    """Make a deployment with the commands that a user has."""
    passphrase = secrets.token_hex(16).encode()
    _command(home, "init", "--paper", passphrase=passphrase)
    pointed = json.loads(_command(home, "bot", "env", "grid", "--format", "json", passphrase=passphrase))
    settings = load(home)
    settings.policy_draft.write_text(POLICY, "utf-8")
    return Prepared(settings, passphrase, Credentials(pointed["key"], pointed["secret"]))


@contextlib.contextmanager
def start_ringfence(prepared: Prepared) -> Iterator[dict[str, list[int]]]:
    """Start every process but the rehearsal exchange and wait until orders pass; the processes by name."""
    home = prepared.settings.home
    with contextlib.ExitStack() as stack:
        processes = {
            "courier": stack.enter_context(_process("courier", home)),
            "signer": stack.enter_context(_signer(home, prepared.passphrase)),
            "prices": stack.enter_context(_process("prices", home)),
            "gateway": stack.enter_context(_process("gateway", home, prepared.gateway)),
        }
        deadline = time.monotonic() + _READY_SECONDS
        _until(deadline, lambda: _command(home, "policy", "apply", "--yes"))
        way = client.Path("ringfence", prepared.gateway, None, prepared.credentials)
        next_id = numbered(f"w{secrets.token_hex(4)}")
        _until(deadline, lambda: uvloop.run(client.burst(way, 1, 1, next_id)))  # refused until prices are fresh
        yield {name: family(process.pid) for name, process in processes.items()}


def seconds_to_ready(prepared: Prepared) -> float:
    """Start the processes again on the journal that is there; the seconds until a signed request is answered.

    The vault is opened at its full cost (Argon2id over 256 MiB). An order may still be refused until prices are fresh.
    """
    home, begun = prepared.settings.home, time.monotonic()
    way = client.Path("ringfence", prepared.gateway, None, prepared.credentials)
    with contextlib.ExitStack() as stack:
        stack.enter_context(_process("courier", home))
        stack.enter_context(_signer(home, prepared.passphrase))
        stack.enter_context(_process("gateway", home, prepared.gateway))
        while True:
            try:
                uvloop.run(client.burst(way, 1, 1, numbered(f"s{secrets.token_hex(4)}")))
            except AssertionError as error:
                if "answered 400" in str(error):
                    return time.monotonic() - begun
            except OSError:
                pass
            else:
                return time.monotonic() - begun
            time.sleep(0.02)


def _until(deadline: float, attempt: Callable[[], object]) -> None:
    """Try until it works; what it said last is what is raised in the end."""
    while True:
        try:
            attempt()
        except (AssertionError, RuntimeError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.25)
        else:
            return


def _command(home: Path, *arguments: str, passphrase: bytes | None = None) -> str:
    program = str(Path(sys.prefix) / "bin" / "ringfence")
    with _piped(passphrase or b"") as reader:
        given = ("--passphrase-fd", str(reader)) if passphrase else ()
        command = [program, "--home", str(home), *arguments, *given]
        done = subprocess.run(
            command, pass_fds=(reader,), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
    if done.returncode:
        raise RuntimeError(f"ringfence {' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return done.stdout


@contextlib.contextmanager
def _piped(text: bytes) -> Iterator[int]:
    """Make a descriptor that a child can read a short text from."""
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(text)
    try:
        yield reader
    finally:
        os.close(reader)


def _process(name: str, home: Path, *ports: int) -> contextlib.AbstractContextManager[Process]:
    return running(launch.command(f"ringfence.{name}", "--home", str(home)), home / f"{name}.log", ports)


@contextlib.contextmanager
def _signer(home: Path, passphrase: bytes) -> Iterator[Process]:
    with _piped(passphrase) as reader:
        command = launch.command("ringfence.signer", "--home", str(home), "--passphrase-fd", str(reader))
        with running(command, home / "signer.log", (), pass_fds=(reader,)) as process:
            yield process
