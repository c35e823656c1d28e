"""Where the passphrase comes from: always bytes, in a buffer that is wiped after use."""

import os
from collections.abc import Callable
from pathlib import Path

from ringfence.errors import Misconfigured
from ringfence.vault import disk
from ringfence.vault.secret import wipe

CREDENTIAL = "ringfence-passphrase"
MAX_PASSPHRASE = 1024

_GROUP_READ = 0o040
_OTHERS = 0o077


Unlock = Callable[[], bytearray]
"""Gets the passphrase. It is called once the file has been checked, and what it returns is wiped."""


def read_passphrase(fd: int, *, one_line: bool = False, most: int = MAX_PASSPHRASE) -> bytearray:
    """Read to the end, or one line of a terminal; one line break at the end is not part of the passphrase."""
    buffer = bytearray(most + 2)  # never grows: growing would leave copies
    size = 0
    try:
        while size < len(buffer):
            got = os.readv(fd, [memoryview(buffer)[size:]])
            size += got
            if got == 0 or (one_line and buffer[size - 1] == ord("\n")):
                break
        for ending in b"\n\r":
            size -= size > 0 and buffer[size - 1] == ending
        if not 0 < size <= most:
            raise Misconfigured(f"the passphrase is empty or longer than {most} bytes")
        return buffer[:size]
    finally:
        wipe(buffer)


def from_credential(directory: Path) -> bytearray:
    """Read what systemd decrypted for this service into its $CREDENTIALS_DIRECTORY; raises `Misconfigured`."""
    path, hint = directory / CREDENTIAL, "see LoadCredentialEncrypted= in the unit"
    with disk.folder(path) as folder, disk.plain_file(folder, path, "credential", hint) as (fd, status):
        _check_credential(path, status)
        return read_passphrase(fd)


def _check_credential(path: Path, status: os.stat_result) -> None:
    if status.st_uid not in {0, os.geteuid()}:
        raise Misconfigured(f"{path} belongs to another user")
    # systemd lets the service's user in by an access list on root's file; the list's mask shows as group bits.
    allowed = _GROUP_READ if status.st_uid == status.st_gid == 0 else 0
    if status.st_mode & _OTHERS & ~allowed:
        raise Misconfigured(f"others may read {path}", hint=f"chmod 400 {path}, and choose a new passphrase")
