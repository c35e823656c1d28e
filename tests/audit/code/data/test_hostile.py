"""Files that are made to break or to stop whoever reads them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.audit.code.data import found

SIZE = 1 << 18
PIECES = [
    b"a",
    b"\n",
    b'"',
    b'","',
    b"[",
    b"{",
    b'{"a":',
    b"- ",
    b"(",
    b"(]",
    b"{{",
    b"{% ",
    b"${",
    b"QUJD",
    b"QUJD" * 19 + b"\n",
    b"A_",
    b"U",
    b"\x80\x04N0",
    b"\x8c\x02os",
    b"cos\n",
    b"Vos\n",
    b"/*",
    b"// ",
    b"&a ",
    b"!!python/",
    b"!%",
    b"=",
    b"a=b\n",
    b"[s]\n",
    b" x\n",
    b"x\x9c",
    b"PK\3\4",
    b"PK\5\6",
    b"\xe3",
    b"c$|!",
    b"<~abc",
    b"https://a.binance.com.x.invalid ",
    b"deadbeef",
    b"popen ",
    b"__init__ ",
    b"\\x5f",
    b"\xff\xfe",
    b"\0",
]
SUFFIXES = ["json", "yaml", "toml", "ini", "html", "j2", "pkl", "npy", "dat"]


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_file_of_anything_is_read_in_seconds(piece: bytes) -> None:
    data = (piece * (SIZE // len(piece) + 1))[:SIZE]
    for suffix in SUFFIXES:
        begun = time.monotonic()
        found(f"a.{suffix}", data)
        assert time.monotonic() - begun < 10, suffix


@given(st.sampled_from(SUFFIXES), st.lists(st.sampled_from(PIECES) | st.binary(max_size=9), max_size=40))
def test_no_bytes_are_too_strange(suffix: str, pieces: list[bytes]) -> None:
    found(f"a.{suffix}", b"".join(pieces))
