"""Code under another name: archives, compiled code, and texts that encode them."""

import base64
import bz2
import gzip
import json
import lzma
import struct
import zlib

import pytest

from ringfence.audit.code import reading
from ringfence.audit.finding import Severity
from tests.audit.code.data import found, lines, severities
from tests.audit.code.data.made import STEAL, compiled, marshalled, zipped

PATHS = json.dumps({"roots": ["~/.config/solana/id.json", "~/.ssh/id_ed25519"], "remote": "https://collector.invalid"})
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(17)


def b64(data: bytes | str) -> str:
    """Write in base64."""
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


@pytest.mark.parametrize("path", ["data/ohlc.bin", "a.dat", "logo.png", "noname", "a.csv", "a.db"])
@pytest.mark.parametrize("before", [b"", PNG, b"#!/usr/bin/env python3\n"])
def test_an_archive_of_code_under_another_name_is_high_and_its_code_is_listed(path: str, before: bytes) -> None:
    data = before + zipped({"core/__init__.py": "", "core/feed.py": STEAL})
    assert severities(path, data) == {"code-in-data": Severity.HIGH}
    assert reading.inside(path, data) == {"core/__init__.py", "core/feed.py"}


def test_a_long_comment_of_an_archive_does_not_hide_it() -> None:
    data = zipped({"a.py": STEAL})
    assert found("a.dat", data[:-2] + struct.pack("<H", 60_000) + b"x" * 60_000) == {"code-in-data"}


@pytest.mark.parametrize("names", [["xl/workbook.xml", "[Content_Types].xml"], ["mimetype", "content.xml"], ["a.csv"]])
def test_an_archive_without_code_is_not_found(names: list[str]) -> None:
    data = zipped(dict.fromkeys(names, "x"))
    assert not found("book.xlsx", data)
    assert not reading.inside("book.xlsx", data)


def test_objects_in_an_archive_are_listed_and_code_of_torchscript_is_no_disguise() -> None:
    data = zipped({"m/data.pkl": "x", "m/code/__torch__/net.py": "def f(): pass\n", "m/version": "3"})
    assert not found("model.pt", data)
    assert "m/data.pkl" in reading.inside("model.pt", data)


@pytest.mark.parametrize("data", [b"PK\3\4", b"PK\3\4" + b"\0" * 100, b"PK\5\6" + b"\xff" * 18, b"x" * 99 + b"PK\5\6"])
def test_a_broken_archive_is_not_found(data: bytes) -> None:
    assert not found("a.dat", data)
    assert not reading.inside("a.dat", data)


@pytest.mark.parametrize("magic", [3413, 3425, 3439, 3495, 3531, 3571, 3627])
def test_compiled_code_of_every_python_is_known(magic: int) -> None:
    data = struct.pack("<H", magic) + b"\r\n" + b"\0" * 12 + marshalled()
    assert severities("weights.bin", data) == {"code-in-data": Severity.HIGH}


@pytest.mark.parametrize("path", ["a.dat", "a.png", "a.json", "noname"])
def test_compiled_code_without_a_header_is_known(path: str) -> None:
    assert "code-in-data" in found(path, marshalled())
    old = b"\xe3" + struct.pack("<6I", 0, 0, 0, 0, 3, 64) + b"s" + struct.pack("<I", 40) + bytes(400)
    assert "code-in-data" in found(path, old)


@pytest.mark.parametrize(
    "text",
    [
        f"a=1\n#sum {b64(STEAL)}\n",
        f"a=1\nsum={b64(STEAL)}\n",
        f"v1-{b64(STEAL)}",
        b64(zlib.compress(STEAL.encode())),
        b64(gzip.compress(STEAL.encode())),
        b64(bz2.compress(STEAL.encode())),
        b64(lzma.compress(STEAL.encode())),
        b64(b64(STEAL)),
        b64(b64(zlib.compress(STEAL.encode()))),
        b64(zlib.compress(b64(STEAL).encode())),
        b64(STEAL)[::-1],
        base64.urlsafe_b64encode(STEAL.encode()).decode(),
        base64.encodebytes(STEAL.encode() * 3).decode(),
        base64.b85encode(zlib.compress(STEAL.encode())).decode(),
        base64.b85encode(STEAL.encode()).decode(),
        base64.a85encode(zlib.compress(STEAL.encode()), adobe=True).decode(),
        base64.b32encode(STEAL.encode()).decode(),
        STEAL.encode().hex(),
        STEAL.encode().hex().upper(),
        b64(marshalled()),
        b64(compiled()),
        b64(zipped({"a.py": STEAL})),
        json.dumps({"theme": {"icon": b64(STEAL)}}),
        json.dumps([b64(STEAL)[at : at + 20] for at in range(0, len(b64(STEAL)), 20)], indent=2),
        "icon:\n" + "".join(f"  - {b64(STEAL)[at : at + 24]!r}\n" for at in range(0, len(b64(STEAL)), 24)),
        f"<svg><!-- {b64(STEAL)} --></svg>",
        "x " * 100_000 + b64(STEAL),
    ],
)
@pytest.mark.parametrize("path", ["presets.txt", "a.json", "a.svg", "noname"])
def test_code_that_an_encoding_hides_is_found(path: str, text: str) -> None:
    assert "code-in-data" in found(path, text)


def test_what_the_hidden_code_does_is_found_at_the_line_of_the_text() -> None:
    text = f"a=1\n\n#sum {b64(STEAL)}\n"
    assert found("presets.txt", text) == {"code-in-data", "environment-sent"}
    assert set(lines("presets.txt", text)) == {3}


def test_a_text_in_a_picture_is_found() -> None:
    chunk = b"tEXtComment\0" + b64(zlib.compress(STEAL.encode())).encode()
    assert "code-in-data" in found("logo.png", PNG + struct.pack(">I", len(chunk) - 4) + chunk + bytes(9))


def test_a_text_in_utf_16_is_found() -> None:
    assert "code-in-data" in found("a.txt", b64(STEAL).encode("utf-16"))


def test_paths_of_keys_that_an_encoding_hides_are_found() -> None:
    assert severities("presets.dat", b64(zlib.compress(PATHS.encode()))) == {"hidden-paths": Severity.HIGH}
    assert found("lib/python3.11/site-packages/x/presets.dat", b64(PATHS)) == {"hidden-paths"}


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(b"0\x82\3\3" + bytes(range(256)) * 4).decode(),
        f'<img src="data:image/png;base64,{b64(PNG + bytes(range(256)) * 8)}">',
        json.dumps({"integrity": "sha512-" + b64(bytes(range(64)))}),
        json.dumps({"map": b64('import x from "y"; export const a = () => eval("1");\n' * 4)}),
        b64(json.dumps({"settings": {"theme": "dark", "language": "en", "items": list(range(99))}})),
        b64(zlib.compress(json.dumps(list(range(999))).encode())),
        b64("The quick brown fox imports goods and compiles a list; then it may exec a plan. " * 3),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" * 3,
        "M" + "0 0L1 1" * 200,
        "a" * 10_000,
        "0x" + "ab12" * 200,
        "eyJhbGciOiJIUzI1NiJ9." + b64('{"sub": "1234567890", "name": "John Doe", "iat": 1516239022}') + ".abc",
        "time,open,high,low,close\n" + "1700000000,1.5,2.5,0.5,1.0\n" * 2000,
        "https://example.org/" + "averylongpathwithoutanything" * 9,
    ],
)
@pytest.mark.parametrize("path", ["a.txt", "a.json", "a.html", "noname"])
def test_an_honest_long_text_is_not_found(path: str, text: str) -> None:
    assert not found(path, text)
