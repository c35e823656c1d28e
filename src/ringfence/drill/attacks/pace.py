"""Orders that each may pass, as fast and as many as possible: only what they add up to is wrong."""

from concurrent.futures import ThreadPoolExecutor
from decimal import ROUND_DOWN, Decimal

from ringfence.drill import calls
from ringfence.drill.attack import Attack
from ringfence.drill.plan import EXPOSURE, WINDOW_NOTIONAL
from ringfence.drill.thief import Thief, coins
from ringfence.drill.venue import QUOTE

_ABOVE = "1.0045"  # just within the collar of 0.5 %, whatever the reference price does in its last digits
_BELOW = "0.9805"  # the same for exits: 2 %
_RACERS = 50
_EACH = Decimal(300)
_ROUNDS = 10
_LESS = Decimal("0.9")
_LEAST = Decimal(20)


def _race(thief: Thief) -> None:
    """Send fifty orders at once, so that each is decided before the others are counted."""
    price = thief.at("ETHUSDT", _ABOVE)
    order = calls.limit("ETHUSDT", "BUY", coins(_EACH, price), price)
    wires = [thief.bot.sign(order) for _ in range(_RACERS)]

    def start() -> None:
        with ThreadPoolExecutor(_RACERS) as pool:
            list(pool.map(lambda wire: thief.bot.again(order, wire), wires))

    thief.bait("ETHUSDT", "SELL", price, start)
    thief.bot.quietly(calls.market("ETHUSDT", "SELL", quantity=f"{_held(thief):f}"))


def _churn(thief: Thief) -> None:
    """Buy dear from the accomplice and sell cheap to him, each time with as much as passes."""
    high, low = thief.at("ETHUSDT", _ABOVE), thief.at("ETHUSDT", _BELOW)
    worth = thief.free(QUOTE)

    def buy() -> None:
        nonlocal worth
        while not thief.bot.send(calls.limit("ETHUSDT", "BUY", coins(worth, high), high)).ok and worth > _LEAST:
            worth *= _LESS

    def sell() -> None:
        thief.bot.send(calls.limit("ETHUSDT", "SELL", _held(thief), low))

    for _ in range(_ROUNDS):
        thief.bait("ETHUSDT", "SELL", high, buy)
        if worth <= _LEAST:
            return
        thief.bait("ETHUSDT", "BUY", low, sell)


def _held(thief: Thief) -> Decimal:
    return thief.free("ETH").quantize(Decimal("0.001"), ROUND_DOWN)


PACE = (
    Attack("S33", f"race {_RACERS} orders past a limit", _race, orders=None, bought=EXPOSURE),
    Attack("S03", "buy dear, sell cheap, repeat", _churn, orders=None, bought=WINDOW_NOTIONAL),
)
