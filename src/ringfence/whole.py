"""Writing a whole file or none: whoever reads it meanwhile, or after a crash, finds the old one or the new one."""

import os
from pathlib import Path


def put(path: Path, content: bytes, mode: int) -> bool:
    """Write a file, never readable by others for a moment; False where it is there just so."""
    if path.exists() and path.read_bytes() == content and path.stat().st_mode & 0o777 == mode:
        return False
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    beside = path.with_suffix(".new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        if os.geteuid() == 0:  # what root writes into a process's own directory is that process's to read
            owner = path.parent.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        os.fchmod(descriptor, mode)
        file.write(content)
        file.flush()
        os.fsync(descriptor)
    beside.replace(path)
    return True
