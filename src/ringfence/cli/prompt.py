"""Asking a person at the terminal for a secret, without echo.

`getpass` and `input` answer with `str`, which nothing can wipe, so the terminal is read here.
"""

import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager

from ringfence.errors import Misconfigured
from ringfence.vault.unlock import read_passphrase

_TTY = "/dev/tty"


def prompt(text: str) -> bytearray:
    """Ask at the terminal; the caller wipes the answer. Raises `Misconfigured` where there is no terminal."""
    try:
        tty = os.open(_TTY, os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        hint = "give the passphrase through a file descriptor or a systemd credential"
        raise Misconfigured("there is no terminal to ask for the passphrase", hint=hint) from None
    try:
        with _no_echo(tty):
            os.write(tty, text.encode())
            try:
                return read_passphrase(tty, one_line=True)
            finally:
                os.write(tty, b"\n")
    finally:
        os.close(tty)


@contextmanager
def _no_echo(tty: int) -> Iterator[None]:
    before = termios.tcgetattr(tty)
    silent = termios.tcgetattr(tty)
    silent[3] &= ~termios.ECHO
    silent[3] |= termios.ICANON  # the kernel edits the line; we read it whole
    termios.tcsetattr(tty, termios.TCSAFLUSH, silent)
    try:
        yield
    finally:
        termios.tcsetattr(tty, termios.TCSAFLUSH, before)
