"""Starts somebody else's program with nothing but what it needs; started itself as a process of its own.

What cannot be taken from it is said, and then nothing is started: it never runs unconfined. All that is allowed was
decided by whoever wrote the `Job`; this looks afterwards, by trying, that what must stay closed is closed.
"""

import os
import resource
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from ringfence.audit.engines import filter as filter_
from ringfence.confine import landlock, seccomp
from ringfence.confine.memory import no_core

CONFINED = b"confined"
"""What is written before the program begins, and nothing else where it did begin."""

OPEN_FILES = 1_024  # what most systems give a process
_NULL = Path(os.devnull)
_PARTS = 200  # of a closed directory that are tried; a deployment's home has a dozen


class Job(msgspec.Struct, frozen=True):
    """What to start, and with what.

    `read` and `write` are all that it may open, `closed` what it must not. `memory` is in bytes of private memory,
    `space` in bytes of addresses, `cpu` in seconds of all its threads, `file` in bytes of one file that it writes.
    `told` is the descriptor on which we say what became of it.
    """

    command: list[str]
    environment: dict[str, str]
    read: list[str]
    write: list[str]
    closed: list[str]
    memory: int
    space: int
    cpu: int
    file: int
    told: int


def main(written: str) -> int:
    """Confine ourselves and become the program; returns only where that cannot be."""
    job = msgspec.json.decode(written, type=Job)
    try:
        why = confine(job)
        if not why:
            os.write(job.told, CONFINED)
            os.execve(job.command[0], job.command, job.environment)  # noqa: S606  # what this module is for
    except (OSError, ValueError) as error:
        why = f"{type(error).__name__}: {getattr(error, 'strerror', None) or error}"
    os.write(job.told, b" but " + why.encode())
    return 1


def confine(job: Job) -> str:
    """Give up all that the job does not name; returns why that cannot be, or nothing."""
    tried = list(_parts(map(Path, job.closed)))
    os.set_inheritable(job.told, False)
    os.closerange(3, job.told)
    os.closerange(job.told + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    _limit(job)
    paths = (map(Path, [*job.read, os.devnull]), map(Path, [*job.write, os.devnull]))
    for protection in (landlock.restrict(*paths), seccomp.no_sockets(programs=True), filter_.alone(), no_core()):
        if not protection.live:
            return f"{protection.name}: {protection.detail}"
    return next((f"{path} can still be read" for path in tried if _opens(path)), "") or _connects()


def _limit(job: Job) -> None:
    wanted = {
        resource.RLIMIT_DATA: job.memory,
        resource.RLIMIT_AS: job.space,
        resource.RLIMIT_CPU: job.cpu,
        resource.RLIMIT_FSIZE: job.file,
        resource.RLIMIT_NOFILE: OPEN_FILES,
    }
    for what, most in wanted.items():
        hard = resource.getrlimit(what)[1]
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (limit, limit))


def _parts(closed: Iterator[Path]) -> Iterator[Path]:
    """Name each closed directory and what lies in it, as long as that can still be listed."""
    for path in closed:
        yield path
        if path.is_dir():
            yield from sorted(path.iterdir())[:_PARTS]


def _opens(path: Path) -> bool:
    try:
        os.close(os.open(path, os.O_RDONLY | os.O_NONBLOCK))
    except OSError:
        return False
    return True


def _connects() -> str:
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        try:
            socket.socket(family, socket.SOCK_DGRAM).close()
        except OSError:
            continue
        return f"a socket of the kind {family.name} can still be made"
    return ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
