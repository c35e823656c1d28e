"""Loopback ports for what a test starts."""

import fcntl
import os
import tempfile
from pathlib import Path

from ringfence.cli.starter import is_free

_OURS = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    """Find ports that nobody listens on, and that no other test of this machine is given soon.

    They are below those that the kernel gives to connections (ip(7), ip_local_port_range): one of these could be taken
    by anybody's connection before it is listened on. Tests run beside each other, so each goes on where the last one
    stopped: two that chose by chance would sooner or later choose the same.
    """
    found: list[int] = []
    with (Path(tempfile.gettempdir()) / f"ringfence-test-ports-{os.getuid()}").open("a+", encoding="ascii") as last:
        fcntl.flock(last, fcntl.LOCK_EX)
        last.seek(0)
        at = int(last.read() or 0)
        while len(found) < count:
            port = _OURS[at % len(_OURS)]
            at += 1
            if is_free(port):
                found.append(port)
        last.truncate(0)
        last.write(f"{at}")
    return found
