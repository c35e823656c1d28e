import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ringfence.courier.answer import Heard
from ringfence.courier.head import MAX_ANSWER
from ringfence.courier.hosts import Place
from ringfence.courier.pools import Pools
from ringfence.dialects.dialect import Wire
from tests.courier.exchange import OK, Exchange, Identity, exchange, make_identity

PING = Wire("GET", "/api/v3/ping", (), b"")


@asynccontextmanager
async def reached(identity: Identity, trusted: Path | None = None) -> AsyncIterator[tuple[Exchange, Pools]]:
    async with exchange(identity, trusted) as there:
        pools = Pools({"toy": there.place})
        try:
            yield there, pools
        finally:
            await pools.close()


async def carry(there: Exchange, pools: Pools, wire: Wire = PING, seconds: float = 5) -> Heard:
    return await pools.send("toy", there.host, wire, seconds)


async def test_a_request_leaves_byte_for_byte_with_nothing_added_but_host_and_length(identity: Identity) -> None:
    wire = Wire(
        "POST",
        "/api/v3/order?b=%2F%2e&a=%20+%5B%22&a=x|y&signature=ab%3D",
        (("X-MBX-APIKEY", "key"), ("Content-Type", "application/x-www-form-urlencoded"), ("x-other", "a  b")),
        b"c=1&\x00\xff",
    )
    async with reached(identity) as (there, pools):
        assert await carry(there, pools, wire) == Heard(sent=True, status=200, body=b"{}")
        assert there.got == [
            b"POST /api/v3/order?b=%2F%2e&a=%20+%5B%22&a=x|y&signature=ab%3D HTTP/1.1\r\n"
            b"Host: " + there.host.encode() + b"\r\n"
            b"X-MBX-APIKEY: key\r\nContent-Type: application/x-www-form-urlencoded\r\nx-other: a  b\r\n"
            b"Content-Length: 6\r\n\r\nc=1&\x00\xff"
        ]


@pytest.mark.parametrize(("method", "length"), [("GET", ""), ("DELETE", "Content-Length: 0\r\n")])
async def test_a_request_without_a_body_says_no_more_than_that(identity: Identity, method: str, length: str) -> None:
    async with reached(identity) as (there, pools):
        await carry(there, pools, Wire(method, "/a?b=c", (), b""))
        assert there.got == [f"{method} /a?b=c HTTP/1.1\r\nHost: {there.host}\r\n{length}\r\n".encode()]


@pytest.mark.parametrize(
    "target", ["/a/../b", "/a/%2e%2e/b", "//evil.example/a", "/%2F%2f", "/a;b=c:d@e", "/a?%zz&&=", "/"]
)
async def test_no_target_is_tidied(identity: Identity, target: str) -> None:
    async with reached(identity) as (there, pools):
        await carry(there, pools, Wire("GET", target, (), b""))
        assert there.got[0].split(b" ")[1] == target.encode()
        assert b"\r\nHost: " + there.host.encode() + b"\r\n" in there.got[0]


@pytest.mark.parametrize(
    "wire",
    [
        Wire("GET", "", (), b""),
        Wire("GET", "a", (), b""),
        Wire("GET", "@evil.example/a", (), b""),
        Wire("GET", ":1/a", (), b""),
        Wire("GET", "/a b", (), b""),
        Wire("GET", "/a#b", (), b""),
        Wire("GET", "/a?", (), b""),
        Wire("GET", "/é", (), b""),
        Wire("GET", "/a\r\nX: y", (), b""),
        Wire("CONNECT", "/a", (), b""),
        Wire("get", "/a", (), b""),
        Wire("GET /x HTTP/1.1\r\nA:", "/a", (), b""),
        Wire("GET", "/a", (("X", "a\r\nHost: evil"),), b""),
        Wire("GET", "/a", (("X", "a\x00"),), b""),
        Wire("GET", "/a", (("X", "é"),), b""),
        Wire("GET", "/a", (("X y", "a"),), b""),
        Wire("GET", "/a", (("", "a"),), b""),
        Wire("GET", "/a", (("Host", "evil.example"),), b""),
        Wire("GET", "/a", (("hOST", "evil.example"),), b""),
        Wire("POST", "/a", (("Content-Length", "1"),), b"ab"),
        Wire("POST", "/a", (("Transfer-Encoding", "chunked"),), b"ab"),
        Wire("GET", "/a", (("Connection", "close"),), b""),
        Wire("GET", "/a", (("Upgrade", "websocket"),), b""),
        Wire("GET", "/a", (("Expect", "100-continue"),), b""),
    ],
)
async def test_what_could_be_framed_two_ways_never_leaves(identity: Identity, wire: Wire) -> None:
    async with reached(identity) as (there, pools):
        heard = await carry(there, pools, wire)
        assert (heard.sent, heard.status) == (False, None)
        assert heard.error
        assert there.connections == 0


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_is_told_and_not_followed(identity: Identity, status: int) -> None:
    async with reached(identity) as (there, pools):
        where = f"Location: https://{there.host}/elsewhere"
        there.answer = f"HTTP/1.1 {status} Go\r\n{where}\r\nContent-Length: 2\r\n\r\n{{}}".encode()
        heard = await carry(there, pools)
        assert (heard.sent, heard.status, heard.error) == (True, status, "a redirect, which is not followed")
        assert len(there.got) == 1


@pytest.mark.parametrize("status", [200, 400, 418, 429, 500, 503])
async def test_every_answer_is_told_as_it_is(identity: Identity, status: int) -> None:
    async with reached(identity) as (there, pools):
        there.answer = f"HTTP/1.1 {status} X\r\nRetry-After: 17\r\nContent-Length: 3\r\n\r\n\x00ab".encode()
        assert await carry(there, pools) == Heard(sent=True, status=status, body=b"\x00ab", retry_after=17)


@pytest.mark.parametrize("text", ["", "-1", "1.5", "1e3", "Wed, 21 Oct 2026 07:28:00 GMT", "1234567", "\u0661"])
async def test_a_strange_retry_after_is_none(identity: Identity, text: str) -> None:
    async with reached(identity) as (there, pools):
        there.answer = f"HTTP/1.1 429 X\r\nRetry-After: {text}\r\nContent-Length: 0\r\n\r\n".encode()
        heard = await carry(there, pools)
        assert (heard.status, heard.retry_after) == (429, None)


@pytest.mark.parametrize("wrong", ["stranger", "other-name", "expired"])
async def test_a_wrong_certificate_gets_no_byte(identity: Identity, tmp_path: Path, wrong: str) -> None:
    shown = {
        "stranger": lambda: make_identity(tmp_path, "stranger"),
        "other-name": lambda: make_identity(tmp_path, "other", address="127.0.0.2"),
        "expired": lambda: make_identity(tmp_path, "expired", days=-1),
    }[wrong]()
    trusted = identity.certificate if wrong == "stranger" else shown.certificate
    async with reached(shown, trusted) as (there, pools):
        heard = await carry(there, pools)
        assert heard == Heard(sent=False, status=None, error="the connection could not be secured")
        assert there.got == []


async def test_a_plain_http_server_gets_no_byte(identity: Identity) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(4096))
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    heard: list[bytes] = []
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    pools = Pools({"toy": Place(frozenset({host}), identity.certificate)})
    told = await pools.send("toy", host, Wire("GET", "/secret", (("K", "secret"),), b""), 5)
    await pools.close()
    server.close()
    assert (told.sent, told.status) == (False, None)
    assert b"secret" not in b"".join(heard)


async def test_the_systems_store_does_not_believe_a_certificate_of_our_own(identity: Identity) -> None:
    async with exchange(identity) as there:
        pools = Pools({"toy": Place(frozenset({there.host}))})
        heard = await pools.send("toy", there.host, PING, 5)
        await pools.close()
        assert heard == Heard(sent=False, status=None, error="the connection could not be secured")


@pytest.mark.parametrize(
    ("name", "host"),
    [
        ("toy", "127.0.0.1"),
        ("toy", "localhost"),
        ("toy", "evil.example"),
        ("toy", ""),
        ("other", "api.binance.com"),
        ("", ""),
    ],
)
async def test_a_host_that_is_not_listed_is_not_reached(identity: Identity, name: str, host: str) -> None:
    async with reached(identity) as (there, pools):
        heard = await pools.send(name, host, PING, 5)
        assert heard == Heard(sent=False, status=None, error="that exchange may not be reached at that host")
        assert there.connections == 0


async def test_nobody_listening_means_not_sent(identity: Identity) -> None:
    with socket.socket() as held:  # bound but not listening: the port refuses, and nobody else gets it
        held.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{held.getsockname()[1]}"
        pools = Pools({"toy": Place(frozenset({host}), identity.certificate)})
        assert await pools.send("toy", host, PING, 5) == Heard(sent=False, status=None, error="no connection")
        await pools.close()


async def test_a_name_that_does_not_resolve_means_not_sent(identity: Identity) -> None:
    pools = Pools({"toy": Place(frozenset({"nobody.invalid"}), identity.certificate)})
    heard = await pools.send("toy", "nobody.invalid", PING, 5)
    await pools.close()
    assert (heard.sent, heard.status) == (False, None)


async def test_a_handshake_that_never_ends_means_not_sent(identity: Identity) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    host = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
    pools = Pools({"toy": Place(frozenset({host}), identity.certificate)})
    heard = await pools.send("toy", host, PING, 0.2)
    await pools.close()
    server.close()
    assert heard == Heard(sent=False, status=None, error="no answer in time")


async def test_a_missing_certificate_file_means_not_sent(tmp_path: Path) -> None:
    pools = Pools({"toy": Place(frozenset({"127.0.0.1:1"}), tmp_path / "none.pem")})
    heard = await pools.send("toy", "127.0.0.1:1", PING, 5)
    assert (heard.sent, heard.status) == (False, None)


async def test_silence_after_the_request_is_silence_and_not_a_no(identity: Identity) -> None:
    async with reached(identity) as (there, pools):
        there.hang = True
        assert await carry(there, pools, seconds=0.3) == Heard(sent=True, status=None, error="no answer in time")
        assert len(there.got) == 1


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Encoding: gzip\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
    ],
)
async def test_half_an_answer_is_silence(identity: Identity, answer: bytes | None) -> None:
    async with reached(identity) as (there, pools):
        there.answer, there.keep = answer, False
        heard = await carry(there, pools)
        assert (heard.sent, heard.status, heard.body) == (True, None, b"")
        assert heard.error
        assert len(there.got) == 1


HEAD = b"HTTP/1.1 200 OK\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n"


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(CHUNKED + b"Content-Length: 2\r\n\r\n2\r\n{}\r\n0\r\n\r\n", id="chunks and a length"),
        pytest.param(
            HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
            id="a length and chunks",
        ),
        pytest.param(HEAD + b"Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}", id="the same length twice"),
        pytest.param(HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", id="two lengths"),
        pytest.param(HEAD + b"Content-Length: 2, 2\r\n\r\n{}", id="a list of lengths"),
        pytest.param(HEAD + b"Content-Length: -2\r\n\r\n{}", id="a length below zero"),
        pytest.param(HEAD + b"Content-Length: +2\r\n\r\n{}", id="a length with a sign"),
        pytest.param(HEAD + b"Content-Length: 0x2\r\n\r\n{}", id="a length in hex"),
        pytest.param(HEAD + b"Content-Length: 99999999999999999999\r\n\r\n{}", id="a length that overflows"),
        pytest.param(HEAD + b"X: a\rContent-Length: 4\r\nContent-Length: 2\r\n\r\n{}", id="a bare carriage return"),
        pytest.param(HEAD + b"X: a\x00b\r\nContent-Length: 2\r\n\r\n{}", id="a zero byte"),
        pytest.param(CHUNKED + b"\r\n-2\r\n{}\r\n0\r\n\r\n", id="a chunk below zero"),
        pytest.param(CHUNKED + b"\r\nfffffffffffffffff\r\n{}\r\n0\r\n\r\n", id="a chunk that overflows"),
        pytest.param(CHUNKED + b"\r\n2\r\n{}ab\r\n0\r\n\r\n", id="more than the chunk holds"),
        pytest.param(HEAD + b"Transfer-Encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", id="almost chunks"),
        pytest.param(HEAD + b"X: y\r\n" * 200 + b"Content-Length: 2\r\n\r\n{}", id="too many headers"),
        pytest.param(HEAD + b"X: " + b"y" * 9_000 + b"\r\nContent-Length: 2\r\n\r\n{}", id="too long a header"),
        pytest.param(b"HTTP/1.1 200 " + b"y" * 9_000 + b"\r\nContent-Length: 2\r\n\r\n{}", id="too long a reason"),
        pytest.param(b"HTTP/1.1 100 Go\r\nContent-Length: 2\r\n\r\n{}" + OK, id="a body before the answer"),
        pytest.param(b"HTTP/1.1 101 Up\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + OK, id="another protocol"),
        pytest.param(b"HTTP/1.1 101 Up\r\nContent-Length: 2\r\n\r\n{}", id="another protocol with a length"),
        pytest.param(b"HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\n{}", id="a body where there is none"),
        pytest.param(b"HTTP/1.1 099 X\r\nContent-Length: 2\r\n\r\n{}", id="a status below all"),
        pytest.param(b"HTTP/1.1 600 X\r\nContent-Length: 2\r\n\r\n{}", id="a status above all"),
        pytest.param(b"HTTP/1.1 2000 X\r\nContent-Length: 2\r\n\r\n{}", id="a status of four digits"),
        pytest.param(OK + b"x", id="a byte too many"),
    ],
)
async def test_an_answer_framed_two_ways_is_silence_and_its_connection_ends(identity: Identity, answer: bytes) -> None:
    async with reached(identity) as (there, pools):
        there.answer = answer
        heard = await carry(there, pools, seconds=0.5)
        assert (heard.sent, heard.status, heard.body) == (True, None, b"")
        assert heard.error in {"the answer could not be read", "no answer in time"}
        there.answer = OK
        assert await carry(there, pools) == Heard(sent=True, status=200, body=b"{}")
        assert (there.connections, len(there.got)) == (2, 2)


@pytest.mark.parametrize(
    ("answer", "kept"),
    [
        (CHUNKED + b"\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, True),
        (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" * 2 + OK, True),
        (HEAD + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}", False),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", False),
    ],
)
async def test_an_answer_that_ends_where_it_says_is_read_to_there(
    identity: Identity, answer: bytes, *, kept: bool
) -> None:
    async with reached(identity) as (there, pools):
        there.answer = answer
        assert await carry(there, pools) == Heard(sent=True, status=200, body=b"{}")
        await carry(there, pools)
        assert there.connections == 2 - kept


async def test_an_answer_that_comes_after_patience_has_ended_is_not_the_next_ones(identity: Identity) -> None:
    async with reached(identity) as (there, pools):
        there.hang = True
        assert (await carry(there, pools, seconds=0.2)).error == "no answer in time"
        there.hang = False
        assert (await carry(there, pools)).body == b"{}"
        assert there.connections == 2


async def test_interim_answers_alone_are_silence(identity: Identity) -> None:
    async with reached(identity) as (there, pools):
        there.answer, there.keep = b"HTTP/1.1 100 Continue\r\n\r\n" * 100, False
        assert await carry(there, pools) == Heard(sent=True, status=None, error="the connection was lost")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "POST"])
async def test_a_kept_connection_that_is_dropped_is_not_tried_again(identity: Identity, method: str) -> None:
    async with reached(identity) as (there, pools):
        await carry(there, pools)
        there.answer = None  # the second request on the same connection is taken, and the connection ends
        heard = await carry(there, pools, Wire(method, "/api/v3/order", (), b""))
        assert heard == Heard(sent=True, status=None, error="the connection was lost")
        assert there.connections == 1
        assert [got.split(b" ")[0] for got in there.got] == [b"GET", method.encode()]


@pytest.mark.parametrize("late", [False, True])
async def test_an_answer_that_nobody_asked_for_is_not_taken_for_the_next_ones(identity: Identity, late: bool) -> None:
    forged = b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{"forged"}'
    async with reached(identity) as (there, pools):
        there.answer = OK + forged
        if late:
            there.answer, there.extra = OK, forged
        assert (await carry(there, pools)).body == b"{}"
        await asyncio.sleep(0.05)  # until what is late has arrived on the kept connection
        there.answer, there.extra = OK, b""
        assert (await carry(there, pools)).body == b"{}"
        assert there.connections == 2


@pytest.mark.parametrize(("size", "status"), [(MAX_ANSWER, 200), (MAX_ANSWER + 1, None)])
async def test_an_answer_is_taken_up_to_the_limit_and_no_further(
    identity: Identity, size: int, status: int | None
) -> None:
    async with reached(identity) as (there, pools):
        there.answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size
        heard = await carry(there, pools)
        assert (heard.sent, heard.status, len(heard.body)) == (True, status, size if status else 0)


async def test_no_cookie_is_kept_and_no_proxy_of_the_environment_is_used(
    identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with reached(identity) as (there, pools):
        there.answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 2\r\n\r\n{}"
        assert (await carry(there, pools)).status == 200
        assert (await carry(there, pools)).status == 200
        assert b"ookie" not in b"".join(there.got)
        assert there.connections == 1  # and the connection is kept
