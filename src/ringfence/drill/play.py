"""Play a scenario on both sides with the same program: with a real key at the exchange, and through Ringfence."""

import http.client
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from websockets.exceptions import WebSocketException

from ringfence.drill import calls
from ringfence.drill.attack import ACCOMPLICE, Ground
from ringfence.drill.client import Answer, Client
from ringfence.drill.judge import Played
from ringfence.drill.means import Means, whole_steps
from ringfence.drill.measure import Effect, effect
from ringfence.drill.rehearsal import MAIN, Rehearsal
from ringfence.drill.scenario import Scenario
from ringfence.drill.scene import Claim, Scene
from ringfence.drill.thief import Thief
from ringfence.drill.tunnel import Turned
from ringfence.drill.venue import QUOTE
from ringfence.errors import RingfenceError

BARE = "bare"
_SETTLE_SECONDS = 2.5  # prices are asked for once a second (prices/feed.py), and must be those of now
_QUIET_SECONDS = 15.0  # the exchange counts orders by ten seconds
_PURSES = 600  # of the accomplice: enough to buy up every quote of a side, again and again
_WENT_WRONG = (RingfenceError, OSError, http.client.HTTPException, WebSocketException, Turned)
_COINS = {"BTC": Decimal(2_000), "ETH": Decimal(100_000), "VIA": Decimal(1_000_000)}
_OTHER_COINS = Decimal(200_000)
_PURSE_SHARE = 3  # the accomplice offers more at once than the stolen key can pay for


@dataclass(frozen=True, slots=True)
class Stage:
    """Where scenarios are played. `prices` is what everything was worth when they stood still."""

    rehearsal: Rehearsal
    means: Means
    prices: Mapping[str, Decimal] = field(default_factory=dict)

    @classmethod
    def set(cls, rehearsal: Rehearsal, means: Means) -> "Stage":
        """Let prices stand still, and make the accomplice rich."""
        venue = rehearsal.venue
        venue.freeze()
        venue.deposit(ACCOMPLICE, QUOTE, means.wealth * _PURSES)
        for symbol in venue.truth().prices:
            coin = symbol.removesuffix(QUOTE)
            venue.deposit(ACCOMPLICE, coin, _COINS.get(coin, _OTHER_COINS))
        return cls(rehearsal, means, {symbol: Decimal(price) for symbol, price in venue.truth().prices.items()})

    def play(self, scenario: Scenario) -> Played:
        """Play one scenario; what goes wrong on the way is told as its result."""
        if scenario.program is None:
            return Played(scenario)
        try:
            self.rehearsal.until(lambda: not self.rehearsal.status().left_alone, _QUIET_SECONDS)
            bare = self._bare(scenario) if scenario.bare else None
            return self._guarded(scenario, bare)
        except _WENT_WRONG as error:
            return Played(scenario, broken=str(error) or type(error).__name__)
        finally:
            self.rehearsal.venue.mend()

    def _bare(self, scenario: Scenario) -> Effect:
        """Straight to the exchange with a real key: the one that may do everything where the attack needs it."""
        bot = self._direct(f"{BARE}-withdraw" if scenario.full_key else BARE)
        found, _, _ = self._measured(scenario, bot, Ground(self.rehearsal.venue, BARE, self._direct(BARE), "plain"))
        return found

    def _guarded(self, scenario: Scenario, bare: Effect | None) -> Played:
        """Through Ringfence with a virtual key of its own, so with limits of which nothing is used."""
        bot = Client(self.rehearsal.gateway, *self.rehearsal.bots[scenario.id.lower()])
        ground = Ground(self.rehearsal.venue, MAIN, self._direct(MAIN), "main")
        found, resting, claims = self._measured(scenario, bot, ground)
        return Played(
            scenario,
            guarded=found,
            bare=bare,
            claims=claims,
            alarms=tuple(alarm.text for alarm in self.rehearsal.status().alarms),
            resting=resting,
            leaked=self._leaked(found.answers),
        )

    def _measured(self, scenario: Scenario, bot: Client, ground: Ground) -> tuple[Effect, int, tuple[Claim, ...]]:
        venue, account = ground.venue, ground.account
        self._clear(ground)
        scene = self._scene(bot, ground)
        with scenario.stage(scene):
            before = venue.truth()
            if scenario.program is not None:
                scenario.program(scene)
            after = venue.truth()
        resting = sum(order.open for order in after.orders_of(account).values())
        return effect(before, after, account, bot.answers), resting, tuple(scene.claims)

    def _clear(self, ground: Ground) -> None:
        """Begin flat at one price, with nothing open, as much money as ever and a full book."""
        venue = ground.venue
        truth = venue.truth()
        for symbol, price in self.prices.items():
            if truth.price(symbol) != price:
                venue.move(symbol, price)
                time.sleep(_SETTLE_SECONDS)
            if any(order.open and order.symbol == symbol for order in truth.orders_of(ground.account).values()):
                ground.owner.quietly(calls.cancel_all(symbol))
        venue.step()
        account = venue.truth().accounts[ground.account]
        for symbol in self.prices:
            held = account.balances.get(symbol.removesuffix(QUOTE))
            amount = Decimal(0) if held is None else whole_steps(symbol, Decimal(held.free))
            if amount > 0:
                ground.owner.quietly(calls.market(symbol, "SELL", quantity=f"{amount:f}"))
        held = venue.truth().accounts[ground.account].balances[QUOTE]
        venue.deposit(ground.account, QUOTE, self.means.wealth - held.total)
        venue.step()

    def _scene(self, bot: Client, ground: Ground) -> Scene:
        thief = Thief(bot, self._direct(ACCOMPLICE), self.prices, self.means.wealth * _PURSE_SHARE)
        coin = ground.venue.truth().accounts[ground.account].balances.get(self.means.symbol.removesuffix(QUOTE))
        dust = Decimal(0) if coin is None else Decimal(coin.free)
        return Scene(thief, ground, self.means, self.rehearsal if ground.account == MAIN else None, dust)

    def _direct(self, name: str) -> Client:
        key = self.rehearsal.keys[name]
        return Client(self.rehearsal.exchange, key.key, key.secret)

    def _leaked(self, answers: tuple[Answer, ...]) -> bool:
        """Say whether anything that came back through Ringfence has the real key, its secret or a signature in it."""
        key, secret = self.rehearsal.real
        signed = {request.signature for request in self.rehearsal.venue.requests() if request.listener == "main"}
        words = [word.encode() for word in (key, secret, *signed) if word]
        return any(word in answer.body for answer in answers for word in words)
