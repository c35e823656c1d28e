"""Thieves who know of one weakness each, and take all that it gives."""

from decimal import ROUND_DOWN

from ringfence.model.action import ListForm, Place
from ringfence.model.decision import Lane
from ringfence.model.names import Symbol
from ringfence.model.order import Kind, Order, Side, Tif
from ringfence.paper import orders
from tests.radius.attackers import churn
from tests.radius.bench import POLL_MS
from tests.radius.moves import Cancel, Fill, Leave, Leg, Print, Restart, Run, Send, SendList, Wait
from tests.radius.paths import DAY
from tests.radius.venue import STEP, THIEF

BUY, SELL = Side.BUY, Side.SELL
HALF = DAY / 2  # when a path that jumps begins to
MIDNIGHT = 16 * 3600  # a run begins at eight
_MANY = 60


def _symbol(run: Run) -> Symbol:
    return run.target(0, 0)[2]


def midnight(run: Run) -> None:
    """Spend one window's limits just before midnight, and another's just after."""
    run.do(Wait(MIDNIGHT - 20))
    for pause in (40, 0):
        for _ in range(_MANY):
            if not run.do(Send(0, 0, Leg(BUY))):
                break
            run.do(Leave(0, 0))
        run.do(Wait(pause))


def at_once(run: Run) -> None:
    """Have many orders rest before any is filled, then have them all filled, and leave."""
    for _ in range(20):
        run.do(Send(0, 0, Leg(BUY, Kind.LIMIT, 0.9), share=0.0, shrinks=False))
    run.do(Fill())
    run.do(Wait(POLL_MS / 1000 + 1))
    run.do(Leave(0, 0))


def silence(run: Run) -> None:
    """Have the answer to every order get lost, though it fills."""
    for _ in range(_MANY):
        for side in (BUY, SELL):
            run.do(Send(0, 0, Leg(side), lost=DAY, shrinks=False))


def race(run: Run) -> None:
    """Cancel every order at once, and have it filled before the cancel arrives."""
    for _ in range(_MANY):
        for side in (BUY, SELL):
            if run.do(Send(0, 0, Leg(side, Kind.LIMIT, 0.9), share=0.0, shrinks=False)):
                run.do(Cancel(0, after=4.0))
                run.do(Fill())


def walk(run: Run) -> None:
    """Buy dust at the collar until the last price, which is the reference, is far away; then buy as much as passes."""
    for _ in range(400):
        run.do(Send(0, 0, Leg(BUY, size=0.002), shrinks=False))
        run.do(Wait(1))
    churn(run)


def far_ask(run: Run) -> None:
    """Ask fifty times the price of whoever buys at market."""
    symbol = _symbol(run)
    for _ in range(_MANY):
        price = (run.bench.price(symbol) * 50).quantize(run.bench.venue.instruments[symbol].tick)
        venue = run.bench.venue
        stands = venue.stand(THIEF, symbol, orders.Side.SELL, price, run.bench.now)
        run.do(Send(0, 0, Leg(BUY, size=0.2), share=0.0))
        venue.unbait(stands, run.bench.now)


def hoard_first(run: Run) -> None:
    """Hold as much as passes; only then leave."""
    for _ in range(_MANY):
        if not run.do(Send(0, 0, Leg(BUY))):
            break
    run.do(Leave(0, 0))


def pick_at_reference(run: Run) -> None:
    """Rest where nothing is lost, and be filled when the price has gone as far as it goes unswept."""
    for _ in range(_MANY):
        for side in (BUY, SELL):
            run.do(Send(0, 0, Leg(side, Kind.LIMIT, reach=-0.2), share=0.0))
        run.do(Wait(200))
        run.do(Fill(harmful=True))
        run.do(Cancel())
        run.do(Leave(0, 0, 1.0, Kind.LIMIT, reach=0.0))
        run.do(Wait(100))
        run.do(Leave(0, 0))


def rest_through_a_jump(run: Run, lost: float = 0.0) -> None:
    """Rest on the side that a jump harms, for as long as it takes, and be filled after it."""
    run.do(Wait(HALF - 60))
    run.do(Send(0, 0, Leg(BUY, Kind.LIMIT, reach=0.0, tif=Tif.IOC)))
    for _ in range(8):
        run.do(Send(0, 0, Leg(SELL, Kind.LIMIT, 0.4, reach=0.0), share=0.0, lost=lost))
    run.do(Wait(760))
    run.do(Fill(harmful=True))
    run.do(Wait(20))
    run.do(Leave(0, 0))


def unanswered_through_a_jump(run: Run) -> None:
    """The same with orders whose answers were lost."""
    rest_through_a_jump(run, lost=2000)


def leave_twice(run: Run) -> None:
    """Rest a sale beside a position, leave all of it at once, and when the sale fills leave what it has opened."""
    run.do(Send(0, 0, Leg(BUY, Kind.LIMIT, reach=0.0, tif=Tif.IOC)))
    run.do(Send(0, 0, Leg(SELL, Kind.LIMIT, reach=0.0), share=0.0))
    bench, (name, _, symbol) = run.bench, run.target(0, 0)
    everything = bench.position(name, symbol).quantize(STEP, ROUND_DOWN)
    resting = bench.working()
    bench.send(name, Place(Order(symbol, SELL, Kind.MARKET, everything, None, None, None, None)), share=1.0)
    for intent in resting:
        bench.venue.fill(bench.at_venue[intent.seq], 1.0, bench.now)
    run.do(Wait(6))
    run.do(Leave(0, 0))


def stop_far_away(run: Run) -> None:
    """Buy, then leave by a stop far below the market, whose trigger the accomplice prints himself (S08)."""
    for _ in range(6):
        run.do(Send(0, 0, Leg(BUY, reach=0.0)))
        run.do(Leave(0, 0, 0.0, Kind.STOP_LOSS, trigger=-0.45))
        run.do(Print())
        run.do(Fill())
        run.do(Wait(1))


def pay_twice(run: Run) -> None:
    """Hold, leave by an order that rests, go short beyond it; the price rises, and there are two exits to pay."""
    run.do(Wait(HALF - 60))
    run.do(Send(0, 0, Leg(BUY, Kind.LIMIT, reach=0.0, tif=Tif.IOC)))
    run.do(Leave(0, 0, 0.0, Kind.LIMIT, reach=0.0))
    run.do(Send(0, 0, Leg(SELL, Kind.LIMIT, reach=0.05), share=0.0))
    run.do(Wait(60 + 55))
    bench = run.bench
    for intent in bench.working():
        if intent.charge.lane is Lane.ORDINARY:
            bench.venue.fill(bench.at_venue[intent.seq], 1.0, bench.now)
    run.do(Wait(450))
    run.do(Fill())
    run.do(Wait(13))
    run.do(Leave(0, 0))


def set_off_later(run: Run) -> None:
    """Let an order that is to be filled at once wait for another, and set both off after a jump."""
    run.do(Wait(HALF - 60))
    for _ in range(4):
        then = Leg(SELL, Kind.LIMIT, 1.0, 0.0, tif=Tif.IOC)
        run.do(SendList(0, 0, ListForm.OTO, (Leg(BUY, Kind.LIMIT, 0.01, 0.0), then)))
    run.do(Wait(760))
    bench = run.bench
    for intent in bench.working():
        if intent.side is SELL:
            bench.venue.stand(THIEF, intent.symbol, orders.Side.BUY, intent.price, bench.now, intent.quantity)
    for intent in bench.working():
        if intent.side is BUY:
            bench.venue.fill(bench.at_venue[intent.seq], 1.0, bench.now)


def heard_too_late(run: Run) -> None:
    """Buy at the collar, and let it be heard when the price has risen as far: then nothing seems to have been lost."""
    run.do(Send(0, 0, Leg(BUY, Kind.LIMIT, 0.01, reach=-3), share=0.0))
    for turn in range(_MANY):
        rises = turn % 2 == 0
        run.do(Wait(turn * 640 + 5 - run.bench.second))
        held = run.bench.position(*run.target(0, 0)[::2])
        if rises and not held:
            run.do(Send(0, 0, Leg(BUY), lost=600))
        elif not rises and held:
            run.do(Leave(0, 0, lost=600))


def while_away(run: Run) -> None:
    """Have what waits for a trigger filled while the signer is away, again and again."""
    run.do(Wait(0.5))
    for turn in range(24):
        run.do(Wait((turn + 0.02) * 640 - run.bench.second))
        side = SELL if turn % 2 == 0 else BUY
        for _ in range(2):
            leg = Leg(side, Kind.STOP_LOSS_LIMIT, 1.0, 0.0, 0.001 * side.sign)
            run.do(Send(0, 0, leg, share=0.0))
        run.do(Wait((turn + 0.9) * 640 - run.bench.second))
        run.do(Print())
        run.do(Fill(harmful=True))
        run.do(Restart())
        run.do(Wait(8))
        run.do(Cancel())


def rest_then_leave(run: Run) -> None:
    """Rest at a better price than the collar asks for, and be filled at its end; then pay the whole way out."""
    run.do(Wait(HALF - 60))
    for _ in range(8):
        run.do(Send(0, 0, Leg(SELL, Kind.LIMIT, reach=0.0), share=0.0))
    run.do(Wait(60 + 300))
    run.do(Fill(harmful=True))
    run.do(Wait(6))
    run.do(Leave(0, 0))


def hold_all(run: Run) -> None:
    """Every bot holds all it may of the wrong thing, before a jump, and leaves after it."""
    run.do(Wait(HALF - 60))
    for bot, symbol in run.targets():
        for _ in range(_MANY):
            if not run.do(Send(bot, symbol, Leg(SELL))):
                break
    run.do(Wait(800))
    for bot, symbol in run.targets():
        run.do(Leave(bot, symbol))
