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

from ringfence.confine.memory import Protection, no_new_privileges


@dataclass(frozen=True, slots=True)
class Machine:
    """An architecture: its audit number (linux/audit.h), which row of the table it reads, and its socket calls."""

    audit: int
    column: int
    socket: int
    socketpair: int
    seccomp: int
    x32: bool = False


MACHINES = {
    "x86_64": Machine(0xC000003E, 0, 41, 53, 317, x32=True),
    "aarch64": Machine(0xC00000B7, 1, 198, 199, 277),
}

# Numbers on x86_64 and aarch64 (asm/unistd_64.h, asm-generic/unistd.h); None where the architecture has no such call.
PROGRAMS: dict[str, tuple[int | None, int | None]] = {"execve": (59, 221), "execveat": (322, 281)}
OTHERS_MEMORY: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "pidfd_getfd": (438, 438),
    "kcmp": (312, 272),
}
KERNEL: dict[str, tuple[int | None, int | None]] = {
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),  # its queue makes sockets that no filter sees
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "syslog": (103, 116),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "uselib": (134, None),
    "personality": (135, 92),
}
SYSTEM: dict[str, tuple[int | None, int | None]] = {
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_by_handle_at": (304, 265),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "reboot": (169, 142),
    "settimeofday": (164, 170),  # the clock decides what is stale
    "clock_settime": (227, 112),
}
DENIED = PROGRAMS | OTHERS_MEMORY | KERNEL | SYSTEM
"""What none of our processes ever needs."""

_X32_BIT = 0x40000000
_LOAD, _EQUAL, _AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # linux/bpf_common.h, linux/filter.h
_NR, _ARCH, _ARG0 = 0, 4, 16  # offsets in struct seccomp_data; both machines are little-endian
_ALLOW, _KILL, _REFUSE = 0x7FFF0000, 0x80000000, 0x00050000 | errno.EPERM
_SET_MODE_FILTER, _TSYNC = 1, 1
_RING = "anon_inode:[io_uring]"
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long


def no_internet() -> Protection:
    """Refuse every socket that is not a unix one, and what `no_programs` refuses; `live` is found by trying."""
    why = _apply(unix_only=True)
    reached = [family.name for family in (socket.AF_INET, socket.AF_INET6) if _opens(family)]
    if why is None and not reached:
        return Protection("no-internet", live=True, detail="only unix sockets can be made, and no program started")
    return Protection("no-internet", live=False, detail=why or f"{', '.join(reached)} sockets can still be made")


def no_programs() -> Protection:
    """Refuse to start programs, to look into other processes and to change the system; sockets stay."""
    why = _apply(unix_only=False)
    detail = why or "no program can be started and no other process read"
    return Protection("no-programs", live=why is None, detail=detail)


def no_sockets(*, programs: bool = False) -> Protection:
    """Refuse every socket, unix ones too, and what `no_programs` refuses; not programs, where those are asked for."""
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return Protection("no-sockets", live=False, detail=f"no filter is written for {platform.machine()}")
    rows = [row for name, row in DENIED.items() if not (programs and name in PROGRAMS)]
    numbers = [number for row in rows if (number := row[machine.column]) is not None]
    why = install(assemble((machine.socket, machine.socketpair, *numbers), unix_only=False))
    return Protection("no-sockets", live=why is None, detail=why or "no socket of any kind can be made")


def assemble(denied: Iterable[int], *, unix_only: bool, machine: Machine | None = None) -> bytes:
    """Write the filter: the architecture first, then each denied number, then the family of a new socket."""
    where = machine or MACHINES[platform.machine()]
    code = [_step(_LOAD, _ARCH), _step(_EQUAL, where.audit, 1, 0), _step(_RETURN, _KILL), _step(_LOAD, _NR)]
    if where.x32:
        code += [_step(_AT_LEAST, _X32_BIT, 0, 1), _step(_RETURN, _REFUSE)]
    for number in denied:
        code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _REFUSE)]
    if unix_only:
        code += [_step(_EQUAL, where.socket, 1, 0), _step(_EQUAL, where.socketpair, 0, 4), _step(_LOAD, _ARG0)]
        code += [_step(_EQUAL, socket.AF_UNIX, 0, 1), _step(_RETURN, _ALLOW), _step(_RETURN, _REFUSE)]
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


def _apply(*, unix_only: bool) -> str | None:
    machine = MACHINES.get(platform.machine())
    if machine is None:
        return f"no filter is written for {platform.machine()}"
    try:
        # Sockets made through a ring pass every filter, and libuv aborts where a ring it has stops working.
        if any(str(fd.readlink()) == _RING for fd in _descriptors()):
            return "an io_uring is already open: confine before the event loop starts"
    except OSError as error:
        return f"/proc/self/fd: {error.strerror}"
    numbers = [row[machine.column] for row in DENIED.values()]
    return install(assemble([number for number in numbers if number is not None], unix_only=unix_only))


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
