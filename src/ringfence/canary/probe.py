"""The probe: runs as the bot, tries what it is asked to, and says what came of it. It judges nothing.

Nothing but the standard library: it runs where nearly nothing can be read. Whatever opens is closed at once, and
nothing is written anywhere.
"""

import ctypes
import json
import os
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from errno import EACCES, EADDRNOTAVAIL, EAFNOSUPPORT, ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EPERM
from functools import partial
from ipaddress import ip_address
from pathlib import Path

OPEN, CLOSED, UNCLEAR = "open", "closed", "unclear"

# What the kernel says where a packet does not leave. A refusal by the other side is none of them: it got there.
_STAYED = frozenset({EACCES, EADDRNOTAVAIL, EAFNOSUPPORT, EHOSTUNREACH, ENETUNREACH, EPERM})
_PATIENCE = 2.0  # seconds; what neither comes nor is refused by then was dropped by somebody, maybe not here
_ANSWERS = 20.0  # the gateway may only just be starting
_AT_ONCE = 32
_QUESTION = bytes.fromhex("524601000001000000000000076578616d706c6503636f6d0000010001")  # A example.com (RFC 1035)
_SEIZE, _NEWUSER = 0x4206, 0x10000000  # ptrace(2), clone(2)
_FLAGS = ("NoNewPrivs", "Seccomp", "CapEff", "CapPrm", "CapBnd", "CapAmb")
_LIBC = ctypes.CDLL(None, use_errno=True)

Row = tuple[str, str, str]
"""What was tried, whether it was open, and what was seen."""


def main() -> None:
    """Read what to try from standard input, and write what came of it to standard output."""
    asked = json.load(sys.stdin)
    tries = list(_tries(asked))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        rows = list(pool.map(lambda one: (one[0], *_tried(one[1])), tries))
    told = {"uid": os.getuid(), "gids": os.getgroups(), "net": str(Path("/proc/self/ns/net").readlink())}
    json.dump(told | {"flags": _flags(), "rows": rows}, sys.stdout)


def _tries(asked: dict[str, list[list[object]]]) -> Iterator[tuple[str, Callable[[], tuple[str, str]]]]:
    """Pair each thing that is asked with what tries it, by its kind."""
    for kind, entries in asked.items():
        for number, entry in enumerate(entries):
            yield f"{kind}/{number}", partial(_KINDS[kind], *entry)


def _tried(one: Callable[[], tuple[str, str]]) -> tuple[str, str]:
    try:
        return one()
    except OSError as error:
        return CLOSED, error.strerror or type(error).__name__


def _connect(family: int, kind: int, address: str, port: int) -> tuple[str, str]:
    with socket.socket(family, kind) as trial:
        trial.settimeout(_PATIENCE)
        try:
            trial.connect((address, port))
        except TimeoutError:
            return UNCLEAR, "nothing came back"
        except OSError as error:
            # On loopback nobody else can have refused it.
            stayed = error.errno in _STAYED or (error.errno == ECONNREFUSED and _is_loopback(address))
            return CLOSED if stayed else OPEN, os.strerror(error.errno or 0)
        return OPEN, "connected"


def _tcp(address: str, port: int) -> tuple[str, str]:
    return _connect(_family(address), socket.SOCK_STREAM, address, port)


def _udp(address: str, port: int) -> tuple[str, str]:
    """Send a question of DNS: what leaves this machine has told what it holds, whether or not it is answered."""
    with socket.socket(_family(address), socket.SOCK_DGRAM) as trial:
        trial.settimeout(_PATIENCE)
        trial.connect((address, port))
        trial.send(_QUESTION)
        if _is_loopback(address):
            try:
                trial.recv(1)
            except ConnectionRefusedError:
                return CLOSED, "nobody listens"
            except TimeoutError:
                return UNCLEAR, "nothing came back"
        return OPEN, "sent"


def _icmp(address: str, kind: int) -> tuple[str, str]:
    with socket.socket(socket.AF_INET, kind, socket.IPPROTO_ICMP) as trial:
        trial.sendto(bytes.fromhex("0800f7fe00010000"), (address, 0))  # an echo request, RFC 792
        return OPEN, "sent"


def _name(host: str) -> tuple[str, str]:
    try:
        return OPEN, str(socket.getaddrinfo(host, 443)[0][4][0])
    except socket.gaierror as error:
        return CLOSED, str(error.strerror)


def _family_of(number: int, kind: int) -> tuple[str, str]:
    socket.socket(number, kind).close()
    return OPEN, "a socket was made"


def _unix(path: str) -> tuple[str, str]:
    with socket.socket(socket.AF_UNIX) as trial:
        trial.settimeout(_PATIENCE)
        trial.connect(path)
        return OPEN, "connected"


def _abstract(name: str) -> tuple[str, str]:
    return _unix(f"\0{name}")


def _read(path: str) -> tuple[str, str]:
    if os.path.isdir(path):  # noqa: PTH112  # no error where it may not be looked at
        os.listdir(path)  # noqa: PTH208
        return OPEN, "listed"
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123
        file.read(1)
    return OPEN, "read"


def _write(path: str) -> tuple[str, str]:
    """Open for writing, or make something in a directory and take it away again."""
    if os.path.isdir(path):  # noqa: PTH112
        trial = os.path.join(path, f".canary-{os.getpid()}")  # noqa: PTH118
        os.close(os.open(trial, os.O_WRONLY | os.O_CREAT | os.O_EXCL))
        with suppress(OSError):
            os.unlink(trial)  # noqa: PTH108
        return OPEN, "a file was made there"
    os.close(os.open(path, os.O_WRONLY))
    return OPEN, "opened for writing"


def _memory(pid: int) -> tuple[str, str]:
    """Look into another process by every way there is; the last word is ptrace's."""
    for way in ("mem", "environ", "maps", "fd", "root", "cwd"):
        with suppress(OSError):
            _read(f"/proc/{pid}/{way}/" if way in {"root", "cwd"} else f"/proc/{pid}/{way}")
            return OPEN, f"/proc/{pid}/{way}"
    if _LIBC.ptrace(_SEIZE, pid, 0, 0) == 0:
        _LIBC.ptrace(17, pid, 0, 0)  # PTRACE_DETACH
        return OPEN, "traced"
    return CLOSED, os.strerror(ctypes.get_errno())


def _signal(pid: int) -> tuple[str, str]:
    os.kill(pid, 0)
    return OPEN, "it could be killed"


def _namespace() -> tuple[str, str]:
    if _LIBC.unshare(_NEWUSER) == 0:
        return OPEN, "a user namespace was made"
    return CLOSED, os.strerror(ctypes.get_errno())


def _gateway(address: str, port: int) -> tuple[str, str]:
    """Say a word and wait for one, or for an end: systemd lets connections in also where nobody answers them."""
    with socket.create_connection((address, port), _PATIENCE) as wire:
        wire.settimeout(_ANSWERS)
        wire.sendall(b"GET /canary HTTP/1.1\r\nHost: ringfence\r\nConnection: close\r\n\r\n")
        try:
            heard = wire.recv(64)
        except TimeoutError:
            return UNCLEAR, "nobody answers"
        return OPEN, heard.partition(b"\r")[0].decode("ascii", "replace") or "it was ended"


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def _is_loopback(address: str) -> bool:
    return ip_address(address).is_loopback


def _flags() -> dict[str, str]:
    lines = Path("/proc/self/status").read_text("ascii", "replace").splitlines()
    pairs = (line.partition(":") for line in lines)
    return {name: value.strip() for name, _, value in pairs if name in _FLAGS}


_KINDS: dict[str, Callable[..., tuple[str, str]]] = {
    "gateway": _gateway,
    "tcp": _tcp,
    "udp": _udp,
    "icmp": _icmp,
    "name": _name,
    "family": _family_of,
    "unix": _unix,
    "abstract": _abstract,
    "read": _read,
    "write": _write,
    "memory": _memory,
    "signal": _signal,
    "namespace": _namespace,
}


if __name__ == "__main__":
    main()
