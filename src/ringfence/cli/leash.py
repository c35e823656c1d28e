"""Become another program that ends with the process that started it: `python -m ringfence.cli.leash PID PROGRAM ...`.

A supervisor that is killed outright could otherwise leave a signer behind that nobody watches.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # prctl(2); kept across execve


def main(arguments: list[str]) -> None:
    """Ask the kernel for SIGTERM when the parent dies, and become the program."""
    parent, *program = arguments
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, ctypes.c_ulong(signal.SIGTERM))
    if os.getppid() != int(parent):  # it died before we asked
        sys.exit(1)
    os.execv(program[0], program)  # noqa: S606  # no shell is wanted


if __name__ == "__main__":
    main(sys.argv[1:])
