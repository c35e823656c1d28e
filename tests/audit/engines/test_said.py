"""Whatever an engine prints is read to an end, or called garbage."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.engines import said
from ringfence.audit.engines.said import Garbage, Missed, Said

READERS = [said.gitleaks, said.betterleaks, said.hexora, said.ours]
Reader = Callable[[bytes], Iterator[Said | Missed]]


@pytest.mark.parametrize("reader", READERS)
@given(output=st.binary() | st.text(alphabet='[]{}",:0aé\n').map(str.encode))
def test_nothing_but_garbage_is_raised(reader: Reader, output: bytes) -> None:
    with suppress(Garbage):
        assert all(isinstance(one, Said | Missed) for one in reader(output))


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("output", [b"[" * 1_000_000, b'{"a":' * 1_000_000, b"\xff", b"\0", b"{}\n{"])
def test_what_is_made_to_break_a_reader_is_garbage(reader: Reader, output: bytes) -> None:
    with pytest.raises(Garbage):
        list(reader(output))


def test_what_came_before_the_garbage_is_kept() -> None:
    line = b'{"path":"a","rule":"HX1","confidence":"low","location_start":1}\n'
    told = said.hexora(line + b"?")
    assert next(told) == Said("HX1", "a", 0, 1, "low")
    with pytest.raises(Garbage):
        next(told)


def test_one_of_ours_that_does_not_say_that_it_is_done_is_not() -> None:
    assert list(said.ours(b"")) == [Missed("", "it did not come to its end")]
    assert list(said.ours(b'{"done":true}\n')) == []
    assert list(said.ours(b'{"done":true}\n{"said":{"rule":"r","path":"p"}}')) == [
        Said("r", "p"), Missed("", "it did not come to its end"),
    ]  # fmt: skip
