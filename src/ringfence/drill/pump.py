"""A TLS connection for a client that reads in one thread and writes in another, which OpenSSL does not bear."""

import select
import socket
import ssl
from contextlib import suppress
from threading import Thread

_PIECE = 65_536


def pumped(wire: socket.socket) -> socket.socket:
    """Return a socket that two threads may use: itself, or in front of TLS one whose bytes one thread passes on."""
    if not isinstance(wire, ssl.SSLSocket):
        return wire
    near, far = socket.socketpair()
    Thread(target=_pump, args=(far, wire), daemon=True).start()
    return near


def _pump(far: socket.socket, wire: ssl.SSLSocket) -> None:
    """Pass bytes on until either side ends; nothing more is taken from one side before the other has it."""
    out = b""
    with far, wire, suppress(OSError):
        wire.setblocking(False)
        while True:
            out = _pass_out(wire, out)
            ready = _ready(far, wire, out)
            if wire in ready and not _pass_in(wire, far):
                return
            if far in ready:
                out = far.recv(_PIECE)
                if not out:
                    return


def _ready(far: socket.socket, wire: ssl.SSLSocket, out: bytes) -> list[socket.socket]:
    """Wait until there is something to read, or room for what waits."""
    if wire.pending():
        return [wire]
    readable, _, _ = select.select([wire] if out else [far, wire], [wire] if out else [], [])
    return readable


def _pass_in(wire: ssl.SSLSocket, far: socket.socket) -> bool:
    """Pass on what there is, which may be nothing: TLS says things of its own too. False at the end."""
    try:
        piece = wire.recv(_PIECE)
    except ssl.SSLWantReadError:
        return True
    far.sendall(piece)
    return bool(piece)


def _pass_out(wire: ssl.SSLSocket, out: bytes) -> bytes:
    """Send what there is room for, and return the rest. To whoever has hung up it is lost; he may still be heard."""
    try:
        return out[wire.send(out) :] if out else b""
    except ssl.SSLWantWriteError:
        return out
    except OSError:
        return b""
