"""Do the fault of a case to its victim, from outside; and make it well again."""

import signal
from dataclasses import dataclass

from tests.matrix.plan import Case, Fault, Victim
from tests.matrix.relay import Astray
from tests.matrix.shim import Shim
from tests.matrix.world import DOOR, LINKS, World

VOICES: dict[Victim, frozenset[tuple[str, bool]]] = {
    victim: frozenset(
        (link, outward) for link, ends in LINKS.items() for outward in (True, False) if ends[not outward] == victim
    )
    for victim in Victim
}
_ASTRAY = {Fault.LOST: "lost", Fault.DOUBLED: "doubled", Fault.REORDERED: "swapped"}
# What the rehearsal exchange itself can do to its answers. An answer that is late comes after those to later requests.
_AT_EXCHANGE = {Fault.LOST: "drop-after-accept", Fault.DOUBLED: "duplicate-reply", Fault.REORDERED: "delay"}
_ORDERS = ("/api/v3/order", "/api/v3/orderList/oco", "/api/v3/orderList/oto", "/api/v3/order/amend/keepPriority")


@dataclass(frozen=True, slots=True)
class Strike:
    """One fault, ready to be done. `do` may run on the relay's thread, `heal` may not."""

    case: Case
    world: World

    @property
    def process(self) -> str:
        """The victim as a process."""
        return "paper" if self.case.victim is Victim.EXCHANGE else self.case.victim.value

    @property
    def links(self) -> tuple[str, ...]:
        """Its connections."""
        if self.case.victim is Victim.EXCHANGE:
            return (DOOR,)
        return tuple(name for name, ends in LINKS.items() if self.case.victim in ends)

    def prepare(self) -> None:
        """Order what the exchange has to do itself, while it can be asked: it befalls the next orders."""
        if self.case.victim is Victim.EXCHANGE and self.case.fault in _AT_EXCHANGE:
            order = {"kind": _AT_EXCHANGE[self.case.fault], "count": self.case.amount, "seconds": "0.7"}
            for path in _ORDERS:
                self.world.deployment.paper("POST", "/fault", {**order, "match": {"path": path}})

    def do(self) -> None:
        """Let it happen now."""
        case, shim, relay = self.case, self.world.shims[self.process], self.world.relay
        match case.fault:
            case Fault.KILL:
                self._kill()
            case Fault.STOP:
                self.world.send_signal(self.process, signal.SIGSTOP)
            case Fault.SLOW:
                relay.delays.update(dict.fromkeys(self.links, case.amount / 1000))
                shim.slow_syncs(case.amount / 1000)
            case Fault.CUT:
                relay.cut(*self.links)
            case Fault.LOST | Fault.DOUBLED | Fault.REORDERED:
                relay.astray = Astray(_ASTRAY[case.fault], VOICES[case.victim], case.amount)
            case _:
                self._shim(shim)

    def _shim(self, shim: Shim) -> None:
        match self.case.fault:
            case Fault.DISK_FULL:
                shim.fill_disk(self.case.amount)
            case Fault.SYNC_ERROR:
                shim.fail_syncs(self.case.amount)
            case _:
                for process in self._clocks():
                    self.world.shims[process].set_clock(self.case.amount)

    def heal(self) -> None:
        """End it: what is dead or read-only is started again."""
        case, world = self.case, self.world
        world.relay.delays.clear()
        world.relay.astray = Astray()
        world.relay.door_open = True
        for shim in world.shims.values():
            shim.heal()
        if case.fault is Fault.STOP:
            world.send_signal(self.process, signal.SIGCONT)
        if case.victim is Victim.EXCHANGE:
            world.deployment.paper("POST", "/faults/clear")
        elif self._needs_restart():
            world.restart(self.process, politely=case.seed % 2 == 0)

    def _needs_restart(self) -> bool:
        """A journal that could not be written is read-only until a restart (docs/format/journal.md, crash rule 4)."""
        case = self.case
        return case.fault is Fault.KILL or (case.victim is Victim.SIGNER and case.fault in BREAKING)

    def _kill(self) -> None:
        """Its state is gone; the exchange, whose books do not die with a front end, is out of reach."""
        if self.case.victim is Victim.EXCHANGE:
            self.world.relay.door_open = False
            self.world.relay.cut(DOOR)
        elif self.process in self.world.deployment.running:
            self.world.deployment.kill(self.process)

    def _clocks(self) -> set[str]:
        follows = {"exchange": "paper"}
        return {self.process, *(follows[name] for name in self.case.company if name in follows)}


BREAKING = (Fault.DISK_FULL, Fault.SYNC_ERROR)
