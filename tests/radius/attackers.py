"""Thieves: each takes a run and does its worst. All know the policy and the path, past and future."""

from collections.abc import Callable
from dataclasses import replace
from random import Random  # noqa: TID251  # seeded, so that a window comes again

from ringfence.model.action import ListForm
from ringfence.model.order import TRIGGERED, Kind, Side, Tif
from tests.radius.moves import Amend, Cancel, Delay, Fill, Leave, Leg, Move, Print, Restart, Run, Send, SendList, Wait
from tests.radius.paths import DAY, Path

Attack = Callable[[Run], None]
BUY, SELL = Side.BUY, Side.SELL
_ROUNDS = 14  # round trips of one attack in one place; more is a matter of patience, not of wit
_RESTS = frozenset({Kind.LIMIT, Kind.LIMIT_MAKER})


def churn(run: Run) -> None:
    """Buy and give away until nothing more passes; again a day later, and once more in between."""
    for pause in (0.0, DAY - 30.0, 60.0):
        run.do(Wait(pause))
        for bot, symbol in run.targets():
            for number in range(2 * _ROUNDS):
                if not run.do(Send(bot, symbol, Leg(BUY if number % 2 else SELL))):
                    break
                run.do(Leave(bot, symbol))


def turn(run: Run) -> None:
    """Swing from one side of the exposure to the other, so that no order is an exit."""
    for bot, symbol in run.targets():
        side = BUY
        for _ in range(2 * _ROUNDS):
            if not run.do(Send(bot, symbol, Leg(side, size=2.0))):
                break
            side = SELL if side is BUY else BUY
        run.do(Leave(bot, symbol))


def hoard(run: Run) -> None:
    """Fill the exposure where the price is lowest, and give it away at the exit collar where it is highest."""
    path = _path(run)
    low, high = _extreme(path, 0, DAY, -1), _extreme(path, 0, DAY, 1)
    run.do(Wait(min(low, high)))
    for bot, symbol in run.targets():
        while run.do(Send(bot, symbol, Leg(BUY if low < high else SELL))):
            pass
    run.do(Wait(abs(high - low)))
    for bot, symbol in run.targets():
        run.do(Leave(bot, symbol))
    churn(run)


def foresee(run: Run) -> None:
    """Hold the wrong thing before every turn of the price, and spend what is left of the day."""
    path = _path(run)
    for start, end in _legs(path)[:40]:
        run.do(Wait(start - run.bench.second))
        side = BUY if path.at(end) < path.at(start) else SELL
        for bot, symbol in run.targets():
            run.do(Leave(bot, symbol))
            run.do(Send(bot, symbol, Leg(side, size=2.0)))
            run.do(Send(bot, symbol, Leg(side)))
    run.do(Wait(_legs(path)[-1][1] - run.bench.second if _legs(path) else 0))
    churn(run)


def yesterday(run: Run) -> None:
    """Give away what is held from the day before, just before it rises; take it back at the top, before it falls."""
    path = _path(run)
    low = _extreme(path, 0, DAY / 2, -1)
    run.do(Wait(low - run.bench.second))
    for bot, symbol in run.targets():
        while run.do(Send(bot, symbol, _at_reference(run, bot, BUY))):
            pass
    again = _extreme(path, low + DAY + 60, low + 1.5 * DAY, -1)
    top = _extreme(path, again, again + DAY / 2, 1)
    run.do(Wait(again - run.bench.second))
    for bot, symbol in run.targets():
        run.do(Leave(bot, symbol))
    run.do(Wait(top - run.bench.second))
    for bot, symbol in run.targets():
        while run.do(Send(bot, symbol, Leg(BUY))):
            pass
    run.do(Wait(_extreme(path, top, top + DAY / 3, -1) - run.bench.second))
    for bot, symbol in run.targets():
        run.do(Leave(bot, symbol))


def pick(run: Run) -> None:
    """Rest orders on both sides, and have each filled just before its cancel arrives."""
    for _ in range(_ROUNDS):
        for bot, symbol in run.targets():
            if run.kinds(bot) & _RESTS:
                for side in (BUY, SELL):
                    run.do(Send(bot, symbol, Leg(side, _resting(run, bot), reach=0.98), share=0.0))
        run.do(Wait(_to_move(run)))
        run.do(Fill(harmful=True))
        run.do(Cancel())
        for bot, symbol in run.targets():
            run.do(Leave(bot, symbol))


def pick_in_silence(run: Run) -> None:
    """The same while the venues are silent: nobody sees how far the price has gone, neither then nor soon after."""
    path = _path(run)
    for number in range(8 * _ROUNDS):
        run.do(Wait(_to_move(run, 2)))
        ahead = path.at(run.bench.second + 33) - run.bench.price(next(iter(run.bench.paths)))
        side = BUY if ahead < 0 else SELL
        held = [run.bench.position(run.target(*each)[0], run.target(*each)[2]) for each in run.targets()]
        sent = [
            run.do(
                Leave(bot, symbol, 0.0, _resting(run, bot), reach=0.0)
                if position * side.sign < 0
                else Send(bot, symbol, Leg(side, _resting(run, bot), reach=0.0), share=0.0)
            )
            for (bot, symbol), position in zip(run.targets(), held, strict=True)
            if run.kinds(bot) & _RESTS
        ]
        if not any(sent) and number:
            break
        run.do(Delay(silent=True))
        run.do(Wait(34.0))
        run.do(Fill(harmful=True))
        run.do(Wait(9.0))
        run.do(Delay())
        run.do(Wait(1.0))
    churn(run)


def hunt(run: Run) -> None:
    """Let orders wait for a price, print the trade that they wait for once the market is far, and leave by stops."""
    path = _path(run)
    for start, end in _legs(path)[:6] or [(0.0, 60.0)]:
        run.do(Wait(start - run.bench.second))
        falls = path.at(end) < path.at(start)
        side, other = (BUY, SELL) if falls else (SELL, BUY)
        for bot, symbol in run.targets():
            if TRIGGERED & run.kinds(bot):
                run.do(Send(bot, symbol, Leg(other, reach=0.0)))
                for _ in range(6):
                    run.do(Send(bot, symbol, Leg(side, Kind.STOP_LOSS_LIMIT, 1.0, -0.1, 0.001 * side.sign), share=0.0))
        run.do(Wait(end - run.bench.second))
        run.do(Print())
        run.do(Fill(harmful=True))
        run.do(Wait(6.0))
        run.do(Cancel())
        for bot, symbol in run.targets():
            run.do(Leave(bot, symbol, 0.0, Kind.STOP_LOSS, trigger=-0.03 if falls else 0.03))
        run.do(Print())
        run.do(Fill(harmful=True))
        run.do(Wait(13.0))
        run.do(Cancel())


def late(run: Run) -> None:
    """Trade at references that are five seconds old, and leave at those of half a minute ago: nothing seems lost."""
    path = _path(run)
    for _ in range(6 * _ROUNDS):
        run.do(Delay(lag=5.0))
        run.do(Wait(_to_move(run, -5)))
        side = BUY if path.at(run.bench.second) < path.at(run.bench.second - 5) else SELL
        sent = [run.do(Send(bot, symbol, _at_reference(run, bot, side))) for bot, symbol in run.targets()]
        if not any(sent):
            break
        run.do(Delay())
        run.do(Wait(_to_move(run, 1, side.sign)))
        run.do(Delay(silent=True))
        run.do(Wait(29.0))
        for bot, symbol in run.targets():
            run.do(Leave(bot, symbol, 1.0, _resting(run, bot), reach=0.0))
        run.do(Wait(9.0))
    run.do(Delay())
    churn(run)


def both_ways(run: Run) -> None:
    """Leave by an order that rests, go short beyond it, and be left with both to pay for."""
    for _ in range(_ROUNDS):
        for bot, symbol in run.targets():
            if not run.kinds(bot) & _RESTS:
                continue
            run.do(Send(bot, symbol, Leg(BUY, reach=0.0)))
            run.do(Leave(bot, symbol, 0.0, _resting(run, bot), reach=0.0))
            run.do(Send(bot, symbol, Leg(SELL, _resting(run, bot), reach=-0.5), share=0.0))
        run.do(Wait(_to_move(run)))
        run.do(Fill())
        for bot, symbol in run.targets():
            run.do(Leave(bot, symbol))
        run.do(Wait(13.0))
        run.do(Cancel())
        for bot, symbol in run.targets():
            run.do(Leave(bot, symbol))


def lists(run: Run) -> None:
    """Send lists: let a pending order wait until the price has left it behind, then set it off."""
    path = _path(run)
    for start, end in _legs(path)[:6] or [(0.0, 600.0)]:
        run.do(Wait(start - run.bench.second))
        falls = path.at(end) < path.at(start)
        first, then = (SELL, BUY) if falls else (BUY, SELL)
        for bot, symbol in run.targets():
            kinds = run.kinds(bot)
            tiny = Leg(first, Kind.LIMIT, 0.02, 0.0)
            if Kind.LIMIT in kinds:
                run.do(SendList(bot, symbol, ListForm.OTO, (tiny, Leg(then))))
                run.do(SendList(bot, symbol, ListForm.OTO, (tiny, Leg(then, Kind.LIMIT, 1.0, 1.0, tif=Tif.IOC))))
                run.do(SendList(bot, symbol, ListForm.OTO, (tiny, Leg(then, Kind.LIMIT))))
            if {Kind.LIMIT, Kind.LIMIT_MAKER, Kind.STOP_LOSS_LIMIT} <= kinds:
                pair = (
                    Leg(then, Kind.LIMIT_MAKER, 1.0, 1.0),
                    Leg(then, Kind.STOP_LOSS_LIMIT, 1.0, 1.0, 0.002 * then.sign),
                )
                run.do(SendList(bot, symbol, ListForm.OCO, pair))
                run.do(SendList(bot, symbol, ListForm.OTOCO, (tiny, *pair)))
        run.do(Wait(end - run.bench.second))
        run.do(Fill())
        run.do(Print())
        run.do(Fill(harmful=True))
        run.do(Wait(6.0))
        run.do(Cancel())
        for bot, symbol in run.targets():
            run.do(Leave(bot, symbol))


def unanswered(run: Run) -> None:
    """Have answers get lost until the price has come to where the order was filled."""
    for _ in range(_ROUNDS):
        for bot, symbol in run.targets():
            if run.kinds(bot) & _RESTS:
                run.do(Send(bot, symbol, Leg(BUY, _resting(run, bot), 0.01, reach=-20), share=0.0))
        run.do(Wait(_to_move(run, 1)))
        for bot, symbol in run.targets():
            run.do(Send(bot, symbol, Leg(SELL), lost=60.0))
        run.do(Wait(62.0))
        for bot, symbol in run.targets():
            run.do(Leave(bot, symbol, lost=60.0))
        run.do(Wait(62.0))


def crash(run: Run) -> None:
    """Have everything that rests filled while the signer is away, again and again."""
    for number in range(6):
        for bot, symbol in run.targets():
            side = BUY if number % 2 else SELL
            if TRIGGERED & run.kinds(bot):
                leg = Leg(side, Kind.STOP_LOSS_LIMIT, trigger=0.002 * side.sign)
                run.do(Send(bot, symbol, leg, share=0.0))
            elif run.kinds(bot) & _RESTS:
                run.do(Send(bot, symbol, Leg(side, _resting(run, bot), reach=0.98), share=0.0))
        run.do(Wait(_to_move(run)))
        run.do(Print())
        run.do(Fill(harmful=True))
        run.do(Restart())
        run.do(Wait(8.0))
        run.do(Cancel())
        for bot, symbol in run.targets():
            run.do(Leave(bot, symbol))


def wander(run: Run, seed: str = "") -> None:
    """Do anything."""
    dice = Random(f"{seed}/{_path(run).name}/{next(iter(run.bench.policy.bots.values()))}")
    for _ in range(70):
        run.do(some_move(dice))
    run.do(Delay())


def some_move(dice: Random) -> Move:
    """Draw a move."""
    bot, symbol = dice.randrange(2), dice.randrange(2)
    pick_one = dice.random()
    if pick_one < 0.22:
        return Wait(dice.choice([1.0, 3.0, 5.0, 20.0, 35.0, 300.0, 3600.0]) * dice.uniform(0.5, 1.5))
    if pick_one < 0.62:
        return Send(
            bot, symbol, some_leg(dice), dice.choice([0.0, 0.0, 0.4, 1.0]), dice.choice([0.0] * 6 + [9.0, 40.0])
        )
    if pick_one < 0.74:
        kind = dice.choice([Kind.MARKET, Kind.MARKET, Kind.LIMIT, Kind.STOP_LOSS])
        return Leave(
            bot, symbol, dice.choice([0.0, 0.5, 1.0, 1.0]), kind, dice.uniform(-1, 1), dice.uniform(-0.05, 0.05)
        )
    if pick_one < 0.80:
        form = dice.choice(list(ListForm))
        legs = [some_leg(dice) for _ in range(3 if form is ListForm.OTOCO else 2)]
        if form.pair is not None:  # as the exchange has it: one side and size, and nothing that is filled at once
            twin = replace(legs[-2], kind=Kind.LIMIT_MAKER)
            legs[-2:] = [twin, replace(twin, kind=Kind.STOP_LOSS_LIMIT, trigger=legs[-1].trigger)]
        return SendList(bot, symbol, form, tuple(legs))
    rest: list[Move] = [
        Fill(dice.choice([0.3, 1.0]), dice.random() < 0.7),
        Fill(1.0, harmful=True),
        Print(),
        Cancel(dice.choice([None, 0, 1]), dice.choice([0.0, 3.0])),
        Amend(dice.uniform(0.1, 0.9)),
        Delay(dice.choice([0.0, 5.0]), dice.random() < 0.2),
        Delay(),
        Restart(),
    ]
    return dice.choice(rest)


def some_leg(dice: Random) -> Leg:
    """Draw an order."""
    kind = dice.choice([Kind.MARKET, Kind.MARKET, Kind.LIMIT, Kind.LIMIT, *Kind])
    reach = dice.choice([1.0, 0.98, 0.0, dice.uniform(-3, 1)])
    tif = dice.choice([Tif.GTC, Tif.GTC, Tif.IOC])
    return Leg(dice.choice([BUY, SELL]), kind, dice.choice([0.1, 0.4, 1.0, 2.0]), reach, dice.uniform(-0.06, 0.06), tif)


ATTACKS: dict[str, Attack] = {
    "wander": wander,
    "churn": churn,
    "turn": turn,
    "hoard": hoard,
    "foresee": foresee,
    "yesterday": yesterday,
    "pick": pick,
    "pick in silence": pick_in_silence,
    "hunt": hunt,
    "late": late,
    "both ways": both_ways,
    "lists": lists,
    "unanswered": unanswered,
    "crash": crash,
}


def _path(run: Run) -> Path:
    return next(iter(run.bench.paths.values()))


def _resting(run: Run, bot: int) -> Kind:
    kinds = run.kinds(bot)
    return next((kind for kind in (Kind.LIMIT, Kind.LIMIT_MAKER) if kind in kinds), Kind.MARKET)


def _at_reference(run: Run, bot: int, side: Side) -> Leg:
    """Order at the reference itself where that may be, so that nothing is charged but the fee."""
    return Leg(side, Kind.LIMIT, reach=0.0, tif=Tif.IOC) if Kind.LIMIT in run.kinds(bot) else Leg(side)


def _extreme(path: Path, start: float, end: float, sign: int) -> float:
    within = [second for second, _ in path.knots if start <= second <= end] or [start]
    return max(within, key=lambda second: sign * path.at(second))


def _legs(path: Path) -> list[tuple[float, float]]:
    """Cut the first day where the price turns, leaving small moves out."""
    found: list[tuple[float, float]] = []
    start, last = path.knots[0], path.knots[0]
    for knot in path.knots[1:]:
        if (knot[1] - last[1]) * (last[1] - start[1]) < 0:
            found.append((start[0], last[0]))
            start = last
        last = knot
        if knot[0] >= DAY:
            break
    found.append((start[0], last[0]))
    return [(one, other) for one, other in found if abs(path.at(other) - path.at(one)) > path.at(one) / 500]


def _to_move(run: Run, before: float = 3.0, sign: int = 0) -> float:
    """Say how long it is until `before` seconds before the price moves fast, up or down where a `sign` says."""
    now = run.bench.second
    second = _path(run).next_rush(now, sign)
    return max(0.0, second - before - now) if second < now + 3600 else 35.0
