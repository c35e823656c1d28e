"""Leading a thing back to how it was before; what somebody has changed since is left, and said."""

from ringfence.deploy import packages, switches
from ringfence.deploy.machine import Kind, Machine, Rights
from ringfence.deploy.record import Absent, Before, Done, Lacked, Ran, Stood, There, Was, Were
from ringfence.deploy.wants import (
    Code,
    File,
    Folder,
    Group,
    Link,
    Owned,
    Packages,
    ReadBy,
    Running,
    Sealed,
    Switches,
    User,
)
from ringfence.errors import RingfenceError


def words(done: Done) -> str:
    """Say what undoing a thing means; empty where it stays."""
    match done.want, done.before:
        case Group(name) | User(name), Absent():
            return f"remove {type(done.want).__name__.lower()} {name}"
        case ((ReadBy(path) | Owned(path)), Were()):
            return f"give {path} back to whom it belonged"
        case Running(unit), Stood(active, enabled):
            return "" if active and enabled else f"stop {unit}"
        case ((Folder() | File() | Link() | Code() | Sealed() | Owned()), Absent()):
            return f"remove {done.want.path}"
        case ((Folder() | File() | Link() | Sealed()), Was()):
            return f"restore {done.want.path}"
        case Switches(_, values), _:
            return f"set {len(values)} switches of the kernel back"
        case Packages(), Lacked(every) if every:
            return f"remove the packages {' '.join(every)}"
    return ""


def undo(done: Done, machine: Machine) -> str:  # noqa: C901, PLR0911, PLR0912  # one a want
    """Undo one thing; returns what is left to a person, empty where nothing is. Doing it again changes nothing."""
    match done.want:
        case Group(name):
            return _run_if(machine, done.before, "groupdel", name)
        case User(name):
            return _run_if(machine, done.before, "userdel", name)
        case Running(unit):
            return _stop(machine, unit, done.before)
        case ReadBy(path) | Owned(path):
            return _give_back(machine, path, done.before)
        case Code(path) | Link(path) | Sealed(path):
            if not isinstance(done.before, There):
                machine.remove(path)
            return _restore(machine, path, done.before)
        case File(path, content):
            return _file(machine, path, content, done.before)
        case Folder(path, passing=True):
            machine.remove(path)
            return ""
        case Folder(path):
            return _folder(machine, path, done.before)
        case Switches():
            left = switches.set_back(machine, done.before.values) if isinstance(done.before, Ran) else ()
            return f"until the next start these stay as they are: {', '.join(left)}" if left else ""
        case Packages():
            return packages.remove(machine, done.before.names) if isinstance(done.before, Lacked) else ""


def _run_if(machine: Machine, before: Before, command: str, name: str) -> str:
    if not isinstance(before, Absent):
        return ""
    try:
        machine.run(command, name)
    except RingfenceError as error:
        gone = "does not exist" in str(error)
        return "" if gone else f"{command} {name}: {error}"
    return ""


def _stop(machine: Machine, unit: str, before: Before) -> str:
    stood = before if isinstance(before, Stood) else Stood(active=False, enabled=False)
    try:
        if not stood.active:
            machine.run("systemctl", "stop", unit)
        if not stood.enabled:
            machine.run("systemctl", "disable", "--quiet", unit)
    except RingfenceError as error:
        gone = "not loaded" in str(error) or "does not exist" in str(error)
        return "" if gone else str(error)
    return ""


def _give_back(machine: Machine, path: str, before: Before) -> str:
    """Give a tree back; what is new in it goes to whom the tree itself belonged."""
    if isinstance(before, Absent):
        return f"{path} was made for the bot, and is left with what it wrote" if machine.look(path) else ""
    if not isinstance(before, Were) or not before.rights or machine.look(path) is None:
        return ""
    known = {one.path: one for one in before.rights}
    top = before.rights[0]

    def decide(now: Rights) -> Rights:
        return known.get(now.path) or now._replace(uid=top.uid, gid=top.gid)

    machine.change(path, decide)
    return ""


def _file(machine: Machine, path: str, content: str, before: Before) -> str:
    seen = machine.look(path)
    if seen is not None and seen.content != content.encode() and not _is_as_before(seen.content, before):
        return f"{path} was changed by somebody since, and is left"
    if isinstance(before, Absent):
        machine.remove(path)
        return ""
    return _restore(machine, path, before)


def _is_as_before(content: bytes, before: Before) -> bool:
    return isinstance(before, Was) and before.content == content


def _folder(machine: Machine, path: str, before: Before) -> str:
    if isinstance(before, Was):
        machine.make(path, before.mode, before.uid, before.gid)
        return ""
    try:
        machine.remove_empty(path)
    except RingfenceError:
        return f"{path} is not empty, and is left"
    return ""


def _restore(machine: Machine, path: str, before: Before) -> str:
    match before:
        case Was(kind=Kind.FILE):
            machine.put(path, before.content, before.mode, before.uid, before.gid)
        case Was(kind=Kind.FOLDER):
            machine.make(path, before.mode, before.uid, before.gid)
        case Was(kind=Kind.LINK):
            machine.link(path, before.target)
        case Was() | Absent() | There() | Were() | Stood() | Ran() | Lacked():
            pass
    return ""
