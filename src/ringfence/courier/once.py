"""Send one request to one exchange, exactly as written and exactly once, and say what came back."""

import asyncio
import re

from ringfence.courier.address import unopened
from ringfence.courier.answer import Heard, silence
from ringfence.courier.connection import Connection, Tell
from ringfence.courier.idle import Connections
from ringfence.dialects.dialect import Wire

_METHOD = re.compile(r"GET|POST|PUT|DELETE|PATCH", re.ASCII)
_TARGET = re.compile(r"/[\x21\x22\x24-\x7e]*", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)  # a token of RFC 9110, 5.6.2
_VALUE = re.compile(r"[\x20-\x7e]*", re.ASCII)
# Framing and routing are ours: a request that names them could be read as two, or sent elsewhere.
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"})


def unfit(wire: Wire) -> str | None:
    """Say why a request may not be sent as it is, or None."""
    if not _METHOD.fullmatch(wire.method):
        return "the method is not one that exchanges take"
    if not _TARGET.fullmatch(wire.target):
        return "the target is not a plain path"
    if wire.target.endswith("?"):
        return (
            "the target ends in an empty query"  # which others leave out: it would mean one thing here, another there
        )
    if any(not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) for name, value in wire.headers):
        return "a header is not plain ASCII"
    if any(name.lower() in _OURS for name, _ in wire.headers):
        return "a header would change how the request is framed"
    return None


def send_at_once(connections: Connections, host: str, wire: Wire, seconds: float, tell: Tell) -> bool:
    """As `send`, over an idle connection and without a task; False: there is none, and nothing was done."""
    connection = connections.take(host)
    if connection is None:
        return False
    _ask(connections, connection, host, wire, asyncio.get_running_loop().time() + seconds, tell)
    return True


async def send(connections: Connections, host: str, wire: Wire, seconds: float) -> Heard:
    """Send `wire` to `host` once. `seconds` is the time for everything.

    A kept connection that turns out to be dead is silence, and nothing is sent a second time, whatever its method.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    connection = connections.take(host) or await _opened(connections, host, deadline)
    if isinstance(connection, Heard):
        return connection
    waiting: asyncio.Future[Heard] = loop.create_future()

    def tell(heard: Heard) -> None:
        if not waiting.done():
            waiting.set_result(heard)

    _ask(connections, connection, host, wire, deadline, tell)
    try:
        return await waiting
    except asyncio.CancelledError:  # whatever comes over it later is the answer to this request, not to the next
        connection.give_up(silence("nobody waits for the answer"))
        raise


async def _opened(connections: Connections, host: str, deadline: float) -> Connection | Heard:
    """Open a connection; until that is done not one byte of a request has left."""
    try:
        async with asyncio.timeout_at(deadline):
            return await connections.open(host)
    except (OSError, ValueError) as error:
        return Heard(sent=False, status=None, error=unopened(error))


def _ask(connections: Connections, connection: Connection, host: str, wire: Wire, deadline: float, tell: Tell) -> None:
    def heard(what: Heard) -> None:
        connections.keep(host, connection)
        tell(what)

    connection.ask(written(host, wire), deadline, heard)


def written(host: str, wire: Wire) -> bytes:
    """Write the bytes of a request that is not `unfit`: what it says, and the two headers that frame it."""
    lines = [f"{wire.method} {wire.target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in wire.headers]
    if wire.body or wire.method != "GET":
        lines.append(f"Content-Length: {len(wire.body)}")
    return "\r\n".join((*lines, "", "")).encode("ascii") + wire.body
