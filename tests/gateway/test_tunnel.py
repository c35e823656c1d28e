"""Tunnels, from a bot's CONNECT through gateway and courier to a host, with real sockets on the way."""

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest

from ringfence.courier.tunnels import MOST, Tunnelling
from ringfence.errors import Unreachable
from ringfence.ipc.client import connect
from ringfence.ipc.flow import End
from ringfence.ipc.link import Link
from ringfence.ipc.messages import ToCourier, Tunnel, Tunnelled, Tunnels
from ringfence.ipc.pipe import Pipe
from ringfence.ipc.server import listen
from tests.gateway.doorway import EYES, Doorway, Line, asked, doorway
from tests.gateway.test_proxy import close_all, status_of
from tests.gateway.world import ME

CHAT, OTHER = "api.telegram.org", "ntfy.sh"
ALLOWED = (("grid", (CHAT,)),)


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Say back what is heard, and that it was all when it was."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


@dataclass
class Wide:
    """The wide internet: one server, and the courier's way there."""

    serve: Serve
    signer: Link[ToCourier] = field(default_factory=lambda: cast("Link[ToCourier]", object()))
    port: int = 0
    came: list[asyncio.StreamWriter] = field(default_factory=list)
    reached: list[tuple[str, int]] = field(default_factory=list)
    links: list[Link[Tunnel]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.way: Doorway
        self.tunnelling: Tunnelling

    def allow(self, *bots: tuple[str, tuple[str, ...]]) -> None:
        self.tunnelling.told(self.signer, Tunnels(bots))

    async def tunnel(self, target: str = f"{CHAT}:443") -> Line:
        line = await self.way.tunnel(target)
        assert status_of(line.answer) == 200, line.answer
        return line

    async def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.came.append(writer)
        try:
            await self.serve(reader, writer)
        except (ConnectionError, RuntimeError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def reach(self, host: str, port: int) -> End:
        self.reached.append((host, port))
        if host == OTHER:
            raise Unreachable(f"{host} does not answer")
        _, end = await asyncio.get_running_loop().create_connection(End, "127.0.0.1", self.port)
        end.read(False)
        return end

    def changed(self, link: Link[Tunnel], up: bool) -> None:
        if up:
            self.links.append(link)
        self.tunnelling.changed(link, up)

    def close(self) -> None:
        for link in self.links:
            link.close()
        for writer in self.came:
            writer.close()


@asynccontextmanager
async def wide(serve: Serve = echo, idle_seconds: float = 5.0) -> AsyncIterator[Wide]:
    """Run a gateway and a courier's tunnels before one server."""
    world = Wide(serve)
    server = await asyncio.start_server(world.met, "127.0.0.1", 0)
    world.port = server.sockets[0].getsockname()[1]
    world.tunnelling = Tunnelling(world.reach, idle_seconds)
    async with doorway() as world.way:
        path = world.way.home / "tunnels.sock"
        courier = await listen(path, Tunnel, ME, world.tunnelling.received, world.changed, Pipe)
        world.allow(*ALLOWED)
        try:
            yield world
        finally:
            courier.close()
            world.close()
            server.close()
            await asyncio.sleep(0.02)


def hello(name: str = CHAT) -> bytes:
    """What TLS says first."""
    out = ssl.MemoryBIO()
    context = ssl.create_default_context()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name).do_handshake()
    return out.read()


async def test_a_host_that_the_policy_names_is_reached_and_bytes_go_both_ways() -> None:
    async with wide() as world:
        line = await world.tunnel()
        said = hello()
        line.writer.write(said)
        assert await line.reader.readexactly(len(said)) == said
        line.writer.write(b"more" * 1000)
        assert await line.reader.readexactly(4000) == b"more" * 1000
        assert world.reached == [(CHAT, 443)]
        line.close()


REFUSED = [
    f"{CHAT}:80",
    f"{CHAT}:8443",
    "evil.example:443",
    f"{CHAT}.evil.example:443",
    f"x.{CHAT}:443",
    "149.154.167.220:443",
    "api.binance.us:443",
    "www.binance.com:443",
    "api.kraken.com:443",
]


@pytest.mark.parametrize("target", REFUSED)
async def test_any_other_host_or_port_is_refused_and_the_answer_names_the_setting(target: str) -> None:
    async with wide() as world:
        answer = await world.way.say(asked(target))
        assert status_of(answer) == 403
        assert b"`tunnels`" in answer
        assert world.reached == []


async def test_another_bots_tunnels_are_not_this_bots() -> None:
    async with wide() as world:
        assert status_of(await world.way.say(asked(f"{CHAT}:443", shown=EYES))) == 403
        assert world.reached == []


async def test_even_where_the_signer_says_so_no_tunnel_leads_to_an_exchange() -> None:
    async with wide() as world:
        world.allow(("grid", ("www.binance.com", "127.0.0.1")))
        for target in ("www.binance.com:443", "127.0.0.1:443"):
            assert status_of(await world.way.say(asked(target))) == 403
        assert world.reached == []


async def test_a_gateway_that_was_captured_gets_no_other_port_and_no_other_host() -> None:
    """It speaks to the courier itself: what the gateway looks at is only for its answers."""
    async with wide() as world:
        heard: list[object] = []
        for ask in (
            Tunnel("grid", CHAT, 22),
            Tunnel("grid", OTHER, 443),
            Tunnel("eyes", CHAT, 443),
            Tunnel("", CHAT, 443),
        ):
            link = await connect(
                world.way.home / "tunnels.sock", Tunnelled, ME, lambda _link, told: heard.append(told), end=Pipe
            )
            link.send(ask)
            await asyncio.sleep(0.02)
            link.close()
        assert [getattr(told, "allowed", None) for told in heard] == [False] * 4
        assert world.reached == []


@pytest.mark.parametrize("said", [hello(OTHER), hello("api.binance.com"), b"GET / HTTP/1.1\r\n\r\n", b"SSH-2.0-x\r\n"])
async def test_what_is_no_tls_for_that_very_host_reaches_nobody(said: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Many hosts share addresses: without this a tunnel to one would lead to all of them."""
    heard = b""

    async def listening(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal heard
        heard += await reader.read()

    with caplog.at_level(logging.INFO):
        async with wide(listening) as world:
            line = await world.tunnel()
            line.writer.write(said)
            assert await line.rest() == b""
            line.close()
    assert heard == b""
    assert f"bot grid: the tunnel to {CHAT} was used for something else" in caplog.text


async def test_a_first_message_in_pieces_is_put_together() -> None:
    async with wide() as world:
        line = await world.tunnel()
        said = hello()
        for at in range(0, len(said), 50):
            line.writer.write(said[at : at + 50])
            await asyncio.sleep(0.001)
        assert await line.reader.readexactly(len(said)) == said
        line.close()


async def test_a_host_that_cannot_be_reached_is_said() -> None:
    async with wide() as world:
        world.allow(("grid", (CHAT, OTHER)))
        answer = await world.way.say(asked(f"{OTHER}:443"))
        assert status_of(answer) == 502
        assert b"ntfy.sh does not answer" in answer


async def test_without_a_courier_there_is_no_tunnel() -> None:
    async with doorway() as way:
        answer = await way.say(asked(f"{CHAT}:443"))
        assert status_of(answer) == 502
        assert b"the courier does not answer" in answer


@pytest.mark.parametrize(("says_yes", "heard"), [(False, b"502 .*the courier went away"), (True, b"200 |502 ")])
async def test_a_courier_that_hangs_up_at_once_leaves_no_bot_waiting(says_yes: bool, heard: bytes) -> None:
    def received(link: Link[Tunnel], _asked: Tunnel) -> None:
        if says_yes:
            link.send(Tunnelled(None))
        link.close()

    async with doorway() as way:
        courier = await listen(way.home / "tunnels.sock", Tunnel, ME, received, end=Pipe)
        answer = await way.say(asked(f"{CHAT}:443"))  # all of it, to the end of the connection
        assert re.match(b"HTTP/1.1 (%b)" % heard, answer, re.DOTALL), answer
        courier.close()


async def test_while_no_signer_is_connected_there_is_no_tunnel_and_those_there_were_end() -> None:
    async with wide() as world:
        line = await world.tunnel()
        line.writer.write(hello())
        await line.reader.read(10)
        world.tunnelling.gone(cast("Link[ToCourier]", object()))  # an older one: nothing changes
        assert not line.reader.at_eof()
        world.tunnelling.gone(world.signer)
        await line.rest()
        assert line.reader.at_eof()
        assert status_of(await world.way.say(asked(f"{CHAT}:443"))) == 403
        line.close()


async def test_a_policy_that_has_it_no_more_ends_it_and_one_that_keeps_it_does_not() -> None:
    async with wide() as world:
        line = await world.tunnel()
        said = hello()
        line.writer.write(said)
        await line.reader.readexactly(len(said))
        world.allow(("grid", (OTHER, CHAT)), ("eyes", (CHAT,)))
        await asyncio.sleep(0.02)
        line.writer.write(b"still")
        assert await line.reader.readexactly(5) == b"still"
        world.allow(("grid", (OTHER,)))
        await line.rest()
        assert line.reader.at_eof()
        line.close()


async def test_each_side_may_end_before_the_other() -> None:
    """Half-close: a host hears that the bot says no more, and can still answer; and the other way round."""
    told = asyncio.Event()
    last: list[bytes] = []

    async def answering(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # all there is
        told.set()
        writer.write(b"answer")
        await writer.drain()

    async with wide(answering) as world:
        line = await world.tunnel()
        line.writer.write(hello() + b"question")
        line.writer.write_eof()
        assert await line.rest() == b"answer"
        assert told.is_set()
        line.close()

    async def parting(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(5)
        writer.write(b"bye")
        writer.write_eof()
        last.append(await reader.read())
        told.set()

    told.clear()
    async with wide(parting) as world:
        line = await world.tunnel()
        line.writer.write(hello())
        assert await line.rest() == b"bye"
        line.writer.write(b"last words")
        line.writer.write_eof()
        await asyncio.wait_for(told.wait(), 5)
        assert last[0].endswith(b"last words")
        line.close()


async def test_whoever_reads_slowly_holds_the_other_side_up_and_memory_does_not_grow() -> None:
    sent = 0

    async def pouring(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readexactly(5)
        while sent < 64 << 20:
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with wide(pouring) as world:
        line = await world.tunnel()
        cast(asyncio.Transport, line.writer.transport).pause_reading()
        line.writer.write(hello())
        await asyncio.sleep(0.3)
        held = sent
        assert held < 32 << 20  # what sockets on the way hold, and no more
        await asyncio.sleep(0.2)
        assert sent == held
        cast(asyncio.Transport, line.writer.transport).resume_reading()
        await line.reader.read(1 << 20)
        line.writer.transport.abort()


async def test_a_tunnel_that_carries_nothing_ends_and_so_does_one_that_never_began(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ringfence.courier.tunnels.HELLO_SECONDS", 0.2)
    async with wide(idle_seconds=0.3) as world:
        silent = await world.tunnel()
        assert await asyncio.wait_for(silent.rest(), 2) == b""
        busy = await world.tunnel()
        busy.writer.write(hello())
        for _ in range(5):
            await asyncio.sleep(0.1)
            busy.writer.write(b"x")
        assert not busy.reader.at_eof()
        await asyncio.wait_for(busy.rest(), 2)
        assert busy.reader.at_eof()
        close_all((silent, busy))


async def test_one_bot_has_a_few_at_once_and_another_still_has_its_own() -> None:
    async with wide() as world:
        world.allow(("grid", (CHAT,)), ("eyes", (CHAT,)))
        lines = [await world.tunnel() for _ in range(MOST)]
        extra = await world.way.say(asked(f"{CHAT}:443"))
        assert status_of(extra) == 502
        assert b"too many tunnels are open" in extra
        other = await world.way.tunnel(f"{CHAT}:443", EYES)
        assert status_of(other.answer) == 200
        lines.pop().close()
        await asyncio.sleep(0.05)
        again = await world.tunnel()
        close_all((*lines, other, again))


async def test_a_gateway_that_was_captured_cannot_use_up_what_the_courier_can_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ringfence.courier.tunnels.MOST_LINKS", 5)
    async with wide() as world:
        path = world.way.home / "tunnels.sock"
        links = [await connect(path, Tunnelled, ME, lambda *_: None, end=Pipe) for _ in range(50)]
        await asyncio.sleep(0.05)
        assert sum(not link.gone.is_set() for link in links) == 5
        for link in links:
            link.close()
        await asyncio.sleep(0.05)
        line = await world.tunnel()
        line.close()


async def test_bytes_are_counted_and_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        async with wide() as world:
            line = await world.tunnel()
            said = hello()
            line.writer.write(said)
            await line.reader.readexactly(len(said))
            line.close()
            await asyncio.sleep(0.02)
            world.tunnelling.tell_now()
            world.tunnelling.tell_now()
    words = f"in the last minute bot grid sent {len(said)} bytes to {CHAT} and heard {len(said)}"
    assert [record.getMessage() for record in caplog.records].count(words) == 1


async def test_a_bot_that_goes_takes_its_tunnel_with_it() -> None:
    async with wide() as world:
        line = await world.tunnel()
        line.writer.write(hello())
        await line.reader.read(10)
        line.writer.transport.abort()
        await asyncio.sleep(0.05)
        assert world.tunnelling._open == {}
