"""What is asked of the proxy is read in one way only, or refused."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.gateway.connect import Unfit, Wanted, read
from tests.gateway.doorway import GRID, asked, basic

HOST = "api.binance.com"

TAKEN = [
    (asked("api.binance.com:443"), Wanted(HOST, 443, "grid", GRID.token)),
    (asked("API.Binance.com:443"), Wanted(HOST, 443, "grid", GRID.token)),
    (asked("stream.binance.com:9443"), Wanted("stream.binance.com", 9443, "grid", GRID.token)),
    (asked("api.binance.com:443", "Host: api.binance.com:443"), Wanted(HOST, 443, "grid", GRID.token)),
    (asked("api.binance.com:443", "host: API.binance.com"), Wanted(HOST, 443, "grid", GRID.token)),
    (
        asked("api.binance.com:443", "User-Agent: python", "Proxy-Connection: keep-alive"),
        Wanted(HOST, 443, "grid", GRID.token),
    ),
    (asked("api.binance.com:443", shown=None), Wanted(HOST, 443, None, None)),
    (b"CONNECT api.binance.com:443 HTTP/1.0\r\n\r\n", Wanted(HOST, 443, None, None)),
    (asked("api.binance.com:1", shown=None), Wanted(HOST, 1, None, None)),
    (asked("api.binance.com:65535", shown=None), Wanted(HOST, 65535, None, None)),
    (asked("127.0.0.1:22", shown=None), Wanted("127.0.0.1", 22, None, None)),
    (asked("api.binance.com:443", "Proxy-Authorization: Basic !!!", shown=None), Wanted(HOST, 443, "", "")),
    (asked("api.binance.com:443", "Proxy-Authorization: Basic gA==", shown=None), Wanted(HOST, 443, "", "")),
    (
        asked("api.binance.com:443", f"Proxy-Authorization: BASIC {basic(GRID)[6:]}", shown=None),
        Wanted(HOST, 443, "grid", GRID.token),
    ),
    (asked("api.binance.com:443", "Proxy-Authorization: Bearer x", shown=None), Wanted(HOST, 443, "", "")),
    (asked("api.binance.com:443", "Proxy-Authorization:", shown=None), Wanted(HOST, 443, "", "")),
]


@pytest.mark.parametrize(("raw", "wanted"), TAKEN)
def test_a_connect_is_read_by_its_own_line(raw: bytes, wanted: Wanted) -> None:
    assert read(raw) == wanted


REFUSED = [
    # userinfo, paths, schemes and addresses in brackets are no host and port
    (asked("api.binance.com@evil.com:443"), 400),
    (asked("grid:token@api.binance.com:443"), 400),
    (asked("https://api.binance.com:443"), 400),
    (asked("api.binance.com:443/api/v3/order"), 400),
    (asked("[::1]:443"), 400),
    (asked("api.binance.com"), 400),
    (asked("api.binance.com:"), 400),
    (asked(":443"), 400),
    (asked("api.binance.com:0"), 400),
    (asked("api.binance.com:65536"), 400),
    (asked("api.binance.com:443:443"), 400),
    (asked("api.binance.com:+443"), 400),
    (asked("api.binance.com :443"), 400),
    (asked("api.binance.com\x00:443"), 400),
    (asked("*:443"), 400),
    (asked("a" * 254 + ":443"), 400),
    # a head that two readers could take in two ways
    (asked("api.binance.com:443", "Host: api.binance.com", "Host: fapi.binance.com"), 400),
    (asked("api.binance.com:443", "Host: api.binance.com", "Host: api.binance.com"), 400),
    (asked("api.binance.com:443", "Host: evil.com"), 400),
    (asked("api.binance.com:443", "Host: api.binance.com:80"), 400),
    (asked("api.binance.com:443", f"Proxy-Authorization: {basic(GRID)}"), 400),
    (asked("api.binance.com:443", "Content-Length: 5", "Transfer-Encoding: chunked"), 400),
    (asked("api.binance.com:443", "Content-Length: 0"), 400),
    (asked("api.binance.com:443", "Transfer-Encoding: identity"), 400),
    (asked("api.binance.com:443", "Upgrade: h2c"), 400),
    (asked("api.binance.com:443", "Expect: 100-continue"), 400),
    (asked("api.binance.com:443", " folded: x"), 400),
    (asked("api.binance.com:443", "no colon"), 400),
    (asked("api.binance.com:443", "a b: c"), 400),
    (asked("api.binance.com:443", "a: \x01"), 400),
    (asked("api.binance.com:443", "Host : api.binance.com"), 400),
    (asked("api.binance.com:443") + b"GET /", 400),
    (asked("api.binance.com:443") + b"\x16\x03\x01", 400),
    (b"CONNECT api.binance.com:443\r\n\r\n", 400),
    (b"CONNECT api.binance.com:443 HTTP/2.0\r\n\r\n", 400),
    (b"connect api.binance.com:443 HTTP/1.1\r\n\r\n", 400),
    (b"CONNECT  api.binance.com:443 HTTP/1.1\r\n\r\n", 400),
    (b"CONNECT api.binance.com:443 HTTP/1.1\nHost: evil.com\r\n\r\n", 400),
    # what is no CONNECT
    (b"GET http://api.binance.com/api/v3/time HTTP/1.1\r\nHost: api.binance.com\r\n\r\n", 405),
    (b"POST https://api.binance.com/api/v3/order HTTP/1.1\r\n\r\n", 405),
    (b"GET /api/v3/time HTTP/1.1\r\nHost: api.binance.com\r\n\r\n", 400),
    (b"\x16\x03\x01\x02\x00\x01\x00", 400),
    (b"\x05\x01\x00\r\n\r\n", 400),
    (asked("api.binance.com:443", *(f"a{n}: b" for n in range(33))), 431),
    (b"CONNECT api.binance.com:443 HTTP/1.1\r\nA: " + b"b" * 8190, 431),
]


@pytest.mark.parametrize(("raw", "status"), REFUSED)
def test_what_is_no_plain_connect_is_refused(raw: bytes, status: int) -> None:
    found = read(raw)
    assert isinstance(found, Unfit), found
    assert found.status == status


def test_as_many_headers_as_may_be_are_taken_and_one_more_is_not() -> None:
    lines = [f"a{n}: b" for n in range(31)]
    assert isinstance(read(asked("api.binance.com:443", *lines)), Wanted)
    assert isinstance(read(asked("api.binance.com:443", *lines, "last: b")), Unfit)


@pytest.mark.parametrize("size", range(0, len(asked("api.binance.com:443")), 7))
def test_a_head_that_has_not_come_whole_is_waited_for(size: int) -> None:
    assert read(asked("api.binance.com:443")[:size]) is None


def test_a_token_with_colons_is_the_tokens_own() -> None:
    shown = base64.b64encode(b"grid:a:b").decode()
    found = read(asked("api.binance.com:443", f"Proxy-Authorization: Basic {shown}", shown=None))
    assert isinstance(found, Wanted)
    assert (found.bot, found.token) == ("grid", "a:b")


def test_what_a_client_claims_to_be_is_in_no_text() -> None:
    assert GRID.token not in repr(read(asked("api.binance.com:443")))


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    for came in (
        raw,
        raw + b"\r\n\r\n",
        b"CONNECT " + raw + b"\r\n\r\n",
        asked("a.b:443", shown=None)[:-2] + raw + b"\r\n\r\n",
    ):
        found = read(came)
        assert found is None or isinstance(found, Wanted | Unfit)
        if isinstance(found, Wanted):
            assert found.host == found.host.lower()
