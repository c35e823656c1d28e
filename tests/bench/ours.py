"""Ringfence itself, as it is deployed: real processes, a policy, a durable journal; only the exchange is static."""

import asyncio
import contextlib
import os
import secrets
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import uvloop

from ringfence.errors import Unreachable
from ringfence.ipc.client import connect
from ringfence.ipc.link import Link
from ringfence.ipc.messages import AskApply, Failed, Message, Nonce, Reply
from ringfence.model.names import ExchangeId
from ringfence.settings import Settings, load
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.vault import Vault
from ringfence.vault.virtual import mint
from tests.bench import load as client
from tests.bench.orders import Credentials, numbered
from tests.bench.running import Process, family, running

WEIGHED = ("gateway", "signer", "courier")
ORDERS_PER_MINUTE = 10_000  # the most that a policy may say (policy/load.py)

_EXCHANGE = ExchangeId("paper-binance")
_READY_SECONDS = 30.0
_TOML = """
[listeners.bench]
exchange = "{exchange}"
port = {gateway}

[paper]
port = {ports.port}
plain_port = {ports.plain_port}
east_port = {ports.east_port}
west_port = {ports.west_port}
"""
# Every rule is asked, and none says no: what is measured is the way of an order, not of a refusal.
_POLICY = f"""
[account.main]
exchange = "{_EXCHANGE}"
currency = "USDT"
fee = "0.1%"

[bot.bench]
account = "main"
role = "trade"
symbols = ["BTC/USDT"]
orders = ["limit"]

[bot.bench.limits]
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
class PaperPorts:
    """Where the static exchange listens in place of the rehearsal exchange."""

    port: int
    plain_port: int
    east_port: int
    west_port: int


@dataclass(frozen=True, slots=True)
class Deployment:
    """A Ringfence that is up: where bots reach it, a bot's key, and its processes by name."""

    port: int
    credentials: Credentials
    processes: dict[str, list[int]]


@contextlib.contextmanager
def start_ringfence(home: Path, ca: Path, ports: PaperPorts, gateway: int, real: Credentials) -> Iterator[Deployment]:
    """Set a deployment up in `home`, start it, apply the policy, and wait until it lets orders through."""
    passphrase = secrets.token_hex(16).encode()
    virtual = _set_up(home, ca, ports, gateway, real, passphrase)
    with contextlib.ExitStack() as stack:
        processes = {
            "courier": stack.enter_context(_process("courier", home)),
            "signer": stack.enter_context(_signer(home, passphrase)),
            "prices": stack.enter_context(_process("prices", home)),
            "gateway": stack.enter_context(_process("gateway", home, gateway)),
        }
        uvloop.run(_begin(load(home), client.Path("ringfence", gateway, None, virtual)))
        yield Deployment(gateway, virtual, {name: family(process.pid) for name, process in processes.items()})


def _set_up(home: Path, ca: Path, ports: PaperPorts, gateway: int, real: Credentials, passphrase: bytes) -> Credentials:
    for folder in (home, home / "run", home / "paper", home / "journal"):
        folder.mkdir(mode=0o700)
    (home / "paper" / "ca.pem").write_bytes(ca.read_bytes())
    (home / "ringfence.toml").write_text(_TOML.format(exchange=_EXCHANGE, gateway=gateway, ports=ports), "utf-8")
    host = f"127.0.0.1:{ports.port}"
    with Vault.create(home / "vault", bytearray(passphrase)) as vault:
        account = Record("key-main", RecordKind.EXCHANGE, _EXCHANGE, (host,), "main", "trade", key=real.key)
        vault.add(account, bytearray(real.secret, "ascii"))
        key, secret = mint("binance")
        bot = Record("bot-bench", RecordKind.VIRTUAL, _EXCHANGE, (), "main", "trade", "bench", key)
        vault.add(bot, secret)
        with secret:
            return Credentials(key, str(secret.view(), "ascii"))


def _process(name: str, home: Path, *ports: int) -> contextlib.AbstractContextManager[Process]:
    return running([sys.executable, "-m", f"ringfence.{name}", "--home", str(home)], home / f"{name}.log", ports)


@contextlib.contextmanager
def _signer(home: Path, passphrase: bytes) -> Iterator[Process]:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(passphrase)
    command = [sys.executable, "-m", "ringfence.signer", "--home", str(home), "--passphrase-fd", str(reader)]
    try:
        with running(command, home / "signer.log", (), pass_fds=(reader,)) as process:
            yield process
    finally:
        os.close(reader)


async def _begin(settings: Settings, way: client.Path) -> None:
    """Apply the policy, and ask until the first order passes: until then prices are not fresh."""
    deadline = time.monotonic() + _READY_SECONDS
    await _apply(settings, deadline)
    next_id = numbered(f"w{secrets.token_hex(4)}")
    while True:
        try:
            await client.burst(way, 1, 1, next_id)
        except AssertionError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.25)
        else:
            return


async def _apply(settings: Settings, deadline: float) -> None:
    """Put the policy in force, once the signer listens and knows the courier."""
    while True:
        try:
            answer: Message | Unreachable = await _ask(settings, AskApply(_POLICY, None))
        except Unreachable as error:
            answer = error
        if isinstance(answer, Reply):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(f"the policy was not applied: {answer}")
        await asyncio.sleep(0.25)


async def _ask(settings: Settings, question: Message) -> Message:
    answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()

    def received(_link: Link[Message], message: Message) -> None:
        answer.set_result(message)

    link = await connect(settings.socket("owner"), Reply | Failed | Nonce, settings.uids("signer"), received)
    try:
        link.send(question)
        return await asyncio.wait_for(answer, _READY_SECONDS)
    finally:
        link.close()
