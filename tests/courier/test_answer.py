import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.courier.answer import MAX_AROUND, Answer, Heard
from ringfence.courier.head import MAX_ANSWER

HEAD = b"HTTP/1.1 200 OK\r\n"
TWO = b"Content-Length: 2\r\n\r\n{}"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
GO = b"HTTP/1.1 100 Continue\r\n\r\n"
GOOD = Heard(sent=True, status=200, body=b"{}")
NONE = b"HTTP/1.1 204 No Content\r\n"
UNREADABLE = Heard(sent=True, status=None, error="the answer could not be read")


def read(answer: bytes, size: int | None = None) -> tuple[Heard | None, bool]:
    """Feed it whole or in pieces; returns what was heard and whether the connection may be used again."""
    reader = Answer()
    heard = None
    size = size or max(1, len(answer))
    for start in range(0, len(answer), size):
        if (heard := reader.feed(answer[start : start + size])) is not None:
            break
    return heard, reader.kept


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (HEAD + TWO, GOOD),
        (b"HTTP/1.1 200\r\n" + TWO, GOOD),
        (b"HTTP/1.1 200 \r\n" + TWO, GOOD),
        (b"HTTP/1.1 200 d'accord \xe9\r\n" + TWO, GOOD),
        (HEAD + b"CONTENT-LENGTH:\t02 \t\r\n\r\n{}", GOOD),
        (HEAD + b"X:\r\nX: \xff\r\nX: y\r\n" + TWO, GOOD),
        (HEAD + b"Connection: Keep-Alive\r\n" + TWO, GOOD),
        (HEAD + b"Content-Encoding: identity\r\n" + TWO, GOOD),
        (HEAD + b"X-Content-Length: 3\r\n" + TWO, GOOD),
        (HEAD + b"Upgrade: h2c\r\n" + TWO, GOOD),
        (CHUNKED + b"2\r\n{}\r\n0\r\n\r\n", GOOD),
        (CHUNKED + b'0002;a=b;c="d e"\r\n{}\r\n0\r\n\r\n', GOOD),
        (CHUNKED + b"1\r\n{\r\n1;x\r\n}\r\n000\r\n\r\n", GOOD),
        (CHUNKED.replace(b"chunked", b"Chunked") + b"2\r\n{}\r\n0\r\n\r\n", GOOD),
        (CHUNKED + b"2\r\n{}\r\n0\r\nRetry-After: 9\r\nContent-Encoding: gzip\r\n\r\n", GOOD),
        (GO + HEAD + TWO, GOOD),
        (GO * 3 + HEAD + TWO, GOOD),
        (HEAD + b"Content-Length: 0\r\n\r\n", Heard(sent=True, status=200)),
        (NONE + b"\r\n", Heard(sent=True, status=204)),
        (NONE + b"Content-Length: 0\r\n\r\n", Heard(sent=True, status=204)),
    ],
)
def test_what_can_be_read_in_one_way_is_heard_and_its_connection_kept(answer: bytes, heard: Heard) -> None:
    assert read(answer) == (heard, True)
    assert read(answer, 1) == (heard, True)


@pytest.mark.parametrize(
    "answer",
    [
        # where a line ends
        b"HTTP/1.1 200 OK\n" + TWO,
        HEAD + b"X: y\n" + TWO,
        HEAD + b"Content-Length: 2\n\n{}\r\n\r\n",
        HEAD + b"X: a\rContent-Length: 4\r\n" + TWO,
        b"\r\n" + HEAD + TWO,
        b"\n" + HEAD + TWO,
        CHUNKED + b"2\n{}\r\n0\r\n\r\n",
        CHUNKED + b"2;a\n{}\r\n0\r\n\r\n",
        CHUNKED + b"2\r\n{}\n0\r\n\r\n",
        CHUNKED + b"2\r\n{}\r\n0\n\n",
        # what a line holds
        HEAD + b"X: y\r\n z\r\n" + TWO,
        HEAD + b"Content-Length: 2\r\n 3\r\n\r\n{}",
        HEAD + b"Content-Length:\r\n 2\r\n\r\n{}",
        HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b" X: y\r\n" + TWO,
        HEAD + b"Content-Length : 2\r\n\r\n{}",
        HEAD + b": x\r\n" + TWO,
        HEAD + b"x\r\n" + TWO,
        HEAD + b"X\x00: y\r\n" + TWO,
        HEAD + b"X: \x00\r\n" + TWO,
        HEAD + b"X: \x01\r\n" + TWO,
        HEAD + b'"X": y\r\n' + TWO,
        # the first line
        b"HTTP/1.1 200 O\x00K\r\n" + TWO,
        b"HTTP/1.1 200 O\rK\r\n" + TWO,
        b"HTTP/1.1  200 OK\r\n" + TWO,
        b"HTTP/1.1 200OK\r\n" + TWO,
        b"HTTP/1.1 20 OK\r\n" + TWO,
        b"HTTP/1.1 +20 OK\r\n" + TWO,
        b"HTTP/1.1 999 OK\r\n" + TWO,
        b"HTTP/2.0 200 OK\r\n" + TWO,
        b"HTTP/0.9 200 OK\r\n" + TWO,
        b"HTTP/1.2 200 OK\r\n" + TWO,
        b"ICE/1.1 200 OK\r\n" + TWO,
        b"RTSP/1.0 200 OK\r\n" + TWO,
        b"http/1.1 200 OK\r\n" + TWO,
        GO + b"ICE/1.1 200 OK\r\n" + TWO,
        # how long the body is
        HEAD + b"Content-Length: 2\r\n" + TWO,
        HEAD + b"Content-Length: 3\r\n" + TWO,
        HEAD + b"Content-Length: 2, 2\r\n\r\n{}",
        HEAD + b"Content-Length: 1 2\r\n\r\n{}",
        HEAD + b"Content-Length: \r\n\r\n{}",
        HEAD + b"Content-Length: +2\r\n\r\n{}",
        HEAD + b"Content-Length: 2.0\r\n\r\n{}",
        HEAD + b"Content-Length: " + b"0" * 5_000 + b"2\r\n\r\n{}",
        HEAD + b"Content-Length: 18446744073709551615\r\n\r\n{}",
        HEAD + b"Content-Length: 18446744073709551618\r\n\r\n{}",
        # how the body is cut
        HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: identity\r\n\r\n{}",
        HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked;x\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: \r\n\r\n{}",
        HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        HEAD + b"Transfer-Encoding: chunked\r\n" + TWO,
        HEAD + b"Transfer-Encoding: identity\r\n" + TWO,
        b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"2 \r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"2 ;a\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"0x2\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"0_2\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"+2\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b";a\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"2;\x00\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b'2;a="\n"\r\n{}\r\n0\r\n\r\n',
        CHUNKED + b"2\r\n{}0\r\n\r\n",
        CHUNKED + b"10000000000000002\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"2\r\n{}\r\n0\r\nContent-Length: 2\r\n\r\n",
        CHUNKED + b"2\r\n{}\r\n0\r\nX: y\r\n z\r\n\r\n",
        # a body where there is none
        NONE + TWO,
        NONE + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 304 Not Modified\r\n" + TWO,
        b"HTTP/1.1 100 Continue\r\n" + TWO,
        b"HTTP/1.1 100 Continue\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + HEAD + TWO,
        # not HTTP from here on
        b"HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n" + HEAD + TWO,
        GO + b"HTTP/1.1 101 Switching\r\n\r\n" + HEAD + TWO,
    ],
)
def test_what_could_be_read_in_two_ways_is_no_answer(answer: bytes) -> None:
    assert read(answer) == (UNREADABLE, False)
    assert read(answer, 1) == (UNREADABLE, False)


@pytest.mark.parametrize(
    "answer",
    [
        HEAD + b"Connection: close\r\n" + TWO,
        HEAD + b"Connection: keep-alive, close\r\n" + TWO,
        HEAD + b"Connection: keep-alive\r\nConnection: close\r\n" + TWO,
        HEAD + b"Connection: X-Y\r\n" + TWO,
        HEAD + b"Connection: upgrade\r\nUpgrade: x\r\n" + TWO,
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n" + TWO,
        HEAD + TWO + b"\r\n",
        HEAD + TWO + b"H",
        HEAD + TWO + HEAD + TWO,
        HEAD + TWO + GO,
        CHUNKED + b"2\r\n{}\r\n0\r\n\r\n\r\n",
        CHUNKED + b"2\r\n{}\r\n0\r\n\r\n" + HEAD + b"Content-Length: 9\r\n\r\nforged",
    ],
)
def test_an_answer_is_heard_and_what_is_not_plainly_kept_is_not_used_again(answer: bytes) -> None:
    assert read(answer) == (GOOD, False)


@pytest.mark.parametrize("after", [b"x", b"\r\nx", b"{}", b"HTTP/1.1 2x"])
@pytest.mark.parametrize("answer", [HEAD + TWO, CHUNKED + b"2\r\n{}\r\n0\r\n\r\n"])
def test_what_is_no_answer_after_an_answer_makes_both_unreadable(answer: bytes, after: bytes) -> None:
    assert read(answer + after) == (UNREADABLE, False)


@pytest.mark.parametrize(
    "coding", [b"gzip", b"br", b"identity, gzip", b"", b"GZIP", b"identity\r\nContent-Encoding: gzip"]
)
def test_a_compressed_answer_is_not_opened(coding: bytes) -> None:
    heard = Heard(sent=True, status=None, error="the answer is compressed")
    assert read(HEAD + b"Content-Encoding: " + coding + b"\r\n" + TWO) == (heard, False)


@pytest.mark.parametrize(
    ("fields", "seconds"),
    [
        (b"Retry-After: 7\r\n", 7),
        (b"RETRY-AFTER:\t7 \r\n", 7),
        (b"Retry-After: 7\r\nRetry-After: 7\r\n", None),
        (b"Retry-After: 7\r\nretry-after: 8\r\n", None),
        (b"Retry-After: 7, 8\r\n", None),
        (b"X-Retry-After: 7\r\n", None),
        (b"X: Retry-After: 7\r\n", None),
    ],
)
def test_a_pause_is_read_where_it_is_told_once(fields: bytes, seconds: int | None) -> None:
    heard, _ = read(HEAD + fields + TWO)
    assert heard == Heard(sent=True, status=200, body=b"{}", retry_after=seconds)


@pytest.mark.parametrize("around", [b"HTTP/1.1 200 OK\r\n%s\r\n{}", b"HTTP/1.1 100 Go\r\n%s\r\n" + HEAD + TWO])
@pytest.mark.parametrize("size", [None, 1_000])
@pytest.mark.parametrize(("over", "status"), [(0, 200), (1, None)])
def test_heads_are_read_up_to_their_limit(around: bytes, size: int | None, over: int, status: int | None) -> None:
    last = b"Content-Length: 2\r\n" if b"100" not in around else b""
    after = len(HEAD) + 21 if b"100" in around else 0
    room = MAX_AROUND - len(around.partition(b"%s")[0]) - len(last) - 2 - after + over
    lines, rest = divmod(room, 1_000)
    fields = (b"X: " + b"y" * 995 + b"\r\n") * (lines - 1) + b"X: " + b"y" * (995 + rest) + b"\r\n"
    heard, _ = read(around.replace(b"%s", fields + last), size)
    assert heard is not None
    assert heard.status == status
    assert status or heard == UNREADABLE


@pytest.mark.parametrize(("fields", "status"), [(127, 200), (128, None)])
def test_headers_are_counted(fields: int, status: int | None) -> None:
    heard, _ = read(HEAD + b"X: y\r\n" * fields + TWO)
    assert heard is not None
    assert heard.status == status


@pytest.mark.parametrize(("size", "status"), [(8_190, 200), (8_191, None)])
def test_a_header_is_read_up_to_its_limit(size: int, status: int | None) -> None:
    heard, _ = read(HEAD + b"X: " + b"y" * (size - 3) + b"\r\n" + TWO)
    assert heard is not None
    assert heard.status == status


@pytest.mark.parametrize(
    ("begin", "more"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"),
        (b"", b"x"),
        (b"", b"\r\n"),
        (HEAD, b"X: y\r\n"),
        (HEAD + b"X: ", b"y"),
        (b"HTTP/1.1 200 ", b"y"),
        (CHUNKED, b"0"),
        (CHUNKED + b"2;", b"x"),
        (CHUNKED + b'2\r\n{}\r\n2;a="', b"x"),
        (CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: y\r\n"),
        (CHUNKED + b"2\r\n{}\r\n0\r\nX: ", b"y"),
    ],
)
@pytest.mark.parametrize("at_once", [1, 500])
def test_what_never_comes_to_a_body_ends(begin: bytes, more: bytes, at_once: int) -> None:
    reader, fed = Answer(), 0
    heard = reader.feed(begin) if begin else None
    while heard is None:
        heard = reader.feed(more * at_once)
        fed += len(more) * at_once
        assert fed < MAX_AROUND + 2 * len(more) * at_once
    assert heard == UNREADABLE


@pytest.mark.parametrize(("over", "status"), [(0, 200), (1, None)])
def test_a_body_in_chunks_is_read_up_to_the_limit(over: int, status: int | None) -> None:
    size = MAX_ANSWER // 2
    chunks = b"%x\r\n%s\r\n" % (size, b"x" * size) + b"%x\r\n%s\r\n" % (size + over, b"x" * (size + over))
    heard, kept = read(CHUNKED + chunks + b"0\r\n\r\n", 200_000)
    assert heard is not None
    assert (heard.status, kept, len(heard.body)) == (status, status == 200, MAX_ANSWER if status else 0)
    assert status or heard.error == "the answer is too long"


def test_a_length_above_the_limit_is_not_waited_for() -> None:
    heard, _ = read(HEAD + b"Content-Length: %d\r\n\r\n" % (MAX_ANSWER + 1))
    assert heard == Heard(sent=True, status=None, error="the answer is too long")


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (HEAD + b"\r\n{}", b"{}"),
        (b"HTTP/1.0 200 OK\r\n\r\n{}", b"{}"),
        (HEAD + b"Connection: keep-alive\r\n\r\n", b""),
        (HEAD + b"\r\n" + HEAD + TWO, HEAD + TWO),
        (HEAD + b"Content-Length: 3\r\n\r\n{}", None),
        (CHUNKED + b"2\r\n{}\r\n0\r\n", None),
        (CHUNKED + b"2\r\n{}\r\n", None),
        (HEAD, None),
        (GO, None),
        (b"", None),
    ],
)
def test_only_a_body_without_a_length_ends_with_its_connection(answer: bytes, body: bytes | None) -> None:
    reader = Answer()
    assert reader.feed(answer) is None
    lost = Heard(sent=True, status=None, error="the connection was lost")
    assert reader.ended() == (lost if body is None else Heard(sent=True, status=200, body=body))
    assert not reader.kept


GOOD_ANSWERS = st.sampled_from(
    [
        GO + HEAD + b"Content-Length: 11\r\n\r\nhello world",
        CHUNKED + b"5;x=y\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n",
        CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
        NONE + b"\r\n",
        b"HTTP/1.1 429 Slow\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\n\r\n",
    ]
)


@given(GOOD_ANSWERS, st.lists(st.integers(1, 200)))
def test_how_an_answer_is_cut_into_pieces_changes_nothing(answer: bytes, cuts: list[int]) -> None:
    places = sorted({0, len(answer), *(cut for cut in cuts if cut < len(answer))})
    reader = Answer()
    heard = [reader.feed(answer[start:end]) for start, end in itertools.pairwise(places)]
    assert heard == [None] * (len(heard) - 1) + [read(answer)[0]]
    assert reader.kept


PIECES = st.lists(
    st.one_of(
        st.binary(max_size=40),
        st.sampled_from(
            [
                HEAD,
                TWO,
                CHUNKED,
                GO,
                NONE,
                b"\r\n",
                b"\n",
                b"0\r\n\r\n",
                b"2\r\n{}\r\n",
                b"Content-Length: ",
                b": ",
                b"2",
            ]
        ),
    ),
    max_size=12,
)


@given(PIECES)
def test_no_bytes_raise_and_nothing_that_is_no_answer_keeps_a_connection(pieces: list[bytes]) -> None:
    reader = Answer()
    heard = None
    for piece in filter(None, pieces):
        if (heard := reader.feed(piece)) is not None:
            break
    heard = heard or reader.ended()
    assert heard.sent
    assert heard.status is None or 200 <= heard.status <= 599
    assert heard.status is not None or (heard.error and heard.body == b"" and not reader.kept)
