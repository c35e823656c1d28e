"""Where messages end in bytes that nobody reads, however they arrive."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from ringfence.errors import Broken
from ringfence.gateway.boundary import Boundary

SIZES = st.sampled_from([0, 1, 125, 126, 127, 300, 65_535, 65_536, 70_000])
DATA = st.builds(lambda size: [Frame(Opcode.TEXT, b"x" * size)], SIZES)
SPLIT = st.lists(SIZES, min_size=2, max_size=4).map(
    lambda sizes: [
        Frame(Opcode.CONT if at else Opcode.TEXT, b"x" * size, fin=at == len(sizes) - 1)
        for at, size in enumerate(sizes)
    ]
)
MESSAGES = st.lists(DATA | SPLIT, min_size=1, max_size=5)
PING = Frame(Opcode.PING, b"p").serialize(mask=False)


def ends(messages: list[list[Frame]]) -> tuple[bytes, list[int]]:
    """The bytes of some messages, and where each ends."""
    stream, found = b"", [0]
    for frames in messages:
        stream += b"".join(frame.serialize(mask=False) for frame in frames)
        found.append(len(stream))
    return stream, found


@given(MESSAGES, st.lists(st.integers(0, 200_000), max_size=8))
def test_every_end_of_a_message_is_found_and_nothing_else(messages: list[list[Frame]], cuts: list[int]) -> None:
    stream, wanted = ends(messages)
    places = [0, *sorted({cut for cut in cuts if 0 < cut < len(stream)}), len(stream)]
    boundary = Boundary()
    for start, end in itertools.pairwise(places):
        last = boundary.last(stream[start:end])
        inside = [place - start for place in wanted if start <= place <= end]
        assert last == (max(inside) if inside else None)
    assert boundary.rests


def test_a_ping_between_the_pieces_of_a_message_does_not_end_it() -> None:
    boundary = Boundary()
    first = Frame(Opcode.TEXT, b"a", fin=False).serialize(mask=False)
    assert boundary.last(first + PING) == 0
    assert not boundary.rests
    last = Frame(Opcode.CONT, b"b").serialize(mask=False)
    assert boundary.last(last) == len(last)


def test_a_close_frame_is_seen() -> None:
    boundary = Boundary()
    boundary.last(Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=False))
    assert boundary.closed


@pytest.mark.parametrize(
    "head", [b"\xc1\x00", b"\xa1\x00", b"\x91\x00", b"\x81\x81"], ids=["rsv1", "rsv2", "rsv3", "mask"]
)
def test_what_no_server_may_send_is_refused(head: bytes) -> None:
    with pytest.raises(Broken):
        Boundary().last(head)
