"""A deployment whose processes reach each other only through relays, each with the shim loaded."""

import contextlib
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from ringfence.settings import load
from tests.deployment import PROCESSES, Deployment
from tests.matrix.plan import Press
from tests.matrix.relay import Relay
from tests.matrix.shim import Shim
from tests.ports import free_ports

SYMBOLS = ("BTCUSDT", "ETHUSDT")
PROBE = "probe"
LINKS = {  # who connects, who listens
    "asks": ("gateway", "signer"),
    "carry": ("signer", "courier"),
    "public": ("gateway", "courier"),
    "tickers": ("prices", "courier"),
    "quotes": ("prices", "signer"),
}
DOOR = "door"
_WIDE = {
    "collar": '"0.5%"', "exit_collar": '"2%"', "order_notional": '"500"', "window_notional": '"50000"',
    "exposure": '"20000"', "loss_budget": '"2000"', "open_orders": "100", "orders_per_minute": "1000",
}  # fmt: skip
# About three orders more than a case sends before its fault, so that what is asked for after it does not all pass.
_PRESSED = {
    Press.WINDOW: {"window_notional": '"2000"'},
    Press.EXPOSURE: {"exposure": '"1900"'},
    Press.LOSS: {"loss_budget": '"38"'},
    Press.OPEN: {"open_orders": "5"},
    Press.PACE: {"orders_per_minute": "8"},
}
_ORDERS = 'orders = ["limit", "limit-maker", "market", "stop-limit", "take-profit-limit"]\n'
_ACCOUNT = '[account.main]\nexchange = "paper-binance"\ncurrency = "USDT"\nfee = "0.1%"\n'


def policy_of(bots: dict[str, Press | None]) -> str:
    """Write a policy in which each bot has limits of its own."""
    return _ACCOUNT + "".join(_bot(name, press) for name, press in bots.items())


def _bot(name: str, press: Press | None) -> str:
    limits = _WIDE | (_PRESSED[press] if press else {})
    lines = "".join(f"{key} = {value}\n" for key, value in limits.items())
    head = 'account = "main"\nrole = "trade"\nsymbols = ["BTC/USDT", "ETH/USDT"]\n' + _ORDERS
    return f"[bot.{name}]\n{head}[bot.{name}.limits]\n{lines}"


@dataclass(slots=True)
class World:
    """A deployment, its relay and the shims, by process. `band` is the lowest and highest price that was set."""

    deployment: Deployment
    relay: Relay
    shims: dict[str, Shim]
    prices: dict[str, Decimal] = field(default_factory=dict)
    band: dict[str, tuple[Decimal, Decimal]] = field(default_factory=dict)

    def set_price(self, symbol: str, price: Decimal) -> None:
        """Move the market there at once; other venues follow."""
        price = price.quantize(Decimal("0.01"))
        self.deployment.paper("POST", "/price", {"symbol": symbol, "price": f"{price}"})
        low, high = self.band.get(symbol, (price, price))
        self.prices[symbol], self.band[symbol] = price, (min(low, price), max(high, price))

    def send_signal(self, process: str, number: int) -> None:
        """Send a signal to a process that runs."""
        if process in self.deployment.running:
            self.deployment.running[process].send_signal(number)

    def restart(self, process: str, politely: bool = False) -> None:
        """End a process, if it still runs, and start it again."""
        running = self.deployment.running.pop(process, None)
        if running is not None:
            running.send_signal(signal.SIGTERM if politely else signal.SIGKILL)
            with contextlib.suppress(Exception):
                running.wait(5)
            running.kill()
            running.wait()
        self.deployment.start(process)


@contextlib.contextmanager
def world(home: Path, library: Path, bots: dict[str, Press | None]) -> Iterator[World]:
    """Start everything, with prices that stand still, and stop it at the end."""
    text = policy_of({**bots, PROBE: None})
    deployment = Deployment.written(home, text)
    relay = Relay()
    relay.start()
    try:
        shims = _apart(deployment, library)
        _links(deployment, relay)
        deployment.begin((*bots, PROBE))
        with deployment:
            deployment.paper("POST", "/deposit", {"account": "main", "asset": "USDT", "amount": "1000000"})
            made = World(deployment, relay, shims)
            for symbol in SYMBOLS:
                deployment.paper("POST", "/price", {"symbol": symbol, "freeze": True})
            for symbol, price in deployment.truth()["prices"].items():
                if symbol in SYMBOLS:
                    made.set_price(symbol, Decimal(price))
            time.sleep(0.6)  # until every venue has been asked since
            yield made
    finally:
        for process in deployment.running.values():
            process.send_signal(signal.SIGCONT)
        deployment.stop()
        relay.stop()


def _apart(deployment: Deployment, library: Path) -> dict[str, Shim]:
    """Give each process but the signer a home of its own, and every process its shim."""
    shims = {}
    for name in PROCESSES:
        shims[name] = Shim(library, deployment.home / f"{name}.shim")
        deployment.environments[name] = shims[name].environment
        if name == "signer":
            continue
        own = deployment.apart(name)
        if name == "paper":
            (own / "run").rmdir()
            (own / "run").symlink_to(deployment.home / "run")
    return shims


def _links(deployment: Deployment, relay: Relay) -> None:
    assert deployment.settings.paper is not None
    for name, ends in LINKS.items():
        at, to = (deployment.homes.get(end, deployment.home) / "run" / f"{name}.sock" for end in ends)
        relay.link(name, at, to)
    outside, (inside,) = deployment.settings.paper.port, free_ports(1)
    toml = deployment.homes["paper"] / "ringfence.toml"
    toml.write_text(toml.read_text().replace(f"\nport = {outside}\nplain", f"\nport = {inside}\nplain"))
    assert load(deployment.homes["paper"]).paper != deployment.settings.paper
    relay.door(DOOR, outside, inside)


def boot_ms() -> int:
    """Milliseconds since the machine started: the clock that no case sets, in every process."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


def wall_of(boot: int) -> int:
    """Milliseconds since 1970 by this process's clock, at a moment of the boot clock."""
    return time.time_ns() // 1_000_000 - boot_ms() + boot
