"""Whether an account can read or change a file: by the bits of everything on the way, and by what an ACL may add.

What is owned counts as reached, since an owner can change the bits. It never takes an ACL for absent unasked.
"""

import re
from itertools import pairwise
from typing import NamedTuple

from ringfence.audit.host import accounts, paths
from ringfence.audit.host.host import Host
from ringfence.audit.host.paths import Station
from ringfence.audit.host.source import Status, Unseen

READ, WRITE, SEARCH = 4, 2, 1
_STICKY = 0o1000
_LS = re.compile(r"[bcdlps-][r-][w-][xsS-][r-][w-][xsS-][r-][w-][xtT-](?P<more>[+.@]?)\s")
_ACL = re.compile(r"(?P<kind>user|group|mask|other):(?P<name>[^:]*):(?P<bits>[r-][w-][x-])")


class Who(NamedTuple):
    """An account and its groups, by name and number."""

    name: str
    uid: int
    gids: frozenset[int]
    groups: frozenset[str]


def who(host: Host, name: str) -> Who:
    """Look an account up; raises `Unseen` where there is none."""
    one = accounts.account(host, name)
    numbers = accounts.gids(host, one)
    return Who(name, one.uid, numbers, frozenset(each.name for each in accounts.groups(host) if each.gid in numbers))


def may(host: Host, one: Who, station: Station, want: int) -> bool:
    """Say whether an account may do this to a file that it can get to."""
    status = station.status
    if one.uid in {0, status.uid}:
        return True
    if _by_bits(one, status) & want == want:
        return True
    # acl(5): an ACL gives at most what its mask allows, and the mask is what the group's bits show.
    return bool((status.bits >> 3) & want == want and _by_acl(host, one, station.path) & want == want)


def reached(host: Host, one: Who, path: str, want: int) -> str:
    """Say how an account can do this to a file, or put another in its place; empty where it cannot."""
    way = paths.walked(host, path)
    if way is None:
        return ""
    for parent, child in pairwise(way):
        if parent.status.is_link:
            continue
        if not may(host, one, parent, SEARCH):
            return ""
        if _replaces(host, one, parent, child.status):
            return f"can replace what is in {parent.path}"
    if not may(host, one, way[-1], want):
        return ""
    return f"can {'write' if want == WRITE else 'read'} {path}"


def _replaces(host: Host, one: Who, parent: Station, child: Status) -> bool:
    if not may(host, one, parent, WRITE | SEARCH):
        return False
    return not parent.status.bits & _STICKY or one.uid in {0, parent.status.uid, child.uid}


def _by_bits(one: Who, status: Status) -> int:
    return (status.bits >> (3 if status.gid in one.gids else 0)) & 7


def _by_acl(host: Host, one: Who, path: str) -> int:
    ran = host.run("ls", "-ld", "--", path)
    found = _LS.match(ran.out)
    if ran.code != 0 or found is None:
        raise Unseen(f"{path}: ls does not say whether it has an ACL")
    if found["more"] != "+":
        return 0
    ran = host.run("getfacl", "-c", "-p", path)
    rows = [(row["kind"], row["name"], _bits(row["bits"])) for row in _ACL.finditer(_own(ran.out))]
    if ran.code != 0 or not rows:
        raise Unseen(f"{path}: getfacl does not say what its ACL is")
    return _granted(one, rows)


def _own(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if not line.startswith("default:"))


def _granted(one: Who, rows: list[tuple[str, str, int]]) -> int:
    mask = next((bits for kind, _, bits in rows if kind == "mask"), 7)
    named = [bits for kind, name, bits in rows if kind == "user" and name in {one.name, str(one.uid)}]
    if named:
        return named[0] & mask
    mine = one.groups | {str(number) for number in one.gids}
    shared = 0
    for kind, name, bits in rows:
        if kind == "group" and name in mine:
            shared |= bits & mask
    return shared


def _bits(text: str) -> int:
    return sum(value for sign, value in zip(text, (READ, WRITE, SEARCH), strict=True) if sign != "-")
