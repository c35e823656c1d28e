"""System calls that a process gives up for good: a classic BPF filter, assembled here (seccomp(2)).

The filter covers every thread that already runs and every child. A refused call fails with EPERM, so that what
tried it can say so; a call of another architecture ends the process, since its numbers mean something else.
Nothing in this module can be undone, and nothing in it can widen what an earlier filter refuses.
"""

import ctypes
import errno
import os
import platform
import socket
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ringfence.confine import calls
from ringfence.confine.calls import DENIED, PROGRAMS, Numbers
from ringfence.confine.memory import Protection, no_new_privileges


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture: its audit number (linux/audit.h), which row of the table it reads, and the call for filters."""

    audit: int
    column: int
    seccomp: int
    x32: bool = False


MACHINES = {
    "x86_64": Machine(0xC000003E, 0, 317, x32=True),
    "aarch64": Machine(0xC00000B7, 1, 277),
}


_WHOLE = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Word:
    """One argument of a call: its lower half, masked, must be one of `values`; with `none_of` it must be none of them.

    The kernel takes an `int` of what is looked at here, so that the upper half means nothing to it either.
    """

    numbers: Numbers
    argument: int
    values: tuple[int, ...]
    mask: int = _WHOLE
    none_of: bool = False


@dataclass(frozen=True, slots=True)
class Sockets:
    """Which sockets may be made; pairs are unix ones of `pairs`, which are connected and stay so."""

    families: tuple[int, ...]
    kinds: tuple[int, ...] = (socket.SOCK_STREAM,)
    protocols: tuple[int, ...] = (0, socket.IPPROTO_TCP)  # others pass rules that are for TCP alone, as MPTCP does
    pairs: tuple[int, ...] = (socket.SOCK_STREAM,)  # a pair of datagrams could still be sent elsewhere

    def words(self) -> tuple[Word, ...]:
        """Say it as what is asked of `socket` and `socketpair`."""
        return (
            Word(calls.SOCKET, 0, self.families),
            Word(calls.SOCKET, 1, self.kinds, _KIND),
            Word(calls.SOCKET, 2, self.protocols),
            Word(calls.SOCKETPAIR, 0, (socket.AF_UNIX,)),
            Word(calls.SOCKETPAIR, 1, self.pairs, _KIND),
        )


UNIX = Sockets((socket.AF_UNIX,))
_KIND = 0xF  # linux/net.h: above it are SOCK_CLOEXEC and SOCK_NONBLOCK
_X32_BIT = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _AND, _RETURN = 0x20, 0x15, 0x35, 0x54, 0x06  # linux/bpf_common.h, linux/filter.h
_NR, _ARCH, _ARGUMENTS, _WORD = 0, 4, 16, 8  # offsets in struct seccomp_data; both machines are little-endian
_ALLOW, _KILL, _REFUSE, _ABSENT = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS
_SET_MODE_FILTER, _TSYNC = 1, 1
_RING = "anon_inode:[io_uring]"
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long

# linux/sched.h; CLONE_NEWTIME, 0x80, is among the exit signals here, and only `unshare` and `clone3` take it
_NEW_NAMESPACES, _THREAD = 0x7E020000, 0x00010000
NO_NAMESPACE = Word(calls.CLONE, 0, (0,), _NEW_NAMESPACES)
NO_CHILD = Word(calls.CLONE, 0, (_THREAD,), _THREAD)


@dataclass(frozen=True, slots=True)
class Profile:
    """What a process gives up: calls that are refused, calls that are not there, and arguments that are looked at."""

    denied: tuple[Numbers, ...]
    absent: tuple[Numbers, ...] = ()
    words: tuple[Word, ...] = ()


def ours(sockets: Sockets) -> Profile:
    """Leave one of our own processes its threads and some sockets: no program, no child, nobody else's memory."""
    denied = (*DENIED.values(), *calls.CHILDREN.values(), *calls.UNNAMED.values())
    return Profile(denied, (calls.IN_MEMORY["clone3"],), (NO_NAMESPACE, NO_CHILD, *sockets.words()))


def no_internet() -> Protection:
    """Refuse every socket that is not a unix one, and what `no_programs` refuses; `live` is found by trying."""
    why = apply(ours(UNIX))
    reached = [family.name for family in (socket.AF_INET, socket.AF_INET6) if _opens(family)]
    if why is None and not reached:
        return Protection("no-internet", live=True, detail="only unix sockets can be made, and no program started")
    return Protection("no-internet", live=False, detail=why or f"{', '.join(reached)} sockets can still be made")


def no_programs(sockets: Sockets) -> Protection:
    """Refuse to start programs, to look into other processes and to change the system; some sockets stay."""
    why = apply(ours(sockets))
    detail = why or "no program can be started and no other process read"
    return Protection("no-programs", live=why is None, detail=detail)


def no_sockets(*, programs: bool = False) -> Protection:
    """Refuse every socket, unix ones too, and what is in `DENIED`; not programs, where those are asked for."""
    rows = [row for name, row in DENIED.items() if not (programs and name in PROGRAMS)]
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return Protection("no-sockets", live=False, detail=f"no filter is written for {platform.machine()}")
    why = install(assemble(Profile((calls.SOCKET, calls.SOCKETPAIR, *rows)), machine))
    return Protection("no-sockets", live=why is None, detail=why or "no socket of any kind can be made")


def assemble(profile: Profile, machine: Machine | None = None) -> bytes:
    """Write the filter: the architecture first, then each call; whatever is not named passes."""
    where = machine or MACHINES[platform.machine()]
    code = [_step(_LOAD, _ARCH), _step(_EQUAL, where.audit, 1, 0), _step(_RETURN, _KILL), _step(_LOAD, _NR)]
    if where.x32:
        code += [_step(_AT_LEAST, _X32_BIT, 0, 1), _step(_RETURN, _REFUSE)]
    for rows, answer in ((profile.denied, _REFUSE), (profile.absent, _ABSENT)):
        for row in rows:
            number = row[where.column]
            code += [] if number is None else [_step(_EQUAL, number, 0, 1), _step(_RETURN, answer)]
    for row in dict.fromkeys(word.numbers for word in profile.words):
        number, words = row[where.column], [word for word in profile.words if word.numbers == row]
        steps = [step for word in words for step in _asked(word)] + [_step(_RETURN, _ALLOW)]
        code += [] if number is None else [_step(_EQUAL, number, 0, len(steps)), *steps]
    return b"".join([*code, _step(_RETURN, _ALLOW)])


def install(program: bytes) -> str | None:
    """Put a filter on every thread of this process; return why not, or None."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return f"no filter is written for {platform.machine()}"
    if not no_new_privileges().live:
        return "no_new_privs is off, and the kernel wants it first"
    steps = ctypes.create_string_buffer(program, len(program))
    head = struct.pack("@HP", len(program) // 8, ctypes.addressof(steps))
    unsigned = (ctypes.c_uint(_SET_MODE_FILTER), ctypes.c_uint(_TSYNC))
    answer: int = _LIBC.syscall(ctypes.c_long(machine.seccomp), *unsigned, ctypes.c_char_p(head))
    if answer > 0:
        return f"thread {answer} has a filter of its own"
    return None if answer == 0 else f"seccomp: {os.strerror(ctypes.get_errno())}"


def apply(profile: Profile) -> str | None:
    """Give up what a profile says, unless a ring is open already; return why not, or None."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return f"no filter is written for {platform.machine()}"
    try:
        # Sockets made through a ring pass every filter, and libuv aborts where a ring it has stops working.
        if any(str(fd.readlink()) == _RING for fd in _descriptors()):
            return "an io_uring is already open: confine before the event loop starts"
    except OSError as error:
        return f"/proc/self/fd: {error.strerror}"
    return install(assemble(profile, machine))


def _asked(word: Word) -> Iterable[bytes]:
    """Go on where the word is as it must be; refuse where it is not."""
    yield _step(_LOAD, _ARGUMENTS + _WORD * word.argument)
    if word.mask != _WHOLE:
        yield _step(_AND, word.mask)
    count = len(word.values)
    for at, value in enumerate(word.values):
        last = at == count - 1
        if word.none_of:  # to the refusal behind the last, or over it
            yield _step(_EQUAL, value, count - 1 - at, 1 if last else 0)
        else:
            yield _step(_EQUAL, value, count - at, 0)
    yield _step(_RETURN, _REFUSE)


def _descriptors() -> list[Path]:
    # Listing the directory opens a descriptor of its own, which is gone when its link is to be read.
    return [fd for fd in list(Path("/proc/self/fd").iterdir()) if fd.is_symlink()]


def _opens(family: socket.AddressFamily) -> bool:
    try:
        socket.socket(family, socket.SOCK_STREAM).close()
    except PermissionError:
        return False
    except OSError as error:
        return error.errno != errno.EAFNOSUPPORT
    return True


def _step(code: int, k: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("<HBBI", code, then, otherwise, k)
