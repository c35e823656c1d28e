"""One soak: start everything, let three bots trade among faults, and look at what is left."""

import contextlib
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.ipc.messages import AskOrder
from ringfence.paper.paths import Dice
from tests.bench.running import megabytes
from tests.deployment import POLICY, Deployment
from tests.soak.bots import Bot, Heard
from tests.soak.judge import Trouble, slope, unexplained

BOTS = ("grid", "maker", "trend")
FAULTS = ("drop-before-accept", "drop-after-accept", "error-after-accept", "duplicate-reply", "garbage-after-accept")
RESTARTED = ("gateway", "courier", "prices")
WATCHED = ("signer", "gateway", "courier")
MOST_SLOPE = 1.0  # megabytes a minute, over the second half: what a leak of one order in ten would pass
_PROGRAM = Path(sys.prefix) / "bin" / "ringfence"


@dataclass(slots=True)
class Found:
    """What a soak came to."""

    heard: list[Heard] = field(default_factory=list)
    troubles: list[Trouble] = field(default_factory=list)
    memory: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def policy() -> str:
    """Give three bots the limits of one, wide enough for the load."""
    account, _, bot = POLICY.partition("[bot.grid]")
    limits = ("[bot.grid]" + bot).replace('"5000"', '"500000"').replace('"60"', '"2000"').replace("600", "6000")
    return account + "".join(limits.replace("bot.grid", f"bot.{name}") for name in BOTS)


def soak(home: Path, seconds: float, seed: int = 1) -> Found:
    """Run for some time, and judge."""
    found = Found()
    with Deployment.make(home, bots=BOTS, policy=policy()) as made:
        made.paper("POST", "/price", {"symbol": "BTCUSDT", "price": "60000"})
        before = _descriptors(made)
        _trade(made, found, seconds, seed)
        _settle(made, found)
        grown = _descriptors(made) - before
        if grown > len(BOTS) + 8:
            found.problems.append(f"the signer has {grown} more descriptors open than at the start")
        _truth(made, found)
        _verified(made, found)
    for name, samples in found.memory.items():
        if seconds >= 300 and slope(samples) > MOST_SLOPE:  # five minutes: below that it is warm-up
            found.problems.append(f"{name} grows by {slope(samples):.2f} MB a minute")
    found.problems += [f"not explained: {each}" for each in unexplained(found.heard, found.troubles)[:20]]
    return found


def _trade(made: Deployment, found: Found, seconds: float, seed: int) -> None:
    stop, dice = threading.Event(), Dice(str(seed))
    bots = [Bot(made, name, seed) for name in BOTS]
    threads = [threading.Thread(target=bot.run, args=(stop,)) for bot in bots]
    for thread in threads:
        thread.start()
    began = time.monotonic()
    try:
        while time.monotonic() - began < seconds:
            time.sleep(2.5)
            _measure(made, found, time.monotonic() - began)
            _disturb(made, found, dice)
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)
    found.heard = [heard for bot in bots for heard in bot.heard]


def _disturb(made: Deployment, found: Found, dice: Dice) -> None:
    """Make one request in a while go wrong, or start a process again; most of the time, nothing."""
    chance = dice.between(1, 100)
    if chance <= 20:  # a choice: a fault about every twelve seconds
        kind = FAULTS[dice.between(0, len(FAULTS) - 1)]
        found.troubles.append(Trouble(time.monotonic(), kind))
        made.paper("POST", "/fault", {"kind": kind, "match": {"listener": "main"}})
    elif chance <= 25:  # and a process about every fifty
        name = RESTARTED[dice.between(0, len(RESTARTED) - 1)]
        found.troubles.append(Trouble(time.monotonic(), f"{name} starts again"))
        process = made.running.pop(name)
        process.send_signal(signal.SIGTERM)
        process.wait(15)
        made.start(name)
        found.troubles.append(Trouble(time.monotonic(), f"{name} has started again"))


def _measure(made: Deployment, found: Found, at: float) -> None:
    for name in WATCHED:
        pss, _ = megabytes([made.running[name].pid])
        found.memory.setdefault(name, []).append((at, pss))


def _settle(made: Deployment, found: Found) -> None:
    """Take everything off the book, and wait until nothing is unknown."""
    made.paper("POST", "/faults/clear")
    deadline = time.monotonic() + 40
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            made.call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")
        if not any(bot["unknown_outcomes"] for bot in made.status()["bots"]):
            return
        time.sleep(1)
    found.problems.append("an outcome is still unknown forty seconds after the last fault")


def _truth(made: Deployment, found: Found) -> None:
    """Hold what the exchange has against what the journal says of it."""
    time.sleep(6)  # one more look at what rests
    for order in made.truth()["orders"]:
        if order["account"] != "main":
            continue
        told = made.ask(AskOrder(order["clientOrderId"]))["intent"]
        if float(told["executed"]) != float(order["executed"]) or told["order_id"] != str(order["orderId"]):
            found.problems.append(f"{order['clientOrderId']}: the exchange has {order['executed']}, the journal {told}")


def _verified(made: Deployment, found: Found) -> None:
    """Export the journal and check it with nothing but its files."""
    folder = made.home / "exported"
    for command in (["log", "export", str(folder)], ["log", "verify", str(folder)]):
        done = subprocess.run(
            [str(_PROGRAM), "--home", str(made.home), *command], capture_output=True, text=True, check=False
        )
        if done.returncode:
            found.problems.append(f"ringfence {' '.join(command[:2])}: {done.stdout}{done.stderr}")


def _descriptors(made: Deployment) -> int:
    return len(list(Path(f"/proc/{made.running['signer'].pid}/fd").iterdir()))
