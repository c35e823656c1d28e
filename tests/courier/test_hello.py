"""Whom a client asks for is read from its first message, and anything else is no first message."""

import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.courier.hello import NotTls, asked_for


def hello(name: str | None, *alpn: str) -> bytes:
    """What Python's own TLS says first."""
    context = ssl.create_default_context()
    context.check_hostname = False
    if alpn:
        context.set_alpn_protocols(list(alpn))
    out = ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    return out.read()


def test_it_is_the_name_in_the_handshake() -> None:
    assert asked_for(hello("api.telegram.org")) == "api.telegram.org"
    assert asked_for(hello("API.Telegram.org", "h2", "http/1.1")) == "api.telegram.org"
    assert asked_for(hello("ntfy.sh") + b"more") == "ntfy.sh"


def test_a_message_that_has_not_come_whole_is_waited_for() -> None:
    whole = hello("ntfy.sh")
    assert {asked_for(whole[:size]) for size in range(len(whole))} == {None}


BROKEN = [
    b"GET / HTTP/1.1\r\nHost: ntfy.sh\r\n\r\n",
    b"SSH-2.0-x\r\n",
    b"\x15\x03\x01\x00\x02\x02\x00",
    b"\x16\x03\x01\xff\xff",
    b"\x16\x03\x01\x00\x00",
    b"\x16\x03\x01\x00\x01\x02",
    b"\x16\x03\x01\x00\x04\x01\x00\x00\x00",
    b"\x16\x03\x01\x00\x04\x01\xff\xff\xff",
]


@pytest.mark.parametrize("came", BROKEN)
def test_what_is_no_clients_first_message_is_none(came: bytes) -> None:
    with pytest.raises(NotTls):
        asked_for(came)


def test_no_name_is_no_answer() -> None:
    with pytest.raises(NotTls):
        asked_for(hello(None))


def test_a_name_that_comes_in_two_records_or_twice_is_no_answer() -> None:
    whole = hello("ntfy.sh")
    split = (
        whole[:3]
        + (40).to_bytes(2, "big")
        + whole[5:45]
        + whole[:3]
        + (len(whole) - 45).to_bytes(2, "big")
        + whole[45:]
    )
    with pytest.raises(NotTls):
        asked_for(split)
    at = whole.index(b"ntfy.sh") - 9  # kind, length, and the two lengths and the kind of the name itself
    entry = whole[at + 6 : at + 16]
    assert entry == b"\x00\x00\x07ntfy.sh"
    listed = entry * 2
    doubled = whole[at : at + 2] + (len(listed) + 2).to_bytes(2, "big") + len(listed).to_bytes(2, "big") + listed
    body = whole[5:at] + doubled + whole[at + 16 :]
    grown = len(doubled) - 16
    with pytest.raises(NotTls):
        asked_for(_with_lengths(body, grown))


def _with_lengths(message: bytes, grown: int) -> bytes:
    """Put the lengths around an extension right that has grown."""
    size = len(message) - 4
    fixed = message[:1] + size.to_bytes(3, "big") + message[4:]
    at = 4 + 2 + 32
    at += 1 + fixed[at]
    at += 2 + int.from_bytes(fixed[at : at + 2], "big")
    at += 1 + fixed[at]
    before = int.from_bytes(fixed[at : at + 2], "big")
    fixed = fixed[:at] + (before + grown).to_bytes(2, "big") + fixed[at + 2 :]
    return b"\x16\x03\x01" + len(fixed).to_bytes(2, "big") + fixed


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(came: bytes) -> None:
    for tried in (came, b"\x16\x03\x01" + len(came).to_bytes(2, "big") + came):
        try:
            found = asked_for(tried)
        except NotTls:
            continue
        assert found is None or isinstance(found, str)
