"""The drill's client by the proxy: what it takes for a no of Ringfence, and what it does not."""

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from ringfence.drill.calls import Call
from ringfence.drill.client import Answer, Client
from ringfence.drill.pump import pumped
from ringfence.drill.tunnel import Tunnel
from tests.gateway.doorway import EYES, GRID, Doorway, client, doorway, trusted

ORDER = Call("POST", "/api/v3/order", "symbol=ETHUSDT")
RAW = b"POST /api/v3/order HTTP/1.1\r\nHost: api.binance.com\r\nConnection: close\r\n\r\n"


def tunnel(way: Doorway) -> Tunnel:
    return Tunnel(way.proxy.port, GRID.bot, GRID.token, client())


async def by(made: Tunnel, ask: Callable[[Client], Answer] = lambda bot: bot.quietly(ORDER)) -> Answer:
    return await asyncio.to_thread(ask, Client(made.port, "k" * 64, "s" * 64, tunnel=made))


async def test_what_is_asked_comes_in_by_the_exchanges_own_name() -> None:
    async with doorway() as way:
        answer = await by(tunnel(way))
        assert (answer.status, answer.body, answer.refusal) == (200, b'{"ok":1}', None)
        assert [(ask.host, ask.path) for ask in way.inner.peers.asks] == [("api.binance.com", "/api/v3/order")]


async def test_raw_bytes_go_the_same_way() -> None:
    async with doorway() as way:
        answer = await by(tunnel(way), lambda bot: bot.raw(ORDER, RAW))
        assert (answer.status, answer.refusal) == (200, None)


async def test_a_wrong_pass_is_refused_by_the_proxy() -> None:
    async with doorway() as way:
        answer = await by(replace(tunnel(way), token=EYES.token))
        assert answer.status == 407
        assert answer.refusal is not None
        assert answer.refusal[0] == "proxy"
        assert "no bot's name and token" in answer.refusal[1]


@pytest.mark.parametrize("said", ["fapi.binance.com", "api.binance.com.", None])
async def test_another_name_in_the_handshake_is_refused_by_tls(said: str | None) -> None:
    async with doorway() as way:
        answer = await by(replace(tunnel(way), said=said))
        assert answer.refusal == ("tls", "the handshake was ended: TLSV1_UNRECOGNIZED_NAME")
        assert way.inner.peers.asks == []


async def test_what_is_no_handshake_is_refused_by_tls() -> None:
    async with doorway() as way:
        answer = await by(tunnel(way), lambda bot: bot.unsecured(ORDER, RAW))
        assert answer.refusal == ("tls", "what is no handshake was ended")


async def test_that_we_do_not_believe_the_other_side_is_no_refusal() -> None:
    async with doorway() as way:
        answer = await by(replace(tunnel(way), trusted=ssl.create_default_context()))
        assert (answer.status, answer.refusal) == (0, None)


@contextmanager
def saying(answer: bytes) -> Iterator[int]:
    """Say one thing to whoever says anything, and hang up."""

    def once() -> None:
        wire, _ = server.accept()
        with wire:
            wire.recv(65_536)
            wire.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        Thread(target=once, daemon=True).start()
        yield server.getsockname()[1]


NO_REFUSALS = [b"", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1 403 Forbidden\r\n\r\nno", b"HTTP/1.1 500 Oh\r\n\r\n"]


@pytest.mark.parametrize("said", NO_REFUSALS)
def test_what_somebody_else_says_is_no_refusal_of_ringfence(said: bytes) -> None:
    with saying(said) as port:
        assert Client(port, "k", "s").raw(ORDER, RAW).refusal is None


def test_an_answer_in_the_clear_inside_a_tunnel_is_no_refusal() -> None:
    said = b"HTTP/1.1 200 OK\r\n\r\n"
    with saying(said) as port:
        made = Tunnel(port, "grid", "t", client())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Tunnel, "_led", lambda self, seconds: socket.create_connection(("127.0.0.1", self.port), 5))
            answer = Client(port, "k", "s", tunnel=made).unsecured(ORDER, RAW)
    assert (answer.status, answer.refusal) == (200, None)


def test_two_threads_read_and_write_over_tls_at_once(tmp_path: Path) -> None:
    """Ten times what fits between two sockets goes there and comes back."""
    near, far = socket.socketpair()
    Thread(target=_echo, args=(far, tmp_path), daemon=True).start()
    plain = pumped(client().wrap_socket(near, server_hostname="api.binance.com"))
    data = bytes(range(256)) * 8_000
    Thread(target=plain.sendall, args=(data,), daemon=True).start()
    came = b""
    while len(came) < len(data) and (piece := plain.recv(65_536)):
        came += piece
    plain.close()
    assert came == data


def _echo(far: socket.socket, folder: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    path = folder / "leaf.pem"
    path.write_bytes(trusted()[1]["api.binance.com"])
    context.load_cert_chain(path)
    with context.wrap_socket(far, server_side=True) as wire:
        while piece := wire.recv(65_536):
            wire.sendall(piece)
