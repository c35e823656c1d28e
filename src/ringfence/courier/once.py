"""Send one request to one exchange, exactly as written and exactly once, and say what came back."""

import re
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from aiohttp.connector import Connection
from aiohttp.tracing import Trace
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
_ADDED = ("Accept", "Accept-Encoding", "Content-Type", "User-Agent")  # what aiohttp would add by itself


@dataclass(frozen=True, slots=True)
class Heard:
    """What came back, as `Outcome` and `Fetched` have it."""

    sent: bool
    status: int | None
    body: bytes = b""
    retry_after: int | None = None
    error: str | None = None


class _Dropped(aiohttp.ClientError):
    """The connection went away after the request was on it; of a kind that aiohttp does not answer by sending again."""


@dataclass(slots=True)
class _Progress:
    """Whether a connection was there to take bytes; until then not one has left."""

    connected: bool = False


def unfit(wire: Wire) -> str | None:
    """Say why a request may not be sent as it is, or None."""
    if not _METHOD.fullmatch(wire.method):
        return "the method is not one that exchanges take"
    if not _TARGET.fullmatch(wire.target):
        return "the target is not a plain path"
    if any(not _NAME.fullmatch(name) or not _VALUE.fullmatch(value) for name, value in wire.headers):
        return "a header is not plain ASCII"
    if any(name.lower() in _OURS for name, _ in wire.headers):
        return "a header would change how the request is framed"
    return None


class _Clean(aiohttp.TCPConnector):
    """Never uses a kept connection again on which something has arrived since: it would pass for the next answer."""

    async def _get(self, key: ConnectionKey, traces: list[Trace]) -> Connection | None:
        while (connection := await super()._get(key, traces)) is not None:
            if connection.protocol is not None and not connection.protocol.should_close:
                return connection
            connection.close()
        return None


def open_session(place: Place) -> aiohttp.ClientSession:
    """Make a pool of verified connections to one place; raises `OSError` where its certificate cannot be read."""
    trace = aiohttp.TraceConfig()
    trace.on_connection_create_end.append(_connected)
    trace.on_connection_reuseconn.append(_connected)
    return aiohttp.ClientSession(
        connector=_Clean(ssl=place.trust(), keepalive_timeout=_POOL_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,  # a proxy in the environment would see, and could answer, everything
        auto_decompress=False,  # nothing compressed is asked for; a bomb stays small
        skip_auto_headers=_ADDED,
        middlewares=(_never_again,),
        trace_configs=[trace],
    )


async def send(session: aiohttp.ClientSession, host: str, wire: Wire, seconds: float) -> Heard:
    """Send `wire` to `host` once. `seconds` is the time for everything."""
    url = URL(f"https://{host}{wire.target}", encoded=True)
    if url.raw_path_qs != wire.target:
        return Heard(sent=False, status=None, error="the target cannot be sent as written")
    progress = _Progress()
    try:
        async with session.request(
            wire.method,
            url,
            headers=wire.headers,
            data=wire.body or None,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=seconds),
            trace_request_ctx=progress,
        ) as response:
            return await _hear(response)
    except TimeoutError:
        return Heard(progress.connected, None, error="no answer in time")
    except ssl.SSLError:
        return Heard(progress.connected, None, error="the connection could not be secured")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Heard(progress.connected, None, error=_kind(error))


async def _hear(response: aiohttp.ClientResponse) -> Heard:
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > MAX_ANSWER:
            response.close()
            return Heard(sent=True, status=None, error="the answer is too long")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        return Heard(sent=True, status=None, error="the answer is compressed")
    return Heard(
        sent=True,
        status=response.status,
        body=bytes(body),
        retry_after=_retry_after(response),
        error="a redirect, which is not followed" if response.status in range(300, 400) else None,
    )


def _retry_after(response: aiohttp.ClientResponse) -> int | None:
    text = response.headers.get("Retry-After", "")
    return int(text) if _SECONDS.fullmatch(text) else None


def _kind(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "the host's name could not be looked up"
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return "the connection could not be secured"
        case aiohttp.ClientConnectorError():
            return "no connection"
        case _Dropped():
            return "the connection was lost"
        case _:
            return "the answer could not be read"


async def _connected(_session: aiohttp.ClientSession, context: object, _what: object) -> None:
    progress = getattr(context, "trace_request_ctx", None)
    if isinstance(progress, _Progress):
        progress.connected = True


async def _never_again(
    request: aiohttp.ClientRequest, handler: Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]
) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending a second time: it does so for idempotent methods when a kept connection was dead."""
    try:
        return await handler(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _Dropped from error
