"""Files made to break a scanner: each ends soon, whatever stands in it."""

import time

import pytest

from ringfence.audit.finding import Finding
from ringfence.audit.secrets.scan import scan
from tests.audit.secrets.drawn import Drawn

_SIZE = 50_000
_SECRET = Drawn().mixed(64)

HOSTILE = {
    "one letter": "a",
    "one digit": "7",
    "quotes": '"',
    "single quotes": "'",
    "escaped quotes": '\\"',
    "backslashes": "\\",
    "opening brackets": "[",
    "opening braces": "{",
    "brackets and quotes": '["',
    "number signs": "#",
    "comments without an end": "/*",
    "equals": "=",
    "names": "secret",
    "names and equals": "secret=",
    "passwords": "password: ",
    "colons": "a:",
    "addresses": "://a:b",
    "signatures": "&signature=",
    "beginnings": "-----BEGIN PRIVATE KEY-----",
    "heads of tokens": "eyJhbGciOiJ.",
    "numbers of a list": "1,",
    "words of the list": "abandon zoo ",
    "sums": '"a" + ',
    "sums without quotes": "a+",
    "seals": "ENC[AES256_GCM,",
    "minus signs": "-",
    "blanks": " ",
    "ends of line": "\n",
    "aliases": "&a *a ",
    "questions": "? ",
    "sections": "[a]\n",
    "tags": "<a>",
    "joints": '" + "',
    "telegrams": ":A",
    "hex": "0123456789abcdef",
    "rows of a table": "INSERT INTO t (a) VALUES ('a'), ",
    "rows without an end": "INTO t (a) VALUES ('",
    "cells": "'a', ",
    "tables": "COPY t (a) FROM stdin;\n",
    "blocks": 'variable "a" {\n',
}
_NAMES = ("x.py", "x.json", "x.ipynb", "x.yml", "x.csv", "x.txt", "environ", "x.toml", "x.sql", "x.tf")


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_file_of_one_thing_ends_soon(kind: str) -> None:
    for name in _NAMES:
        text = (HOSTILE[kind] * (_SIZE // len(HOSTILE[kind]))) + f'\nsecret = "{_SECRET}"\n'
        start = time.process_time()
        list(scan(name, text.encode()))
        assert time.process_time() - start < 3, name


@pytest.mark.parametrize(("name", "piece"), [("x.py", 'x = "{}"\n'), ("x.txt", '"{}"\n'), ("x.csv", '"{}",3\n')])
def test_a_file_of_nothing_but_drawn_values_takes_time_in_proportion(name: str, piece: str) -> None:
    drawn = Drawn()
    text = "".join(piece.format(drawn.mixed(40)) for _ in range(15_000))
    start = time.process_time()
    list(scan(name, text.encode()))
    assert time.process_time() - start < 6  # of twice as many, it was 14 where each statement looked at all lines


@pytest.mark.parametrize("kind", ["opening brackets", "quotes", "sums", "comments without an end", "minus signs"])
@pytest.mark.parametrize("name", ["x.py", "x.json", "x.yml", "x.txt"])
def test_a_secret_before_what_breaks_a_reader_is_found(kind: str, name: str) -> None:
    text = f"secret: '{_SECRET}'\n\n" if name.endswith("yml") else f'secret = "{_SECRET}"\n\n'
    found = scan(name, (text + HOSTILE[kind] * 50_000).encode())
    assert any(isinstance(one, Finding) and one.rule == "secrets/exchange-secret" for one in found)


@pytest.mark.parametrize(
    "raw",
    [b"", b"\0", b"\xff\xfe", b"\xff\xfe\0", b"\xfe\xff\xd8", bytes(range(256)) * 9, b"\xc3\x28" * 99, b"\xef\xbb\xbf"],
)
@pytest.mark.parametrize("name", [*_NAMES, "", "/", ".", "a\nb.py", "\udcff.json"])
def test_no_bytes_and_no_name_break_it(raw: bytes, name: str) -> None:
    assert isinstance(list(scan(name, raw)), list)


def test_a_secret_among_bytes_that_are_no_text_is_found() -> None:
    found = list(scan(".env", b"\xff\xfa\nBINANCE_SECRET=" + _SECRET.encode() + b"\n\xc3\x28\n"))
    assert [one.rule for one in found if isinstance(one, Finding)] == ["secrets/exchange-secret"]
