"""What a bot hears, and its bytes: only headers of our own, whatever the exchange sent."""

import time
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus

import msgspec

_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_BARE = frozenset({HTTPStatus.NO_CONTENT.value, HTTPStatus.NOT_MODIFIED.value})  # RFC 9110, 6.4.1: they have no body


class Reply(msgspec.Struct, frozen=True):
    """An HTTP status, a JSON body, and how many seconds to wait where that is known."""

    status: int
    body: bytes
    retry_after: int | None = None


def written(reply: Reply, *, keep: bool, head_only: bool) -> bytes:
    """Write a reply; `keep`: another may follow it, `head_only`: to a HEAD, so without its body."""
    head = f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, '')}\r\nServer: ringfence\r\n"
    head += f"Date: {_date(int(time.time()))}\r\n"
    if reply.retry_after is not None:
        head += f"Retry-After: {reply.retry_after}\r\n"
    if not keep:
        head += "Connection: close\r\n"
    if reply.status in _BARE:
        return f"{head}\r\n".encode("ascii")
    head += f"Content-Type: application/json\r\nContent-Length: {len(reply.body)}\r\n\r\n"
    return head.encode("ascii") + (b"" if head_only else reply.body)


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
