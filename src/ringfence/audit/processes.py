"""What running processes were started with: their environment and command line, which other processes can read."""

import os
from collections.abc import Iterator
from pathlib import Path

from ringfence.audit.finding import Place, Unanswered
from ringfence.audit.messages import Job

_MOST = 4 << 20  # bytes; the kernel lets a program start with a quarter of its stack limit, 2 MiB (execve(2))
_LOOKED = ("environ", "cmdline")


def processes(proc: Path = Path("/proc")) -> Iterator[Job | Unanswered]:
    """Yield the start of every process but our own; those that we may not read are counted and said."""
    closed = 0
    for number in sorted(int(entry.name) for entry in proc.iterdir() if entry.name.isdecimal()):
        if number == os.getpid():
            continue
        for what in _LOOKED:
            path = proc / str(number) / what
            try:
                with path.open("rb") as file:
                    data = file.read(_MOST)
            except FileNotFoundError:
                continue  # it has ended
            except OSError:
                closed += what == "environ"
                continue
            if data:
                yield Job(os.fsencode(path), data)
    if closed:
        why = f"the environment of {closed} process(es) of other users cannot be read; run it as root to look at them"
        yield Unanswered(Place(str(proc)), why)
