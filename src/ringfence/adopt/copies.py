"""What a file was before it was adopted, sealed: the old text holds a real key, so it lies nowhere in the clear.

A copy's file is MAGIC, a nonce of 12 bytes, and AES-256-GCM-SIV over JSON, bound to the copy's own name; the key is in
the vault. A copy says all that undoing needs, and is written before anything else is changed.
"""

import hashlib
import os
from contextlib import suppress
from pathlib import Path

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCMSIV

from ringfence.adopt.files import Held
from ringfence.errors import Broken

MAGIC = b"ringfence-adopted-1\n"
_NONCE = 12  # RFC 8452, section 4


class Kept(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file as it was, and the SHA-256 of what it became; empty while that is not known."""

    path: str
    data: bytes
    mode: int
    uid: int
    gid: int
    atime: int
    mtime: int
    after: str = ""

    @property
    def held(self) -> Held:
        """The file as it was read."""
        return Held(Path(self.path), self.data, self.mode, self.uid, self.gid, self.atime, self.mtime)


class Copy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One adoption: of which path, for which bot, and what it put into the vault."""

    path: str
    bot: str
    account: str
    exchange: str
    made_bot: bool
    sealed_key: bool
    files: tuple[Kept, ...]


def digest(data: bytes) -> str:
    """Name a file's bytes."""
    return hashlib.sha256(data).hexdigest()


def kept(held: Held, after: bytes | None) -> Kept:
    """Make the record of one file."""
    return Kept(
        str(held.path),
        held.data,
        held.mode,
        held.uid,
        held.gid,
        held.atime,
        held.mtime,
        "" if after is None else digest(after),
    )


def write(folder: Path, copy: Copy, key: memoryview) -> None:
    """Seal a copy, in place of an earlier one of the same path."""
    folder.mkdir(mode=0o700, exist_ok=True)
    target = file_of(folder, Path(copy.path))
    nonce = os.urandom(_NONCE)
    sealed = AESGCMSIV(key).encrypt(nonce, msgspec.json.encode(copy), MAGIC + target.name.encode())
    draft = target.with_name(f".{target.name}.new")
    with suppress(FileNotFoundError):
        draft.unlink()
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(MAGIC + nonce + sealed)
        file.flush()
        os.fsync(handle)
    draft.replace(target)
    _sync(folder)


def read(folder: Path, path: Path, key: memoryview) -> Copy | None:
    """Open the copy of one path; None where there is none. Raises `Broken` for one that does not open."""
    target = file_of(folder, path)
    try:
        data = target.read_bytes()
    except FileNotFoundError:
        return None
    nonce, sealed = data[len(MAGIC) : len(MAGIC) + _NONCE], data[len(MAGIC) + _NONCE :]
    try:
        plain = AESGCMSIV(key).decrypt(nonce, sealed, MAGIC + target.name.encode())
        copy = msgspec.json.decode(plain, type=Copy)
    except (InvalidTag, ValueError, msgspec.MsgspecError):
        raise Broken(f"{target} was changed, or is another vault's", hint="put the old key back by hand") from None
    if not data.startswith(MAGIC) or copy.path != str(path):
        raise Broken(f"{target} is the copy of another path")
    return copy


def remove(folder: Path, path: Path) -> None:
    """Take a copy away; the adoption is undone."""
    file_of(folder, path).unlink()
    _sync(folder)


def file_of(folder: Path, path: Path) -> Path:
    """Say where the copy of a path lies; its name tells nothing of the path."""
    return folder / f"{digest(os.fsencode(path))[:32]}.sealed"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
