"""The vault's own secrets are found in every encoding and every place, and nothing else is."""

import base64
import json
import urllib.parse
from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.audit.finding import Finding, Unanswered
from ringfence.audit.secrets.known import Known, remember
from ringfence.audit.secrets.scan import scan
from tests.audit.secrets.drawn import Drawn

_SALT = b"a salt of this list only, 32 long"[:32]
_SECRET = Drawn().mixed(62) + "+/"
_KNOWN = Known(_SALT, remember("account main: secret", "secret", _SECRET.encode(), _SALT))

ENCODINGS: dict[str, Callable[[str], str]] = {
    "raw": lambda text: text,
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 after a letter": lambda text: base64.b64encode(f"x{text}yz".encode()).decode(),
    "base64 after two, urlsafe": lambda text: base64.urlsafe_b64encode(f"xy{text}".encode()).decode().rstrip("="),
    "hex": lambda text: text.encode().hex(),
    "HEX": lambda text: text.encode().hex().upper(),
    "URL": lambda text: urllib.parse.quote(text, safe=""),
    "JSON": lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    "JSON, each letter": lambda text: "".join(f"\\u{ord(char):04x}" for char in text),
    "reversed": lambda text: text[::-1],
    "in pieces": lambda text: f'{text[:20]}" + "{text[20:41]}"\n    "{text[41:]}',
}

PLACES = {
    "bot.py": 'KEPT = "{}"\n',
    "config.json": '{{"a": ["{}"]}}',
    ".env": 'KEPT="{}"\n',
    "bot.yml": 'kept: "{}"\n',
    "bot.log": 'sent "{}" and waited\n',
    "research.ipynb": '{{"cells": [{{"source": ["x = "{}""]}}]}}',
    "keys.csv": 'a,"{}",b\n',
    ".bash_history": "echo hello '{}'\n",
    "data.bin": '\0\1\2\0"{}"\0\3',
    "index.min.js": 'a=function(){{return"{}"}};\n',
}


def _known(path: str, text: str, known: Known = _KNOWN) -> list[Finding]:
    return [
        one
        for one in scan(path, text.encode("utf-8", "surrogateescape"), known)
        if isinstance(one, Finding) and one.rule == "secrets/known"
    ]


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_known_secret_is_found_in_every_encoding_and_place(encoding: str, place: str) -> None:
    text = PLACES[place].format(ENCODINGS[encoding](_SECRET))
    assert [one.text for one in _known(place, text)] == [one.text for one in _known(place, text)][:1] != []


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_another_secret_is_not_taken_for_it(encoding: str, place: str) -> None:
    other = _SECRET[:-3] + ("A" if _SECRET[-3] != "A" else "B") + _SECRET[-2:]
    assert _known(place, PLACES[place].format(ENCODINGS[encoding](other))) == []


@given(st.text(min_size=0, max_size=200), st.text(min_size=0, max_size=200))
def test_whatever_is_around_a_known_secret_it_is_found_and_nothing_else(before: str, after: str) -> None:
    text = (before + _SECRET + after).encode("utf-8", "surrogatepass")
    if text[:2] not in {b"\xff\xfe", b"\xfe\xff"}:
        found = [one for one in scan("x.txt", text, _KNOWN) if isinstance(one, Finding) and one.rule == "secrets/known"]
        assert len(found) == 1


def test_the_entries_hold_no_secret_and_go_through_json() -> None:
    written = msgspec.json.encode(_KNOWN)
    assert _SECRET[2:12].encode() not in written
    assert msgspec.json.decode(written, type=Known) == _KNOWN


def test_another_salt_makes_other_digests() -> None:
    other = remember("account main: secret", "secret", _SECRET.encode(), b"another")
    assert not {one.digest for one in other} & {one.digest for one in _KNOWN.entries}


def test_the_line_of_a_secret_in_pieces_is_that_of_its_first() -> None:
    text = f'x = 1\nkept = (\n    "{_SECRET[:30]}"\n    "{_SECRET[30:]}"\n)\n'
    assert [one.place.line for one in _known("a.py", text)] == [3]


def test_it_is_found_once_a_line_and_again_on_another() -> None:
    text = f'a = "{_SECRET}", "{_SECRET}"\n\nb = "{_SECRET}"\n'
    assert [one.place.line for one in _known("a.py", text)] == [1, 3]


_SHORT = Known(_SALT, remember("account main: passphrase", "passphrase", b"Tall-ship7291", _SALT))


@pytest.mark.parametrize(
    "text", ['PASS = "Tall-ship7291"', "PASS=Tall-ship7291", "pass: Tall-ship7291", "x\nTall-ship7291\ny"]
)
def test_a_short_passphrase_is_found_where_it_is_a_whole_value(text: str) -> None:
    assert len(_known("x", text, _SHORT)) == 1


_PLAIN = Known(_SALT, remember("account main: passphrase", "passphrase", b"tradingbot", _SALT))


@pytest.mark.parametrize(
    ("text", "count"), [('okx_passphrase = "tradingbot"', 1), ("PASS=tradingbot", 1), ('name = "tradingbot"', 0)]
)
def test_a_passphrase_that_is_a_word_is_tried_only_where_a_name_says_so(text: str, count: int) -> None:
    assert len(_known("x.py", text, _PLAIN)) == count


def test_an_entry_of_old_that_does_not_tell_its_letters_is_found_all_the_same() -> None:
    old = Known(_SALT, tuple(replace(one, letters="") for one in _KNOWN.entries))
    for encoding, made in ENCODINGS.items():
        assert len(_known("x.txt", f'a "{made(_SECRET)}" b', old)) == 1, encoding


@pytest.mark.parametrize("size", [16, 17, 32, 64])
@pytest.mark.parametrize("around", ["", "x", "\n", "\0", "é", "--"])
def test_a_known_secret_alone_at_each_end_of_a_file_is_found(size: int, around: str) -> None:
    secret = Drawn(size).mixed(size)
    known = Known(_SALT, remember("account main: secret", "secret", secret.encode(), _SALT))
    assert len(_known("x.txt", around + secret, known)) == len(_known("x.txt", secret + around, known)) == 1


def test_a_short_passphrase_has_no_beginning_in_its_entry() -> None:
    assert [one.head for one in _SHORT.entries] == [b""]


def test_sixteen_characters_are_the_first_that_are_not_short() -> None:
    assert len(remember("x", "passphrase", b"a" * 15, _SALT)) == 1
    assert remember("x", "passphrase", b"abcdefghijklmn77", _SALT)[0].head == b"ab"


def test_more_values_than_can_be_tried_are_said() -> None:
    text = "\n".join(f'a = "Ship-{number * 7919 % 99_999_989:08}"' for number in range(60))
    assert any(isinstance(one, Unanswered) for one in scan("x.py", text.encode(), _SHORT))


def test_a_secret_may_be_given_as_a_view_of_memory() -> None:
    assert remember("x", "secret", memoryview(_SECRET.encode()), _SALT) == remember(
        "x", "secret", _SECRET.encode(), _SALT
    )


@pytest.mark.parametrize("text", ["{}", 'API_KEY = "{}"', "curl -H 'X-MBX-APIKEY: {}'", '{{"key": "a\\n{}"}}'])
def test_a_virtual_key_is_recognised_and_called_harmless(text: str) -> None:
    found = list(scan("x.txt", text.format(Drawn().virtual()).encode()))
    assert [one.rule for one in found if isinstance(one, Finding)] == ["secrets/virtual-key"]
