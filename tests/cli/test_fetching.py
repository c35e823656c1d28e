"""Fetching a file: what is not entirely right leaves nothing behind. Asked of a real TLS server on this machine."""

import datetime as dt
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from ringfence import certificates
from ringfence.cli import fetching
from ringfence.errors import Misconfigured, RingfenceError, Unreachable

NOW = dt.datetime.now(dt.UTC)  # noqa: TID251  # certificates are checked against the real clock
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndata"


@pytest.fixture
def trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A leaf for localhost, whose authority this process trusts."""
    key = certificates.new_key()
    issuer = certificates.authority(key, "test", ("localhost",), NOW)
    (tmp_path / "ca.pem").write_bytes(certificates.pem(issuer))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    chain, private = certificates.leaf(issuer, key, ("localhost",), NOW)
    (tmp_path / "leaf.pem").write_bytes(chain + private)
    return tmp_path / "leaf.pem"


@contextmanager
def server(leaf: Path, answer: bytes) -> Iterator[tuple[str, list[bytes]]]:
    """Answer one request with these bytes; yields the address, and what was asked."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(leaf)
    asked = list[bytes]()
    listening = socket.create_server(("127.0.0.1", 0))
    listening.settimeout(10)

    def serve() -> None:
        with suppress(OSError), listening.accept()[0] as plain, context.wrap_socket(plain, server_side=True) as one:
            asked.append(one.recv(4096))
            one.sendall(answer)
            one.unwrap()

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"https://localhost:{listening.getsockname()[1]}/base/", asked
    finally:
        listening.close()
        thread.join()


def fetched(leaf: Path, answer: bytes, most: int = 100) -> bytes:
    """Fetch what a server answers."""
    with server(leaf, answer) as (base, _), fetching.fetch(base, "a/all.zip", most, lambda _: None) as file:
        return file.read()


def test_a_file_is_fetched_by_its_path_below_the_base(trusted: Path) -> None:
    with server(trusted, WHOLE) as (base, asked):
        with fetching.fetch(base, "a/all.zip", 100, lambda _: None) as file:
            assert file.read() == b"data"
        assert asked[0].startswith(b"GET /base/a/all.zip HTTP/1.1\r\n")


@pytest.mark.parametrize(("most", "whole"), [(4, True), (3, False)])
def test_a_file_has_as_many_bytes_as_was_expected_and_no_more(trusted: Path, most: int, whole: bool) -> None:
    if whole:
        assert fetched(trusted, WHOLE, most) == b"data"
    else:
        with pytest.raises(Unreachable, match="nothing of it was used"):
            fetched(trusted, WHOLE, most)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 302 Found\r\nLocation: https://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\ndata",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndata",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ndata\r\n",
        b"nothing of the kind\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_is_not_the_whole_file_is_none(trusted: Path, answer: bytes) -> None:
    with pytest.raises(Unreachable):
        fetched(trusted, answer)


def test_a_server_that_nobody_vouches_for_is_not_asked(trusted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
    with server(trusted, WHOLE) as (base, asked):
        with pytest.raises(Unreachable, match="certificate"):
            fetching.fetch(base, "a", 100, lambda _: None)
        assert asked == []


@pytest.mark.parametrize(
    "base",
    ["http://localhost/", "file:///etc/passwd", "localhost", "https://", "https://a:b@host/", "https://host/?a=b"],
)
def test_only_an_address_with_tls_is_fetched_from(base: str) -> None:
    with pytest.raises(Misconfigured):
        fetching.fetch(base, "a", 100, lambda _: None)


def test_nobody_there_is_said_with_the_way_without_a_network() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(RingfenceError) as told:
        fetching.fetch(f"https://localhost:{port}", "a", 100, lambda _: None)
    assert "--from FILE" in (told.value.hint or "")
