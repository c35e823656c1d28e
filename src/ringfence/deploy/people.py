"""The users and groups of a server, by name, as its files have them."""

from typing import NamedTuple

from ringfence.deploy.machine import Machine
from ringfence.errors import RingfenceError

_PASSWD, _GROUP = 7, 4  # fields, passwd(5) and group(5)


class People(NamedTuple):
    """Who there is: uid and gid by user, gid by group."""

    users: dict[str, tuple[int, int]]
    groups: dict[str, int]

    def uid(self, name: str) -> int:
        """Return a user's number; raises `RingfenceError` where there is none."""
        if name not in self.users:
            raise RingfenceError(f"there is no user {name}")
        return self.users[name][0]

    def gid(self, name: str) -> int:
        """Return a group's number; raises `RingfenceError` where there is none."""
        if name not in self.groups:
            raise RingfenceError(f"there is no group {name}")
        return self.groups[name]


def people(machine: Machine) -> People:
    """Read who there is now."""
    users = {row[0]: (int(row[2]), int(row[3])) for row in _rows(machine, "/etc/passwd", _PASSWD)}
    groups = {row[0]: int(row[2]) for row in _rows(machine, "/etc/group", _GROUP)}
    return People(users, groups)


def _rows(machine: Machine, path: str, fields: int) -> list[list[str]]:
    seen = machine.look(path)
    text = "" if seen is None else seen.content.decode("utf-8", "replace")
    return [row for row in (line.split(":") for line in text.splitlines()) if len(row) == fields]
