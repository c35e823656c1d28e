"""The processes that matter to a canary, as root sees them in /proc: the bot's own, wherever they run."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ringfence.canary.asked import Process

FLAGS = ("NoNewPrivs", "Seccomp", "CapEff", "CapPrm", "CapBnd", "CapAmb")


def processes(uid: int, unit: str) -> Iterator[Process]:
    """List every process that has a user's number in any of its four places (proc(5)); the probe has ended by then."""
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):  # it has ended meanwhile
            said = status(folder)
            if str(uid) in said.get("Uid", "").split():
                group = (folder / "cgroup").read_text("utf-8", "replace")
                flags = {flag: said[flag] for flag in FLAGS if flag in said}
                yield Process(int(folder.name), str((folder / "ns" / "net").readlink()), flags, f"/{unit}" in group)


def own_network() -> str:
    """Name the network of this process, which is the machine's."""
    return str(Path("/proc/self/ns/net").readlink())


def status(folder: Path) -> dict[str, str]:
    """Read what the kernel says of a process (proc(5)); raises `OSError` where it has ended."""
    lines = (folder / "status").read_text("utf-8", "replace").splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}
