"""A whole deployment on the paper exchange in a directory of its own: real processes, real sockets, real keys."""

import asyncio
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

from ringfence.cli.keypair import understood
from ringfence.cli.unlock import new_bot
from ringfence.confine import launch
from ringfence.dialects.dialect import Algorithm
from ringfence.errors import Unreachable
from ringfence.ipc.client import connect
from ringfence.ipc.link import Link
from ringfence.ipc.messages import (
    AskApply,
    AskNonce,
    AskResume,
    AskStatus,
    Failed,
    Message,
    Nonce,
    Proof,
    Reply,
    ToOwner,
    proof_text,
)
from ringfence.settings import Settings, load
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.vault import Vault
from tests.ports import free_ports

PASSPHRASE = b"correct horse battery"
PROCESSES = ("paper", "courier", "signer", "prices", "gateway")
_FLOOR_KIB = 64 * 1024  # the least that a vault may cost: tests open it often

POLICY = """
[account.main]
exchange = "paper-binance"
currency = "USDT"
fee      = "0.1%"

[bot.grid]
account = "main"
role    = "trade"
symbols = ["BTC/USDT", "ETH/USDT"]
orders  = ["limit", "limit-maker", "market"]

[bot.grid.limits]
collar            = "0.5%"
exit_collar       = "2%"
order_notional    = "500"
window_notional   = "5000"
exposure          = "2000"
loss_budget       = "60"
open_orders       = 20
orders_per_minute = 600
"""


class Refused(Exception):
    """The signer's answer to the owner is no."""


@dataclass(slots=True)
class Deployment:
    """One deployment; `with Deployment.make(path) as it:` starts it and stops it.

    A process may be given a home of its own (`homes`), whose sockets and ports lead elsewhere, and more environment.
    """

    home: Path
    settings: Settings
    bots: dict[str, tuple[str, str]] = field(default_factory=dict)
    real: dict[str, tuple[str, str]] = field(default_factory=dict)
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    policy: str = POLICY
    homes: dict[str, Path] = field(default_factory=dict)
    environments: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def make(
        cls,
        home: Path,
        bots: tuple[str, ...] = ("grid",),
        policy: str = POLICY,
        real: str = "main",
        virtual: Algorithm = Algorithm.HMAC,
    ) -> Self:
        """Write the settings with free ports, and start paper once so that its keys exist.

        `real` names the key of paper's that is sealed as account main, `virtual` is what the bots sign with.
        """
        made = cls.written(home, policy)
        made.begin(bots, real, virtual)
        return made

    @classmethod
    def written(cls, home: Path, policy: str = POLICY) -> Self:
        """Write the settings with free ports, and start nothing yet."""
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / "run").mkdir(mode=0o700, exist_ok=True)
        ports = free_ports(5)
        (home / "ringfence.toml").write_text(
            f'[listeners.paper]\nexchange = "paper-binance"\nport = {ports[0]}\n'
            f"[paper]\nport = {ports[1]}\nplain_port = {ports[2]}\neast_port = {ports[3]}\nwest_port = {ports[4]}\n"
        )
        return cls(home, load(home), policy=policy)

    def apart(self, name: str) -> Path:
        """Give a process a home of its own, with the same settings and the same exchange's files."""
        own = self.homes[name] = self.home / "apart" / name
        (own / "run").mkdir(mode=0o700, parents=True)
        (self.home / "paper").mkdir(mode=0o700, exist_ok=True)
        (own / "paper").symlink_to(self.home / "paper")
        (own / "ringfence.toml").write_text((self.home / "ringfence.toml").read_text())
        return own

    def begin(self, bots: tuple[str, ...], real: str = "main", virtual: Algorithm = Algorithm.HMAC) -> None:
        """Start paper, which makes its keys, and seal them with keys for the bots."""
        self.start("paper")
        self.real = {
            name: (entry["key"], entry["secret"])
            for name, entry in json.loads((self.home / "paper" / "accounts.json").read_text()).items()
        }
        self._seal(bots, real, virtual)

    def __enter__(self) -> Self:
        try:
            for name in PROCESSES:
                if name not in self.running:
                    self.start(name)
            self.wait(lambda: all(self.status()["processes"].values()))
            self.apply(self.policy)
            self.wait(self.warm)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self, name: str) -> None:
        """Start one process and wait until it can be talked to."""
        command = launch.command(f"ringfence.{name}", "--home", str(self.homes.get(name, self.home)))
        environment = {**os.environ, **self.environments.get(name, {})}
        with contextlib.ExitStack() as stack:
            log = stack.enter_context((self.home / f"{name}.log").open("ab"))
            passed: tuple[int, ...] = ()
            if name == "signer":
                reading, writing = os.pipe()
                stack.callback(os.close, reading)
                os.write(writing, PASSPHRASE)
                os.close(writing)
                passed = (reading,)
                command += ["--passphrase-fd", str(reading)]
            self.running[name] = subprocess.Popen(command, stdout=log, stderr=log, pass_fds=passed, env=environment)
        if name == "signer":
            self.wait(lambda: bool(self.status()))
        elif name == "paper":
            self.wait(lambda: bool(self.paper("GET", "/truth")))

    def kill(self, name: str) -> None:
        """kill -9."""
        process = self.running.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def stop(self) -> None:
        """Stop what runs."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
        self.running.clear()

    def wait(self, ready: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + seconds
        while True:
            with contextlib.suppress(Unreachable, OSError, http.client.HTTPException):
                if ready():
                    return
            for name, process in self.running.items():
                assert process.poll() is None, f"{name} ended:\n{self.log(name)}"
            assert time.monotonic() < deadline, "\n".join(f"{name}: {self.log(name)}" for name in self.running)
            time.sleep(0.05)

    def log(self, name: str) -> str:
        """What a process wrote last."""
        return (self.home / f"{name}.log").read_text()[-3000:]

    def warm(self) -> bool:
        """Whether orders can pass: prices are fresh, the exchange's time is known, and what the keys may do."""
        status = self.status()
        fresh = [age is not None and age < 4 for age in status["warm_up"].values()]
        known = [None not in {one["venue_offset_ms"], one["unfit"]} for one in status["accounts"]]
        return bool(fresh) and all(fresh) and all(known) and all(status["processes"].values())

    # the owner
    def ask(self, message: Message) -> dict[str, Any]:
        """Ask the signer as its owner."""
        answer = asyncio.run(_ask(self.settings, message))
        if isinstance(answer, Failed):
            raise Refused(f"{answer.kind}: {answer.message} ({answer.hint})")
        assert isinstance(answer, Reply)
        found: dict[str, Any] = json.loads(answer.body)
        return found

    def status(self) -> dict[str, Any]:
        """The signer's status."""
        return self.ask(AskStatus())

    def bot_status(self, name: str = "grid") -> dict[str, Any]:
        """One bot's part of the status."""
        found: dict[str, Any] = next(bot for bot in self.status()["bots"] if bot["bot"] == name)
        return found

    def apply(self, text: str) -> dict[str, Any]:
        """Put a policy in force, with a proof."""
        return self.ask(AskApply(text, self.prove("apply", text.encode())))

    def resume(self) -> dict[str, Any]:
        """Let trading begin again, with a proof."""
        return self.ask(AskResume(self.prove("resume", b"")))

    def nonce(self) -> bytes:
        """Take a nonce for a proof."""
        answer = asyncio.run(_ask(self.settings, AskNonce()))
        if isinstance(answer, Failed):
            raise Refused(answer.message)
        assert isinstance(answer, Nonce)
        return answer.nonce

    def prove(self, command: str, content: bytes) -> Proof:
        """Make the proof that the owner's commands make."""
        nonce = self.nonce()
        with Vault.open(self.settings.vault, lambda: bytearray(PASSPHRASE)) as vault:
            record = next(record for record in vault.records if record.kind is RecordKind.OWNER)
            key = bytes(vault.reveal(record.id).view())
        return Proof(nonce, hmac.digest(key, proof_text(nonce, command, content), "sha256"))

    # the bot
    @property
    def url(self) -> str:
        """Where bots find the gateway."""
        return f"http://127.0.0.1:{self.settings.listeners[0].port}"

    def call(self, method: str, path: str, **parameters: object) -> tuple[int, Any]:
        """Send one signed request as the first bot, and return status and JSON."""
        key, secret = next(iter(self.bots.values()))
        return send(self.settings.listeners[0].port, method, sign(path, secret, parameters), key)

    def buy(self, quantity: str, price: object, symbol: str = "BTCUSDT", **more: object) -> tuple[int, Any]:
        """Place a limit order to buy."""
        order: dict[str, object] = {"symbol": symbol, "side": "BUY", "type": "LIMIT", "timeInForce": "GTC"}
        return self.call("POST", "/api/v3/order", **{**order, "quantity": quantity, "price": price, **more})

    def mid(self, symbol: str = "BTCUSDT") -> float:
        """The exchange's own mid price, as the bot hears it; waits where a process is just coming back."""
        target = f"/api/v3/ticker/bookTicker?symbol={symbol}"
        deadline = time.monotonic() + 20
        while True:
            _, book = send(self.settings.listeners[0].port, "GET", target, None)
            if "bidPrice" in book:
                return (float(book["bidPrice"]) + float(book["askPrice"])) / 2
            assert time.monotonic() < deadline, book
            time.sleep(0.1)

    # the exchange
    def paper(self, method: str, path: str, body: object = None) -> Any:
        """Ask the paper exchange's control side."""
        connection = _UnixConnection(str(self.settings.socket("paper")))
        try:
            connection.request(method, path, None if body is None else json.dumps(body))
            response = connection.getresponse()
            answer = response.read()
            assert response.status == 200, answer
            return json.loads(answer or b"null")
        finally:
            connection.close()

    def truth(self) -> Any:
        """Everything that really happened at the exchange."""
        return self.paper("GET", "/truth")

    def _seal(self, bots: tuple[str, ...], name: str, algorithm: Algorithm) -> None:
        assert self.settings.paper is not None
        key, secret = self.real[name]
        kind, held, _ = understood(bytearray(secret.encode()))
        signs = "" if kind is Algorithm.HMAC else kind.value
        with Vault.create(self.settings.vault, bytearray(PASSPHRASE), _FLOOR_KIB) as vault:
            hosts = (f"127.0.0.1:{self.settings.paper.port}",)
            vault.add(
                Record(
                    "account-main", RecordKind.EXCHANGE, "paper-binance", hosts, "main", "trade", "", key, 1, "f", signs
                ),
                held,
            )
            for bot in bots:
                with new_bot(vault, bot, "main", "trade", algorithm) as (record, virtual):
                    self.bots[bot] = (record.key, bytes(virtual.view()).decode())


def sign(path: str, secret: str, parameters: dict[str, object]) -> str:
    """Write a target that is signed as Binance asks."""
    query = urlencode({**parameters, "timestamp": parameters.get("timestamp", int(time.time() * 1000))})
    return f"{path}?{query}&signature={hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()}"


def send(port: int, method: str, target: str, key: str | None, body: bytes | None = None) -> tuple[int, Any]:
    """Send one request to a loopback port, and return status and JSON."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, target, body, {} if key is None else {"X-MBX-APIKEY": key})
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")
    finally:
        connection.close()


async def _ask(settings: Settings, message: Message) -> "ToOwner":
    answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()

    def received(_link: Link[Any], reply: Any) -> None:
        if not answer.done():
            answer.set_result(reply)

    def changed(_link: Link[Any], up: bool) -> None:
        if not up and not answer.done():
            answer.set_exception(Unreachable("the signer went away"))

    link: Link[Any] = await connect(settings.socket("owner"), ToOwner, settings.uids("signer"), received, changed)
    link.send(message)
    try:
        return await asyncio.wait_for(answer, 30)
    finally:
        link.close()
        await link.gone.wait()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def running(home: Path, **options: Any) -> Iterator[Deployment]:
    """Yield a running deployment, for fixtures."""
    with Deployment.make(home, **options) as deployment:
        yield deployment
