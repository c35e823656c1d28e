"""The relay loses, doubles and swaps whole frames, and otherwise changes nothing."""

import contextlib
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.matrix.relay import Astray, Frame, Relay

OUT = frozenset({("carry", True)})
BACK = frozenset({("carry", False)})


@pytest.fixture
def relay() -> Iterator[Relay]:
    made = Relay()
    made.start()
    yield made
    made.stop()


@pytest.fixture
def ends(relay: Relay, place: Path) -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends of one link: who connected, who listened."""
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(socket.socket(socket.AF_UNIX))
        server.bind(str(place / "to"))
        server.listen()
        relay.link("carry", place / "at", place / "to")
        near = stack.enter_context(socket.socket(socket.AF_UNIX))
        near.connect(str(place / "at"))
        far = stack.enter_context(server.accept()[0])
        for end in (near, far):
            end.settimeout(5)
        yield near, far


def say(end: socket.socket, *numbers: int) -> None:
    for number in numbers:
        frame = msgspec.msgpack.encode({"type": "Carry", "seq": number})
        end.sendall(len(frame).to_bytes(4, "big") + frame)


def hear(end: socket.socket, count: int) -> list[int]:
    """Take so many frames, each as it was sent."""
    heard = []
    for _ in range(count):
        size = int.from_bytes(end.recv(4, socket.MSG_WAITALL), "big")
        heard.append(msgspec.msgpack.decode(end.recv(size, socket.MSG_WAITALL))["seq"])
    return heard


ASTRAY = [
    # what goes wrong, with how many, and what arrives of 1, 2, 3
    ("", 0, [1, 2, 3]),
    ("lost", 1, [2, 3]),
    ("lost", 2, [3]),
    ("doubled", 1, [1, 1, 2, 3]),
    ("doubled", 2, [1, 1, 2, 2, 3]),
    ("swapped", 1, [2, 1, 3]),
]


@pytest.mark.parametrize(("how", "count", "arrive"), ASTRAY)
def test_so_many_frames_go_astray_one_way_and_none_the_other(
    relay: Relay, ends: tuple[socket.socket, socket.socket], how: str, count: int, arrive: list[int]
) -> None:
    near, far = ends
    relay.astray = Astray(how, OUT, count)
    say(far, 1, 2, 3)
    assert hear(near, 3) == [1, 2, 3]
    say(near, 1, 2, 3)
    assert hear(far, len(arrive)) == arrive


def test_a_frame_that_waits_for_another_goes_alone_in_the_end(
    relay: Relay, ends: tuple[socket.socket, socket.socket]
) -> None:
    near, far = ends
    relay.astray = Astray("swapped", BACK, 1)
    say(far, 7)
    assert hear(near, 1) == [7]


def test_a_link_is_late_and_keeps_its_order(relay: Relay, ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    relay.delays["carry"] = 0.2
    began = time.monotonic()
    say(near, *range(5))
    assert hear(far, 5) == [0, 1, 2, 3, 4]
    assert time.monotonic() - began > 0.2


def test_a_cut_ends_both_ends(relay: Relay, ends: tuple[socket.socket, socket.socket]) -> None:
    relay.cut("carry")
    for end in ends:
        with contextlib.suppress(ConnectionResetError):
            assert end.recv(1) == b""


def test_nothing_moves_while_a_frame_is_looked_at(relay: Relay, ends: tuple[socket.socket, socket.socket]) -> None:
    near, far = ends
    seen: list[tuple[bool, bool]] = []

    def listen(frame: Frame, passed: bool) -> None:
        far.settimeout(0.1)
        with contextlib.suppress(TimeoutError):
            seen.append((passed, bool(far.recv(1, socket.MSG_PEEK))))

    relay.listener = listen
    say(near, 1)
    far_had = hear_later(far)
    assert far_had == [1]
    assert (False, True) not in seen
    assert (True, True) in seen


def hear_later(end: socket.socket) -> list[int]:
    time.sleep(0.4)
    end.settimeout(5)
    return hear(end, 1)


def test_a_closed_door_takes_nobody_and_an_open_one_passes_bytes(relay: Relay) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as spare:
        at = spare.getsockname()[1]
        spare.close()
        relay.door("door", at, server.getsockname()[1])
        with socket.create_connection(("127.0.0.1", at)) as near, server.accept()[0] as far:
            near.sendall(b"bytes")
            assert far.recv(5, socket.MSG_WAITALL) == b"bytes"
        relay.door_open = False
        with socket.create_connection(("127.0.0.1", at), timeout=5) as near, contextlib.suppress(ConnectionResetError):
            assert near.recv(1) == b""
