"""Whose request it is: signatures that real clients make fit, and nothing else does."""

import hashlib
import hmac
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.dialects.dialect import Algorithm, Envelope, Wire
from ringfence.dialects.signing import Key
from ringfence.errors import Misread
from ringfence.model.names import KeyId
from ringfence.model.request import Request
from tests.dialects.binance.asks import (
    AT,
    DIALECT,
    KEY,
    REAL_KEY,
    REAL_SECRET,
    SECRET,
    VECTORS,
    ask,
    back,
    by_hmac,
    recorded,
)

ORDER = "POST /api/v3/order"
SIGNED = [
    (client, line, request) for client, line, request in recorded() if b"signature=" in request.query + request.body
]
DOCUMENTED: dict[str, Any] = tomllib.loads((VECTORS / "documented.toml").read_text("utf-8"))
SECRET_OF_RECORDED = tomllib.loads((VECTORS / "recorded.toml").read_text("utf-8"))["secret"].encode()


def mac(text: str, secret: bytes = SECRET) -> str:
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()


def fits(request: Request, secret: bytes = SECRET) -> bool:
    return DIALECT.verify(request, by_hmac(secret))


@pytest.mark.parametrize(
    ("client", "line", "request_"), SIGNED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_what_real_clients_sign_fits_their_secret_and_no_other(client: str, line: str, request_: Request) -> None:
    assert fits(request_, SECRET_OF_RECORDED)
    assert not fits(request_, SECRET_OF_RECORDED[:-1] + b"2")
    envelope = DIALECT.envelope(request_)
    assert envelope.key == "VKBINANCE000000000000000000000000000000000000000000000000000001"
    assert envelope.timestamp_ms is not None
    assert 1_795_000_000_000 < envelope.timestamp_ms < 1_796_000_000_000


@pytest.mark.parametrize("row", DOCUMENTED["request"])
@pytest.mark.parametrize("part", ["query", "body"])
def test_documented_signatures_fit_wherever_the_signature_stands(row: dict[str, str], part: str) -> None:
    signed = dict(row)
    signed[part] += ("&" if signed[part] else "") + f"signature={row['signature']}"
    assert fits(ask(row["ask"], signed["query"], signed["body"]), DOCUMENTED["secret"].encode())


@pytest.mark.parametrize(
    ("why", "query", "body"),
    [
        ("in the query alone", "a=1&b=2&signature={a=1&b=2}", ""),
        ("in the body alone", "", "a=1&b=2&signature={a=1&b=2}"),
        ("over both, last in the body", "a=1", "b=2&signature={a=1b=2}"),
        ("over both, last in the query", "a=1&signature={a=1b=2}", "b=2"),
        ("in the middle", "a=1&signature={a=1&b=2}&b=2", ""),
        ("first", "signature={a=1&b=2}&a=1&b=2", ""),
        ("alone in the body", "a=1&b=2", "signature={a=1&b=2}"),
        ("over the text before encoding", "a=%5B1,%202%5D&signature={a=[1, 2]}", ""),
        ("over the text before form encoding", "a=x+y%2B1&signature={a=x y+1}", ""),
    ],
)
def test_a_signature_fits_by_every_recipe_of_a_real_client(why: str, query: str, body: str) -> None:
    assert fits(ask(ORDER, filled(query), filled(body)))
    assert fits(ask(ORDER, filled(query, upper=True), filled(body, upper=True)))


def filled(text: str, *, upper: bool = False) -> str:
    before, brace, rest = text.partition("{")
    if not brace:
        return text
    over, _, after = rest.partition("}")
    signature = mac(over)
    return before + (signature.upper() if upper else signature) + after


@pytest.mark.parametrize(
    ("why", "query", "body"),
    [
        ("none", "a=1", ""),
        ("nothing at all", "", ""),
        ("empty", "a=1&signature=", ""),
        ("of another text", "a=2&signature={a=1}", ""),
        ("twice the same", "a=1&signature={a=1}&signature={a=1}", ""),
        ("in query and body", "a=1&signature={a=1}", "signature={a=1}"),
        ("cut short", "a=1&signature=" + mac("a=1")[:63], ""),
        ("with a tail", "a=1&signature=" + mac("a=1") + "0", ""),
        ("with a line end", "a=1&signature=" + mac("a=1") + "%0a", ""),
        ("in disguise", "a=1&%73ignature={a=1}", ""),
        ("under another case", "a=1&Signature={a=1}", ""),
        ("over body before query", "a=1", "b=2&signature={b=2a=1}"),
        ("over a separator that is not there", "a=1", "b=2&signature={a=1&b=2}"),
        ("not ASCII", "a=1&signature=" + "é" * 32, ""),
    ],
)
def test_any_other_signature_does_not_fit(why: str, query: str, body: str) -> None:
    assert not fits(ask(ORDER, filled(query), filled(body)))


def test_a_changed_byte_of_query_or_body_breaks_the_signature() -> None:
    request = ask(ORDER, "symbol=BTCUSDT", filled("quantity=1&signature={symbol=BTCUSDTquantity=1}"))
    assert fits(request)
    assert not fits(ask(ORDER, "symbol=LTCUSDT", request.body.decode()))
    assert not fits(ask(ORDER, "symbol=BTCUSDT", request.body.decode().replace("quantity=1", "quantity=9")))


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_no_bytes_at_all_fit_without_the_secret(query: bytes, body: bytes) -> None:
    assert not fits(Request("POST", "h", "/api/v3/order", query, (), body))


TIMED = "timestamp=1700000000123"


@pytest.mark.parametrize(
    ("query", "headers", "envelope"),
    [
        (TIMED, (("X-MBX-APIKEY", KEY),), Envelope(KEY, AT, 5_000, None)),
        (TIMED, (("x-mbx-apikey", KEY),), Envelope(KEY, AT, 5_000, None)),
        (f"{TIMED}&recvWindow=10000&signature=ab", (), Envelope(None, AT, 10_000, "ab")),
        (f"{TIMED}&recvWindow=6000.346", (), Envelope(None, AT, 6_000, None)),
        (f"{TIMED}&recvWindow=0", (), Envelope(None, AT, 0, None)),
        ("timestamp=1700000000123456", (), Envelope(None, AT, 5_000, None)),
        ("", (), Envelope(None, None, 5_000, None)),
    ],
)
def test_the_envelope_is_what_the_bot_claims(
    query: str, headers: tuple[tuple[str, str], ...], envelope: Envelope
) -> None:
    assert DIALECT.envelope(ask(ORDER, query, "", headers)) == envelope


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("timestamp=soon", ()),
        ("timestamp=-1", ()),
        ("timestamp=1e12", ()),
        ("timestamp=17000000001234567", ()),
        (f"{TIMED}&{TIMED}", ()),
        (f"{TIMED}&recvWindow=forever", ()),
        (f"{TIMED}&recvWindow=600000", ()),
        (f"{TIMED}&recvWindow=-5000", ()),
        (TIMED, (("X-MBX-APIKEY", KEY), ("x-mbx-apikey", KEY))),
        (TIMED, (("X-MBX-APIKEY", ""),)),
        (TIMED, (("X-MBX-APIKEY", KEY + "\r\nX-Evil: 1"),)),
        (TIMED, (("X-MBX-APIKEY", f"{KEY}, {KEY}"),)),
    ],
)
def test_an_envelope_that_cannot_be_read_is_misread(query: str, headers: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Misread):
        DIALECT.envelope(ask(ORDER, query, "", headers))


def test_our_signature_covers_the_query_and_brings_the_real_key() -> None:
    wire = DIALECT.sign(Wire("GET", "/x?a=1&b=2", (), b""), REAL_KEY, by_hmac(REAL_SECRET))
    assert wire.target == f"/x?a=1&b=2&signature={mac('a=1&b=2', REAL_SECRET)}"
    assert wire.headers == (("X-MBX-APIKEY", REAL_KEY),)
    assert fits(back(wire), REAL_SECRET)


@pytest.mark.parametrize("wire", [Wire("GET", "/x", (), b""), Wire("POST", "/x?a=1", (), b"b=2")])
def test_nothing_is_signed_but_a_query_with_an_empty_body(wire: Wire) -> None:
    with pytest.raises(Misread):
        DIALECT.sign(wire, KeyId("k"), by_hmac(REAL_SECRET))


def test_a_locked_buffer_will_do_for_a_secret() -> None:
    buffer = memoryview(bytearray(SECRET)).toreadonly()
    assert DIALECT.verify(ask(ORDER, filled("a=1&signature={a=1}")), Key(Algorithm.HMAC, buffer))
