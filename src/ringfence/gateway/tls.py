"""TLS towards bots: which leaf a client is shown is chosen by the name that it asks for, and some names end it."""

import asyncio
import contextlib
import os
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

from ringfence.errors import Unreachable

_HANDSHAKE_SECONDS = 10.0  # one over loopback takes milliseconds
_SHUTDOWN_SECONDS = 2.0
# A fatal alert in a record of its own: unrecognized_name (RFC 8446, 5.1 and 6; RFC 6066, 3).
_UNRECOGNIZED = bytes((21, 3, 3, 0, 2, 2, ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME))
_DISTRUST = re.compile(r"ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN)")  # what clients say (RFC 8446, 6.2)


Choose = Callable[[str | None], ssl.SSLContext | None]
"""Has the leaf for the name that a client asks for, in lower case, or for none; None ends the handshake."""

Begin = Callable[[ssl.SSLContext], Awaitable[tuple[asyncio.BaseTransport | None, object]]]


class Distrusted(Unreachable):
    """The client has seen our certificate, and does not believe it, as far as we can tell."""


class Leaves:
    """Certificates and keys from files, read again where a file has changed."""

    def __init__(self, path_of: Callable[[str], Path]) -> None:
        self._path_of = path_of
        self._known: dict[str, tuple[tuple[int, int], ssl.SSLContext]] = {}

    def of(self, host: str) -> ssl.SSLContext | None:
        """Return the settings with which one host is answered for; None where its file is missing or broken."""
        path = self._path_of(host)
        try:
            status = path.stat()
            stamp = (status.st_mtime_ns, status.st_ino)
            known = self._known.get(host)
            if known is None or known[0] != stamp:
                known = self._known[host] = stamp, _leaf(path)
        except (OSError, ValueError):  # of which ssl.SSLError is one
            return None
        return known[1]


def _leaf(path: Path) -> ssl.SSLContext:
    context = _server_context()
    context.load_cert_chain(path)
    return context


def _server_context() -> ssl.SSLContext:
    """Make the settings that all our TLS has: 1.2 at least, HTTP/1.1 alone, no renegotiation."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(["http/1.1"])
    return context


def _by_name(choose: Choose, descriptor: int) -> ssl.SSLContext:
    """Make settings for one connection, for which the leaf is chosen once its client has said what it asks for."""
    context = _server_context()

    def chosen(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> int | None:
        found = choose(None if name is None else name.lower())
        if found is None:
            _say_unrecognized(descriptor)
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = found
        return None

    context.sni_callback = chosen
    return context


def _say_unrecognized(descriptor: int) -> None:
    """Send the alert ourselves: where a handshake fails, asyncio and uvloop both end the connection without it."""
    with contextlib.suppress(OSError):
        os.write(descriptor, _UNRECOGNIZED)  # nothing of ours is on its way before it


class Secured(asyncio.Protocol):
    """A connection whose handshake is done; it keeps what comes until somebody takes it over."""

    def __init__(self) -> None:
        self._wire: asyncio.Transport | None = None
        self._came = b""
        self._lost = False

    def data_received(self, data: bytes) -> None:
        """Keep it."""
        self._came += data

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """Remember it."""
        self._lost = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Note that the handshake is done; where it was begun in the middle of a connection, nobody says so."""

    async def take(self, wire: socket.socket, choose: Choose) -> None:
        """Shake hands over a connection that has just come; as `shake`. It is ended where this is cancelled."""
        loop = asyncio.get_running_loop()
        await self._shake(
            choose,
            wire.fileno(),
            lambda context: loop.connect_accepted_socket(
                lambda: self, wire, ssl=context, ssl_handshake_timeout=_HANDSHAKE_SECONDS,
                ssl_shutdown_timeout=_SHUTDOWN_SECONDS,
            ),
        )  # fmt: skip

    async def shake(self, wire: asyncio.Transport, choose: Choose) -> None:
        """Shake hands in the middle of a connection, as a server.

        The client must ask for what `choose` has a leaf for. Raises `Unreachable`, and `Distrusted` where the
        client does not believe us.
        """
        try:
            await self._shake(
                choose, wire.get_extra_info("socket").fileno(), lambda context: self._start(wire, context)
            )
        except Unreachable:
            wire.abort()
            raise

    async def _start(self, wire: asyncio.Transport, context: ssl.SSLContext) -> tuple[asyncio.Transport | None, object]:
        loop = asyncio.get_running_loop()
        return await loop.start_tls(
            wire, self, context, server_side=True,
            ssl_handshake_timeout=_HANDSHAKE_SECONDS, ssl_shutdown_timeout=_SHUTDOWN_SECONDS,
        ), self  # fmt: skip

    async def _shake(self, choose: Choose, descriptor: int, begin: Begin) -> None:
        shown: list[ssl.SSLContext | None] = []

        def noted(name: str | None) -> ssl.SSLContext | None:
            shown.append(choose(name))
            return shown[-1]

        try:
            wire, _ = await begin(_by_name(noted, descriptor))
        except ssl.SSLError as error:
            if _DISTRUST.search(error.reason or ""):
                raise Distrusted("this client does not trust trust/ca.pem") from None
            raise Unreachable(f"the handshake failed: {error.reason}") from None
        except ConnectionResetError:  # asyncio's own clients send no alert either
            if not any(shown):
                raise Unreachable("the client ended the handshake") from None
            raise Distrusted("this client saw our certificate and left; it may not trust trust/ca.pem") from None
        except (OSError, RuntimeError) as error:  # the second where the connection has gone meanwhile
            raise Unreachable(f"the handshake was not finished: {type(error).__name__}") from None
        if wire is None or wire.get_extra_info("cipher") is None:  # uvloop says nothing where a connection was ended
            raise Unreachable("the connection was ended in its handshake")
        self._wire = cast(asyncio.Transport, wire)

    def hand_over(self, taker: asyncio.Protocol) -> None:
        """Let somebody take over, beginning with what has come."""
        if self._wire is None or self._lost:
            return
        self._wire.set_protocol(taker)
        taker.connection_made(self._wire)
        if self._came:
            taker.data_received(self._came)
