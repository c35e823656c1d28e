"""Looks after bots between their orders: stops one that loses too much, warns of a budget that is running out.

A stop lasts until a person lets the bot go on (RTS 6 art. 15(3)); leaving always passes.
"""

from collections import deque
from decimal import Decimal

from ringfence.journal.store import Store
from ringfence.model.names import BotName, Symbol
from ringfence.policy.amounts import plain
from ringfence.policy.policy import BotPolicy, Unlimited
from ringfence.signer import records
from ringfence.signer.desk import Desk

_LEVELS = (50, 80)  # parts of a loss budget, in percent, at which its owner is told
_AGAIN = 20
_MINUTE_MS = 60_000
_HOUR = 60  # minutes of the pace by which the end is foretold


class Guard:
    """Looks at every bot of the policy in force, twice a second."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._warned: dict[BotName, int] = {}
        self._losses: dict[BotName, deque[tuple[int, Decimal]]] = {}
        self._kept_at = 0

    def look(self) -> None:
        """Stop and warn where it is due, and keep what a restart must find."""
        self._desk.look_again()
        in_force = self._desk.world.in_force
        for bot in () if in_force is None else in_force.policy.bots.values():
            if bot.guards is None:
                self._drawdown(bot)
                self._budget(bot)
        now = self._desk.timeline.now()
        if now - self._kept_at >= _MINUTE_MS:
            self._kept_at = now
            self._keep()

    def _drawdown(self, bot: BotPolicy) -> None:
        world, ledger = self._desk.world, self._desk.ledger
        most = None if bot.limits is None else bot.limits.drawdown_stop
        result = None if most is None else world.result(bot, ledger)
        if most is None or result is None:
            return
        world.peaks[bot.name] = max(result, world.peaks.get(bot.name, result))
        below = world.peaks[bot.name] - result
        if below >= most:
            why = f"it is {plain(_cents(below))} {bot.currency} below its best; {plain(most)} at most"
            self._desk.stop(bot.name, why, "drawdown_stop")

    def _budget(self, bot: BotPolicy) -> None:
        budget = None if bot.limits is None else bot.limits.loss_budget
        if budget is None or isinstance(budget, Unlimited):
            return
        now = self._desk.timeline.now()
        used = self._desk.ledger.usage(bot.name, now).window_loss + self._way_out(bot)
        past = self._losses.setdefault(bot.name, deque(maxlen=_HOUR))
        if not past or now - past[-1][0] >= _MINUTE_MS:
            past.append((now, used))
        level = max((level for level in _LEVELS if used * 100 >= level * budget), default=0)
        warned = self._warned.get(bot.name, 0)
        if level > warned:
            ends = _ends(past[0], (now, used), budget)
            self._desk.alarm(f"bot {bot.name} has used {level}% of its loss_budget of {plain(budget)}{ends}")
        if level > warned or used * 100 < (warned - _AGAIN) * budget:  # what swings around a level is told once
            self._warned[bot.name] = level

    def _way_out(self, bot: BotPolicy) -> Decimal:
        """What leaving now would cost at worst, which the budget sets aside; nothing where that cannot be valued."""
        exposed = self._desk.world.exposure(bot, bot.name, self._desk.ledger)
        return Decimal(0) if exposed is None or bot.limits is None else exposed * bot.limits.exit_rate(bot.fee)

    def _keep(self) -> None:
        world = self._desk.world
        peaks = {str(bot): str(peak) for bot, peak in world.peaks.items()}
        anchors = {str(symbol): str(anchor.price) for symbol, anchor in world.market.anchors.items()}
        at = {"at": str(self._desk.timeline.now())}
        if peaks or anchors:
            self._desk.writer.queue(lambda store: _write(store, peaks, anchors | at))


def restore(desk: Desk, store: Store) -> None:
    """Find at start what had been stopped, how far each bot had come, and where the anchors were."""
    desk.world.stops = {BotName(bot): why for bot, why in records.kept(store, "stops").items()}
    desk.world.peaks = {BotName(bot): Decimal(peak) for bot, peak in records.kept(store, "peaks").items()}
    anchors = records.kept(store, "anchors")
    at = int(anchors.pop("at", "0"))
    if desk.timeline.now() - at < _HOUR * 24 * _MINUTE_MS:  # an anchor of before yesterday holds nothing
        desk.world.market.restore({Symbol(symbol): Decimal(price) for symbol, price in anchors.items()})


def _write(store: Store, peaks: dict[str, str], anchors: dict[str, str]) -> None:
    records.keep(store, "peaks", peaks)
    records.keep(store, "anchors", anchors)


def _ends(first: tuple[int, Decimal], last: tuple[int, Decimal], budget: Decimal) -> str:
    """Foretell when a budget ends at the pace of the last hour, in words; nothing where it shows no pace."""
    minutes, lost = Decimal(last[0] - first[0]) / _MINUTE_MS, last[1] - first[1]
    if minutes < 1 or lost <= 0:
        return ""
    left = int((budget - last[1]) / lost * minutes)
    return f"; at the pace of the last {int(minutes)} minutes new risk is refused in about {max(0, left)} minutes"


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
