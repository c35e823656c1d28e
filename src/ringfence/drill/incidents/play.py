"""Play the phases of an incident with a stolen key. It asks nothing of which side of Ringfence it is on.

Where an order does not come through, it asks for less and goes on: nearer the price where it was too far, smaller where
it was too much. Straight at the exchange it never has to.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import assert_never

from ringfence.drill.client import Answer
from ringfence.drill.incidents.crew import Advice, Crew, Deal, Pair, advice, at_market, kept
from ringfence.drill.incidents.incident import Churn, HandOver, Phase, Take
from ringfence.drill.venue import QUOTE

_LEAST_WORTH = Decimal(10)  # twice what the exchange takes as the least
_LEAST_AWAY = Decimal("0.0005")  # of the price: with less there is nothing to take
_TRIES = 200  # orders of a phase beyond those that it has; each halves something, so they are soon too small


@dataclass(slots=True)
class _Ask:
    """What the thief asks for at the moment: how far from the price (a share of it), and how much worth an order."""

    away: Decimal
    worth: Decimal

    def learn(self, answer: Answer) -> bool:
        """Ask for less where it was too much; False where there is nothing left to ask for."""
        match advice(answer):
            case Advice.GO_ON:
                return True
            case Advice.NEARER_THE_PRICE:
                self.away /= 2
            case Advice.SMALLER:
                self.worth /= 2
            case Advice.GIVE_UP:
                return False
        return self.away >= _LEAST_AWAY and self.worth >= _LEAST_WORTH


def play(crew: Crew, phase: Phase) -> None:
    """Do one phase, as far as it comes."""
    match phase:
        case Take():
            _take(crew, phase)
        case HandOver():
            _hand_over(crew, phase)
        case Churn():
            _churn(crew, phase)
        case _:
            assert_never(phase)


def _take(crew: Crew, phase: Take) -> None:
    pair = crew.pairs[phase.symbol]
    asset = QUOTE if phase.side == "BUY" else pair.symbol.removesuffix(QUOTE)
    has = crew.free(asset) * (1 if phase.side == "BUY" else pair.price)
    left = min(phase.worth.value, has)
    ask = _Ask(Decimal(1), left / phase.orders.whole)
    for _ in range(phase.orders.whole + _TRIES):
        quantity = pair.coins(min(ask.worth, left), pair.price)
        if left < _LEAST_WORTH or not quantity:
            return
        answer = crew.bot.send(at_market(pair, phase.side, quantity, pair.price))
        left -= _executed(answer) * pair.price
        if not ask.learn(answer):
            return


def _hand_over(crew: Crew, phase: HandOver) -> None:
    pair, left = crew.pairs[phase.symbol], min(phase.worth.value, kept(crew.free(QUOTE)))
    ask = _Ask(phase.times.value - 1, left / phase.orders.whole)
    for _ in range(phase.orders.whole + _TRIES):
        price = pair.at(1 + ask.away)
        quantity = pair.coins(min(ask.worth, left), price)
        if left < _LEAST_WORTH or not quantity:
            return
        answer = crew.hand_over(Deal(pair, "BUY", phase.form, price, quantity))
        left -= _money(answer)
        if not ask.learn(answer):
            return


def _churn(crew: Crew, phase: Churn) -> None:
    pair, money = crew.pairs[phase.symbol], kept(crew.free(QUOTE))
    buying, selling = _Ask(phase.away.value, phase.worth.value), _Ask(phase.away.value, phase.worth.value)
    for _ in range(phase.rounds.whole):
        spent, bought = _buy(crew, pair, buying, money)
        earned = _sell(crew, pair, selling, bought)
        money += earned - spent
        if not bought:
            return


def _buy(crew: Crew, pair: Pair, ask: _Ask, money: Decimal) -> tuple[Decimal, Decimal]:
    """Buy once, with less and less where it must be; returns what it cost, and the coins."""
    for _ in range(_TRIES):
        price = pair.at(1 + ask.away)
        quantity = pair.coins(kept(min(ask.worth, money)), price)
        if not quantity:
            break
        answer = crew.hand_over(Deal(pair, "BUY", "limit", price, quantity))
        if done := _executed(answer):
            return _money(answer), done
        if not ask.learn(answer):
            break
    return Decimal(0), Decimal(0)


def _sell(crew: Crew, pair: Pair, ask: _Ask, coins: Decimal) -> Decimal:
    """Sell what was just bought, nearer and nearer the price where it must be; returns what it brought."""
    left, earned = kept(coins).quantize(pair.step), Decimal(0)
    for _ in range(_TRIES):
        price = pair.at(1 - ask.away)
        quantity = min(left, pair.coins(ask.worth, price))
        if quantity * price < _LEAST_WORTH / 2:
            break
        answer = crew.hand_over(Deal(pair, "SELL", "limit", price, quantity))
        done = _executed(answer)
        left, earned = left - done, earned + kept(_money(answer))
        if not ask.learn(answer):
            break
    return earned


def _executed(answer: Answer) -> Decimal:
    return Decimal(answer.placed.executedQty) if answer.ok else Decimal(0)


def _money(answer: Answer) -> Decimal:
    """What changed hands: less than was meant where makers quoted before the accomplice, who then tries again."""
    return Decimal(answer.placed.cummulativeQuoteQty) if answer.ok else Decimal(0)
