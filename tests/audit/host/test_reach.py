"""Who can read or change a file: bits along the whole way, owners, sticky directories, links and ACLs."""

from collections.abc import Mapping

import pytest

from ringfence.audit.host import reach
from ringfence.audit.host.reach import READ, WRITE, Who
from ringfence.audit.host.source import Status, Unseen
from tests.audit.host.fake import file, folder, host, link

GRID = Who("grid", 990, frozenset({990, 50}), frozenset({"grid", "staff"}))
KEYS = "/var/lib/rf/vault/keys"
SAFE = {
    "/": folder(),
    "/var": folder(),
    "/var/lib": folder(),
    "/var/lib/rf": folder(0o711, 600, 600),
    "/var/lib/rf/vault": folder(0o700, 600, 600),
    KEYS: file(0o600, 600, 600),
}


def reached(want: int, stats: Mapping[str, Status], path: str = KEYS, **commands: str | tuple[int, str]) -> str:
    """Say how a bot reaches a file; `ls` and `getfacl` are what those print."""
    asked = {"ls": f"ls -ld -- {path}", "getfacl": f"getfacl -c -p {path}"}
    told = {asked[name]: out for name, out in commands.items()}
    return reach.reached(host(stats={**SAFE, **stats}, commands=told), GRID, path, want)


OPEN = {"/var/lib/rf/vault": folder(0o711, 600, 600)}


@pytest.mark.parametrize(
    ("stats", "read", "write"),
    [
        ({}, False, False),
        ({KEYS: file(0o666, 600, 600)}, False, False),  # the directory keeps it out
        (OPEN, False, False),
        ({**OPEN, KEYS: file(0o604, 600, 600)}, True, False),
        ({**OPEN, KEYS: file(0o602, 600, 600)}, False, True),
        ({**OPEN, KEYS: file(0o640, 600, 50)}, True, False),
        ({**OPEN, KEYS: file(0o604, 600, 50)}, False, False),  # in the group: the group's bits count, and no others
        ({**OPEN, KEYS: file(0o000, 990, 600)}, True, True),  # its owner can change the bits
        ({"/var/lib/rf/vault": folder(0o000, 990)}, True, True),
        ({"/var/lib": folder(0o777), **OPEN}, True, True),
        ({"/var/lib": folder(0o1777), **OPEN}, False, False),  # sticky: only what is one's own is replaced
        ({"/var/lib": folder(0o1777), "/var/lib/rf": folder(0o711, 990)}, True, True),
        ({"/var/lib": folder(0o770, 0, 50)}, True, True),
        ({"/var/lib": folder(0o700), **OPEN, KEYS: file(0o666)}, False, False),
        ({"/var/lib": folder(0o755, 990)}, True, True),
    ],
)
def test_every_directory_on_the_way_counts(stats: Mapping[str, Status], read: bool, write: bool) -> None:
    assert bool(reached(READ, stats)) == read
    assert bool(reached(WRITE, stats)) == write


def test_root_reaches_everything_and_nobody_what_is_not_there() -> None:
    server = host(stats=SAFE)
    assert reach.reached(server, GRID._replace(uid=0), KEYS, READ)
    assert not reach.reached(server, GRID._replace(uid=0), f"{KEYS}.none", READ)


def test_a_link_is_followed_and_what_it_stands_in_can_replace_it() -> None:
    stats = {"/srv": folder(), "/srv/vault": link(KEYS), **OPEN, KEYS: file(0o644, 600)}
    assert reached(READ, stats, "/srv/vault")
    assert not reached(READ, {**stats, KEYS: file(0o600, 600)}, "/srv/vault")
    assert "can replace what is in /srv" in reached(READ, {**stats, "/srv": folder(0o777)}, "/srv/vault")


GROUPED = {**OPEN, KEYS: file(0o640, 600, 600)}
LS = "-rw-r-----{} 1 rf rf 9 Nov 28 12:00 keys\n"
ACL = "user::rw-\nuser:{}:{}\ngroup::---\ngroup:{}:{}\nmask::{}\nother::---\n"


@pytest.mark.parametrize(
    ("ls", "acl", "reads"),
    [
        (LS.format(""), "", False),
        (LS.format("."), "", False),
        (LS.format("+"), ACL.format("grid", "r--", "x", "---", "r--"), True),
        (LS.format("+"), ACL.format("990", "r--", "x", "---", "r--"), True),
        (LS.format("+"), ACL.format("anna", "r--", "staff", "r--", "r--"), True),
        (LS.format("+"), ACL.format("anna", "r--", "x", "r--", "r--"), False),
        (LS.format("+"), ACL.format("grid", "---", "staff", "r--", "r--"), False),  # the user's own entry counts alone
        (LS.format("+"), ACL.format("grid", "r--", "x", "---", "---"), False),  # the mask takes it away
        (LS.format("+"), "user::rw-\ndefault:user:grid:rwx\nother::---\n", False),
    ],
)
def test_an_acl_is_asked_where_the_bits_leave_room_for_one(ls: str, acl: str, reads: bool) -> None:
    assert bool(reached(READ, GROUPED, ls=ls, getfacl=acl)) == reads


def test_an_acl_that_cannot_be_asked_is_unseen_and_only_where_there_may_be_one() -> None:
    with pytest.raises(Unseen, match="ls is not installed"):
        reached(READ, GROUPED)
    with pytest.raises(Unseen, match="getfacl is not installed"):
        reached(READ, GROUPED, ls=LS.format("+"))
    with pytest.raises(Unseen, match="getfacl does not say"):
        reached(READ, GROUPED, ls=LS.format("+"), getfacl=(1, ""))
    with pytest.raises(Unseen, match="ls does not say"):
        reached(READ, GROUPED, ls="total 0")
    assert not reached(READ, OPEN)  # no bits of the group: no ACL can give anything
    assert not reached(WRITE, GROUPED)  # no writing of the group: none can give that
