"""The walk over the disks: what stands out is found wherever it hides, and a walk is whole or it is nothing."""

import os
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from ringfence.audit.host import walk
from ringfence.audit.host.source import Marked, Unseen
from tests.audit.host.fake import Fake

_ME = f"me:x:{os.getuid()}:{os.getgid()}::/home/me:/bin/sh\n"
USERS = {"/etc/passwd": _ME + "root:x:0:0::/:/bin/sh\n", "/etc/group": f"me:x:{os.getgid()}:\nroot:x:0:\n"}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A directory with a file that is nothing special."""
    (tmp_path / "etc").mkdir(0o755)
    (tmp_path / "etc" / "plain").touch(0o755)
    return tmp_path


def over(tree: Path, mounted: frozenset[str] = frozenset(), texts: dict[str, str] | None = None) -> tuple[Marked, ...]:
    return walk.over(Fake(USERS | (texts or {})), (str(tree),), mounted)


def names(found: tuple[Marked, ...]) -> list[str]:
    return [Path(one.path).name for one in found]


def test_a_tree_of_plain_files_has_nothing_that_stands_out(tree: Path) -> None:
    assert over(tree) == ()


@pytest.mark.parametrize(
    ("mode", "found"),
    [(0o4755, True), (0o2755, True), (0o4644, True), (0o646, True), (0o642, True), (0o664, False), (0o1755, False)],
)
def test_a_file_stands_out_by_its_mode(tree: Path, mode: int, found: bool) -> None:
    (tree / "etc" / "odd").touch()
    (tree / "etc" / "odd").chmod(mode)
    assert names(over(tree)) == (["odd"] if found else [])


@pytest.mark.parametrize(("mode", "found"), [(0o777, True), (0o1777, False), (0o2775, False), (0o755, False)])
def test_a_directory_stands_out_where_anybody_may_replace_a_file(tree: Path, mode: int, found: bool) -> None:
    (tree / "open").mkdir()
    (tree / "open").chmod(mode)
    assert names(over(tree)) == (["open"] if found else [])


def test_what_is_nobodys_stands_out_and_what_is_lent_to_containers_does_not(tree: Path) -> None:
    texts = {"/etc/passwd": "other:x:7:7::/:/bin/sh\n"}
    assert all(one.unowned for one in over(tree, texts=texts))
    assert names(over(tree, texts=texts)) == ["etc", "plain"]
    lent = texts | {"/etc/subuid": f"me:{os.getuid()}:65536\n"}
    assert over(tree, texts=lent) == ()


def test_a_link_is_never_followed_and_never_stands_out(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    away = tmp_path_factory.mktemp("away")
    (away / "odd").touch()
    (away / "odd").chmod(0o4755)
    (tree / "link").symlink_to(away)
    (tree / "etc" / "up").symlink_to("..")
    assert over(tree) == ()


def test_a_name_of_bytes_that_are_no_text_hides_nothing(tree: Path) -> None:
    path = tree / os.fsdecode(b"\xff\x1b[2J")
    path.touch()
    path.chmod(0o4755)
    assert len(over(tree)) == 1


def test_what_is_mounted_is_left_out_and_is_a_root_of_its_own_where_it_is_a_disk(tree: Path) -> None:
    (tree / "disk").mkdir()
    (tree / "disk" / "odd").touch()
    (tree / "disk" / "odd").chmod(0o4755)
    mounted = frozenset({str(tree / "disk")})
    assert over(tree, mounted) == ()
    both = walk.over(Fake(USERS), (str(tree), str(tree / "disk")), mounted)
    assert names(both) == ["odd"]


def test_a_directory_that_is_there_twice_is_walked_once(tree: Path) -> None:
    (tree / "odd").touch()
    (tree / "odd").chmod(0o4755)
    assert names(walk.over(Fake(USERS), (str(tree), str(tree)), frozenset())) == ["odd"]


@pytest.mark.parametrize(
    ("mounts", "roots"),
    [
        ("/dev/vda / ext4 rw 0 0", ("/",)),
        ("overlay / overlay rw 0 0\nproc /proc proc rw 0 0", ("/",)),
        ("/dev/a / xfs rw 0 0\n/dev/b /home btrfs rw 0 0\nx:/y /net nfs4 rw 0 0", ("/", "/home")),
        ("/dev/a / ext4 rw 0 0\ntmpfs /dev/shm tmpfs rw 0 0\ndevtmpfs /dev devtmpfs rw 0 0", ("/", "/dev/shm")),  # noqa: S108  # looked at
        ("/dev/a / ext4 rw 0 0\nt /proc/x tmpfs rw 0 0\nt /sys/x tmpfs rw 0 0", ("/",)),
        ("/dev/a / ext4 rw 0 0\n/dev/b /my\\040disk ext4 rw 0 0", ("/", "/my disk")),
        ("/dev/a / ext4 rw 0 0\n/dev/b /x ext4 rw 0 0\nz /x fuse rw 0 0", ("/",)),
    ],
)
def test_the_roots_are_the_disks_of_this_machine(mounts: str, roots: tuple[str, ...]) -> None:
    assert walk.roots(walk.mounted(Fake({"/proc/mounts": mounts}))) == roots


@pytest.mark.parametrize("mounts", [None, "", "garbage", "/dev/b /home ext4 rw 0 0"])
def test_where_the_mounts_are_not_known_nothing_is_walked(mounts: str | None) -> None:
    source = Fake(USERS | ({} if mounts is None else {"/proc/mounts": mounts}))
    with pytest.raises(Unseen, match="/proc/mounts"):
        walk.marked(source)


def test_a_walk_that_takes_too_long_is_unseen_and_one_at_its_limit_is_not(tree: Path) -> None:
    def clock(*seconds: float) -> Iterator[float]:
        yield from seconds
        yield from (seconds[-1] for _ in count())

    just, late = clock(5.0, 5.0 + walk.SECONDS), clock(5.0, 5.01 + walk.SECONDS)
    assert walk.over(Fake(USERS), (str(tree),), frozenset(), lambda: next(just)) == ()
    with pytest.raises(Unseen, match="took more than 2 s"):
        walk.over(Fake(USERS), (str(tree),), frozenset(), lambda: next(late))


def test_a_directory_too_deep_to_enter_is_said_and_not_passed_over(tmp_path: Path) -> None:
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(18):
        os.mkdir("d" * 250, 0o755, dir_fd=here)
        inner = os.open("d" * 250, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    with pytest.raises(Unseen, match="what is in it is not known"):
        over(tmp_path)
