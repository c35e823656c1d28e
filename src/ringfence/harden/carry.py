"""Carrying out what is offered, each step written down before it is done. A trial that fails goes back at once."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from ringfence.deploy import record
from ringfence.deploy.apply import Plan, plan
from ringfence.deploy.change import Change, carry_out
from ringfence.deploy.machine import Machine
from ringfence.deploy.names import UNITS
from ringfence.deploy.record import Record
from ringfence.deploy.wants import File
from ringfence.errors import RingfenceError
from ringfence.harden import back, names, trial
from ringfence.harden.area import Proposal
from ringfence.harden.arm import arm, rehearse
from ringfence.harden.reread import check, reread
from ringfence.harden.trial import Trial

Tell = Callable[[str], None]
Wrong = Callable[[str], str]
"""Says what does not hold of an area, once it is done."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is offered for an area, and what of it is not there yet."""

    offered: Proposal
    lacking: Plan


def work(offered: Proposal, machine: Machine) -> Work:
    """Compare what is offered with what is there; changes nothing."""
    return Work(offered, plan(offered.wants, machine, Record()))


def at_once(one: Work, machine: Machine, tell: Tell, root: Path = Path("/")) -> None:
    """Carry out what can lock nobody out; raises `RingfenceError` where a step fails: run it again, or undo it."""
    _carry(one, names.kept_of(one.offered.area), machine, tell, root)


def on_trial(  # noqa: PLR0913  # all that a trial needs
    every: Iterable[Work],
    machine: Machine,
    wrong: Wrong,
    tell: Tell,
    *,
    python: str,
    seconds: float,
    root: Path = Path("/"),
) -> Trial:
    """Carry out what could lock somebody out, and look whether it holds; whatever fails takes all of it back.

    Raises `RingfenceError`, with everything as it was. From here on it is kept within so many seconds, or goes back.
    """
    chosen = tuple(every)
    trial.forget(root)
    rehearse(machine, python)
    begun = Trial(tuple(one.offered.area for one in chosen), time.time() + seconds)
    trial.save(begun, root)
    try:
        arm(machine, seconds)
        for one in chosen:
            _carry(one, names.trial_of(one.offered.area), machine, tell, root)
            if said := wrong(one.offered.area):
                raise RingfenceError(f"{one.offered.area}: {said}", hint="all of it was taken back")  # noqa: TRY301
        done = replace(begun, done=True)
        trial.save(done, root)
    except (RingfenceError, OSError, KeyboardInterrupt):
        back.roll_back(machine, tell, root)
        raise
    return done


def _carry(one: Work, which: str, machine: Machine, tell: Tell, root: Path) -> None:
    known = record.load(root, which)
    known = replace(known, restart=tuple(dict.fromkeys((*known.restart, *one.offered.rereads))))
    record.save(known, root, which)
    for change in one.lacking.changes:
        known = _step(change, known, which, machine, tell, root)
    if any(isinstance(each.want, File) and each.want.path.startswith(UNITS) for each in one.lacking.changes):
        machine.run("systemctl", "daemon-reload")
    for change in one.lacking.starts:
        known = _step(change, known, which, machine, tell, root)
    for unit in one.offered.rereads:
        check(machine, unit)
        reread(machine, unit)


def _step(change: Change, known: Record, which: str, machine: Machine, tell: Tell, root: Path) -> Record:
    tell(change.words)
    known = known.adding(change.want, record.before(change.want, machine))
    record.save(known, root, which)
    carry_out(change, machine, bytearray)
    return known
