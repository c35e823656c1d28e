"""Look through all the memory of another process, as root or the same user can."""

import os
from contextlib import suppress
from pathlib import Path


def copies(pid: int, needle: bytes) -> int:
    """Count how often the bytes stand in what the kernel lets us read."""
    found = 0
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, permissions = line.split()[:2]
            start, end = (int(part, 16) for part in span.split("-"))
            if permissions.startswith("r") and "[v" not in line:
                with suppress(OSError):
                    memory.seek(start)
                    found += _read(memory.fileno(), end - start).count(needle)
    return found


def _read(fd: int, size: int) -> bytes:
    parts = []
    while size > 0:
        try:
            part = os.read(fd, size)
        except OSError:  # EIO: the kernel itself cannot see these pages
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
