"""What somebody else's program gives up beyond sockets: children, other processes, and what Landlock does not cover.

Landlock knows nothing of modes, owners, times and attributes of files, before its third version nothing of truncating
them, and before its sixth nothing of signals (landlock(7)); this covers those on every kernel. A program that can have
threads and no children leaves no daemon, makes no fork bomb, and its limits are the limits of all that it does.
It comes after `seccomp.no_sockets`, which ends a process that calls by another architecture's numbers.
"""

import errno
import os
import platform
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from ringfence.confine import seccomp
from ringfence.confine.memory import Protection

Numbers = tuple[int | None, int | None]

# Numbers on x86_64 and aarch64 (asm/unistd_64.h, asm-generic/unistd.h); None where the architecture has no such call.
CHILDREN: dict[str, Numbers] = {"fork": (57, None), "vfork": (58, None)}
ATTRIBUTES: dict[str, Numbers] = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "utime": (132, None),
    "utimes": (235, None),
    "futimesat": (261, None),
    "utimensat": (280, 88),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "setxattrat": (463, 463),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
    "truncate": (76, 45),
}
OTHERS: dict[str, Numbers] = {
    "tkill": (200, 130),
    "pidfd_send_signal": (424, 424),
    "setpriority": (141, 140),
    "sched_setscheduler": (144, 119),
    "sched_setattr": (314, 274),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "memfd_create": (319, 279),  # memory that no limit counts
    "memfd_secret": (447, 447),
    "fanotify_init": (300, 262),
    "ioprio_set": (251, 30),
}
REFUSED = CHILDREN | ATTRIBUTES | OTHERS
"""What is refused whatever its arguments are."""

UNKNOWN: dict[str, Numbers] = {"clone3": (435, 435), "openat2": (437, 437)}
"""What cannot be judged, its arguments lying in memory; told that it is not there, callers take the older call."""

SIGNALS: dict[str, Numbers] = {
    "kill": (62, 129),
    "tgkill": (234, 131),
    "rt_sigqueueinfo": (129, 138),
    "rt_tgsigqueueinfo": (297, 240),
}
"""What may be sent to oneself alone: the first argument is a process."""

_CLONE: Numbers = (56, 220)
_PRLIMIT: Numbers = (302, 261)
_FCNTL: Numbers = (72, 25)
_OPEN: dict[str, tuple[Numbers, int]] = {"open": ((2, None), 1), "openat": ((257, 56), 2)}  # which argument has flags

_CLONE_THREAD = 0x10000  # linux/sched.h
_OWNERS = (8, 10, 15)  # F_SETOWN, F_SETSIG, F_SETOWN_EX: signals by way of a file (asm-generic/fcntl.h)
_HOW = 0o3 | os.O_TRUNC  # of open's flags: reading or writing, and whether what is there goes

_LOAD, _EQUAL, _ANY, _AND, _RETURN = 0x20, 0x15, 0x45, 0x54, 0x06  # linux/bpf_common.h
_NR, _ARGUMENTS, _WORD = 0, 16, 8  # offsets in struct seccomp_data; both machines are little-endian
_ALLOW, _REFUSE, _ABSENT = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS


@dataclass(frozen=True, slots=True)
class _Block:
    """What follows where a call has a number; all ways through it return."""

    number: int
    steps: tuple[bytes, ...]


def alone() -> Protection:
    """Leave threads and no children, signals to oneself alone, and no attribute of any file to change."""
    machine = seccomp.MACHINES.get(platform.machine())
    if machine is None:
        return Protection("alone", live=False, detail=f"no filter is written for {platform.machine()}")
    why = seccomp.install(assemble(os.getpid(), machine.column))
    return Protection("alone", live=why is None, detail=why or "no child, no signal to others, no attribute of a file")


def assemble(own: int, column: int) -> bytes:
    """Write the filter for the process `own`."""
    blocks = [*_plain(REFUSED, _REFUSE, column), *_plain(UNKNOWN, _ABSENT, column)]
    blocks += _where(_CLONE, column, (_load(0), _step(_ANY, _CLONE_THREAD, 1, 0), *_refuse_or_allow()))
    for row in SIGNALS.values():
        blocks += _where(row, column, (_load(0), *_one_of((own,))))
    blocks += _where(_PRLIMIT, column, (_load(0), *_one_of((0, own))))
    blocks += _where(_FCNTL, column, (_load(1), *_none_of(_OWNERS)))
    for row, flags in _OPEN.values():  # reading may not empty a file
        blocks += _where(row, column, (_load(flags), _step(_AND, _HOW), *_none_of((os.O_RDONLY | os.O_TRUNC,))))
    code = [_step(_LOAD, _NR)]
    for block in blocks:
        code += [_step(_EQUAL, block.number, 0, len(block.steps)), *block.steps]
    return b"".join([*code, _step(_RETURN, _ALLOW)])


def _plain(rows: dict[str, Numbers], answer: int, column: int) -> list[_Block]:
    return [block for row in rows.values() for block in _where(row, column, (_step(_RETURN, answer),))]


def _where(row: Numbers, column: int, steps: Sequence[bytes]) -> list[_Block]:
    number = row[column]
    return [] if number is None else [_Block(number, tuple(steps))]


def _one_of(values: tuple[int, ...]) -> tuple[bytes, ...]:
    jumps = (_step(_EQUAL, value, len(values) - at, 0) for at, value in enumerate(values))
    return (*jumps, *_refuse_or_allow())


def _none_of(values: tuple[int, ...]) -> tuple[bytes, ...]:
    jumps = (_step(_EQUAL, value, len(values) - at, 0) for at, value in enumerate(values))
    return (*jumps, _step(_RETURN, _ALLOW), _step(_RETURN, _REFUSE))


def _refuse_or_allow() -> tuple[bytes, bytes]:
    return _step(_RETURN, _REFUSE), _step(_RETURN, _ALLOW)


def _load(argument: int) -> bytes:
    return _step(_LOAD, _ARGUMENTS + _WORD * argument)


def _step(code: int, k: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("<HBBI", code, then, otherwise, k)
