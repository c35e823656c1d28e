"""Leading back: what was tried, or what was kept. One thing that fails keeps nothing else from going back.

Nothing is loaded beside the standard library, msgspec and `ringfence.deploy`: it runs alone, from a copy of itself.
"""

from collections.abc import Callable
from pathlib import Path

from msgspec.structs import replace

from ringfence.deploy import record, undo
from ringfence.deploy.machine import Machine
from ringfence.deploy.names import UNITS
from ringfence.deploy.record import Absent, Done, Record, Was
from ringfence.deploy.wants import File
from ringfence.errors import RingfenceError
from ringfence.harden import trial
from ringfence.harden.disarm import disarm
from ringfence.harden.reread import reread

Tell = Callable[[str], None]


def roll_back(machine: Machine, tell: Tell, root: Path = Path("/"), *, within: bool = False) -> list[str]:
    """Take a trial back, and then what stood ready for that; returns what is left to a person.

    Raises `RingfenceError` where something did not go back: the trial is still there then, and can be tried again.
    """
    left, failed = list[str](), list[str]()
    for which in trial.records(root):
        try:
            left += take_back(which, machine, tell, root, whatever=True)
        except RingfenceError as error:
            failed.append(str(error))
    if failed:
        raise RingfenceError("; ".join(failed), hint="ringfence harden --undo tries again")
    trial.forget(root)
    disarm(machine, within=within)
    return left


def take_back(which: str, machine: Machine, tell: Tell, root: Path = Path("/"), *, whatever: bool = False) -> list[str]:
    """Undo all that a record lists, the last thing first; returns what is left to a person.

    `whatever`: a file goes back even where somebody has changed it since. Who is locked out cannot be asked.
    """
    known = record.load(root, which)
    left, failed = list[str](), list[str]()
    units = any(isinstance(one.want, File) and one.want.path.startswith(UNITS) for one in known.done)
    for one in reversed(known.done):
        if said := undo.words(one):
            tell(said)
        try:
            more = _restore(one, machine) if whatever else undo.undo(one, machine)
        except RingfenceError as error:
            failed.append(str(error))
            continue
        left += [more] if more else []
        known = known.without(one.want)
        record.save(known, root, which)
    failed += _settle(machine, known, units=units)
    if failed:
        raise RingfenceError("; ".join(failed), hint="ringfence harden --undo tries again")
    record.save(Record(), root, which)
    return left


def _settle(machine: Machine, known: Record, *, units: bool) -> list[str]:
    """Have everything read anew that goes by what has changed; returns what went wrong."""
    failed = list[str]()
    try:
        if units:
            machine.run("systemctl", "daemon-reload")
        for unit in known.restart:
            reread(machine, unit)
    except RingfenceError as error:
        failed.append(str(error))
    return failed


def _restore(one: Done, machine: Machine) -> str:
    """Undo one thing; a file that somebody has changed since is taken for ours."""
    seen = machine.look(one.want.path) if isinstance(one.want, File) else None
    if not isinstance(one.want, File) or seen is None or seen.content == one.want.content.encode():
        return undo.undo(one, machine)
    match one.before:
        case Absent():
            machine.remove(one.want.path)
        case Was():
            machine.put(one.want.path, one.before.content, one.before.mode, one.before.uid, one.before.gid)
        case _:
            return undo.undo(one, machine)
    return f"{one.want.path} was changed by somebody since, and went back all the same"


def end(area: str, machine: Machine, root: Path = Path("/")) -> None:
    """Take an area that has gone back out of the trial; with the last one the trial ends."""
    tried = trial.load(root)
    if tried is None or area not in tried.areas:
        return
    rest = tuple(each for each in tried.areas if each != area)
    if rest:
        trial.save(replace(tried, areas=rest), root)
        return
    trial.forget(root)
    disarm(machine)
