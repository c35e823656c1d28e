"""What each process gives up at start.

Called once its modules are loaded and before its event loop starts: libuv would open an io_uring, which makes
sockets past the filter. Threads that already run are covered.
"""

from typing import Literal

from ringfence.confine.memory import Protection, no_core, no_new_privileges, not_dumpable
from ringfence.confine.seccomp import no_internet, no_programs

Process = Literal["signer", "courier", "gateway", "prices"]


def harden(process: Process) -> tuple[Protection, ...]:
    """Give up what the process never needs and say what took; never raises.

    The caller decides what a missing protection means. The signer must not start without "no-internet".
    """
    memory = (no_new_privileges(), no_core(), not_dumpable())
    match process:
        case "signer" | "prices":  # they speak to our own processes alone, through unix sockets
            return (*memory, no_internet())
        case "courier" | "gateway":
            return (*memory, no_programs())
