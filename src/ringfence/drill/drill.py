"""Run every attack twice, with the same program: with a real key at the exchange, and through Ringfence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ringfence.drill.attack import ACCOMPLICE, Attack, Ground
from ringfence.drill.client import Client
from ringfence.drill.deployment import PaperKey
from ringfence.drill.measure import Effect, effect
from ringfence.drill.thief import Thief
from ringfence.drill.venue import QUOTE, Venue
from ringfence.drill.verdict import Result

# Enough to buy up every quote of a side: the worst accomplice there can be.
_ACCOMPLICE = {QUOTE: Decimal(20_000_000), "ETH": Decimal(100_000)}
_BARE, _GUARDED = "bare", "main"  # the accounts at the rehearsal exchange
_FULL = Decimal(10_000)  # what the account without Ringfence has again before each attack, or it could lose only once


@dataclass(frozen=True, slots=True)
class Drill:
    """Both sides. `exchange` and `gateway` are ports: one leads straight to the exchange, one to Ringfence."""

    venue: Venue
    keys: Mapping[str, PaperKey]
    exchange: int
    gateway: int
    virtual: tuple[str, str]

    def prepare(self) -> None:
        """Let prices stand still, and make the accomplice rich."""
        self.venue.freeze()
        for asset, amount in _ACCOMPLICE.items():
            self.venue.deposit(ACCOMPLICE, asset, amount)

    def run(self, attack: Attack) -> Result:
        """Run one attack on both sides."""
        return Result(attack, self._without(attack), self._with(attack))

    def saw_the_key(self, results: Sequence[Result]) -> bool:
        """Say whether anything that came back through Ringfence has the real key or its secret in it."""
        real = self.keys[_GUARDED]
        heard = [answer.body for result in results for answer in result.guarded.answers]
        return any(word.encode() in body for word in (real.key, real.secret) for body in heard)

    def _without(self, attack: Attack) -> Effect:
        """Straight to the exchange with a real key: the one that may do everything where the attack needs it."""
        held = self.venue.truth().accounts[_BARE].balances[QUOTE]
        self.venue.deposit(_BARE, QUOTE, _FULL - held.total)
        bot = self._direct(f"{_BARE}-withdraw" if attack.full_key else _BARE)
        return self._measured(attack, bot, Ground(self.venue, _BARE, self._direct(_BARE), "plain"))

    def _with(self, attack: Attack) -> Effect:
        """Through Ringfence with the virtual key. This account is never filled up: what is gone is gone."""
        bot = Client(self.gateway, *self.virtual)
        return self._measured(attack, bot, Ground(self.venue, _GUARDED, self._direct(_GUARDED), "main"))

    def _measured(self, attack: Attack, bot: Client, ground: Ground) -> Effect:
        prices = {symbol: Decimal(price) for symbol, price in self.venue.truth().prices.items()}
        thief = Thief(bot, self._direct(ACCOMPLICE), prices)
        self.venue.step()  # the attack before this one may have left the book empty
        with attack.stage(ground):
            before = self.venue.truth()
            attack.program(thief)
            after = self.venue.truth()
        return effect(before, after, ground.account, bot.answers)

    def _direct(self, name: str) -> Client:
        key = self.keys[name]
        return Client(self.exchange, key.key, key.secret)
