"""Whatever comes in at a door, what must always hold there does; and what was found once stays found."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.seeds import seeds
from tests.fuzz.targets import TARGETS

FOUND = sorted(Path(__file__).with_name("found").glob("*.bin"))  # TARGET-what-it-was.bin


def spoiled(target: str) -> st.SearchStrategy[bytes]:
    """Take a seed and change some of its bytes, cut it, or say a part of it twice."""

    @st.composite
    def change(draw: st.DrawFn) -> bytes:
        text = bytearray(draw(st.sampled_from(seeds(target))))
        for _ in range(draw(st.integers(0, 4))):
            at = draw(st.integers(0, len(text)))
            end = draw(st.integers(at, min(len(text), at + 12)))
            text[at:end] = draw(st.binary(max_size=6) | st.just(bytes(text[at:end]) * 2))
        return bytes(text)

    return change() | st.binary(max_size=120)


@pytest.mark.parametrize("target", TARGETS)
def test_what_must_hold_at_a_door_holds_for_any_bytes(target: str) -> None:
    @given(spoiled(target))
    def holds(data: bytes) -> None:
        TARGETS[target](data)

    holds()


@pytest.mark.parametrize("target", TARGETS)
def test_every_seed_passes(target: str) -> None:
    for seed in seeds(target):
        TARGETS[target](seed)


@pytest.mark.parametrize("path", FOUND, ids=lambda path: path.stem)
def test_what_was_found_once_is_not_found_again(path: Path) -> None:
    TARGETS[path.stem.partition("-")[0]](path.read_bytes())
