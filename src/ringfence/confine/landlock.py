"""Which files and TCP ports a process may still reach, kept by the kernel for good: Landlock, by its three calls.

Needs no privilege, and no rule in it can be widened later. Where the kernel has it not, `restrict` says so, and the
caller decides what that means (landlock(7), linux/landlock.h). What it never covers, whatever the version: modes,
owners and times of files, UDP, raw sockets, and to which address a port belongs.
"""

import ctypes
import os
import stat
import struct
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ringfence.confine.memory import Protection, no_new_privileges

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # the same on x86_64 and aarch64 (asm-generic/unistd.h)
_VERSION, _PATH_BENEATH, _NET_PORT = 1, 1, 2
_ALL_THREADS = 1 << 3  # LANDLOCK_RESTRICT_SELF_TSYNC
ALL_THREADS_SINCE, TCP_SINCE, SCOPE_SINCE, TRUNCATE_SINCE = 8, 4, 6, 3
"""The first version that has each (Documentation/userspace-api/landlock.rst): Linux 7.0, 6.7, 6.12 and 6.2."""

_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REFER, _TRUNCATE, _IOCTL, _UNIX = 1 << 13, 1 << 14, 1 << 15, 1 << 16
_FIRST = (1 << 13) - 1  # what the first version knows: execute to make_sym
_SINCE = {2: _REFER, TRUNCATE_SINCE: _TRUNCATE, 5: _IOCTL, 9: _UNIX}  # the ninth: sockets of others, by their path
_BIND, _CONNECT = 1 << 0, 1 << 1
_SCOPE = 0b11  # abstract sockets and signals stay among those that are restricted together
_OF_A_FILE = _EXECUTE | _WRITE | _READ | _TRUNCATE | _IOCTL  # the others mean directories

READ = _EXECUTE | _READ | _LIST | _UNIX

_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long


def version() -> int:
    """Say which version the kernel has; 0 where it has none, or has it switched off."""
    return max(0, _call(_CREATE, None, 0, _VERSION))


def restrict(
    read: Iterable[Path],
    write: Iterable[Path] = (),
    *,
    data: Iterable[Path] = (),
    connect: Iterable[int] = (),
    bind: Iterable[int] = (),
) -> Protection:
    """Let nothing be read or run but below some paths, nothing written but below others, and no TCP but by some ports.

    What is written, and `data`, can be read and not run, unless it lies below a path that may be run. The kernel knows
    nothing of TCP before its fourth version; whoever gives ports must ask for the `version`.
    """
    known = version()
    if known < 1:
        return Protection("files", live=False, detail="this kernel has no Landlock")
    if known < ALL_THREADS_SINCE and (others := _threads() - 1):
        return Protection("files", live=False, detail=f"landlock: {others} threads run already, and would be left out")
    handled = _FIRST | sum(bits for since, bits in _SINCE.items() if known >= since)
    ruleset = _ruleset(known, handled)
    if ruleset < 0:
        return _failed()
    try:
        for paths, rights in ((read, READ & handled), (data, READ & handled & ~_EXECUTE), (write, handled & ~_EXECUTE)):
            for path in paths:
                _allow(ruleset, path, rights)
        if known >= TCP_SINCE:
            for port, right in (*((port, _CONNECT) for port in connect), *((port, _BIND) for port in bind)):
                _call(_ADD, ruleset, _NET_PORT, struct.pack("=QQ", right, port), 0)
        return _enforce(ruleset, known)
    finally:
        os.close(ruleset)


def _enforce(ruleset: int, known: int) -> Protection:
    no_new_privileges()
    if _call(_RESTRICT, ruleset, _ALL_THREADS if known >= ALL_THREADS_SINCE else 0) != 0:
        return _failed()
    return Protection("files", live=True, detail=f"only what was named can be read or written (Landlock {known})")


def _ruleset(known: int, handled: int) -> int:
    tcp, scope = _BIND | _CONNECT if known >= TCP_SINCE else 0, _SCOPE if known >= SCOPE_SINCE else 0
    size = 8 if known < TCP_SINCE else 16 if known < SCOPE_SINCE else 24
    return _call(_CREATE, struct.pack("=QQQ", handled, tcp, scope), size, 0)


def _failed() -> Protection:
    return Protection("files", live=False, detail=f"landlock: {os.strerror(ctypes.get_errno())}")


def _threads() -> int:
    """Count our threads; where /proc cannot be read, those that Python knows of."""
    try:
        return len(os.listdir("/proc/self/task"))  # noqa: PTH208  # names are all that is wanted
    except OSError:
        return threading.active_count()


def _allow(ruleset: int, path: Path, rights: int) -> None:
    """Add a path; one that is not there, or out of our reach already, has nothing to allow."""
    with suppress(OSError):
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
