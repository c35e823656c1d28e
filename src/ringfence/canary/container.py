"""Whether a bot in a container is confined: what its network reaches, and what root sees of all that lives in it.

The probe runs beside the container, in its network, from root's code: what it is told there nobody in the container
can alter. For files, capabilities and processes the kernel is asked, never the bot and never the engine. Pure.
"""

from collections.abc import Iterator
from ipaddress import ip_address
from typing import NamedTuple

from ringfence.canary import judge
from ringfence.canary.asked import GATEWAY, Told, Try
from ringfence.canary.judge import Row, Verdict
from ringfence.deploy import mounts, names
from ringfence.deploy.mounts import Mount

_REACHES = frozenset({"tcp", "udp"})
# What the engine itself puts over a container's files: one file each, made for it (Docker, container networking).
_ENGINES = frozenset({"/etc/hosts", "/etc/hostname", "/etc/resolv.conf"})
_VOLUMES = ("/var/lib/docker/volumes", "/var/lib/containers/storage/volumes")
_MADE = frozenset({"proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "overlay"})  # for a container
_GROUPS = frozenset({"cgroup", "cgroup2"})
_SHOWN = 3  # of what is wrong with one process; one is reason enough
_FIELDS = 6  # before the optional ones, proc(5), /proc/pid/mountinfo


class Mounted(NamedTuple):
    """One mount as the kernel has it: its device, what of that is mounted, where, how, and of which type."""

    device: str
    root: str
    point: str
    read_only: bool
    kind: str


class Inmate(NamedTuple):
    """One process in the bot's network. `apart`: it sees no process of the server's."""

    pid: int
    uids: tuple[int, ...]
    apart: bool
    flags: dict[str, str]
    mounted: tuple[Mounted, ...]


class Cell(NamedTuple):
    """A bot's network as root sees it: its name, who lives in it, and the server's own mounts."""

    net: str
    inmates: tuple[Inmate, ...]
    server: tuple[Mounted, ...]


class Ours(NamedTuple):
    """What we mount ourselves, into the bot's container and into the relay's: where it is, and whether to be read."""

    bot: frozenset[tuple[str, bool]]
    relay: frozenset[tuple[str, bool]]


def ours(bot: str, trust: str) -> Ours:
    """List what `ringfence compose` writes for a bot; `trust` is the folder with our certificates."""
    relay = {(names.RELAY, True), (names.doors(bot), True), (names.pages(bot), False)}
    return Ours(frozenset({(trust, True), (f"{names.ETC}/hosts-{bot}", True)}), frozenset(relay))


def tries(every: tuple[Try, ...]) -> tuple[Try, ...]:
    """Choose what a network proves, of all that a bot of systemd's is tried with; loopback is the bot's own here."""
    return tuple(each for each in every if each.kind in {GATEWAY, "name"} or _is_outside(each))


def _is_outside(each: Try) -> bool:
    return each.kind in _REACHES and not ip_address(str(each.args[0])).is_loopback


def decide(tried: tuple[Try, ...], told: Told, uid: int, own_net: str, cell: Cell, known: Ours) -> Verdict:
    """Judge a run. `uid` is the relay's; the relay's own processes are held to the same as the bot's."""
    probed = judge.judge(tried, told, uid, own_net, ())
    rows = [*probed.rows, Row("the network that was tried is the relay's", told.net == cell.net, told.net)]
    bots = [one for one in cell.inmates if uid not in one.uids]
    rows.append(Row("the bot runs in that network", bool(bots), f"{len(bots)} processes"))
    for one in cell.inmates:
        rows += _of(one, cell.server, known.relay if uid in one.uids else known.bot)
    return Verdict(probed.held and all(row.held for row in rows), tuple(rows))


def _of(one: Inmate, server: tuple[Mounted, ...], known: frozenset[tuple[str, bool]]) -> Iterator[Row]:
    who = f"process {one.pid}"
    yield Row(f"{who}: it is not root", bool(one.uids) and 0 not in one.uids, f"uid {sorted(set(one.uids))}")
    yield Row(f"{who}: it sees its own processes alone", one.apart, "its process namespace")
    yield from judge.limits(who, one.flags)
    wrong = tuple(dict.fromkeys(filter(None, _wrong(one, server, known))))
    held = bool(one.mounted) and not wrong
    seen = "; ".join((*wrong[:_SHOWN], *([f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else [])))
    yield Row(f"{who}: nothing of the server's own is mounted", held, seen or f"{len(one.mounted)} mounts")


def _wrong(one: Inmate, server: tuple[Mounted, ...], known: frozenset[tuple[str, bool]]) -> Iterator[str]:
    """Say of each mount what is wrong with where it comes from, by every path that the server knows it by."""
    for mounted in one.mounted:
        if mounted.point in _ENGINES or (mounted.kind in _GROUPS and mounted.read_only):
            continue
        places = tuple(_places(mounted, server))
        if not places and mounted.point != "/" and mounted.kind not in _MADE:
            yield f"{mounted.point} is of a place that the server itself does not see"
        for path in places:
            if mounted.point == "/":
                if path == "/":
                    yield "its root is the server's"
            elif (path, mounted.read_only) not in known and not _is_volume(path):
                yield mounts.why_not(Mount(path, mounted.point, mounted.read_only), path, ())


def _places(mounted: Mounted, server: tuple[Mounted, ...]) -> Iterator[str]:
    for there in server:
        if there.device == mounted.device and mounts.is_in(mounted.root, there.root):
            yield mounts.joined(there.point, mounted.root, there.root)


def _is_volume(path: str) -> bool:
    return path.endswith("/_data") and any(mounts.is_in(path, folder) for folder in _VOLUMES)


def read(text: str) -> tuple[Mounted, ...]:
    """Read /proc/PID/mountinfo; a line that is none is left out, and a process without any is never well."""
    return tuple(one for one in map(_line, text.splitlines()) if one is not None)


def _line(line: str) -> Mounted | None:
    fields, dash, rest = line.partition(" - ")
    words = fields.split(" ")
    if not dash or len(words) < _FIELDS:
        return None
    options = words[5].split(",")
    return Mounted(words[2], _plain(words[3]), _plain(words[4]), "ro" in options, rest.split(" ")[0])


def _plain(text: str) -> str:
    """Read what the kernel wrote in octal: blanks, tabs, line ends and backslashes (proc(5))."""
    for code, meant in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, meant)
    return text
