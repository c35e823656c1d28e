"""The network of a bot in a container, found by root in /proc: the one that the relay's user runs in."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ringfence.canary.container import Cell, Inmate, read
from ringfence.canary.processes import FLAGS, own_network, status
from ringfence.errors import Unreachable


def cell(uid: int, proc: Path = Path("/proc")) -> tuple[int, Cell]:
    """Find the relay, by the user that is its alone, and all that shares its network; raises `Unreachable`."""
    networks = {int(folder.name): str((folder / "ns/net").readlink()) for folder in _running(proc)}
    uids = {pid: _uids(proc / str(pid)) for pid in networks}
    found = {networks[pid]: pid for pid in networks if uid in uids[pid]}
    found.pop(own_network(), None)  # as the probe, and the owner's way to a page, may have a process there
    if len(found) != 1:
        why = "no relay runs" if not found else "its relay runs in several networks"
        raise Unreachable(why, hint="`ringfence compose` says how it is started")
    ((net, relay),) = found.items()
    here = [pid for pid, other in networks.items() if other == net]
    inmates = tuple(one for pid in here for one in _inmate(proc, pid, uids[pid]))
    return relay, Cell(net, inmates, read((proc / "1/mountinfo").read_text("utf-8", "replace")))


def _running(proc: Path) -> Iterator[Path]:
    for folder in proc.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):  # it has ended meanwhile
                (folder / "ns/net").readlink()
                yield folder


def _uids(folder: Path) -> tuple[int, ...]:
    with suppress(OSError):
        return tuple(map(int, status(folder).get("Uid", "").split()))
    return ()


def _inmate(proc: Path, pid: int, uids: tuple[int, ...]) -> Iterator[Inmate]:
    folder = proc / str(pid)
    with suppress(FileNotFoundError, ProcessLookupError):  # it has ended meanwhile; what may not be seen is an error
        said = status(folder)
        apart = (folder / "ns/pid").readlink() != (proc / "self/ns/pid").readlink()
        flags = {flag: said[flag] for flag in FLAGS if flag in said}
        mounted = read((folder / "mountinfo").read_text("utf-8", "replace"))
        yield Inmate(pid, uids, apart, flags, mounted)
