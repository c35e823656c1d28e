"""Where incidents are replayed: a deployment of its own, whose policy is the one that `ringfence init` writes.

Every incident that the policy lets trade at all has a bot of its own, so that no limit was used up by another one. A
second bot of an incident has its pairs on the list besides. All trade on one account, which is set up anew before each.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal

import msgspec

from ringfence.drill import calls
from ringfence.drill.attack import ACCOMPLICE
from ringfence.drill.client import Client
from ringfence.drill.deployment import Deployment
from ringfence.drill.incidents import ports
from ringfence.drill.incidents.crew import Crew, Pair
from ringfence.drill.incidents.incident import Incident
from ringfence.drill.incidents.starting import FIRST_BOT, bots, policy, scenario
from ringfence.drill.venue import QUOTE, Venue
from ringfence.errors import Broken, Misconfigured

BARE, GUARDED = "bare", "main"
_ACCOMPLICE = Decimal(20_000_000)  # USDT
_ITS_COINS = Decimal(3_000_000)  # worth of each coin, in USDT: it may have to sell into every bid


class _Filter(msgspec.Struct, frozen=True):
    tickSize: Decimal | None = None  # noqa: N815  # Binance's words
    stepSize: Decimal | None = None  # noqa: N815
    filterType: str = ""  # noqa: N815


class _Symbol(msgspec.Struct, frozen=True):
    symbol: str
    filters: tuple[_Filter, ...]


class _Info(msgspec.Struct, frozen=True):
    symbols: tuple[_Symbol, ...]


class _Virtual(msgspec.Struct, frozen=True):
    key: str
    secret: str


class _Amount(msgspec.Struct, frozen=True):
    amount: Decimal | None


class _Stealable(msgspec.Struct, frozen=True):
    stealable: _Amount


class _Promise(msgspec.Struct, frozen=True):
    bot: str
    if_confined: _Stealable


class _Radius(msgspec.Struct, frozen=True):
    bots: tuple[_Promise, ...]


@dataclass(frozen=True, slots=True)
class Door:
    """One way into the exchange: whose account is traded on, at which port, with which key."""

    account: str
    port: int
    key: str
    secret: str

    def client(self) -> Client:
        """A client that has sent nothing yet."""
        return Client(self.port, self.key, self.secret)


@dataclass(frozen=True, slots=True)
class Ground:
    """A deployment that runs. `virtual` has each bot's key; `promised` what may be stolen through it in a day.

    `text` is the policy as `ringfence init` wrote it.
    """

    venue: Venue
    plain: int
    gateway: int
    keys: Mapping[str, tuple[str, str]]
    virtual: Mapping[str, tuple[str, str]]
    promised: Mapping[str, Decimal | None]
    pairs: Mapping[str, Pair]
    text: str

    def bare(self) -> Door:
        """Straight to the exchange, with a real key."""
        return self._direct(BARE)

    def guarded(self, bot: str) -> Door:
        """Through Ringfence, with a bot's virtual key."""
        return Door(GUARDED, self.gateway, *self.virtual[bot])

    def crew(self, bot: Client) -> Crew:
        """A stolen key and its accomplice."""
        return Crew(bot, self._direct(ACCOMPLICE).client(), self.pairs)

    def set_up(self, incident: Incident, account: str) -> None:
        """Give the account what the incident's had and nothing else, and let the makers quote afresh."""
        owner = Door(account, self.plain, *self.keys[f"{account}-withdraw"]).client()
        for asset, held in self.venue.truth().accounts[account].balances.items():
            if held.total and not owner.quietly(calls.withdrawal(asset, held.total)).ok:
                raise Broken(f"{account} cannot be emptied of {asset}")
        for asset, worth in incident.record.holdings.items():
            price = Decimal(1) if asset == QUOTE else self.pairs[f"{asset}{QUOTE}"].price
            self.venue.deposit(account, asset, (worth.value / price).quantize(Decimal("1e-8")))
        self.venue.step()

    def _direct(self, account: str) -> Door:
        return Door(account, self.plain, *self.keys[account])


@contextmanager
def running(deployment: Deployment, incidents: Sequence[Incident], report: Callable[[str], None]) -> Iterator[Ground]:
    """Make a deployment for these incidents, and run it until the block ends."""
    report("making a deployment: a vault, a rehearsal exchange, and the policy that `ringfence init` writes")
    _make(deployment)
    draft = deployment.settings.policy_draft
    text = draft.read_text("utf-8")
    wanted = bots(incidents, text)
    draft.write_text(policy(text, wanted), "utf-8")
    (deployment.settings.paper_ca.parent / "scenario.toml").write_text(scenario(incidents), "utf-8")
    virtual = {name: _add(deployment, name, report) for name in wanted}
    report("starting everything, and waiting for fresh prices")
    with deployment.running():
        yield _ground(deployment, virtual, text)


def _make(deployment: Deployment) -> None:
    """Do what a first user does, on ports of our own; the key is sealed to the exchange's, so it is sealed anew."""
    deployment.command("init", "--paper", opens_vault=True)
    deployment.command("bot", "remove", FIRST_BOT, "--yes", opens_vault=True)
    deployment.command("key", "remove", GUARDED, "--yes", opens_vault=True)
    ports.move(deployment.home / "ringfence.toml")
    deployment.command("key", "add", GUARDED, "--paper-account", GUARDED, opens_vault=True)


def _ground(deployment: Deployment, virtual: Mapping[str, tuple[str, str]], text: str) -> Ground:
    settings = deployment.settings
    if settings.paper is None or not settings.listeners:
        raise Misconfigured(f"{deployment.home} has no rehearsal exchange")
    venue, plain = Venue(settings.socket("paper")), settings.paper.plain_port
    keys = {name: (key.key, key.secret) for name, key in deployment.keys().items()}
    pairs = _pairs(venue, Client(plain, *keys[ACCOMPLICE]))
    venue.deposit(ACCOMPLICE, QUOTE, _ACCOMPLICE)
    for pair in pairs.values():
        venue.deposit(ACCOMPLICE, pair.symbol.removesuffix(QUOTE), pair.coins(_ITS_COINS, pair.price))
    return Ground(venue, plain, settings.listeners[0].port, keys, virtual, _promised(deployment), pairs, text)


def _add(deployment: Deployment, name: str, report: Callable[[str], None]) -> tuple[str, str]:
    report(f"making a virtual key for bot {name}")
    made = deployment.command("bot", "add", name, "--account", GUARDED, "--json", opens_vault=True)
    found = msgspec.json.decode(made.encode(), type=_Virtual)
    return found.key, found.secret


def _promised(deployment: Deployment) -> dict[str, Decimal | None]:
    """Ask what can be stolen in a day through each bot that has nothing but its virtual key."""
    found = msgspec.json.decode(deployment.command("radius", "--json").encode(), type=_Radius)
    return {each.bot: each.if_confined.stealable.amount for each in found.bots}


def _pairs(venue: Venue, anyone: Client) -> dict[str, Pair]:
    info = msgspec.json.decode(anyone.quietly(calls.Call("GET", "/api/v3/exchangeInfo")).body, type=_Info)
    truth = venue.truth()
    return {each.symbol: _pair(each, truth.price(each.symbol)) for each in info.symbols}


def _pair(of: _Symbol, price: Decimal) -> Pair:
    tick = next(each.tickSize for each in of.filters if each.tickSize is not None)
    step = next(each.stepSize for each in of.filters if each.filterType == "LOT_SIZE" and each.stepSize is not None)
    return Pair(of.symbol, price, tick.normalize(), step.normalize())
