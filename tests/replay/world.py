"""A whole signer, driven order by order: its own decisions, books and journal; clock and exchange are the test's.

What a bot asks goes through `Orders.place` and `Cancels.reduce`, as from a gateway. The exchange does what the test
says next, and knows an order by the intent that it came from.
"""

import asyncio
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs

import pytest

from ringfence.cli import factor
from ringfence.dialects.dialect import Answer, Checker
from ringfence.ipc.messages import Outcome, Quote, Quotes
from ringfence.journal.store import Store
from ringfence.model.action import Amend, Cancel, CancelAll, Place, Placing
from ringfence.model.facts import Role
from ringfence.model.names import AccountName, Asset, BotName, ClientId, ExchangeId, KeyId, Symbol
from ringfence.model.order import Kind, Order, OrderRef, Side, Tif
from ringfence.policy.load import load
from ringfence.replay.replay import replay
from ringfence.replay.report import Report
from ringfence.signer import clock, errands, main, market, office, orders, owner, pending, records, serve, world
from ringfence.signer.cancels import Cancels
from ringfence.signer.errands import Errands
from ringfence.signer.guard import Guard
from ringfence.signer.intent import Intent
from ringfence.signer.keyring import BotKey
from ringfence.signer.orders import Orders, Signed
from tests.signer.owner import Exchange, House, Machine

MAIN, BTC, ETH = AccountName("main"), Symbol("BTC/USDT"), Symbol("ETH/USDT")
D = Decimal
ZERO, HALF = D(0), D("0.5")

POLICY = """
[account.main]
exchange = "binance"
currency = "USDT"
fee      = "0.1%"

[bot.grid]
account = "main"
role    = "trade"
symbols = ["BTC/USDT", "ETH/USDT"]
orders  = ["limit", "limit-maker", "market", "stop-limit", "stop-market", "take-profit-limit"]

[bot.grid.limits]
collar            = "1%"
exit_collar       = "2%"
order_notional    = "unlimited"
window_notional   = "unlimited"
exposure          = "unlimited"
loss_budget       = "unlimited"
open_orders       = 100
orders_per_minute = 100
"""


def policy(*changes: str, account: str = "", bot: str = "", more: str = "") -> str:
    """The policy with limits of its bot changed or added; `account` has limits of all bots, `bot` other settings."""
    text = POLICY.replace("[bot.grid.limits]\n", f"{bot}\n[bot.grid.limits]\n")
    for change in changes:
        name = change.split("=")[0].strip()
        known = [line for line in text.splitlines() if line.split("=")[0].strip() == name]
        text = text.replace(known[0], change) if known else f"{text}{change}\n"
    return text + (f"[account.main.limits]\n{account}\n" if account else "") + more


@dataclass(slots=True)
class Row:
    """One order at the exchange."""

    number: int
    intent: Intent
    quantity: Decimal
    executed: Decimal = ZERO
    quote: Decimal = ZERO
    status: str = "NEW"

    @property
    def open(self) -> bool:
        return self.status in {"NEW", "PARTIALLY_FILLED"}

    def fill(self, share: Decimal, price: Decimal) -> None:
        """Fill a part of what is left."""
        more = (self.quantity - self.executed) * share
        self.executed, self.quote = self.executed + more, self.quote + more * price
        self.status = "FILLED" if self.executed == self.quantity else "PARTIALLY_FILLED"

    def said(self, *, cancel: bool = False) -> dict[str, Any]:
        order = self.intent.charge.order
        return {
            "symbol": order.symbol.replace("/", ""),
            "orderId": self.number,
            "origClientOrderId" if cancel else "clientOrderId": self.intent.client_id,
            "side": order.side.value,
            "origQty": f"{self.quantity:f}",
            "executedQty": f"{self.executed:f}",
            "cummulativeQuoteQty": f"{self.quote:f}",
            "status": self.status,
        }


@dataclass(slots=True)
class Venue(Exchange):
    """An exchange that does with the next order what it is told: "rest", "fill", "part", "reject", "lost", "unsent"."""

    next: str = "rest"
    share: Decimal = HALF
    house: Any = None
    rows: dict[str, Row] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    async def carry(self, *sent: Any) -> Outcome:
        """Answer one request."""
        wire = sent[1]
        path, _, query = wire.target.partition("?")
        told = {name: values[0] for name, values in parse_qs(query).items()}
        await asyncio.sleep(0)
        if any(part in path for part in ("exchangeInfo", "ticker/24hr", "klines")):
            return await Exchange.carry(self, sent[0], wire)
        match wire.method, path.rpartition("/")[2]:
            case "POST", _:
                return self._place(told)
            case "DELETE", _:
                return self._cancel(told)
            case "PUT", _:
                row = self._row(told)
                if row is not None and row.open:
                    row.quantity = max(row.executed, D(told["newQty"]))
                    row.status = "FILLED" if row.quantity == row.executed else row.status
                return _heard({})
            case "GET", "order":
                row = self._row(told)
                return _heard({"code": -2013, "msg": "?"}, 400) if row is None else _heard(row.said())
            case "GET", "openOrders":
                return _heard([row.said() for row in self.rows.values() if row.open])
        return _heard({}, 503)

    def _row(self, told: dict[str, str]) -> Row | None:
        by_number = (row for row in self.rows.values() if str(row.number) == told.get("orderId"))
        return self.rows.get(told.get("origClientOrderId", "")) or next(by_number, None)

    def _place(self, told: dict[str, str]) -> Outcome:
        names = {value for name, value in told.items() if name.endswith("lientOrderId") and not name.startswith("list")}
        intents = [intent for intent in self.house.desk.ledger.live() if intent.client_id in names]
        if self.next == "unsent":
            return Outcome(1, sent=False, status=None, body=b"", error="nobody there")
        if self.next == "reject":
            return _heard({"code": -2010, "msg": "no"}, 400)
        made = [Row(next(self.numbers), intent, quantity=intent.quantity) for intent in intents]
        if self.next != "lost":
            self.rows |= {row.intent.client_id: row for row in made}
        for row in made if len(made) == 1 and self.next in {"fill", "part"} else ():
            row.fill(D(1) if self.next == "fill" else self.share, self.house.price(row.intent))
            row.status = row.status if row.intent.charge.order.rests or self.next == "fill" else "EXPIRED"
        if self.next in {"lost", "silent"}:
            return Outcome(1, sent=True, status=None, body=b"", error="silence")
        if len(made) == 1:
            return _heard(made[0].said() | self._fees(made[0]))
        listed = {"listClientOrderId": told["listClientOrderId"], "orders": [{}] * len(made)}
        return _heard(listed | {"orderReports": [row.said() for row in made]})

    def _fees(self, row: Row) -> dict[str, Any]:
        """Say what an order has cost, now in its base, now in something else."""
        if not row.executed:
            return {}
        asset, fee = (row.intent.base, row.executed / 1000) if row.number % 2 else ("BNB", D("0.01"))
        return {"fills": [{"commissionAsset": asset, "commission": f"{fee:f}", "qty": f"{row.executed:f}"}]}

    def _cancel(self, told: dict[str, str]) -> Outcome:
        if "listClientOrderId" in told:
            rows = [row for row in self.rows.values() if row.intent.list_name == told["listClientOrderId"]]
        else:
            one = self._row(told)
            rows = [] if one is None else [one]
        rows = [row for row in rows if row.open]
        if not rows:
            return _heard({"code": -2011, "msg": "?"}, 400)
        for row in rows:
            row.status = "CANCELED"
        if "listClientOrderId" in told:
            listed = {"listClientOrderId": told["listClientOrderId"], "orders": [{}] * len(rows)}
            return _heard(listed | {"orderReports": [row.said(cancel=True) for row in rows]})
        return _heard(rows[0].said(cancel=True))


def _heard(body: object, status: int = 200) -> Outcome:
    return Outcome(1, sent=True, status=status, body=json.dumps(body).encode())


@dataclass(slots=True)
class Driven(House):
    """A signer, and the bots that ask it."""

    orders: Any = None
    cancels: Any = None
    errands: Any = None
    prices: dict[Symbol, Decimal] = field(default_factory=lambda: {BTC: D(100), ETH: D(10)})
    names: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def venue(self) -> Venue:
        return cast(Venue, self.exchange)

    @property
    def store(self) -> Store:
        return self.desk.writer.store

    @property
    def now(self) -> int:
        return self.desk.timeline.now()

    def begin(self, text: str) -> "Driven":
        """Put a first policy in force, and be ready to trade."""
        self.apply(text, proven=False)
        self.ready()
        return self

    def ready(self) -> None:
        """Know what a signer knows a few seconds after its start."""
        desk = self.desk
        self.errands = Errands(desk)
        self.orders = Orders(desk, self.errands, records.counting(self.store, self.now))
        self.cancels = Cancels(desk, self.errands)
        desk.world.offsets[MAIN] = 0
        desk.world.balances[MAIN] = {Asset("USDT"): D(2000)}
        desk.unfit[desk.keyring.accounts[MAIN].key] = ""
        self.quote()

    def price(self, intent: Intent) -> Decimal:
        """What an order fills at: its own price where that is worse for the market."""
        now = self.prices[intent.symbol]
        return min(now, intent.price) if intent.side is Side.BUY else max(now, intent.price)

    def quote(self, *, venues: int = 3, spread: str = "0", age: float = 0.5) -> None:
        """Tell the prices of now."""
        at, apart = self.machine.boot / 1000 - age, D(spread)
        both = [(name, price * (1 - apart), price * (1 + apart)) for name, price in self.prices.items()]
        self.desk.world.market.take(Quotes(tuple(Quote(*prices, venues, at) for prices in both)), self.now)

    def place(self, *asked: tuple[str, Placing]) -> list[Answer]:
        """Have bots ask at the same moment."""
        return self.run(self._place(asked))

    async def _place(self, asked: tuple[tuple[str, Placing], ...]) -> list[Answer]:
        placing = [self.orders.place(key(bot), action, self.signed()) for bot, action in asked]
        return list(await asyncio.gather(*placing))

    def reduce(self, bot: str, action: Cancel | CancelAll | Amend) -> Answer:
        """Have a bot take orders off the book, or make one smaller."""
        answer: Answer = self.run(self.cancels.reduce(key(bot), action, self.signed()))
        return answer

    def signed(self) -> Signed:
        number = f"{next(self.names):08d}"
        return Signed("d" + number, "c" + number, "r" + number)

    def guard(self) -> None:
        """Look as the signer looks twice a second."""
        self.run(self._guard())

    async def _guard(self) -> None:
        Guard(self.desk).look()

    def poll(self) -> None:
        """Ask the exchange how everything stands."""
        self.run(self.errands._poll(MAIN))

    def restart(self) -> None:
        """Stop the signer in order, and start it again."""
        self.rest()
        self.again()
        self.ready()

    def rest(self) -> None:
        """End what the signer's errands still do."""
        self.run(_end(self.errands))

    def journal(self) -> list[bytes]:
        """Every entry there is."""
        self.run(self.desk.writer.flush())
        return [entry.text for entry in self.store.entries(-1, 100_000)]

    def replay(self, text: str, since: int = 0) -> Report:
        """Judge it all by another policy."""
        return replay(self.journal(), load(text), since)


async def _end(running: Errands) -> None:
    tasks = [*running._resolving.values(), *running._tasks]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def key(bot: str) -> BotKey:
    """A bot's virtual key; its signature has been checked."""
    names = (BotName(bot), MAIN, ExchangeId("binance"), Role.TRADE, KeyId(bot))
    return BotKey(*names, cast(Checker, None))


def order(side: str, quantity: str, price: str | None = "100", symbol: Symbol = BTC, **more: Any) -> Order:
    """An order: with a price a limit order that rests, without one a market order."""
    kind, tif = (Kind.MARKET, None) if price is None else (Kind.LIMIT, Tif.GTC)
    limit = None if price is None else D(price)
    given = {"kind": kind, "tif": tif, "quote": None, "client_id": None, **more}
    return Order(symbol, Side(side.upper()), quantity=D(quantity), price=limit, **given)


def place(*arguments: Any, **more: Any) -> Place:
    """A request for one order."""
    return Place(order(*arguments, **more))


def ref(intent: Intent) -> OrderRef:
    """What names an order."""
    return OrderRef(intent.symbol, None, ClientId(intent.client_id))


@pytest.fixture
def desk(tmp_path: Path, vault_file: tuple[bytes, factor.Fresh], monkeypatch: pytest.MonkeyPatch) -> Iterator[Driven]:
    """A signer that runs and has no policy yet."""
    machine = Machine()
    for module in (clock, errands, main, market, office, owner, pending, serve, world):
        for name in ("wall_ms", "boot_ms", "boot_id"):
            part = name.removesuffix("_ms")
            monkeypatch.setattr(module, name, lambda part=part: getattr(machine, part), raising=False)
    monkeypatch.setattr(orders, "RESOLVE_SECONDS", 0.001)
    (tmp_path / "vault").touch(0o600)
    (tmp_path / "vault").write_bytes(vault_file[0])
    loop = asyncio.new_event_loop()
    made = Driven(tmp_path, machine, loop, exchange=Venue(machine), fresh=vault_file[1])
    made.venue.house = made
    made.start()
    yield made
    if made.errands is not None:
        made.rest()
    made.kill()
    loop.close()
