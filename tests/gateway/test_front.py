import asyncio

import pytest

from ringfence.gateway.limits import Limits
from ringfence.ipc.messages import MAX_BOT_BODY, Answered, Ask, Fetched
from tests.gateway.world import QUICK, world

WEBSOCKET = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"


def request(line: bytes = b"GET /a HTTP/1.1", *headers: bytes, body: bytes = b"") -> bytes:
    length = (b"Content-Length: %d" % len(body),) if body else ()
    head = (line, b"Host: h", *headers, *length, b"Connection: close")
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def test_a_request_reaches_the_signer_byte_for_byte() -> None:
    async with world() as w:
        answer = await w.say(
            b"POST /api/v3/order?symbol=BTC%55SDT&&x=+%20&a?b HTTP/1.1\r\n"
            b"hOsT: Api.Example:8443\r\nX-B:  two  words \r\nX-A: 1\r\nx-b: again\r\n"
            b"Content-Length: 5\r\nConnection: close\r\n\r\n\x00\xff\r\n{"
        )
        assert status_of(answer) == 200
        assert answer.endswith(b'\r\n\r\n{"ok":1}')
        (ask,) = w.peers.asks
        assert ask == Ask(
            id=1,
            listener="bots",
            method="POST",
            host="Api.Example:8443",
            path="/api/v3/order",
            query=b"symbol=BTC%55SDT&&x=+%20&a?b",
            headers=(
                ("hOsT", "Api.Example:8443"),
                ("X-B", "two  words"),
                ("X-A", "1"),
                ("x-b", "again"),
                ("Content-Length", "5"),
                ("Connection", "close"),
            ),
            body=b"\x00\xff\r\n{",
        )


@pytest.mark.parametrize(
    "target",
    [
        b"//evil.example/x",
        b"/api/../../sapi/v1/withdraw",
        b"/api/v3/%2e%2e/%2e%2e/sapi/v1/capital/withdraw/apply",
        b"/a;x=1",
        b"/a%3Fb=1",
        b"/a%00",
        b"/a\\b",
        b"/a%ff?%zz&=&",
        b"/?",
        b'/a|b^c`{}"<>',
    ],
)
async def test_a_strange_path_is_handed_on_as_it_was_written(target: bytes) -> None:
    async with world() as w:
        await w.say(request(b"GET " + target + b" HTTP/1.1"))
        (ask,) = w.peers.asks
        path, _, query = target.partition(b"?")
        assert (ask.path, ask.query) == (path.decode(), query)


@pytest.mark.parametrize(
    ("why", "raw"),
    [
        ("both lengths", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"),
        ("two lengths", b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        ("two equal lengths", b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\na"),
        ("a signed length", b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: +1\r\n\r\na"),
        ("a hidden coding", b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"),
        ("a chunked body", b"POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n"),
        ("bare line feeds", b"GET /a HTTP/1.1\nHost: h\n\n"),
        ("a folded header", b"GET /a HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n"),
        ("a space before a colon", b"GET /a HTTP/1.1\r\nHost: h\r\nX : a\r\n\r\n"),
        ("a nul in the path", b"GET /a\x00b HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("a nul in a header", b"GET /a HTTP/1.1\r\nHost: h\r\nX: a\x00b\r\n\r\n"),
        ("a carriage return in a header", b"GET /a HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n"),
        ("a path beyond ascii", b"GET /\xc3\xa9 HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("a broken utf-8 path", b"GET /\xff HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("a header beyond ascii", b"GET /a HTTP/1.1\r\nHost: h\r\nX: \xc3\xa9\r\n\r\n"),
        ("a fragment", b"GET /a#b HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("a fragment in the query", b"GET /a?b#c HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("a whole url", b"GET http://evil.example/a HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("a whole secure url", b"GET https://h/a HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("an authority", b"CONNECT evil.example:443 HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("a star", b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("no slash", b"GET a HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("two hosts", b"GET /a HTTP/1.1\r\nHost: h\r\nHost: evil\r\n\r\n"),
        ("no host", b"GET /a HTTP/1.1\r\n\r\n"),
        ("an empty host", b"GET /a HTTP/1.1\r\nHost:\r\n\r\n"),
        ("a host with a user", b"GET /a HTTP/1.1\r\nHost: a@evil\r\n\r\n"),
        ("a compressed body", b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\na"),
        ("plain coding", b"POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: identity\r\nContent-Length: 1\r\n\r\na"),
        ("a websocket", b"GET /a HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" + WEBSOCKET),
        ("an http/2 upgrade", b"GET /a HTTP/1.1\r\nHost: h\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
        ("http/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        ("an expectation", b"POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na"),
        ("another method", b"POST /a HTTP/1.1\r\nHost: h\r\nX-HTTP-Method-Override: DELETE\r\n\r\n"),
        ("an unknown method", b"BREW /a HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("a long line", b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: h\r\n\r\n"),
        ("a long header", b"GET /a HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 9000 + b"\r\n\r\n"),
        ("many headers", b"GET /a HTTP/1.1\r\nHost: h\r\n" + b"X: a\r\n" * 200 + b"\r\n"),
        ("tls", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64),
        ("noise", bytes(range(256)) * 8),
    ],
)  # fmt: skip
async def test_what_could_mean_two_things_reaches_nobody_s48(why: str, raw: bytes) -> None:
    async with world() as w:
        answer = await w.say(raw)
        assert answer == b"" or status_of(answer) in range(400, 500), why
        assert not w.peers.asks
        assert not w.peers.fetches
        assert status_of(await w.say(request())) == 200  # and the next bot is served


@pytest.mark.parametrize(("size", "status"), [(MAX_BOT_BODY, 200), (MAX_BOT_BODY + 1, 413), (10 * 1024 * 1024, 413)])
async def test_a_body_is_taken_up_to_the_limit_and_no_further_s30(size: int, status: int) -> None:
    async with world() as w:
        answer = await w.say(request(b"POST /a HTTP/1.1", body=b"x" * size))
        assert answer == b"" or status_of(answer) == status
        assert [len(ask.body) for ask in w.peers.asks] == ([size] if status == 200 else [])


@pytest.mark.parametrize("pieces", [(b"", b"abcdef"), (b"abc", b"def"), (b"abcdef", b""), (b"a", b"bcde", b"f")])
async def test_a_body_is_the_same_however_it_arrives(pieces: tuple[bytes, ...]) -> None:
    async with world() as w:
        reader, writer = await asyncio.open_connection("127.0.0.1", w.port)
        writer.write(request(b"POST /a HTTP/1.1", body=b"abcdef").removesuffix(b"abcdef"))
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(0.02)  # until it has arrived by itself
        assert status_of(await reader.read()) == 200
        assert [ask.body for ask in w.peers.asks] == [b"abcdef"]
        writer.close()


async def test_a_refused_body_is_not_taken_for_the_next_request() -> None:
    smuggled = b"POST /steal HTTP/1.1\r\nHost: h\r\n\r\n"
    async with world() as w:
        await w.say(
            request(b"POST /a HTTP/1.1", b"Content-Encoding: gzip", body=smuggled).replace(
                b"Connection: close\r\n", b""
            )
        )
        assert not w.peers.asks


async def test_pipelined_requests_are_asked_in_order_and_answered_in_order() -> None:
    async with world() as w:
        w.peers.answer = lambda ask: Answered(ask.id, 200, ask.path.encode())
        raw = b"".join(b"GET /%d HTTP/1.1\r\nHost: h\r\n\r\n" % n for n in range(5))
        answer = await w.say(raw)
        assert [ask.path for ask in w.peers.asks] == ["/0", "/1", "/2", "/3", "/4"]
        assert [part[:2] for part in answer.split(b"\r\n\r\n")[1:]] == [b"/0", b"/1", b"/2", b"/3", b"/4"]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET /a HT",
        b"GET /a HTTP/1.1\r\nHost: h\r\nX",
        b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc",
    ],
)
async def test_a_bot_that_does_not_finish_is_hung_up_on(sent: bytes) -> None:
    async with world() as w:
        answer = await w.say(sent)  # returns only because the gateway ends the connection
        assert answer == b"" or status_of(answer) in (400, 408)
        assert not w.peers.asks


async def test_a_bot_that_trickles_its_header_is_hung_up_on() -> None:
    async with world() as w:
        reader, writer = await asyncio.open_connection("127.0.0.1", w.port)
        writer.write(b"GET /a HTTP/1.1\r\nHost: h\r\n")
        ended = asyncio.create_task(reader.read())
        while not ended.done():
            writer.write(b"X")
            await asyncio.sleep(0.02)
        assert not w.peers.asks
        writer.close()


async def test_a_connection_too_many_is_ended_and_the_others_go_on() -> None:
    async with world(Limits(connections=2)) as w:
        held = [await asyncio.open_connection("127.0.0.1", w.port) for _ in range(2)]
        await asyncio.sleep(0.05)  # until they are accepted
        assert await w.say(request()) == b""
        held[0][1].write(request())
        assert status_of(await held[0][0].read()) == 200
        for _, writer in held:
            writer.close()


async def test_nobody_to_ask_is_a_refusal_at_once_in_the_exchanges_words() -> None:
    async with world(peers_up=False) as w:
        answer = await w.say(request())
        assert status_of(answer) == 418
        assert b'"no":"busy"' in answer
        assert b'"no":"busy"' in await w.say(request(b"GET /time HTTP/1.1"))


async def test_a_silent_signer_is_a_refusal_that_does_not_say_nothing_happened() -> None:
    async with world() as w:
        w.peers.answer = lambda ask: None
        answer = await w.say(request())
        assert b'"no":"upstream"' in answer
        assert b"may or may not" in answer


async def test_a_signer_that_dies_is_a_refusal_at_once_and_its_return_is_noticed() -> None:
    async with world(Limits(patience_seconds=3600)) as w:

        def die(_: Ask) -> None:
            assert w.peers.signer is not None
            w.peers.signer.close()
            w.peers.answer = lambda ask: Answered(ask.id, 200, b"back")

        w.peers.answer = die
        answer = await w.say(request())
        assert b'"no":"upstream"' in answer
        while not (answer := await w.say(request())).endswith(b"back"):
            assert b'"no":"busy"' in answer
            await asyncio.sleep(0.01)


async def test_questions_beyond_the_cap_are_refused_and_not_queued() -> None:
    async with world(QUICK) as w:
        w.peers.answer = lambda ask: None
        answers = await asyncio.gather(*(w.say(request()) for _ in range(QUICK.in_flight + 1)))
        assert len(w.peers.asks) == QUICK.in_flight
        assert sorted(b'"no":"busy"' in answer for answer in answers) == [False] * QUICK.in_flight + [True]


async def test_a_late_answer_goes_to_nobody() -> None:
    async with world() as w:
        w.peers.answer = lambda ask: None
        await w.say(request())
        w.peers.answer = lambda ask: Answered(1, 200, b"late")
        assert b'"no":"upstream"' in await w.say(request())


async def test_market_data_is_asked_of_the_courier_by_name_and_never_by_path() -> None:
    async with world() as w:
        w.peers.fetched = lambda fetch: Fetched(fetch.id, 200, b"[1]")
        answer = await w.say(request(b"GET /time?x=/etc/passwd HTTP/1.1"))
        assert answer.endswith(b"[1]")
        (fetch,) = w.peers.fetches
        assert (fetch.exchange, fetch.what, fetch.fields) == ("toy", "time", (("symbol", "X"),))
        assert not w.peers.asks


@pytest.mark.parametrize(
    ("fetched", "status", "inside"),
    [
        (Fetched(1, 400, b"bad symbol"), 400, b"bad symbol"),
        (Fetched(1, 429, b"", 7, "the budget for reads is used up"), 418, b'"no":"busy"'),
        (Fetched(1, 429, b"slow", 7), 429, b"slow"),
        (Fetched(1, None, b"", None, "no connection"), 418, b'"no":"upstream"'),
        (Fetched(1, 302, b"go", None, "a redirect, which is not followed"), 418, b'"no":"upstream"'),
        (Fetched(1, 99, b""), 418, b'"no":"upstream"'),
        (Fetched(1, 600, b""), 418, b'"no":"upstream"'),
    ],
)
async def test_what_the_courier_reports_becomes_an_answer_the_bot_can_read(
    fetched: Fetched, status: int, inside: bytes
) -> None:
    async with world() as w:
        w.peers.fetched = lambda fetch: fetched
        answer = await w.say(request(b"GET /time HTTP/1.1"))
        assert status_of(answer) == status
        assert inside in answer
        assert (b"\r\nRetry-After: 7\r\n" in answer) is (fetched.retry_after == 7)


async def test_a_bot_hears_no_header_but_ours() -> None:
    async with world() as w:
        w.peers.answer = lambda ask: Answered(ask.id, 429, b"{}", retry_after=30)
        head = (await w.say(request())).split(b"\r\n\r\n")[0]
        names = {line.split(b":")[0] for line in head.split(b"\r\n")[1:]}
        assert names == {b"Content-Type", b"Server", b"Retry-After", b"Content-Length", b"Date", b"Connection"}
        assert b"Server: ringfence\r\n" in head
        assert b"Retry-After: 30\r\n" in head


async def test_a_request_that_breaks_the_dialect_is_refused_and_the_next_is_served() -> None:
    async with world() as w:
        assert b'"no":"unknown-request"' in await w.say(request(b"GET /crash HTTP/1.1"))
        assert w.counts["broken by ZeroDivisionError"] == 1
        assert status_of(await w.say(request())) == 200


async def test_no_byte_of_a_bot_reaches_the_log(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    async with world() as w:
        for raw in (
            b"GET /SECRET HTTP/1.1\r\nHost: h\r\nBad Header SECRET\r\n\r\n",
            request(b"GET /crash HTTP/1.1", b"X-Key: SECRET"),
            b"SECRET" * 2000,
        ):
            await w.say(raw)
    out, err = capfd.readouterr()
    assert "SECRET" not in caplog.text + out + err
