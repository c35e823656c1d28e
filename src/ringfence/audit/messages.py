"""What is told between an audit and its workers, over a pair of pipes: MessagePack, each with its length before it.

A worker reads hostile bytes, so what it says is decoded as strictly as if a stranger had said it.
"""

import struct
from typing import IO, TypeVar

import msgspec

from ringfence.audit.code.javascript.report import Reading
from ringfence.audit.code.summary import Module
from ringfence.audit.composition import Composition
from ringfence.audit.finding import Finding, Unanswered
from ringfence.audit.secrets.known import Known

_SIZE = struct.Struct(">I")
LARGEST = 64 << 20
"""Bytes of one message: a file of `limits.FILE` and its name, or what was found in an archive."""


class Look(msgspec.Struct, frozen=True):
    """What to look for: leaked secrets, of which some are known; what code does, but for files of these SHA-256.

    Or `parts`: what the whole tree is made of, or one file that was downloaded.
    """

    secrets: bool = False
    code: bool = False
    parts: bool = False
    download: bool = False
    known: Known | None = None
    exempt: frozenset[bytes] = frozenset()


class Begin(msgspec.Struct, frozen=True):
    """The first message: the root of the tree, and what to look for."""

    root: bytes
    look: Look


class Job(msgspec.Struct, frozen=True):
    """One file to read, by its path below the root; or `data` that has no file, by its name and what knows it by.

    `whole` asks for all of a file that was skimmed before.
    """

    path: bytes
    data: bytes | None = None
    blob: str = ""
    whole: bool = False


class Seen(msgspec.Struct, frozen=True):
    """What came of a job. `blob` is the file's name in git, where something was found in it; `size` in bytes."""

    findings: tuple[Finding, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    modules: tuple[Module, ...] = ()
    scripts: tuple[Reading, ...] = ()
    size: int = 0
    blob: str = ""
    composition: Composition | None = None


_Message = TypeVar("_Message", Begin, Job, Seen)


def encode(message: Begin | Job | Seen) -> bytes:
    """Write a message."""
    try:
        data = msgspec.msgpack.encode(message)
    except UnicodeEncodeError:  # half a character, which Python's texts may hold and no message can
        data = msgspec.msgpack.encode(_whole(msgspec.to_builtins(message, builtin_types=(bytes,))))
    return _SIZE.pack(len(data)) + data


def _whole(value: object) -> object:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(key): _whole(item) for key, item in value.items()}
    return [_whole(item) for item in value] if isinstance(value, (list, tuple, set, frozenset)) else value


def decode(heard: bytearray, kind: type[_Message]) -> tuple[list[_Message], bool]:
    """Take out the messages that are whole; False where what comes after them is none."""
    whole = list[_Message]()
    while len(heard) >= _SIZE.size:
        (size,) = _SIZE.unpack_from(heard)
        if size > LARGEST:
            return whole, False
        if len(heard) < _SIZE.size + size:
            break
        try:
            whole.append(msgspec.msgpack.decode(bytes(heard[_SIZE.size : _SIZE.size + size]), type=kind))
        except (ValueError, msgspec.MsgspecError):
            return whole, False
        del heard[: _SIZE.size + size]
    return whole, True


def read(file: IO[bytes], kind: type[_Message]) -> _Message | None:
    """Wait for a message; None at the end."""
    head = file.read(_SIZE.size)
    if len(head) < _SIZE.size:
        return None
    return msgspec.msgpack.decode(file.read(_SIZE.unpack(head)[0]), type=kind)
