"""Turn one HTTP request into a `Request`, byte for byte, or say why not. Nothing is tidied, nothing guessed."""

import asyncio
import re

from aiohttp import web

from ringfence.gateway.limits import Limits
from ringfence.model.request import Request

_TARGET = re.compile(r"/[\x21\x22\x24-\x7e]*", re.ASCII)  # visible ASCII without "#"; no authority, no space
_HOST = re.compile(rb"[A-Za-z0-9.\-]{1,253}(:[0-9]{1,5})?|\[[0-9a-fA-F:.]{2,45}\](:[0-9]{1,5})?")

# No recorded client sends these (docs/explanation/sources.md, What clients send), and each is a way to mean two things
# at once (docs/explanation/attacks.md, S47 to S49).
_REFUSED = {
    b"transfer-encoding": "chunked bodies are not taken",
    b"content-encoding": "compressed bodies are not taken",
    b"upgrade": "protocol upgrades are not taken",
    b"expect": "expectations are not taken",
    b"x-http-method-override": "the method is the one in the request line",
    b"x-method-override": "the method is the one in the request line",
    b"x-http-method": "the method is the one in the request line",
}


class Refused(Exception):
    """A request that is not passed on: the HTTP status, and why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status
        self.why = why


async def read(incoming: web.BaseRequest, limits: Limits) -> Request:
    """Read the whole request; raises `Refused`."""
    target = incoming.raw_path
    if not _TARGET.fullmatch(target):
        raise Refused(400, "the target is not a plain path")
    headers = _headers(incoming.raw_headers)
    path, _, query = target.partition("?")
    return Request(
        method=incoming.method,
        host=_host(incoming.raw_headers),
        path=path,
        query=query.encode("ascii"),
        headers=headers,
        body=await _body(incoming, limits),
    )


def _headers(raw: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[str, str], ...]:
    for name, _ in raw:
        why = _REFUSED.get(name.lower())
        if why is not None:
            raise Refused(400, why)
    try:
        return tuple((name.decode("ascii"), value.decode("ascii")) for name, value in raw)
    except UnicodeDecodeError:
        raise Refused(400, "a header is not plain ASCII") from None


def _host(raw: tuple[tuple[bytes, bytes], ...]) -> str:
    hosts = [value for name, value in raw if name.lower() == b"host"]
    if len(hosts) != 1 or not _HOST.fullmatch(hosts[0]):
        raise Refused(400, "there is not exactly one well-formed Host header")
    return hosts[0].decode("ascii")


async def _body(incoming: web.BaseRequest, limits: Limits) -> bytes:
    if (incoming.content_length or 0) > limits.body:
        raise Refused(413, f"the body is longer than {limits.body} bytes")
    if not incoming.can_read_body:
        return b""
    content = incoming.content
    if content.is_eof():  # it came together with its head, as small ones do
        return content.read_nowait()
    parts = bytearray()
    try:
        async with asyncio.timeout(limits.body_seconds):
            while part := await content.readany():
                parts += part
                if len(parts) > limits.body:
                    raise Refused(413, f"the body is longer than {limits.body} bytes")
    except TimeoutError:
        raise Refused(408, "the body did not arrive in time") from None
    return bytes(parts)
