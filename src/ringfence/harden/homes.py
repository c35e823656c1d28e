"""People's homes: closed to others. One in which something of another user runs stays as it is, and that is said."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import PurePosixPath

from ringfence.audit.host import accounts
from ringfence.audit.host.accounts import Account
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Status, Unseen
from ringfence.deploy.names import HOME
from ringfence.deploy.wants import Folder
from ringfence.harden.area import Area, Proposal

_OTHERS = 0o027  # CIS 7.2.9: others nothing, the group no writing
_PROCESS = re.compile("[0-9]+")
_PLACES = ("cwd", "exe", "root")


def look(host: Host) -> Proposal:
    """Say what is offered; raises `Unseen` where accounts or what runs cannot be looked at."""
    wants, notes = list[Folder](), list[str]()
    groups = {group.gid: group.name for group in accounts.groups(host)}
    used = dict(_used(host))
    for one in accounts.accounts(host):
        found = host.status(one.home) if one.is_person and one.uid != 0 else None
        if found is None or not found.bits & _OTHERS:
            continue
        why = _not(one, found, groups) or next((who for place, who in used.items() if _inside(place, one)), "")
        if why:
            notes.append(f"{one.home} stays {found.bits:04o}: {why}")
        else:
            wants.append(Folder(one.home, one.name, groups[found.gid], found.bits & ~_OTHERS))
    return Proposal(Area.ACCOUNTS, tuple(wants), notes=tuple(notes))


def _not(one: Account, found: Status, groups: dict[int, str]) -> str:
    if not found.is_dir or found.uid != one.uid or PurePosixPath(one.home).parent != PurePosixPath("/home"):
        return f"it is not a directory of {one.name}'s in /home"
    return "" if found.gid in groups else "its group has no name"


def _inside(place: tuple[int, str], one: Account) -> bool:
    uid, path = place
    return uid not in {0, one.uid} and PurePosixPath(path).is_relative_to(one.home)


def _used(host: Host) -> Iterator[tuple[tuple[int, str], str]]:
    """List what runs where, by whom; and where the bots of a deployment are, which may not be running now."""
    for name in host.names("/proc"):
        found = host.status(f"/proc/{name}") if _PROCESS.fullmatch(name) else None
        for place in _PLACES if found is not None else ():
            link = host.status(f"/proc/{name}/{place}")
            if found is not None and link is not None and link.target.startswith("/home/"):
                yield (found.uid, link.target), f"process {name} of another user runs in it"
    for bot, folder in _bots(host):
        yield (-1, folder), f"bot {bot} is in it; move it to /opt"


def _bots(host: Host) -> Iterator[tuple[str, str]]:
    text = host.text(f"{HOME}/deploy.toml")
    try:
        bots = tomllib.loads(text or "").get("bot", {})
    except ValueError:
        raise Unseen(f"{HOME}/deploy.toml cannot be read") from None
    for name, one in bots.items() if isinstance(bots, dict) else ():
        folder = one.get("directory") if isinstance(one, dict) else None
        if isinstance(folder, str):
            yield name, folder
