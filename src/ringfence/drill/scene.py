"""What a scenario's program is given: the stolen key, the accomplice, the exchange's truth, the policy's limits."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from decimal import ROUND_DOWN, Decimal
from pathlib import Path
from typing import Protocol

from ringfence.drill import calls
from ringfence.drill.attack import Ground
from ringfence.drill.calls import Call
from ringfence.drill.client import Answer, Client
from ringfence.drill.means import Means, quantity, whole_steps
from ringfence.drill.status import Bot, Status
from ringfence.drill.thief import Thief
from ringfence.drill.tunnel import Tunnel
from ringfence.drill.venue import QUOTE, Arrived, Order
from ringfence.errors import Broken

THIN = "VIAUSDT"  # no adapted policy lists it
_TICK = Decimal("0.01")
_RESTS = "0.99"


class Rehearsed(Protocol):
    """The deployment around a scenario, as its owner can reach it."""

    @property
    def home(self) -> Path:
        """Where it is."""
        ...

    @property
    def gateway(self) -> int:
        """The port where bots find it."""
        ...

    def tunnel(self, key: str) -> Tunnel:
        """How the bot that has this virtual key comes in by the proxy."""
        ...

    def neighbour(self, key: str) -> Tunnel:
        """How another bot does."""
        ...

    @property
    def exchange(self) -> int:
        """The port that leads straight to the exchange."""
        ...

    @property
    def real(self) -> tuple[str, str]:
        """The real key, and its secret."""
        ...

    def status(self) -> Status:
        """Look at everything."""
        ...

    def bot(self, key: str) -> Bot:
        """Look at the bot that has this virtual key."""
        ...

    def down(self, process: str) -> AbstractContextManager[None]:
        """Kill a process outright, and let it be started again at the end of the block; returns once orders pass."""
        ...

    def until(self, so: Callable[[], bool], seconds: float) -> bool:
        """Wait until something is so; False where it never was."""
        ...

    def resume(self) -> None:
        """Lift what only a person can lift."""
        ...

    def apply_unproven(self, text: str) -> str:
        """Ask for another policy without the owner's proof; returns why it was refused, nothing where it was not."""
        ...

    def allow_unproven(self, bot: str) -> tuple[str, ...]:
        """Let every order pass that a bot has waiting, with a false proof; returns why each was refused."""
        ...


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that must be so, as it was found."""

    held: bool
    text: str


@dataclass(frozen=True, slots=True)
class Scene:
    """One scenario on one side. `rehearsed` is None where no Ringfence is in between.

    `dust` is how much of the coin the account had before; `prepared` has the answers to what came before the attack.
    """

    thief: Thief
    ground: Ground
    means: Means
    rehearsed: Rehearsed | None
    dust: Decimal = Decimal(0)
    prepared: list[Answer] = field(default_factory=list)
    claims: list[Claim] = field(default_factory=list)

    @property
    def bot(self) -> Client:
        """The stolen key, at the address where it works."""
        return self.thief.bot

    @property
    def symbol(self) -> str:
        """What the policy lists."""
        return self.means.symbol

    @property
    def ways(self) -> tuple[Client, ...]:
        """The stolen key by each way in: its port, and the proxy where Ringfence is in between."""
        if self.rehearsed is None:
            return (self.bot,)
        return self.bot, self.bot.by(self.rehearsed.tunnel(self.bot.key))

    @property
    def base(self) -> str:
        """The coin of it."""
        return self.symbol.removesuffix(QUOTE)

    @property
    def guard(self) -> Rehearsed:
        """The deployment; only a scenario that is not tried without one may ask."""
        if self.rehearsed is None:
            raise Broken("this scenario has no side without Ringfence")
        return self.rehearsed

    def claim(self, held: bool, text: str) -> None:  # noqa: FBT001  # it reads as a sentence
        """Note something that must be so."""
        self.claims.append(Claim(held, text))

    def price(self, times: Decimal | str, symbol: str = "") -> Decimal:
        """A price that is so many times what the coin is worth."""
        return (self.thief.prices[symbol or self.symbol] * Decimal(times)).quantize(_TICK, ROUND_DOWN)

    def size(self, worth: Decimal, price: Decimal | None = None) -> Decimal:
        """How much of the coin a worth buys."""
        return quantity(self.symbol, worth, price or self.price("1"))

    def buy(self, worth: Decimal, times: Decimal | str, **more: str) -> Call:
        """Write a limit buy that does not wait, unless `timeInForce` says so."""
        price = self.price(times)
        return calls.limit(self.symbol, "BUY", self.size(worth, price), price, **more)

    def sell(self, amount: Decimal, times: Decimal | str, **more: str) -> Call:
        """Write a limit sale of some coins."""
        return calls.limit(self.symbol, "SELL", amount, self.price(times), **more)

    def entry(self, worth: Decimal, **more: str) -> Call:
        """Write a buy that fills at once, in a form that the policy allows."""
        if self.means.allows("limit") or not self.means.allows("market"):
            return self.buy(worth, self.means.high, **more)
        return calls.market(self.symbol, "BUY", quantity=f"{self.size(worth):f}", **more)

    def leaving(self, amount: Decimal, **more: str) -> Call:
        """Write a sale of a position that fills at once, in a form that the policy allows."""
        if self.means.allows("limit") or not self.means.allows("market"):
            return self.sell(amount, self.means.low, **more)
        return calls.market(self.symbol, "SELL", quantity=f"{amount:f}", **more)

    def resting(self, worth: Decimal, times: str = _RESTS, **more: str) -> Call:
        """Write a buy that waits below the market."""
        if self.means.allows("limit") or not self.means.allows("limit-maker"):
            return self.buy(worth, times, timeInForce="GTC", **more)
        price = self.price(times)
        words = {"quantity": f"{self.size(worth, price):f}", "price": f"{price:f}", **more}
        return calls.order(self.symbol, "BUY", "LIMIT_MAKER", **words)

    def prepare(self, call: Call) -> Answer:
        """Send something through the bot's door that is no part of the attack."""
        self.prepared.append(self.bot.quietly(call))
        return self.prepared[-1]

    def leave(self) -> Answer | None:
        """Sell what is held, as a part of the attack; None where nothing is."""
        amount = self.held()
        return self.bot.send(self.leaving(amount)) if amount else None

    def held(self) -> Decimal:
        """How much more of the coin the account has free than before, in whole steps."""
        account = self.ground.venue.truth().accounts[self.ground.account]
        balance = account.balances.get(self.base)
        free = Decimal(0) if balance is None else Decimal(balance.free)
        return whole_steps(self.symbol, max(free - self.dust, Decimal(0)))

    def money(self) -> Decimal:
        """How much money the account has free."""
        return Decimal(self.ground.venue.truth().accounts[self.ground.account].balances[QUOTE].free)

    def orders(self) -> list[Order]:
        """Every order that the exchange has ever had of the account."""
        return list(self.ground.venue.truth().orders_of(self.ground.account).values())

    def arrived(self, after: int) -> list[Arrived]:
        """What came to the exchange from Ringfence after a moment of its clock; it remembers the last thousands."""
        return [each for each in self.ground.venue.requests() if each.listener == "main" and each.time > after]

    def alarmed(self, text: str) -> bool:
        """Whether the owner is told something of this bot, now or within a moment."""
        begins = f"bot {self.used().bot} "
        return self.guard.until(
            lambda: any(begins in alarm.text and text in alarm.text for alarm in self.guard.status().alarms), 4
        )

    def used(self) -> Bot:
        """What the bot has used of its limits."""
        return self.guard.bot(self.bot.key)
