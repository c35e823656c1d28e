"""A plan, and carrying it out: what is no longer wanted first, then what is lacking, then what runs.

Each step is written down before it is done. A run that was killed anywhere is finished, or undone, by running again.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from ringfence.deploy import record, undo
from ringfence.deploy.change import Change, carry_out, lacking
from ringfence.deploy.machine import Machine
from ringfence.deploy.names import UNITS
from ringfence.deploy.record import Done, Record, key
from ringfence.deploy.wants import File, Running, Want

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done: things taken out, the last one first; things made; units started, in their order."""

    out: tuple[Done, ...]
    changes: tuple[Change, ...]
    starts: tuple[Change, ...]

    @property
    def empty(self) -> bool:
        """Say whether all is as it is wanted."""
        return not (self.out or self.changes or self.starts)

    @property
    def words(self) -> tuple[str, ...]:
        """Say every step in words."""
        out = (undo.words(one) for one in self.out)
        return (*filter(None, out), *(one.words for one in (*self.changes, *self.starts)))


def plan(wants: Iterable[Want], machine: Machine, known: Record) -> Plan:
    """Compare what is wanted with what is there; changes nothing, and raises `RingfenceError` where it cannot be."""
    every = tuple(wants)
    keys = {key(want) for want in every}
    out = tuple(one for one in reversed(known.done) if key(one.want) not in keys)
    made = [want for want in every if not isinstance(want, Running)]
    changes = tuple(change for want in made if (change := lacking(want, machine)) is not None)
    touched = {want.path for want in (one.want for one in changes) if isinstance(want, File)}
    running = (_start(want, machine, known, touched) for want in every if isinstance(want, Running))
    return Plan(out, changes, tuple(start for start in running if start is not None))


def _start(want: Running, machine: Machine, known: Record, touched: set[str]) -> Change | None:
    anew = want.unit in known.restart or touched & set(want.after)
    return lacking(want, machine) or (Change(want, f"start {want.unit} anew") if anew else None)


def apply(
    chosen: Plan, machine: Machine, secret: Callable[[], bytearray], tell: Tell, root: Path = Path("/")
) -> list[str]:
    """Carry a plan out; returns what is left to a person. Raises `RingfenceError` where a step fails: run it again."""
    known = record.load(root)
    units = [one.want.unit for one in chosen.starts if isinstance(one.want, Running)]
    known = replace(known, restart=tuple(dict.fromkeys((*known.restart, *units))))
    record.save(known, root)
    for unit in reversed(units):  # a socket cannot start while what it belongs to runs
        if machine.look(f"{UNITS}/{unit}") is not None:
            machine.run("systemctl", "stop", unit)
    left, known = _take_out(chosen.out, known, machine, tell, root)
    for change in chosen.changes:
        known = _carry(change, known, machine, secret, tell, root)
    if units:
        machine.run("systemctl", "daemon-reload")
    for change, unit in zip(chosen.starts, units, strict=True):
        known = _carry(change, known, machine, secret, tell, root)
        known = replace(known, restart=tuple(each for each in known.restart if each != unit))
        record.save(known, root)
    return left


def undo_all(machine: Machine, tell: Tell, root: Path = Path("/")) -> list[str]:
    """Undo everything, the last thing first; returns what is left to a person."""
    known = record.load(root)
    left, _ = _take_out(tuple(reversed(known.done)), known, machine, tell, root)
    return left


def _take_out(
    out: tuple[Done, ...], known: Record, machine: Machine, tell: Tell, root: Path
) -> tuple[list[str], Record]:
    left = list[str]()
    for one in out:
        if said := undo.words(one):
            tell(said)
        if more := undo.undo(one, machine):
            left.append(more)
        known = known.without(one.want)
        record.save(known, root)
    if any(isinstance(one.want, File) and one.want.path.startswith(UNITS) for one in out):
        machine.run("systemctl", "daemon-reload")
    return left, known


def _carry(  # all that a step needs
    change: Change, known: Record, machine: Machine, secret: Callable[[], bytearray], tell: Tell, root: Path
) -> Record:
    tell(change.words)
    known = known.adding(change.want, record.before(change.want, machine))
    record.save(known, root)
    carry_out(change, machine, secret)
    return known
