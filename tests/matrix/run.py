"""Run cases on one deployment, one after the other, each with a bot of its own; what they left open ends together."""

import contextlib
import threading
import time
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from ringfence.errors import Unreachable
from tests.matrix.bot import Bot
from tests.matrix.checker import problems
from tests.matrix.evidence import Evidence, Trouble, gather
from tests.matrix.moment import Moment
from tests.matrix.plan import Act, Case, Fault, Step, What
from tests.matrix.said import Said
from tests.matrix.strike import BREAKING, Strike
from tests.matrix.world import PROBE, World, boot_ms, world

_FALL = Decimal("0.994")  # what rests just below the market is filled, and what rests far below is not
_REACH_SECONDS = 3.0
_POLL_SECONDS = 7.0  # open orders are asked after every five
# A wrong clock is asked after every thirty seconds; everything else is back sooner (docs/explanation/one-order.md).
_RECOVER_SECONDS = 45.0
_RESOLVE_SECONDS = 60.0
_CHECKPOINT_SECONDS = 1.3


@dataclass(slots=True)
class Run:
    """What a run has seen so far. `stuck` is what never came to rest."""

    world: World
    bots: list[Bot] = field(default_factory=list)
    probe: Bot = field(init=False)
    troubles: list[Trouble] = field(default_factory=list)
    probes: list[Said] = field(default_factory=list)
    threads: list[threading.Thread] = field(default_factory=list)
    stuck: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.probe = Bot(self.world, PROBE)

    def play(self, case: Case, name: str) -> None:
        """Play one case to the point where orders pass again."""
        bot = Bot(self.world, name)
        self.bots.append(bot)
        for act in case.before:
            bot.act(act)
        begun, reached = self._strike(case, bot)
        for act in case.during:
            time.sleep(act.pause)
            self._beside(bot, act)
        time.sleep(case.lasts)
        Strike(case, self.world).heal()
        bot.clock = 0.0
        self._recover()
        self.troubles.append(Trouble(case, begun, boot_ms(), reached))
        self._settle_prices()
        for act in case.after:
            bot.act(act)

    def rest(self) -> None:
        """Let every answer come, cancel what is open, and wait until nothing is unknown."""
        for thread in self.threads:
            thread.join(60)
        for bot in (*self.bots, self.probe):
            for symbol in self.world.prices:
                bot.act(Act(What.CANCEL_ALL, symbol=symbol))
        until = time.monotonic() + _RESOLVE_SECONDS
        while open_ := self._open():
            if time.monotonic() > until:
                self.stuck.extend(open_)
                break
            time.sleep(0.3)
        time.sleep(_CHECKPOINT_SECONDS)

    def said(self) -> tuple[Said, ...]:
        """Every word that was exchanged."""
        return tuple(each for bot in (*self.bots, self.probe) for each in bot.said)

    def _strike(self, case: Case, bot: Bot) -> tuple[int, bool]:
        """Send the one order that the fault is for, and have it happen at the step; say when, and whether it was."""
        strike = Strike(case, self.world)
        strike.prepare()
        if case.fault in (Fault.CLOCK_FORWARD, Fault.CLOCK_BACK) and "bot" in case.company:
            clock = float(case.amount)
        else:
            clock = 0.0
        method, path, query = bot.ask(case.focus)
        bot.keep()
        moment = Moment(case.step, case.late, query.encode(), self.world.shims["signer"], strike.do)
        self.world.relay.listener, self.world.relay.heard_at_door = moment.heard, moment.door
        halfway = moment.now if case.step is Step.BYTES else None
        begun = boot_ms()
        if case.step is Step.FILLS:
            self.world.set_price("BTCUSDT", self.world.prices["BTCUSDT"] * _FALL)
        self._thread(lambda: bot.send(method, path, query, halfway))
        reached = moment.struck.wait(_POLL_SECONDS if case.step is Step.FILLS else _REACH_SECONDS)
        if not reached:
            moment.now()
        self.world.shims["signer"].go_on()
        bot.clock = clock
        return begun, reached

    def _beside(self, bot: Bot, act: Act) -> None:
        self._thread(lambda: bot.act(act))

    def _thread(self, work: object) -> None:
        thread = threading.Thread(target=work, daemon=True)  # type: ignore[arg-type]
        thread.start()
        self.threads.append(thread)

    def _recover(self) -> None:
        """Try an order that no limit stands against, until it passes."""
        until = time.monotonic() + _RECOVER_SECONDS
        while True:
            said = self.probe.act(Act(What.REST, 20))
            if said.status == 200 or time.monotonic() > until:
                break
            time.sleep(0.2)
        self.probes.append(said)
        if said.status == 200:
            self.probe.act(Act(What.CANCEL))
        self.world.deployment.wait(lambda: True)  # says which process ended by itself, and what it wrote

    def _settle_prices(self) -> None:
        for symbol, (_, high) in self.world.band.items():
            if self.world.prices[symbol] != high:
                self.world.set_price(symbol, high)
                time.sleep(1.2)  # until the reference prices have followed

    def _open(self) -> list[str]:
        """Name the bots that have something unknown or open."""
        with contextlib.suppress(Unreachable, OSError):
            rows = self.world.deployment.status()["bots"]
            return [f"{row['bot']} has open orders" for row in rows if row["unknown_outcomes"] or row["open_orders"][0]]
        return ["the signer does not answer"]


def run(cases: tuple[Case, ...], home: Path, library: Path) -> tuple[Evidence, tuple[str, ...]]:
    """Run cases on a fresh deployment in a directory; returns what there is to see and what is wrong with it."""
    with world(home / "home", library, {f"b{case.seed}": case.press for case in cases}) as made:
        playing = Run(made)
        for case in cases:
            playing.play(case, f"b{case.seed}")
        playing.rest()
        said, troubles, probes = playing.said(), tuple(playing.troubles), tuple(playing.probes)
        evidence = gather(made, home / "exported", said, troubles, probes)
        broken = tuple(f"{name}: {line}" for name in made.shims for line in _tracebacks(home / "home" / f"{name}.log"))
    if any(case.fault in BREAKING for case in cases):
        broken = tuple(line for line in broken if "No space left" not in line)
    return evidence, (*playing.stuck, *broken, *problems(evidence))


def _tracebacks(log: Path) -> list[str]:
    """Name what ended a process or a task without being caught."""
    lines = log.read_text(errors="replace").splitlines()
    if not any(line.startswith("Traceback") for line in lines):
        return []
    return [line for line in lines if line and line[0].isalpha() and "Error" in line.partition(":")[0]] or ["Traceback"]
