"""A signer as its owner's commands find it: its own code, its own vault and journal; a fake machine, a fake exchange.

Everything goes through `Owner.received`, as from the control socket. The machine's clocks are the test's to move.
"""

import asyncio
import hmac
import json
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ringfence.cli import factor
from ringfence.dialects.dialect import Wire
from ringfence.ipc.messages import (
    AskApply,
    AskNonce,
    AskStatus,
    Failed,
    Message,
    Nonce,
    Outcome,
    Proof,
    Reply,
    Tunnels,
    apply_content,
    proof_text,
)
from ringfence.journal.emergency import Emergency
from ringfence.settings import Settings
from ringfence.signer import clock, main, pending, walls
from ringfence.signer.desk import Desk
from ringfence.signer.errands import Errands
from ringfence.signer.office import Office
from ringfence.signer.owner import Owner
from ringfence.signer.past import read_past
from ringfence.signer.pending import Changes
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.totp import STEP_SECONDS, code
from ringfence.vault.vault import Vault
from tests.dialects.binance.test_instruments import body, listed

PASSPHRASE = b"correct horse battery"
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
_FLOOR_KIB = 64 * 1024
T = TypeVar("T")

POLICY = """
[account.main]
exchange = "binance"
currency = "USDT"
fee      = "0.1%"

[bot.grid]
account = "main"
role    = "trade"
symbols = ["BTC/USDT"]
orders  = ["limit"]

[bot.grid.limits]
collar            = "0.5%"
exit_collar       = "2%"
order_notional    = "500"
window_notional   = "5000"
exposure          = "2000"
loss_budget       = "60"
open_orders       = 20
orders_per_minute = 60
"""
NARROWER = POLICY.replace('"5000"', '"4000"')
WIDER = POLICY.replace('"5000"', '"6000"')
WIDEST = POLICY.replace('"5000"', '"9000"')


class Refused(Exception):
    """The signer said no."""


@dataclass(slots=True)
class Machine:
    """A computer's clocks (ms)."""

    wall: int = 1_800_000_000_000
    boot: int = 5_000_000
    boot_id: str = "first"

    def wait(self, milliseconds: int) -> None:
        """Let time pass."""
        self.wall += milliseconds
        self.boot += milliseconds

    def set_clock(self, milliseconds: int) -> None:
        """Move the wall clock, as `date -s` does."""
        self.wall += milliseconds

    def reboot(self, off: int) -> None:
        """Switch off, for so long, and on again."""
        self.wall += off
        self.boot, self.boot_id = 1_000, self.boot_id + "'"


@dataclass(slots=True)
class Exchange:
    """The courier, and an exchange that describes its symbols.

    `trades` are those that trade now, with what was traded of each in a day; `young` are those listed a day ago.
    """

    machine: Machine
    up: bool = True
    trades: dict[str, str] = field(default_factory=lambda: {"BTCUSDT": "9000000", "ETHUSDT": "8000000"})
    young: set[str] = field(default_factory=set)
    asked: int = 0
    tick: str = "0.01000000"
    tunnels: list[Tunnels] = field(default_factory=list)  # as the courier was told

    def lead(self, tunnels: Tunnels) -> None:
        """Note where bots may be led."""
        self.tunnels.append(tunnels)

    async def carry(self, _: object, wire: Wire) -> Outcome:
        """Answer what is asked, or with silence."""
        self.asked += 1
        await asyncio.sleep(0)
        if not self.up:
            return Outcome(1, sent=False, status=None, body=b"", error="nobody there")
        return Outcome(1, sent=True, status=200, body=self._body(wire.target))

    def _body(self, target: str) -> bytes:
        if "/ticker/24hr" in target:
            rows = [{"symbol": name, "quoteVolume": volume} for name, volume in self.trades.items()]
            return json.dumps(rows).encode()
        if "/klines" in target:
            days = 1 if any(f"={name}&" in target for name in self.young) else 1000
            return json.dumps([[self.machine.wall - days * DAY, "1"]]).encode()
        price = {"filterType": "PRICE_FILTER", "minPrice": self.tick, "maxPrice": "1000000.00", "tickSize": self.tick}
        filters = [price, *listed()["filters"][1:]]
        return body(*(listed(symbol=name, baseAsset=name[:-4], filters=filters) for name in self.trades))


@dataclass(slots=True)
class _Link:
    said: "asyncio.Future[Message]"

    def send(self, message: Message) -> None:
        self.said.set_result(message)


@dataclass(slots=True)
class House:
    """A deployment with one real account. `start` and `kill` are its signer's."""

    home: Path
    machine: Machine
    loop: asyncio.AbstractEventLoop
    exchange: Exchange
    fresh: factor.Fresh | None = None
    apart: bool = True
    _open: Any = None

    @property
    def desk(self) -> Desk:
        """The running signer's."""
        found: Desk = self._open[0]
        return found

    def run(self, work: Coroutine[object, object, T]) -> T:
        """Do something in the signer."""
        return self.loop.run_until_complete(asyncio.wait_for(work, 20))

    def start(self) -> "House":
        """Start the signer, as its `main` does."""
        self.run(self._start())
        return self

    async def _start(self) -> None:
        settings = Settings(self.home)
        vault = Vault.open(settings.vault, lambda: bytearray(PASSPHRASE))
        store, timeline = main._open_journal(settings, vault)
        emergency = Emergency.open(settings.journal / "emergency", 1024 * 1024)
        past = read_past(store)
        desk = main._desk(vault, store, timeline, emergency, past)
        carrier: Any = self.exchange
        desk.carrier = carrier
        office = Office(desk, vault, main._reveal(vault, RecordKind.OWNER), (), lambda: 0, apart=self.apart)
        changes = Changes(desk, vault, past, office.tell)
        owner = Owner(office, Errands(desk), changes)
        tasks = [asyncio.ensure_future(desk.writer.run()), asyncio.ensure_future(changes.run())]
        self._open = (desk, owner, store, emergency, tasks, vault)
        await desk.writer.flush()

    def stop(self) -> None:
        """End the signer in order."""
        self.run(self.desk.writer.flush())
        self.kill()

    def kill(self) -> None:
        """End it at once."""
        _, _, store, emergency, tasks, vault = self._open
        for task in tasks:
            task.cancel()
        self.run(_gone(tasks))
        store.close()
        emergency.close()
        vault.close()

    def again(self) -> None:
        """Stop and start."""
        self.stop()
        self.start()

    def ask(self, message: Message) -> dict[str, Any]:
        """Send one of the owner's commands; what it said is signed a second later."""
        answer = self.run(self._ask(message))
        self.run(self.desk.writer.flush())
        return answer

    async def ask_unsigned(self, message: Message) -> dict[str, Any]:
        """Send one, and let nothing be signed after it."""
        return await self._ask(message)

    async def _ask(self, message: Message) -> dict[str, Any]:
        answer = await self._heard(message)
        if isinstance(answer, Failed):
            raise Refused(f"{answer.message} ({answer.hint})")
        assert isinstance(answer, Reply)
        found: dict[str, Any] = json.loads(answer.body)
        return found

    async def _heard(self, message: Message) -> Message:
        link: Any = _Link(asyncio.get_running_loop().create_future())
        owner: Any = self._open[1]
        owner.received(link, message)
        said: Message = await link.said
        return said

    def prove(self, command: str, content: bytes) -> Proof:
        """Make the proof that who has the passphrase can make."""
        nonce = self.run(self._heard(AskNonce()))
        assert isinstance(nonce, Nonce)
        vault = self._open[5]
        record = next(record for record in vault.records if record.kind is RecordKind.OWNER)
        with vault.reveal(record.id) as key:
            mac = hmac.digest(key.view(), proof_text(nonce.nonce, command, content), "sha256")
        return Proof(nonce.nonce, mac)

    def apply(self, text: str, code: str = "", *, proven: bool = True) -> dict[str, Any]:
        """Ask for a policy."""
        proof = self.prove("apply", apply_content(text, code)) if proven else None
        return self.ask(AskApply(text, proof, code))

    def code(self, steps: int = 0) -> str:
        """What the app shows, so many steps from now."""
        vault = self._open[5]
        with vault.reveal(RecordKind.TOTP) as seed:
            return code(seed.view(), self.machine.wall // 1000 // STEP_SECONDS + steps).decode()

    def wide(self, text: str = WIDER) -> dict[str, Any]:
        """Ask for a wider policy with all that it takes."""
        self.machine.wait(2 * MINUTE)  # so that the code is a new one
        return self.apply(text, self.code())

    def pass_(self, milliseconds: int) -> None:
        """Let time pass, and the signer look at what is due."""
        self.machine.wait(milliseconds)
        self.look()

    def look(self) -> None:
        """Let the signer look at what is due, a few times."""
        self.run(asyncio.sleep(0.05))
        self.run(self.desk.writer.flush())

    @property
    def in_force(self) -> str:
        """The text of the policy in force."""
        found = self.desk.world.in_force
        return "" if found is None else found.policy.text

    @property
    def waits(self) -> bool:
        """Whether a policy waits."""
        return self.ask(AskStatus())["change"] is not None

    @property
    def alarms(self) -> str:
        """All alarms, in one text."""
        return "\n".join(text for _, text in self.desk.alarms)

    @property
    def entries(self) -> list[dict[str, Any]]:
        """The whole journal."""
        return [json.loads(entry.text) for entry in self.desk.writer.store.entries(-1, 10_000)]


async def _gone(tasks: list["asyncio.Task[None]"]) -> None:
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.fixture(scope="session")
def vault_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, factor.Fresh]:
    """A vault with a real account and a second factor, made once."""
    path = tmp_path_factory.mktemp("made") / "vault"
    with Vault.create(path, bytearray(PASSPHRASE), _FLOOR_KIB) as vault:
        hosts = ("api.binance.com",)
        vault.add(
            Record("main", RecordKind.EXCHANGE, "binance", hosts, "main", "trade", "", "A" * 64, 1, "f"),
            bytearray(b"s" * 64),
        )
        fresh = factor.make(vault)
    return path.read_bytes(), fresh


@pytest.fixture
def house(tmp_path: Path, vault_file: tuple[bytes, factor.Fresh], monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A running signer with `POLICY` in force."""
    machine = Machine()
    for module in (clock, main, pending, walls):
        for name in ("wall_ms", "boot_ms", "boot_id"):
            part = name.removesuffix("_ms")
            monkeypatch.setattr(module, name, lambda part=part: getattr(machine, part), raising=False)
    monkeypatch.setattr(pending, "_TICK_SECONDS", 0.002)
    (tmp_path / "vault").touch(0o600)
    (tmp_path / "vault").write_bytes(vault_file[0])
    loop = asyncio.new_event_loop()
    made = House(tmp_path, machine, loop, Exchange(machine), fresh=vault_file[1]).start()
    made.apply(POLICY, proven=False)
    yield made
    made.kill()
    loop.close()
