"""Memory that only the process itself may read, and no way to more privileges. No call here ever raises."""

import ctypes
import resource
from dataclasses import dataclass

_PR_GET_DUMPABLE = 3
_PR_SET_DUMPABLE = 4
_PR_SET_NO_NEW_PRIVS = 38
_PR_GET_NO_NEW_PRIVS = 39
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Protection:
    """One thing that was to be switched on: whether it is, as looked up afterwards, and what it means."""

    name: str
    live: bool
    detail: str


def not_dumpable() -> Protection:
    """Keep processes of the same user out of our memory, environment and descriptors (prctl(2), ptrace(2)).

    A change of user or a new program switches it off again, so it comes after both.
    """
    _prctl(_PR_SET_DUMPABLE, 0)
    live = _prctl(_PR_GET_DUMPABLE, 0) == 0
    return Protection("not-dumpable", live, "the same user cannot read this process" if live else "prctl refused it")


def no_core() -> Protection:
    """Write no core file: the limit holds even where the kernel pipes cores to a program."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError) as error:
        return Protection("no-core", live=False, detail=f"setrlimit: {error}")
    live = resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
    return Protection("no-core", live, "a crash leaves no core file" if live else "the limit did not take")


def no_new_privileges() -> Protection:
    """Gain nothing from set-user-id programs or file capabilities, for ever (prctl(2))."""
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    live = _prctl(_PR_GET_NO_NEW_PRIVS, 0) == 1
    return Protection("no-new-privileges", live, "no program can raise our rights" if live else "prctl refused it")


def _prctl(option: int, value: int) -> int:
    zero = ctypes.c_ulong(0)
    answer: int = _LIBC.prctl(option, ctypes.c_ulong(value), zero, zero, zero)
    return answer
