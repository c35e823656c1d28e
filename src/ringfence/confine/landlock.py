"""Which files a process may still read and write, kept by the kernel for good: Landlock, by its three calls.

Needs no privilege, and no rule in it can be widened later. Where the kernel has it not, `restrict` says so, and the
caller decides what that means (landlock(7), linux/landlock.h).
"""

import ctypes
import os
import stat
import struct
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ringfence.confine.memory import Protection, no_new_privileges

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on x86_64 and aarch64 (asm-generic/unistd.h)
_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL = 1 << 13, 1 << 14, 1 << 15
_FIRST = (1 << 13) - 1  # what the first version knows: execute to make_sym
_SINCE = {2: _REFER, 3: _TRUNCATE, 5: _IOCTL}
_TCP, _SCOPE = {4: 0b11}, {6: 0b11}  # bind and connect; abstract sockets and signals
_OF_A_FILE = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL  # the others mean directories

READ = _EXECUTE | _READ | _LIST

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long


def restrict(read: Iterable[Path], write: Iterable[Path] = ()) -> Protection:
    """Let nothing be read but below some paths, and nothing written but below others; no TCP where the kernel can."""
    version = _call(_CREATE, None, 0, _VERSION)
    if version < 1:
        return Protection("files", live=False, detail="this kernel has no Landlock")
    handled = _FIRST | _known(_SINCE, version)
    rules = struct.pack("=QQQ", handled, _known(_TCP, version), _known(_SCOPE, version))
    size = 8 if version < min(_TCP) else 16 if version < min(_SCOPE) else 24
    ruleset = _call(_CREATE, rules, size, 0)
    if ruleset < 0:
        return Protection("files", live=False, detail=f"landlock: {os.strerror(ctypes.get_errno())}")
    try:
        for path in read:
            _allow(ruleset, path, READ & handled)
        for path in write:
            _allow(ruleset, path, handled)
        no_new_privileges()
        if _call(_RESTRICT, ruleset, 0) != 0:
            return Protection("files", live=False, detail=f"landlock: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(ruleset)
    return Protection("files", live=True, detail=f"only what was named can be read or written (Landlock {version})")


def _known(rights: dict[int, int], version: int) -> int:
    return sum(bits for since, bits in rights.items() if version >= since)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Add a path; one that is not there has nothing to allow."""
    with suppress(FileNotFoundError, NotADirectoryError):
        handle = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            directory = stat.S_ISDIR(os.fstat(handle).st_mode)
            rule = struct.pack("=Qi", rights if directory else rights & _OF_A_FILE, handle)
            _call(_ADD, ruleset, _PATH_BENEATH, rule, 0)
        finally:
            os.close(handle)


def _call(number: int, *arguments: bytes | int | None) -> int:
    words = (ctypes.c_char_p(one) if one is None or isinstance(one, bytes) else ctypes.c_long(one) for one in arguments)
    answer: int = _LIBC.syscall(ctypes.c_long(number), *words)
    return answer
