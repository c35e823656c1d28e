"""A secret that is typed: bytes only, no echo, and the terminal as it was before."""

import os
import subprocess
import sys
import termios

import pytest

# A session of its own, so that the terminal it opens is the one that /dev/tty means.
_ASKER = """
import os, sys
from ringfence.errors import Misconfigured
from ringfence.cli.prompt import prompt
if len(sys.argv) > 1:
    os.open(sys.argv[1], os.O_RDWR)
try:
    print(prompt("secret words: ").hex())
except Misconfigured as error:
    print(error)
"""


def _seen(terminal: int, until: bytes) -> bytes:
    shown = b""
    while not shown.endswith(until):
        shown += os.read(terminal, 1024)
    return shown


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (b"hush hush\n", b"hush hush".hex().encode()),
        (b"hust\x7fh\n", b"hush".hex().encode()),  # the kernel edits the line
        (b"\n", b"the passphrase is empty"),
        (b"\x04", b"the passphrase is empty"),  # end of input
    ],
)
def test_a_typed_passphrase_is_not_echoed_and_the_terminal_is_put_back(typed: bytes, answer: bytes) -> None:
    terminal, inside = os.openpty()
    command = [sys.executable, "-c", _ASKER, os.ttyname(inside)]
    before = termios.tcgetattr(inside)
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True) as asker:
        assert asker.stdout is not None
        _seen(terminal, b"secret words: ")
        os.write(terminal, typed)
        shown = _seen(terminal, b"\n")
        assert asker.stdout.read().startswith(answer)
    assert shown.strip() == b""
    assert termios.tcgetattr(inside) == before
    os.close(terminal)
    os.close(inside)


def test_without_a_terminal_the_prompt_says_what_to_do_instead() -> None:
    child = subprocess.run(
        [sys.executable, "-c", _ASKER],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        start_new_session=True,
        check=True,
    )
    assert child.stdout.startswith(b"there is no terminal")
