"""Who has an account on the server, how a password of it is kept, and which groups it is in.

It keeps no password's hash, not even a part of one. A line that it cannot read makes the whole file unseen: whoever can
write there could hide an account behind a line that only the system understands.
"""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, NamedTuple

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_PASSWD_FIELDS, _GROUP_FIELDS = 7, 4  # passwd(5), group(5)
_HIGHEST = 2**32 - 2  # (uid_t) -1 is no user
_FIRST_PERSON, _NOBODY = 1000, 65534  # UID_MIN of login.defs(5) on Debian; nobody
_SOURCES = {"files", "systemd", "compat", "mymachines", "myhostname"}  # nsswitch.conf(5): none that adds users
_MORE_USERS = ("/etc/userdb", "/run/userdb", "/usr/lib/userdb")  # userdbctl(1), systemd 252
NO_LOGIN: Final = frozenset(
    f"{place}/{name}" for place in ("/usr/sbin", "/sbin", "/usr/bin", "/bin") for name in ("nologin", "false")
)
"""The shells that let nobody in."""
_NO_SHELL = NO_LOGIN | {"/bin/sync", "/usr/bin/sync"}


class Kept(StrEnum):
    """How an account's password is kept."""

    EMPTY = "empty"
    LOCKED = "locked"
    HASHED = "hashed"


class Password(NamedTuple):
    """How a password is kept, and by which of crypt(5)'s schemes; never the hash."""

    kept: Kept
    scheme: str = ""


class Account(NamedTuple):
    """A line of /etc/passwd, every one of them: a name may stand there twice."""

    name: str
    field: Password | None  # None where /etc/shadow has it
    uid: int
    gid: int
    home: str
    shell: str
    line: int

    @property
    def has_shell(self) -> bool:
        """Say whether a session would get a shell; an empty one is /bin/sh."""
        return self.shell not in _NO_SHELL

    @property
    def is_person(self) -> bool:
        """Say whether somebody may log in as it: root, or an account of those that adduser makes, with a shell."""
        return self.has_shell and (self.uid == 0 or (self.uid >= _FIRST_PERSON and self.uid != _NOBODY))


class Group(NamedTuple):
    """A line of /etc/group."""

    name: str
    gid: int
    members: tuple[str, ...]


def accounts(host: Host) -> tuple[Account, ...]:
    """List the accounts in order; raises `Unseen` where some may be elsewhere, or a line is none."""
    _only_files(host, "passwd")
    for folder in _MORE_USERS:
        if host.under(folder, ".user"):
            raise Unseen(f"{folder} holds accounts that this check does not read")
    return tuple(
        Account(row[0], None if row[1] == "x" else _password(row[1]), _id(row[2]), _id(row[3]), row[5], row[6], line)
        for line, row in _rows(host, "/etc/passwd", _PASSWD_FIELDS, ids=(2, 3))
    )


def account(host: Host, name: str) -> Account:
    """Return the account of that name, as the system does: the first; raises `Unseen` where there is none."""
    found = next((one for one in accounts(host) if one.name == name), None)
    if found is None:
        raise Unseen(f"{name} is no user of this server")
    return found


def groups(host: Host) -> tuple[Group, ...]:
    """List the groups; raises `Unseen` as `accounts` does."""
    _only_files(host, "group")
    return tuple(
        Group(row[0], _id(row[2]), tuple(filter(None, map(str.strip, row[3].split(",")))))
        for _, row in _rows(host, "/etc/group", _GROUP_FIELDS, ids=(2,))
    )


def gids(host: Host, one: Account) -> frozenset[int]:
    """Return the numbers of every group that an account is in, its own included."""
    return frozenset({one.gid} | {group.gid for group in groups(host) if one.name in group.members})


def members(host: Host, *names: str) -> tuple[str, ...]:
    """List who is in groups of these names, or of another name and the same number; by their own group as well."""
    numbers = {group.gid for group in groups(host) if group.name in names}
    listed = [name for group in groups(host) if group.gid in numbers for name in group.members]
    own = [one.name for one in accounts(host) if one.gid in numbers]
    return tuple(dict.fromkeys((*own, *listed)))


def shadow(host: Host) -> tuple[tuple[str, Password], ...]:
    """List how /etc/shadow keeps each password, in order; raises `Unseen` where there is no such file."""
    if host.text("/etc/shadow") is None:
        raise Unseen("/etc/shadow is not there")
    return tuple((row[0], _password(row[1])) for _, row in _rows(host, "/etc/shadow", 0, ids=()))


def password(host: Host, one: Account) -> Password:
    """Say how an account's password is kept; one that /etc/shadow does not list cannot be used."""
    if one.field is not None:
        return one.field
    return next((kept for name, kept in shadow(host) if name == one.name), Password(Kept.LOCKED))


_DES_LONG = 13  # crypt(5): the shortest hash there is
_SCHEME = re.compile(r"\$([^$]+)\$")


def _password(field: str) -> Password:
    if not field:
        return Password(Kept.EMPTY)
    found = _SCHEME.match(field)
    if found:
        return Password(Kept.HASHED, found[1])
    if field[0] in "!*" or len(field) < _DES_LONG:
        return Password(Kept.LOCKED)
    return Password(Kept.HASHED, "DES")


def _rows(host: Host, path: str, fields: int, ids: tuple[int, ...]) -> Iterator[tuple[int, list[str]]]:
    """Read the lines of a table; `fields` 0 means that two are enough."""
    for number, text in enumerate((host.text(path) or "").split("\n"), 1):
        line = text.strip()
        if not line or line.startswith("#"):
            continue
        row = line.split(":")
        right = len(row) == fields if fields else len(row) > 1
        if not right or line[0] in "+-" or any(_id(row[at]) < 0 for at in ids):
            raise Unseen(f"line {number} of {path} is none that this check can read")
        yield number, row


def _id(text: str) -> int:
    """Read a number of a user or group; -1 for what is none, as `+0` is here, which the system takes for 0."""
    return int(text) if re.fullmatch(r"[0-9]{1,10}", text) and int(text) <= _HIGHEST else -1


def _only_files(host: Host, table: str) -> None:
    if host.text(f"/etc/{table}") is None:
        raise Unseen(f"/etc/{table} is not there")
    for line in host.lines("/etc/nsswitch.conf"):
        name, _, rest = line.partition("#")[0].partition(":")
        more = [word for word in rest.split() if not word.startswith("[") and word not in _SOURCES]
        if name.strip() == table and more:
            raise Unseen(f"{table} also comes from {more[0]}, which this check does not ask")
