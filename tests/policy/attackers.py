"""Captured bots: each takes a street and does its worst. All know the policy; some know the future."""

from collections.abc import Callable
from decimal import Decimal

from ringfence.model.order import Kind, Order, Side, Tif
from tests.policy.street import WINDOW, Street, Working
from tests.policy.world import BTC

STEP = Decimal("0.001")  # the quantity step of the toy market
TICK = Decimal("0.01")
SIZES = (40, 10, 3, 1)  # parts of what the path could be worth; large first, so that the last crumbs are found too

Attack = Callable[[Street], None]


def market(side: Side, quantity: Decimal) -> Order:
    """Make a market order."""
    return Order(BTC, side, Kind.MARKET, quantity, None, None, None, None)


def taken(street: Street, side: Side, quantity: Decimal) -> bool:
    """Send a market order, and have the accomplice fill it at once."""
    quantity = quantity // STEP * STEP
    working = street.submit(market(side, quantity)) if quantity > 0 else None
    if working is not None:
        street.fill(working)
    return working is not None


def leave(street: Street) -> None:
    """Give the whole position away at the exit collar."""
    held = street.position
    if held:
        taken(street, Side.SELL if held > 0 else Side.BUY, abs(held))


def at_every_step(attack: Attack) -> Attack:
    """Repeat an attack through the whole path."""

    def run(street: Street) -> None:
        for step in range(len(street.path)):
            street.step = step
            attack(street)

    return run


def churn(street: Street) -> None:
    """Buy and give away, buy and give away, in ever smaller pieces, until nothing more passes."""
    for size in SIZES:
        quantity = Decimal(size) / 10
        for _ in range(200):
            if not taken(street, Side.BUY, quantity):
                break
            leave(street)


def turn(street: Street) -> None:
    """Swing from long to short and back: each order reverses the position, so none is an exit."""
    side = Side.SELL if street.position > 0 else Side.BUY
    for size in SIZES:
        for _ in range(200):
            if not taken(street, side, Decimal(size) / 10 + abs(street.position)):
                break
            side = Side.SELL if side is Side.BUY else Side.BUY


def hoard(street: Street) -> None:
    """Fill the exposure and keep it; give it all away at the last moment, at the best price to lose at."""
    for size in SIZES:
        while taken(street, Side.BUY, Decimal(size) / 10):
            pass
    if street.reference == max(street.path) or street.step == len(street.path) - 1:
        leave(street)


def midnight(street: Street) -> None:
    """Spend one window's limits just before midnight and another's just after."""
    for step in (WINDOW - 1, WINDOW):
        street.step = step
        churn(street)


def at_once(street: Street) -> None:
    """Have many orders in flight before any is answered, then have them all filled; leave; again."""
    flight = [street.submit(market(Side.BUY, Decimal(4))) for _ in range(40)]
    for working in flight:
        if working is not None:
            street.fill(working)
    leave(street)


def silence(street: Street) -> None:
    """Have the reply to every order get lost, though the order fills."""
    for _ in range(100):
        for side in (Side.BUY, Side.SELL):
            working = street.submit(market(side, Decimal(4)))
            if working is not None:
                street.lose_the_reply(working)
                street.fill(working)


def race(street: Street) -> None:
    """Cancel every order at once, and have it filled before the cancel arrives."""
    for _ in range(100):
        for side in (Side.BUY, Side.SELL):
            working = street.submit(market(side, Decimal(4)))
            if working is not None:
                street.ask_to_cancel(working)
                street.fill(working)


def pick(street: Street) -> None:
    """Rest orders at the collar, and have them filled where the path has moved furthest against them."""
    limits = street.bot.limits
    assert limits is not None
    resting: list[Working] = []
    for step, now in enumerate(street.path):
        street.step = step
        ahead = street.path[street.step + 1 :]
        for working in [one for one in resting if _turns(street, one)]:
            resting.remove(working)
            street.fill(working)
        side = Side.BUY if ahead and min(ahead) < now else Side.SELL
        price = (now * (1 + side.sign * limits.collar) / TICK).quantize(Decimal(1), "ROUND_DOWN") * TICK
        price += 0 if side is Side.BUY else TICK
        for size in SIZES:
            order = Order(BTC, side, Kind.LIMIT, Decimal(size) / 10, None, price, Tif.GTC, None)
            while (working := street.submit(order)) is not None:  # type: ignore[assignment]
                resting.append(working)
    for working in resting:
        street.fill(working)


def _turns(street: Street, working: Working) -> bool:
    """Say whether the path is at its worst for an order, before it comes back."""
    sign, ahead = working.sent.side.sign, street.path[street.step + 1 :]
    return not ahead or sign * (ahead[0] - street.reference) > 0 or len(ahead) == 1


def both_ways(street: Street) -> None:
    """Rest a sale, buy as much, give that away as an exit; the sale fills and opens a short: give that away too."""
    quantity = Decimal(18)
    resting, opening = (
        street.submit(Order(BTC, side, Kind.LIMIT, quantity, None, street.reference, Tif.GTC, None))
        for side in (Side.SELL, Side.BUY)
    )
    if resting is None or opening is None:
        return
    street.fill(opening)
    taken(street, Side.SELL, quantity)
    street.fill(resting)
    leave(street)


# Those that work on a sound policy as well as they can.
GREEDY: dict[str, Attack] = {
    "churn": at_every_step(churn),
    "turn": at_every_step(turn),
    "hoard": at_every_step(hoard),
    "pick": pick,
}
# Those that need a control to be broken.
NARROW: dict[str, Attack] = {
    "midnight": midnight,
    "at once": at_once,
    "silence": silence,
    "race": race,
    "both ways": both_ways,
}
ATTACKS: dict[str, Attack] = GREEDY | NARROW
