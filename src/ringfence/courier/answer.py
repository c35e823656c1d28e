"""Read one answer of an exchange as its bytes come in. Whatever two readers could take in two ways is not an answer.

llhttp takes the bytes apart, and is strict by default: it refuses bare line feeds, folded lines, control characters,
spaces before a colon or after a chunk's size. What it lets through or does not bound is refused here. No I/O.
"""

import httptools
import msgspec

from ringfence.courier.head import LONG, MAX_ANSWER, UNREADABLE, Head, Unfit, judge, read_status

# Bytes that are no body: all heads together, and what comes between two pieces of a body that is sent in chunks.
# llhttp has no limit of its own. Eight times what nginx takes for the head of an answer that it passes on
# (proxy_buffer_size, at most 8 KiB unless it is told otherwise), since interim answers count as well.
MAX_AROUND = 64 * 1024
_END = b"\r\n\r\n"
_REDIRECTS = range(300, 400)


class Heard(msgspec.Struct, frozen=True):
    """What came back, as `Outcome` and `Fetched` have it."""

    sent: bool
    status: int | None
    body: bytes = b""
    retry_after: int | None = None
    error: str | None = None


def silence(error: str) -> Heard:
    """Say that a request has left, and that nothing is known of what became of it."""
    return Heard(sent=True, status=None, error=error)


class _Body:
    """What the parser tells of a message: its body, and that it has ended."""

    __slots__ = ("complete", "parts", "size")

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.size = 0
        self.complete = False

    def on_body(self, part: bytes) -> None:
        if not self.complete:  # else it is of an answer that nobody asked for
            self.parts.append(part)
            self.size += len(part)

    def on_message_complete(self) -> None:
        self.complete = True


class Answer:
    """The answer to one request. `kept`: once it was heard, the connection may carry another request."""

    __slots__ = ("_around", "_body", "_head", "_parser", "_unread", "kept")

    def __init__(self) -> None:
        self.kept = False
        self._body = _Body()
        self._parser = httptools.HttpResponseParser(self._body)
        self._unread = b""  # of a head that has not ended
        self._around = 0  # bytes since the last one of the body
        self._head: Head | None = None

    def feed(self, data: bytes) -> Heard | None:
        """Take the next bytes; returns what was heard as soon as that is known. Nothing may be fed after that."""
        try:
            return self._feed(data)
        except Unfit as unfit:
            return silence(str(unfit))
        except httptools.HttpParserError:
            return silence(UNREADABLE)

    def ended(self) -> Heard:
        """Say what was heard where the peer has ended the connection and TLS vouches for that."""
        if self._head is not None and self._head.to_the_end:
            return self._heard(self._head)
        return silence("the connection was lost")

    def _feed(self, data: bytes) -> Heard | None:
        if self._head is None:
            data = self._heads(data)
        head, body = self._head, self._body
        if head is None:
            return None
        before, extra = body.size, False
        # The parser does not say how far it came: the last byte by itself shows whether the answer ended before it.
        for part in (data[:-1], data[-1:]):
            if part:
                extra = body.complete
                self._parser.feed_data(part)
        if body.size > MAX_ANSWER:
            raise Unfit(LONG)
        if body.complete:
            self.kept = head.kept and not extra
            return self._heard(head)
        self._around = self._around + len(data) if body.size == before else 0
        self._bound(0)
        return None

    def _heads(self, data: bytes) -> bytes:
        """Read heads up to the answer's own; returns what follows that."""
        start = max(0, len(self._unread) - len(_END) + 1)
        data = self._unread + data if self._unread else data
        while self._head is None and (end := data.find(_END, start)) >= 0:
            raw, data, start = data[: end + len(_END)], data[end + len(_END) :], 0
            self._around += len(raw)
            self._bound(0)
            self._read(raw)
        if self._head is None:
            self._bound(len(data))
            self._unread = data
        return data

    def _read(self, raw: bytes) -> None:
        minor, status = read_status(raw)
        self._parser.feed_data(raw)
        head = judge(minor, status, raw)
        if head.interim:
            self._body.complete = False
        else:
            self._head = head

    def _bound(self, more: int) -> None:
        if self._around + more > MAX_AROUND:
            raise Unfit(UNREADABLE)

    def _heard(self, head: Head) -> Heard:
        error = "a redirect, which is not followed" if head.status in _REDIRECTS else None
        return Heard(True, head.status, b"".join(self._body.parts), head.retry_after, error)
