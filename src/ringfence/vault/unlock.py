"""Where the passphrase comes from: always bytes, in a buffer that is wiped after use.

`getpass` and `input` answer with `str`, which nothing can wipe, so the terminal is read here.
"""

import os
import stat
import termios
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ringfence.errors import Misconfigured
from ringfence.vault.secret import wipe

CREDENTIAL = "ringfence-passphrase"
MAX_PASSPHRASE = 1024
MIN_PASSPHRASE = 8  # NIST SP 800-63B, 5.1.1.2

_TTY = Path("/dev/tty")
_GROUP_READ = 0o040
_OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Passphrase:
    """A passphrase that is already in a buffer; opening the vault wipes it."""

    buffer: bytearray = field(repr=False)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """A passphrase that comes through an open file descriptor."""

    fd: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """A passphrase that a person types at the terminal."""

    text: str = "vault passphrase: "


@dataclass(frozen=True, slots=True)
class Credential:
    """A passphrase that systemd decrypted for this service; `directory` is its $CREDENTIALS_DIRECTORY."""

    directory: Path
    name: str = CREDENTIAL


Unlock = Passphrase | Descriptor | Prompt | Credential


def gather(unlock: Unlock) -> bytearray:
    """Return the passphrase; the caller wipes it."""
    match unlock:
        case Passphrase(buffer):
            return buffer
        case Descriptor(fd):
            return read_passphrase(fd)
        case Prompt(text):
            return prompt(text)
        case Credential(directory, name):
            return from_credential(directory, name)


def read_passphrase(fd: int) -> bytearray:
    """Read until the end of a file or pipe; one line break at the end is not part of the passphrase."""
    return _read(fd, whole=True)


def from_credential(directory: Path, name: str = CREDENTIAL) -> bytearray:
    """Read a credential file that nobody else can read; raises `Misconfigured`."""
    if not name or "/" in name or name in {".", ".."}:
        raise Misconfigured("a credential has a plain file name")
    path = directory / name
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}", hint="see LoadCredentialEncrypted= in the unit") from None
    try:
        _check_credential(path, os.fstat(fd))
        return _read(fd, whole=True)
    finally:
        os.close(fd)


def prompt(text: str) -> bytearray:
    """Ask at the terminal, without echo; raises `Misconfigured` where there is none."""
    try:
        tty = os.open(_TTY, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        hint = "give the passphrase through a file descriptor or a systemd credential"
        raise Misconfigured("there is no terminal to ask for the passphrase", hint=hint) from None
    try:
        with _no_echo(tty):
            os.write(tty, text.encode())
            try:
                return _read(tty, whole=False)
            finally:
                os.write(tty, b"\n")
    finally:
        os.close(tty)


@contextmanager
def _no_echo(tty: int) -> Iterator[None]:
    before = termios.tcgetattr(tty)
    silent = termios.tcgetattr(tty)
    silent[3] &= ~termios.ECHO
    silent[3] |= termios.ICANON  # the kernel edits the line; we read it whole
    termios.tcsetattr(tty, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(tty, termios.TCSAFLUSH, before)


def _read(fd: int, *, whole: bool) -> bytearray:
    buffer = bytearray(MAX_PASSPHRASE + 2)  # never grows: growing would leave copies
    size = 0
    try:
        while size < len(buffer):
            got = os.readv(fd, [memoryview(buffer)[size:]])
            size += got
            if got == 0 or (not whole and buffer[size - 1] == ord("\n")):
                break
        for ending in b"\n\r":
            size -= size > 0 and buffer[size - 1] == ending
        if not 0 < size <= MAX_PASSPHRASE:
            raise Misconfigured(f"the passphrase is empty or longer than {MAX_PASSPHRASE} bytes")
        return bytearray(memoryview(buffer)[:size])
    finally:
        wipe(buffer)


def _check_credential(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise Misconfigured(f"{path} is not a plain file")
    if status.st_uid not in {0, os.geteuid()}:
        raise Misconfigured(f"{path} belongs to another user")
    # systemd lets the service's user in by an access list on root's file; the list's mask shows as group bits.
    allowed = _GROUP_READ if status.st_uid == status.st_gid == 0 else 0
    if status.st_mode & _OTHERS & ~allowed:
        raise Misconfigured(f"others may read {path}", hint=f"chmod 400 {path}, and choose a new passphrase")
