"""A proxy that believes everything: any pass, any host, any name in a handshake, and none at all."""

import select
import socket
import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import cast

from ringfence.drill.tunnel import LOOPBACK

_PIECE = 65_536
_TLS = b"\x16"
_PATIENCE = 0.05


@contextmanager
def credulous(leaf: Path, port: int) -> Iterator[int]:
    """Lead everybody to a port, whatever they ask for."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)

    class Leading(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                _lead(cast(socket.socket, self.request), context, port)

    with socketserver.ThreadingTCPServer((LOOPBACK, 0), Leading) as server:
        server.daemon_threads = True
        Thread(target=server.serve_forever, args=(_PATIENCE,), daemon=True).start()
        yield int(server.server_address[1])
        server.shutdown()


def _lead(wire: socket.socket, context: ssl.SSLContext, port: int) -> None:
    came = b""
    while b"\r\n\r\n" not in came and (piece := wire.recv(_PIECE)):
        came += piece
    wire.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    wire.settimeout(_PATIENCE)  # for whoever only wants to hear whether he may come in
    inside = context.wrap_socket(wire, server_side=True) if wire.recv(1, socket.MSG_PEEK) == _TLS else wire
    inside.settimeout(5)
    with inside, socket.create_connection((LOOPBACK, port), timeout=5) as onward:
        while True:
            for one in select.select([inside, onward], [], [], 5)[0]:
                piece = one.recv(_PIECE)
                if not piece:
                    return
                (onward if one is inside else inside).sendall(piece)
