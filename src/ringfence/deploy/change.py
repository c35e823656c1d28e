"""What a want still asks of the server: looked for, said in words and as a diff, and carried out."""

import difflib
from collections.abc import Callable
from typing import NamedTuple

from ringfence.deploy import code, packages, switches
from ringfence.deploy.machine import Kind, Machine, Rights, Seen, asks
from ringfence.deploy.people import People, people
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
    Want,
)
from ringfence.errors import RingfenceError

_NOLOGIN = "/usr/sbin/nologin"
_GONE = -1


class Change(NamedTuple):
    """One thing that is not as it is wanted: what will be done, in words, and the lines of a file that change."""

    want: Want
    words: str
    diff: tuple[str, ...] = ()


def lacking(want: Want, machine: Machine) -> Change | None:  # noqa: C901, PLR0911, PLR0912  # one a want
    """Say what a want still asks for; None where it is met. It changes nothing."""
    there = people(machine)
    match want:
        case Group():
            return None if want.name in there.groups else Change(want, f"make group {want.name}")
        case User():
            return None if want.name in there.users else Change(want, f"make user {want.name}, who cannot log in")
        case Folder():
            return _folder(want, machine, there)
        case File():
            return _file(want, machine, there)
        case Link():
            seen = machine.look(want.path)
            met = seen is not None and seen.kind is Kind.LINK and seen.target == want.target
            return None if met else Change(want, f"link {want.path} to {want.target}")
        case Code():
            return None if code.stands(machine, want) else Change(want, f"copy Ringfence's code to {want.path}")
        case Sealed():
            met = machine.look(want.path) is not None
            return None if met else Change(want, "seal the vault's passphrase to this machine, for the signer alone")
        case ReadBy() | Owned():
            return _tree(want, machine, there)
        case Running():
            return _running(want, machine)
        case Switches():
            return _switches(want, machine)
        case Packages():
            missing = [name for name in want.names if not packages.there(machine, name)]
            return Change(want, f"install {' '.join(missing)}") if missing else None


def carry_out(  # noqa: C901, PLR0912, PLR0915  # one a want
    change: Change, machine: Machine, secret: Callable[[], bytearray]
) -> None:
    """Do what a change says; raises `RingfenceError`. `secret` gives the passphrase, where one is to be sealed."""
    want, there = change.want, people(machine)
    match want:
        case Group():
            machine.run("groupadd", "--system", want.name)
        case User():
            only = ("--no-create-home", "--no-user-group", "--shell", _NOLOGIN, "--home-dir", want.home)
            machine.run("useradd", "--system", *only, "--gid", want.group, want.name)
        case Folder():
            machine.make(want.path, want.mode, there.uid(want.owner), there.gid(want.group))
        case File():
            owner, group = there.uid(want.owner), there.gid(want.group)
            machine.put(want.path, want.content.encode(), want.mode, owner, group)
        case Link():
            _make_way(want, machine)
            machine.link(want.path, want.target)
        case Code():
            code.copy(machine, want)
        case Sealed():
            command = ("systemd-creds", "encrypt", "--with-key=auto", f"--name={want.name}", "-", "-")
            passphrase = secret()
            try:
                machine.put(want.path, machine.run(*command, given=passphrase).encode(), 0o600, 0, 0)
            finally:
                passphrase[:] = bytes(len(passphrase))
        case ReadBy() | Owned():
            if isinstance(want, Owned) and machine.look(want.path) is None:
                machine.make(want.path, 0o700, there.uid(want.owner), there.gid(want.group))
            machine.change(want.path, _decide(want, there), _but(want))
        case Running():
            if want.enabled:
                machine.run("systemctl", "enable", "--quiet", want.unit)
            machine.run("systemctl", "restart", want.unit)
        case Switches():
            switches.load(machine, want.path)
        case Packages():
            packages.install(machine, want.names)


def _folder(want: Folder, machine: Machine, there: People) -> Change | None:
    seen = machine.look(want.path)
    if seen is not None and seen.kind is not Kind.FOLDER:
        raise RingfenceError(f"{want.path} is no directory", hint="move it away; nothing of it was changed")
    if seen is not None and _whose(seen) == (want.mode, *_ids(want, there)):
        return None
    return Change(want, f"{'make' if seen is None else 'set'} {want.path}: {_said(want)}")


def _file(want: File, machine: Machine, there: People) -> Change | None:
    seen = machine.look(want.path)
    before = "" if seen is None else seen.content.decode("utf-8", "replace")
    same = seen is not None and seen.kind is Kind.FILE and before == want.content
    if same and seen is not None and _whose(seen) == (want.mode, *_ids(want, there)):
        return None
    words = f"{'write' if seen is None else 'set' if same else 'change'} {want.path}: {_said(want)}"
    return Change(want, words, () if same or want.secret else _diff(want.path, before, want.content))


def _diff(path: str, before: str, after: str) -> tuple[str, ...]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), path if before else "/dev/null", path, n=2)
    return tuple(line.rstrip("\n") for line in lines)


def _tree(want: ReadBy | Owned, machine: Machine, there: People) -> Change | None:
    if machine.look(want.path) is None:
        if isinstance(want, ReadBy):
            raise RingfenceError(f"there is no {want.path}", hint="the directory of a bot has its code and settings")
        return Change(want, f"make {want.path} for {want.owner}")
    decide, now = _decide(want, there), machine.rights(want.path, _but(want))
    count = sum(decide(one) != one for one in now)
    if not count:
        return None
    whose = f"{want.group} may read it, and cannot write" if isinstance(want, ReadBy) else f"it is {want.owner}'s"
    return Change(want, f"{want.path}: {whose} ({count:,} of {len(now):,} files and folders change)")


def _running(want: Running, machine: Machine) -> Change | None:
    active = asks(machine, "is-active", want.unit) in {"active", "activating"}
    enabled = not want.enabled or asks(machine, "is-enabled", want.unit) == "enabled"
    if active and enabled:
        return None
    return Change(want, f"start {want.unit}" + (", now and with the system" if want.enabled else ""))


def _switches(want: Switches, machine: Machine) -> Change | None:
    now = switches.now(machine, want.values)
    differ = tuple(f"{key} = {value}" for key, value in now if (key, value) not in want.values)
    words = f"set {len(differ)} switch{'es' * (len(differ) > 1)} of the kernel as {want.path} has them"
    return Change(want, f"{words}; now {', '.join(differ)}") if differ else None


def _make_way(want: Link, machine: Machine) -> None:
    """Remove a directory that stands where the link is to be, where nothing of worth is in it: sockets."""
    seen = machine.look(want.path)
    if seen is not None and seen.kind is Kind.FOLDER:
        machine.remove(want.path)


def _decide(want: ReadBy | Owned, there: People) -> Callable[[Rights], Rights]:
    gid = there.groups.get(want.group, _GONE)
    if isinstance(want, Owned):
        uid = there.users.get(want.owner, (_GONE, _GONE))[0]
        return lambda now: now._replace(mode=now.mode & 0o1770, uid=uid, gid=gid)
    bot = there.users.get(want.group, (_GONE, _GONE))[0]  # a bot's group is called as its user

    def decide(now: Rights) -> Rights:
        owner = now.mode & 0o700
        mode = owner | (owner >> 3 & 0o050)  # nobody else: what another bot may read it may send
        return now._replace(mode=mode, uid=0 if now.uid == bot else now.uid, gid=gid)

    return decide


def _but(want: ReadBy | Owned) -> tuple[str, ...]:
    return want.but if isinstance(want, ReadBy) else ()


def _ids(want: Folder | File, there: People) -> tuple[int, int]:
    return there.users.get(want.owner, (_GONE, _GONE))[0], there.groups.get(want.group, _GONE)


def _whose(seen: Seen) -> tuple[int, int, int]:
    return seen.mode, seen.uid, seen.gid


def _said(want: Folder | File) -> str:
    return f"{want.owner}:{want.group} {want.mode:04o}"
