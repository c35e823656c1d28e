import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps.dates import locked, newest, npm
from ringfence.audit.deps.snapshot import Newest
from tests.audit.deps.snapshots import NPM, PYPI

UV = """
version = 1
[[package]]
name = "CCXT"
version = "4.5.90"
sdist = { url = "https://example.org/ccxt.tar.gz", size = 1, upload-time = "2026-11-20T10:00:00.5Z" }
wheels = [
    { url = "https://example.org/ccxt.whl", upload-time = "2026-11-25T10:00:00Z" },
    { url = "https://example.org/ccxt-2.whl", upload-time = "2026-11-21T10:00:00Z" },
]
[[package]]
name = "undated"
version = "1.0"
source = { virtual = "." }
"""
PYLOCK = """
lock-version = "1.0"
[[packages]]
name = "web3"
version = "7.0.0"
wheels = [{ name = "web3.whl", upload-time = 2026-11-25T10:00:00Z, hashes = { sha256 = "00" } }]
[[packages]]
name = "plain"
version = "1"
sdist = { name = "plain.tar.gz", upload-time = 2026-11-25T10:00:00 }
"""
THE_25TH = 1_795_600_800


def test_of_a_uv_lock_the_youngest_file_of_each_release_counts() -> None:
    """Somebody who adds a wheel to a release of long ago has made something new."""
    assert locked(UV) == {(PYPI, "ccxt", "4.5.90"): THE_25TH}


def test_a_pylock_is_read_in_utc() -> None:
    assert locked(PYLOCK) == {(PYPI, "web3", "7.0.0"): THE_25TH, (PYPI, "plain", "1"): THE_25TH}


def test_one_date_that_cannot_be_read_does_not_hide_the_others() -> None:
    soon = '[[package]]\nname = "a"\nversion = "1"\nwheels = [{upload-time = "soon"}]\n'
    assert locked(soon + UV.replace("version = 1\n", "")) == {(PYPI, "ccxt", "4.5.90"): THE_25TH}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not toml",
        "package = 1",
        '[[package]]\nname = "a"\nversion = "1"\nwheels = [{upload-time = "soon"}]',
        '[[package]]\nname = "a"\nversion = "1"\nwheels = [{upload-time = 1}]',
        '[[package]]\nname = "a"\nversion = "1"\nwheels = [{upload-time = "0001-01-01T00:00:00+23:59"}]',
        '[[package]]\nname = "a"\nversion = "1"\nwheels = [{upload-time = "2002-12-31T23:59:59Z"}]',
        '[[package]]\nname = "a"\nversion = "1"\nwheels = [{upload-time = 9999-12-31T23:59:59-23:59}]\nx',
        "a = " + "[" * 100_000,
        "package = [1, [], {}]",
        '[[package]]\nname = 1\nversion = "1"\nsdist = {upload-time = 2026-11-25T10:00:00Z}',
        '[[package]]\nname = "a"\nversion = "1"\nsdist = {upload-time = 2026-11-25}',
    ],
)
def test_where_there_is_no_date_none_is_made_up(text: str) -> None:
    assert locked(text) == {}


def test_npm_says_when_each_version_came_out() -> None:
    times = b'{"created":"2011-01-01T00:00:00Z","modified":"2026-01-01T00:00:00Z","8.0.0":"2026-11-25T10:00:00.000Z"}'
    text = b'{"name":"ws","time":' + times + b"}"
    assert npm(text) == {(NPM, "ws", "8.0.0"): THE_25TH}


@pytest.mark.parametrize("text", [b"", b"[]", b'{"name":1}', b'{"time":{"1.0.0":"soon"}}', b"[" * 100_000, b"\xff"])
def test_a_document_that_is_none_says_nothing(text: bytes) -> None:
    assert npm(text) == {}


def test_the_newest_of_all_releases_is_no_pre_release() -> None:
    named = {"8.0.0": 5, "10.0.0": 4, "9.0.0": 6, "11.0.0-rc.1": 7, "latest": 8}
    held = {(NPM, "ws", version): at for version, at in named.items()}
    early = {(PYPI, "beta", version): 1 for version in ("1.0rc1", "1.0.dev1")}
    assert newest(held | early | {(PYPI, "a", "1.0.post1"): 2, (PYPI, "a", "1.0"): 3}) == (
        Newest(PYPI, "a", "1.0.post1", 2),
        Newest(NPM, "ws", "10.0.0", 4),
    )
    assert newest({}) == ()


@given(st.text(max_size=200), st.binary(max_size=200))
def test_no_text_breaks_the_reading(text: str, data: bytes) -> None:
    assert isinstance(locked(text), dict)
    assert isinstance(npm(data), dict)
