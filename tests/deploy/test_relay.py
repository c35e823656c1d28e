"""The relay copies bytes both ways, reads none of them, and leads nowhere but where its command line says."""

import ast
import asyncio
import secrets
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ringfence.deploy import relay

Met = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SOURCE = Path(relay.__file__)


def begun(pair: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-I", "-S", str(SOURCE), pair], stderr=subprocess.PIPE)


def end(program: subprocess.Popen[bytes]) -> None:
    """Tell it to end; it does, and has complained of nothing."""
    program.send_signal(signal.SIGTERM)
    assert program.communicate(timeout=10)[1] == b""
    assert program.returncode == 0


async def arrive(where: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect as soon as somebody listens there; pytest's own timeout ends it where nobody does."""
    while True:
        try:
            return await asyncio.open_unix_connection(str(where))
        except OSError:
            await asyncio.sleep(0)


@asynccontextmanager
async def relayed(folder: Path, met: Met | None) -> AsyncIterator[Path]:
    """Run the relay before a door, behind which somebody may be; yields where it listens."""
    door, way = folder / "door", folder / "way"
    behind = None if met is None else await asyncio.start_unix_server(met, str(door), backlog=relay._MOST)
    program = begun(f"{way}={door}")
    try:
        _, writer = await arrive(way)
        writer.close()
        yield way
    finally:
        if behind is not None:
            behind.close()
        end(program)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send all back once the other side has ended, as only a half-closed connection can be answered."""
    writer.write(await reader.read())
    writer.close()


def reach(way: Path) -> socket.socket:
    made = socket.socket(socket.AF_UNIX)
    made.connect(str(way))
    return made


async def say(way: Path, data: bytes) -> bytes:
    reader, writer = await asyncio.open_unix_connection(str(way))
    try:
        writer.write(data)
        writer.write_eof()
        return await reader.read()
    except OSError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "data",
    [b"", b"x", b"GET http://1.1.1.1/ HTTP/1.1\r\nHost: 1.1.1.1\r\n\r\n", bytes(range(256)) * 16, b"\0" * 3_000_000],
)
async def test_whatever_is_sent_comes_out_as_it_was_and_is_answered_after_its_end(tmp_path: Path, data: bytes) -> None:
    async with relayed(tmp_path, echo) as way:
        assert await say(way, data) == data


async def test_many_at_once_do_not_mix(tmp_path: Path) -> None:
    async with relayed(tmp_path, echo) as way:
        sent = [secrets.token_bytes(5_000) for _ in range(40)]
        assert await asyncio.gather(*(say(way, each) for each in sent)) == sent


async def test_what_the_gateway_says_first_comes_through_before_a_word_is_said(tmp_path: Path) -> None:
    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello")
        await reader.read()
        writer.close()

    async with relayed(tmp_path, greet) as way:
        reader, writer = await asyncio.open_unix_connection(str(way))
        assert await reader.readexactly(5) == b"hello"
        writer.close()


@pytest.mark.parametrize("left", [False, True])
async def test_without_a_gateway_a_connection_ends_at_once(tmp_path: Path, left: bool) -> None:
    if left:
        with socket.socket(socket.AF_UNIX) as gone:
            gone.bind(str(tmp_path / "door"))  # nobody listens there any more
    async with relayed(tmp_path, None) as way:
        assert [await say(way, b"x") for _ in range(3)] == [b""] * 3


async def test_where_the_gateway_breaks_off_the_bot_is_told_so(tmp_path: Path) -> None:
    async def leave(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with relayed(tmp_path, leave) as way:
        assert [await say(way, b"x") for _ in range(3)] == [b""] * 3


async def test_one_too_many_waits_and_is_served_once_another_ends(tmp_path: Path) -> None:
    async with relayed(tmp_path, echo) as way:
        held = [await asyncio.to_thread(reach, way) for _ in range(relay._MOST)]  # it waits where the queue is full
        waiting = asyncio.create_task(say(way, b"one too many"))
        done, _ = await asyncio.wait({waiting}, timeout=0.2)
        assert not done
        held[7].close()
        assert await waiting == b"one too many"
        for each in held:
            each.close()


async def test_a_bot_that_does_not_read_makes_the_other_side_wait(tmp_path: Path) -> None:
    """The relay holds a few pieces of it, and not all that somebody sends."""
    held: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await reader.read(1):
            writer.close()
            return
        sent = 0
        try:
            while True:
                writer.write(bytes(100_000))
                await asyncio.wait_for(writer.drain(), 0.2)
                sent += 100_000
        except TimeoutError:
            held.set_result(sent)
        writer.transport.abort()

    async with relayed(tmp_path, flood) as way:
        with socket.socket(socket.AF_UNIX) as deaf:
            deaf.connect(str(way))
            deaf.send(b"x")
            assert await held < 5_000_000  # some 200 kB of the kernel's for each socket, and ours


async def test_a_port_leads_to_a_door_and_a_page_to_a_port(tmp_path: Path) -> None:
    """The page's socket is its group's alone, also where an earlier relay left one."""
    page = tmp_path / "8080.sock"
    page.write_text("left behind")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    behind = await asyncio.start_unix_server(echo, str(tmp_path / "door"))
    programs = [begun(f"127.0.0.1:{port}={tmp_path}/door"), begun(f"{page}=127.0.0.1:{port}")]
    heard = b""
    while heard != b"show me":  # until both of them are there
        _, writer = await arrive(page)
        writer.close()
        heard = await say(page, b"show me")
    assert stat.S_IMODE(page.stat().st_mode) == 0o660
    for program in programs:
        end(program)
    behind.close()


def test_it_is_one_short_file_that_needs_no_package_and_starts_nothing() -> None:
    text = SOURCE.read_text("utf-8")
    tree = ast.parse(text, feature_version=(3, 8))  # images of bots have older ones than ours
    loaded = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    loaded |= {str(node.module) for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert loaded == {"asyncio", "os", "signal", "sys", "contextlib"}
    assert len(text.splitlines()) < 80
