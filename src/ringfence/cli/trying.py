"""What this kernel does when it is asked: each protection tried for real, in a child that ends afterwards.

Nothing here changes the process that asks, and nothing needs root.
"""

import ctypes
import os
import struct
from collections.abc import Callable
from dataclasses import dataclass

from ringfence.confine import landlock, namespace, seccomp
from ringfence.confine.memory import no_new_privileges

_MEMFD_SECRET = 447  # the same number on x86_64 and aarch64 (memfd_secret(2))
_TIMEX = 208  # bytes of struct timex (adjtimex(2))
_STATUS, _UNSYNC = 40, 0x40  # where its status is, and the bit that says nobody sets the clock
_LIBC = ctypes.CDLL(None, use_errno=True)
_LIBC.syscall.restype = ctypes.c_long


@dataclass(frozen=True, slots=True)
class Tried:
    """What was found by trying. `synchronised` is None where the kernel does not say."""

    landlock: int
    files: bool
    filters: bool
    secret_memory: bool
    no_new_privileges: bool
    namespaces: bool
    synchronised: bool | None


def try_all() -> Tried:
    """Try everything."""
    return Tried(
        landlock=landlock.version(),
        files=_in_child(lambda: landlock.restrict(()).live and not _lists_root()),
        filters=_in_child(lambda: seccomp.no_internet().live),
        secret_memory=_in_child(_secret_memory),
        no_new_privileges=_in_child(lambda: no_new_privileges().live),
        namespaces=namespace.possible(),
        synchronised=_synchronised(),
    )


def _in_child(trial: Callable[[], bool]) -> bool:
    """Try something that cannot be undone where it harms nobody; whatever goes wrong there is a no."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            code = 0 if trial() else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def _lists_root() -> bool:
    try:
        os.listdir("/")  # noqa: PTH208  # whether it can be is all that is wanted
    except PermissionError:
        return False
    return True


def _secret_memory() -> bool:
    handle: int = _LIBC.syscall(ctypes.c_long(_MEMFD_SECRET), ctypes.c_uint(0))
    return handle >= 0


def _synchronised() -> bool | None:
    """Ask the kernel whether anything keeps its clock right."""
    told = ctypes.create_string_buffer(_TIMEX)
    if _LIBC.adjtimex(told) < 0:
        return None
    return not struct.unpack_from("i", told, _STATUS)[0] & _UNSYNC
