"""What one connection's bytes mean: a request as it was sent, or nothing."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from aiohttp.base_protocol import BaseProtocol
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.http_parser import HttpRequestParserPy
from hypothesis import assume, example, given
from hypothesis import strategies as st

from ringfence.gateway.http import Asked, Found, Phase, Reader, Refused
from ringfence.gateway.limits import Limits

LIMITS = Limits()
PLAIN = b"GET /a?b=c HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Length: 5\r\n\r\nab\r\nc"
# Pieces of which hostile heads are made; hypothesis puts them together, and takes bytes out.
PIECES = [
    b"GET /a HTTP/1.1\r\n", b"POST /a?b=c HTTP/1.1\r\n", b"GET /a HTTP/1.0\r\n", b"GET /a HTTP/2.0\r\n", b"GET /a\r\n",
    b"GET  /a HTTP/1.1\r\n", b"GET /a HTTP/1.1 \r\n", b"get /a HTTP/1.1\r\n", b"Host: h\r\n", b"host:h\r\n",
    b"Host : h\r\n", b"Host:\r\n",
    b"X: 1\r\n", b"X:\r\n", b"X: \t a \t\r\n", b" folded\r\n", b"\tfolded\r\n", b"X: a\nY: b\r\n", b"X: a\rY: b\r\n",
    b"X: \x00\r\n", b"X: \x7f\r\n", b"X: \x80\r\n", b"X\x00: a\r\n", b": a\r\n", b"X\r\n", b"Content-Length: 3\r\n",
    b"Content-Length: 03\r\n", b"Content-Length: 3, 3\r\n", b"Content-Length: 3 3\r\n", b"Content-Length: 0x3\r\n",
    b"Content-Length:\r\n", b"Content-Length: 18446744073709551619\r\n", b"Transfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Connection: close\r\n", b"Connection: keep-alive\r\n", b"Connection: upgrade\r\n",
    b"Upgrade: h2c\r\n", b"\r\n", b"\n", b"\r", b"abc", b"3\r\nabc\r\n0\r\n\r\n", b"0\r\n\r\n",
]  # fmt: skip
HEADS = st.lists(st.sampled_from(PIECES), max_size=8).map(b"".join)
# What llhttp lets pass and has one meaning only: empty lines before a request (RFC 9112, 2.2), and more than one space
# in its line (3).
HARMLESS = re.compile(rb"(^|\r\n\r\n|c)[\r\n]|  ")
STREAMS = st.lists(st.sampled_from([PLAIN, POST]) | HEADS | st.binary(max_size=40), max_size=4).map(b"".join)


def read(*pieces: bytes, limits: Limits = LIMITS) -> list[Found]:
    reader = Reader(limits)
    return [found for piece in pieces for found in reader.feed(piece)]


def cut(stream: bytes, at: list[int]) -> Iterator[bytes]:
    """Cut a stream into the pieces in which it arrives."""
    places = sorted({place for place in at if 0 < place < len(stream)})
    for start, end in zip([0, *places], [*places, len(stream)], strict=True):
        yield stream[start:end]


def meant(found: list[Found]) -> list[Asked | None]:
    """What is passed on, and whether there is a refusal: of several reasons the first that is seen is named."""
    return [each if isinstance(each, Asked) else None for each in found]


@given(STREAMS, st.lists(st.integers(0, 200), max_size=12))
@example(PLAIN + POST + PLAIN, list(range(100)))
def test_however_a_stream_arrives_it_means_the_same(stream: bytes, at: list[int]) -> None:
    assert meant(read(*cut(stream, at))) == meant(read(stream))


@given(STREAMS)
def test_after_a_refusal_nothing_is_read(stream: bytes) -> None:
    reader = Reader(LIMITS)
    found = reader.feed(stream)
    refusals = [index for index, each in enumerate(found) if isinstance(each, Refused)]
    assert refusals in ([], [len(found) - 1])
    if refusals:
        assert reader.feed(PLAIN) == []


def theirs(stream: bytes) -> list[tuple[str, str, tuple[tuple[str, str], ...], bytes]] | None:
    """What aiohttp's parser in Python, which shares no line with ours, reads in a stream; None where it refuses it."""
    loop = asyncio.new_event_loop()
    try:
        parser = HttpRequestParserPy(BaseProtocol(loop), loop, auto_decompress=False, max_field_size=LIMITS.field)
        messages, _, _ = parser.feed_data(stream)
        return [
            (
                message.method,
                message.path,
                tuple((name.decode("ascii"), value.decode("ascii")) for name, value in message.raw_headers),
                b"".join(chunk for chunk in getattr(payload, "_buffer", ())),
            )
            for message, payload in messages
        ]
    except HttpProcessingError:
        return None
    finally:
        loop.close()


@given(STREAMS)
@example(PLAIN + POST)
@example(b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 03\r\n\r\nabc")
def test_what_is_passed_on_another_parser_reads_the_same(stream: bytes) -> None:
    assume(not HARMLESS.search(stream))
    ours = [each.request for each in read(stream) if isinstance(each, Asked)]
    told = [(r.method, "?".join([r.path, *([r.query.decode()] if r.query else [])]), r.headers, r.body) for r in ours]
    # What follows the last request that is passed on may be anything, so the stream is shown as far as that goes.
    ends = range(len(stream), -1, -1)
    assert any(theirs(stream[:end]) == told for end in ends)


@pytest.mark.parametrize(
    ("why", "stream", "status"),
    [
        ("a length with a comma", b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3, 3\r\n\r\nabc", 400),
        ("an empty length", b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length:\r\n\r\n", 400),
        ("an endless length", b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999\r\n\r\n", 400),
        ("a long body", b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 65537\r\n\r\n", 413),
        ("another host", b"GET /a HTTP/1.1\r\nHost: h\r\nHost: h\r\n\r\n", 400),
        ("an empty host and another", b"GET /a HTTP/1.1\r\nHost:\r\nHost: h\r\n\r\n", 400),
        ("no version", b"GET /a\r\nHost: h\r\n\r\n", 505),
        ("an old version", b"GET /a HTTP/0.9\r\nHost: h\r\n\r\n", 505),
        ("a new version", b"GET /a HTTP/2.0\r\nHost: h\r\n\r\n", 505),
        ("a message without a host", b"GET /a HTTP/1.0\r\n\r\n", 400),
        ("a field too many", b"GET /a HTTP/1.1\r\nHost: h\r\n" + b"X: y\r\n" * LIMITS.fields + b"\r\n", 431),
        ("a field too long", b"GET /a HTTP/1.1\r\nHost: h\r\nX: " + b"y" * LIMITS.field + b"\r\n\r\n", 431),
        ("a target too long", b"GET /" + b"a" * LIMITS.line + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        ("a response", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 400),
    ],
)  # fmt: skip
def test_what_is_refused_says_why(why: str, stream: bytes, status: int) -> None:
    (refused,) = read(stream)
    assert isinstance(refused, Refused), why
    assert refused.status == status, refused.why


def test_what_is_just_within_the_limits_is_passed_on() -> None:
    fields = b"X: y\r\n" * (LIMITS.fields - 2) + b"X: " + b"y" * (LIMITS.field - 1) + b"\r\n"
    stream = b"GET /" + b"a" * (LIMITS.line - 1) + b" HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n"
    (asked,) = read(stream)
    assert isinstance(asked, Asked)
    assert len(asked.request.headers) == LIMITS.fields


@pytest.mark.parametrize(
    "endless", [b"GET /" + b"a" * 100, b"GET / HTTP/1.1\r\nX: " + b"a" * 100, b"GET / HTTP/1.1\r\n"]
)
def test_a_head_without_end_is_refused_while_it_arrives(endless: bytes) -> None:
    pieces = [endless, *[b"X" * 1024] * 40]
    reader, fed = Reader(LIMITS), 0
    for piece in pieces:
        fed += len(piece)
        if reader.feed(piece):
            break
    assert fed <= LIMITS.head + 2 * 1024


def test_many_requests_in_one_piece_are_not_taken_for_a_long_head() -> None:
    stream = PLAIN * 4000 + PLAIN[:20]
    assert len(stream) > LIMITS.head
    reader = Reader(LIMITS)
    assert len(reader.feed(stream)) == 4000
    assert reader.phase is Phase.HEAD
    (last,) = reader.feed(PLAIN[20:])
    assert isinstance(last, Asked)


@pytest.mark.parametrize(
    ("head", "keep"),
    [
        (b"HTTP/1.1\r\n", True),
        (b"HTTP/1.1\r\nConnection: close\r\n", False),
        (b"HTTP/1.0\r\n", False),
        (b"HTTP/1.0\r\nConnection: keep-alive\r\n", False),
    ],
)
def test_a_connection_is_kept_where_both_sides_know_how(head: bytes, keep: bool) -> None:
    (asked,) = read(b"GET /a " + head + b"Host: h\r\n\r\n")
    assert isinstance(asked, Asked)
    assert asked.keep is keep


def test_a_reader_knows_what_it_waits_for() -> None:
    reader = Reader(LIMITS)
    phases = [reader.phase]
    for piece in (POST[:10], POST[10:-3], POST[-3:]):
        reader.feed(piece)
        phases.append(reader.phase)
    assert phases == [Phase.IDLE, Phase.HEAD, Phase.BODY, Phase.IDLE]
