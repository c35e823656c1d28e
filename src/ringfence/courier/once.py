"""Send one request to one exchange, exactly as written and exactly once, and say what came back."""

import asyncio
import re
import ssl

import aiohttp
import msgspec
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.http import HttpProcessingError
from aiohttp.tracing import Trace
from multidict import CIMultiDictProxy
from yarl import URL

from ringfence.courier.hosts import Place
from ringfence.dialects.dialect import Wire
from ringfence.ipc.messages import MAX_FRAME

MAX_ANSWER = MAX_FRAME - 64 * 1024  # leaves room for the message around it
_POOL_SECONDS = 15.0  # how long an idle connection is kept; aiohttp's own, shorter than the exchanges'
_METHOD = re.compile(r"GET|POST|PUT|DELETE|PATCH", re.ASCII)
_TARGET = re.compile(r"/[\x21\x22\x24-\x7e]*", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+", re.ASCII)  # a token of RFC 9110, 5.6.2
_VALUE = re.compile(r"[\x20-\x7e]*", re.ASCII)
_SECONDS = re.compile(r"[0-9]{1,6}", re.ASCII)  # 418 bans last up to three days
# Framing and routing are ours: a request that names them could be read as two, or sent elsewhere.
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"})
_INTERIM = range(100, 200)  # RFC 9110, 15.2: the answer is still to come
_ANSWER = range(200, 600)  # 15: what is outside is not a status
_SWITCHED = 101  # 15.2.2: what follows is not HTTP; it was not asked for
_FOREVER = aiohttp.ClientTimeout(total=None)  # `send` counts the time, of everything together


class Heard(msgspec.Struct, frozen=True):
    """What came back, as `Outcome` and `Fetched` have it."""

    sent: bool
    status: int | None
    body: bytes = b""
    retry_after: int | None = None
    error: str | None = None


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


class Connections(aiohttp.TCPConnector):
    """A pool of verified connections to one place; raises `OSError` where its certificate cannot be read."""

    def __init__(self, place: Place) -> None:
        super().__init__(ssl=place.trust(), keepalive_timeout=_POOL_SECONDS)
        self._targets: dict[str, aiohttp.ClientRequest] = {}

    async def to(self, host: str) -> Connection:
        """Take a connection that is ours until it is closed or released, and that nothing has gone over unread."""
        if host not in self._targets:  # all that aiohttp takes from a request here is where it goes
            self._targets[host] = aiohttp.ClientRequest("GET", URL(f"https://{host}/"), loop=self._loop)
        return await self.connect(self._targets[host], [], _FOREVER)

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        """Never use a kept connection again on which something has arrived since: it would pass for the next answer."""
        while (connection := await super()._get(key, traces)) is not None:
            if connection.protocol is not None and not connection.protocol.should_close:
                return connection
            connection.close()
        return None


async def send(connections: Connections, host: str, wire: Wire, seconds: float) -> Heard:
    """Send `wire` to `host` once. `seconds` is the time for everything.

    aiohttp's connections and parser without its session, which sends idempotent methods again when a kept connection
    was dead, and costs two fifths of the time of a request (docs/explanation/dependencies.md).
    """
    connected = False  # until then not one byte has left
    try:
        async with asyncio.timeout(seconds):
            connection = await connections.to(host)
            connected = True
            try:
                heard = await _exchange(connection, written(host, wire))
            except BaseException:  # whatever comes over it later is the answer to this request, not to the next
                connection.close()
                raise
            connection.release()
            return heard
    except TimeoutError:
        return Heard(connected, None, error="no answer in time")
    except ssl.SSLError:
        return Heard(connected, None, error="the connection could not be secured")
    except (aiohttp.ClientError, HttpProcessingError, OSError, ValueError) as error:
        return Heard(connected, None, error=_kind(error))


def written(host: str, wire: Wire) -> bytes:
    """Write the bytes of a request that is not `unfit`: what it says, and the two headers that frame it."""
    lines = [f"{wire.method} {wire.target} HTTP/1.1", f"Host: {host}"]
    lines += [f"{name}: {value}" for name, value in wire.headers]
    if wire.body or wire.method != "GET":
        lines.append(f"Content-Length: {len(wire.body)}")
    return "\r\n".join((*lines, "", "")).encode("ascii") + wire.body


async def _exchange(connection: Connection, request: bytes) -> Heard:
    protocol, transport = connection.protocol, connection.transport
    if protocol is None or transport is None or transport.is_closing():
        raise aiohttp.ServerDisconnectedError
    protocol.set_response_params(read_until_eof=True, auto_decompress=False)  # a bomb stays small
    transport.write(request)
    message, payload = await protocol.read()
    while message.code in _INTERIM and message.code != _SWITCHED:
        message, payload = await protocol.read()
    if message.code not in _ANSWER:
        raise ValueError("not a status that ends a request")
    body = bytearray()
    while part := await payload.readany():
        body += part
        if len(body) > MAX_ANSWER:
            return Heard(sent=True, status=None, error="the answer is too long")
    return _heard(message.code, message.headers, bytes(body))


def _heard(status: int, headers: CIMultiDictProxy[str], body: bytes) -> Heard:
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        return Heard(sent=True, status=None, error="the answer is compressed")
    error = "a redirect, which is not followed" if status in range(300, 400) else None
    return Heard(sent=True, status=status, body=body, retry_after=_retry_after(headers), error=error)


def _retry_after(headers: CIMultiDictProxy[str]) -> int | None:
    text = headers.get("Retry-After", "")
    return int(text) if _SECONDS.fullmatch(text) else None


def _kind(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "the host's name could not be looked up"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return "the connection could not be secured"
        case aiohttp.ClientConnectorError():
            return "no connection"
        case aiohttp.ClientOSError() | aiohttp.ServerDisconnectedError():
            return "the connection was lost"
        case _:
            return "the answer could not be read"
