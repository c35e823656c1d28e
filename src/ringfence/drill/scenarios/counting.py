"""S33 to S40: make the guard miscount."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from decimal import Decimal
from functools import partial

from ringfence.drill import calls
from ringfence.drill.scenario import (
    WATCHER,
    Cap,
    Most,
    Scenario,
    bounded,
    refused,
)
from ringfence.drill.scenarios import calling
from ringfence.drill.scenarios.codes import LIMITS, SHAPE
from ringfence.drill.scene import Scene

_RACERS = 50
_CHANGED = "DRIFTUSDT"
_COARSE = Decimal("0.1")  # ten times the price step that it was pinned with (drill/markets.py)
_ASKED_SECONDS = 15.0
_NEARLY = Decimal("0.95")
_LOST = 5
_TURNS = 6
_HUNDRED = 100
_OFF = (-3_600_000, -61_000, -6_000, 3_000, 3_600_000)
_UNKNOWN = ("replay", "upstream")


def _race(scene: Scene) -> None:
    """Send fifty orders at once, each nearly as large as one may be, before any of them is counted."""
    order = scene.entry(scene.means.order * _NEARLY)
    wires = [scene.bot.sign(order) for _ in range(_RACERS)]
    with ExitStack() as stack, ThreadPoolExecutor(_RACERS) as pool:
        running = [] if scene.rehearsed is None else calling.racers(scene, order, stack)
        runs = [partial(scene.bot.again, order, wire) for wire in wires[len(running) :]]
        list(pool.map(lambda run: run(), (*running, *runs)))


def _insist(scene: Scene) -> None:
    """Order again and again until somebody says that it was done."""
    for _ in range(_LOST + 1):
        if scene.bot.send(scene.entry(scene.means.modest)).ok:
            return


@contextmanager
def _lost_answers(scene: Scene) -> Iterator[None]:
    scene.ground.venue.lose_answers(scene.ground.listener, _LOST)
    try:
        yield
    finally:
        scene.ground.venue.mend()


def _race_a_cancel(scene: Scene) -> None:
    """Cancel an order while it fills, so that it is credited and filled; then the same again."""
    for _ in range(_TURNS):
        placed = scene.bot.send(scene.resting(scene.means.modest, "0.9999")).placed
        if not placed.orderId:
            break
        with ThreadPoolExecutor(2) as pool:
            hit = scene.sell(scene.size(scene.means.wealth * _HUNDRED), "0.9999")
            pool.submit(scene.thief.accomplice.send, hit)
            pool.submit(scene.bot.quietly, calls.cancel(scene.symbol, placed.orderId))
    if scene.rehearsed is not None:
        _claim_counted(scene)


def _claim_counted(scene: Scene) -> None:
    """What really filled must be counted, to the last coin."""
    scene.guard.until(lambda: scene.used().unknown_outcomes == 0, 30)
    bought = sum(
        (order.committed for order in scene.orders() if order.side == "BUY" and order.order_id > _first(scene)),
        Decimal(0),
    )
    used = scene.used().window_notional
    counted = Decimal(0) if used is None else Decimal(str(used[0]))
    scene.claim(counted >= bought, f"{counted:.2f} is counted, and {bought:.2f} was bought")


def _first(scene: Scene) -> int:
    """The number of the first order of this scenario, less one."""
    mine = [answer.placed.orderId for answer in (*scene.prepared, *scene.bot.answers) if answer.placed.orderId]
    return min(mine, default=10**18) - 1


def _use_the_window_twice(scene: Scene) -> None:
    """Trade until the window is full, and then again, as one would on both sides of midnight."""
    turns = _TURNS if scene.rehearsed is None else _RACERS
    for _ in range(2):
        for _ in range(turns):
            if not scene.bot.send(scene.entry(scene.means.order * _NEARLY)).ok:
                break
            scene.leave()


def _play_with_time(scene: Scene) -> None:
    """Sign for other times, for none, and for a window of ten minutes."""
    order = scene.entry(scene.means.modest)
    for off in _OFF:
        wire = calls.signed(order, scene.bot.secret, time.time_ns() // 1_000_000 + off)
        scene.bot.again(order, wire)
    scene.bot.again(order, calls.signed_as_is(order, scene.bot.secret))
    scene.bot.send(scene.entry(scene.means.modest, recvWindow="600000"))


def _crash(scene: Scene) -> None:
    """Use limits up, kill whoever counts, and use them up again."""
    _fill(scene)
    before = scene.used()
    with scene.guard.down("signer"):
        pass
    after = scene.used()
    for name in ("window_notional", "loss", "exposure"):
        old, new = _amount(getattr(before, name)), _amount(getattr(after, name))
        scene.claim(new >= old * Decimal("0.999"), f"after a crash {name} is {new:.2f}, and was {old:.2f}")
    _fill(scene)


def _fill(scene: Scene) -> None:
    for worth in (scene.means.order * _NEARLY, scene.means.modest):
        for _ in range(_RACERS):
            if not scene.bot.send(scene.entry(worth)).ok:
                break


def _amount(used: object) -> Decimal:
    return Decimal(str(used[0])) if isinstance(used, tuple) and used[0] is not None else Decimal(0)


def _crumbs(scene: Scene) -> None:
    """Place the smallest orders that the exchange takes, as fast as it goes: roundings, least fees, log lines."""
    order = scene.entry(scene.means.least)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: scene.bot.again(order, scene.bot.sign(order)), range(_HUNDRED)))


def _trade_otherwise(scene: Scene) -> None:
    """Let the exchange change the price step of a symbol, and send the order that passed before."""
    order = calls.limit(_CHANGED, "BUY", Decimal("0.5"), Decimal(99), timeInForce="GTC")
    before = scene.bot.quietly(order)
    scene.ground.venue.relist(_CHANGED, _COARSE)
    with scene.guard.down("signer"):  # it compares when it begins, and every quarter of an hour
        pass
    scene.claim(
        scene.guard.until(lambda: _is_told(scene), _ASKED_SECONDS), "nobody is told that the symbol has changed"
    )
    scene.bot.send(order)
    refusal = scene.bot.answers[-1].refusal or ("", "")
    scene.claim(not before.ok or refusal[0] == "instrument-drift", "the order was not refused for the change")
    other = scene.bot.quietly(scene.resting(scene.means.modest)).refusal or ("", "")
    scene.claim(other[0] in {"", *LIMITS}, f"another symbol is refused as well: {other[1]}")


def _is_told(scene: Scene) -> bool:
    return any("DRIFT/USDT on" in alarm.text for alarm in scene.guard.status().alarms)


COUNTING = (
    Scenario(
        "S33",
        "race fifty orders past a limit",
        "Fifty orders at once, each nearly as large as one may be: if each is decided before the others are counted,"
        " all of them pass.",
        "one writer decides, reserves and writes down, one order after the other, before anything is sent",
        f"`ringfence why`; a burst {WATCHER} (W9)",
        bounded(*LIMITS, most=Most.BUDGET, caps=(Cap.WINDOW, Cap.EXPOSURE, Cap.RATE)),
        _race,
    ),
    Scenario(
        "S34",
        "lose the answer, order again",
        "The exchange does the order, and the answer is lost. A bot, or an attacker who provokes it, orders again, and"
        " again: five orders where one was counted.",
        "an order whose outcome is unknown stays reserved, and is asked for until the exchange has said",
        "`ringfence status` shows unknown outcomes",
        bounded(*LIMITS, *_UNKNOWN, orders=1),
        _insist,
        by="reservation",
        stage=_lost_answers,
    ),
    Scenario(
        "S35",
        "cancel while it fills",
        "An order is cancelled in the moment in which it fills. If the cancel credits what the fill has spent, the"
        " limit opens again with every turn.",
        "a reservation is released by what the exchange says became of it, and by nothing else",
        "`ringfence status` shows what is used",
        bounded(*LIMITS, caps=(Cap.WINDOW, Cap.EXPOSURE)),
        _race_a_cancel,
        by="reservation",
    ),
    Scenario(
        "S36",
        "use the limit on both sides of midnight",
        "Limits of a calendar day can be used twice within a minute. The stolen key uses all of it, and then again.",
        "window_notional: a window is any 24 hours, and slides",
        "`ringfence status` shows the window used up",
        bounded(*LIMITS, most=Most.BUDGET, caps=(Cap.WINDOW,)),
        _use_the_window_twice,
        half="midnight itself, which does not come during a drill (tests/signer/test_ledger.py has it)",
    ),
    Scenario(
        "S37",
        "play with time",
        "Requests signed for an hour ago or from now, without a time, or good for ten minutes: recorded ones could be"
        " used later, and windows counted from a wrong time.",
        "stale: a request is good for as long as it says, a minute at most, by a clock that nobody can set",
        f"`ringfence why`; {WATCHER} (W9)",
        refused("stale", "unknown-request", *SHAPE),
        _play_with_time,
        bare=False,
    ),
    Scenario(
        "S38",
        "crash the guard",
        "The attacker uses the limits up, makes the process that counts crash, and begins again, in the hope that it"
        " has forgotten.",
        "every decision is in the journal before anything is sent, and is counted again from there",
        f"a process that died: `ringfence status`, the log of the supervisor; {WATCHER} (W8)",
        bounded(*LIMITS, caps=(Cap.WINDOW, Cap.EXPOSURE)),
        _crash,
        bare=False,
        late=1,
    ),
    Scenario(
        "S39",
        "thousands of crumbs",
        "The smallest orders that the exchange takes, as fast as it goes. Each loses a rounding and a least fee, fills"
        " the log, and counts against the account's limits at the exchange.",
        "orders_per_minute",
        f"turnover and fees: {WATCHER} (W5)",
        bounded(*LIMITS, "busy", most=Most.BUDGET, caps=(Cap.RATE,)),
        _crumbs,
    ),
    Scenario(
        "S40",
        "when a contract changes",
        "The exchange changes a price step or a contract size, or gives a name to another coin. What was ten is now"
        " ten thousand, and nobody has touched the policy.",
        "instrument-drift: steps are pinned with a policy, and a symbol that has changed is refused",
        "`ringfence status`: BTC/USDT on binance trades otherwise than was pinned: tick 0.01 to 0.1",
        bounded("instrument-drift", *LIMITS, most=Most.NOTHING, orders=2),
        _trade_otherwise,
        bare=False,
        late=1,
        symbols=("DRIFT/USDT",),
    ),
)
