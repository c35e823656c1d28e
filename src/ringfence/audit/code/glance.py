"""A first look at a file of an installed package, at its bytes only: does any word stand in it that a rule needs?

Most files of libraries can do nothing that a rule is about, and reading them takes longer than reading all the others.
What hides a word (escapes, pieces, a lookup by a computed name) tells as a word does. It must never be the only look at
a file through which another passes something on: `passing` names those, and they are read as a whole.
"""

import re
from collections.abc import Set as AbstractSet
from typing import Final

from ringfence.audit.code.checks.money import is_address
from ringfence.audit.code.hidden import builds, disguised, hidden, words_of
from ringfence.audit.code.hosts import imitated
from ringfence.audit.code.known import EXCHANGES, NETWORKS
from ringfence.audit.code.skim import hosts_in, imports
from ringfence.audit.code.wordlists import WORDS

PARTS: Final = WORDS["telling_parts"]
"""Parts of words, in small letters, without which, or without hiding which, nothing that matters is done."""
WHOLE: Final = WORDS["telling"]
"""Whole words, likewise."""

_PARTS: Final = tuple(part.encode() for part in sorted(PARTS))
_WHOLE: Final = frozenset(word.encode() for word in WHOLE)
_ALONE: Final = rb"(?<![.\w`]%s)(?![\w`])(?![ \t]+(?!if\b|or\b|and\b|else\b)[A-Za-z])"  # and not in prose
_CALLED: Final = rb"(?:" + _ALONE + rb"|(?<=[\"'.]%s)[\"'(])"
# Words that tell where they stand in a certain way. Each expression begins with its word, which is found much sooner.
_RUNS: Final = {
    **{word: re.compile(word + _CALLED % (word, word)) for word in (b"exec", b"eval")},
    b"compile": re.compile(b"compile" + _ALONE % b"compile"),
    b"system": re.compile(rb"system(?:(?<=[\"'.]system)[\"'(]|(?<=\.system)\b)|import[^\n]{0,200}\bsystem\b"),
}
_VERIFIES: Final = re.compile(rb"verify\w{0,40}[\"']?\s{0,9}[=:]\s{0,9}(?:False|0|None|not)\b")
_INSTALLS: Final = re.compile(
    rb"pip(?<!\wpip)(?:\._internal(?:\.\w+){0,3})?(?:\.main\b|[ \t]+import\b[^\n]{0,200}\bmain\b)"
    rb"|import[ \t]+pip(?![\w.])"
)
_ROOTS: Final = frozenset(name.encode() for name in NETWORKS | EXCHANGES)
_LOOKUPS: Final = frozenset(
    {b"getattr", b"setattr", b"attrgetter", b"methodcaller", b"__getattribute__"}
    | {b"vars", b"globals", b"locals", b"__dict__", b"modules"}
)
_SHORTEST_ADDRESS: Final = 25
_QUOTED: Final = re.compile(rb"[\"']([A-Za-z0-9]{25,100})[\"']")


def tells(data: bytes) -> bool:
    """Say whether a file has to be read."""
    return _strange(data) or _plain(data)


def _strange(data: bytes) -> bool:
    """Say whether a file may be in another encoding than the one in which words are looked for."""
    head = data[:300].lower()
    return (
        b"\0" in data
        or data[:2] in {b"\xff\xfe", b"\xfe\xff"}
        or re.search(rb"coding[:=][ \t]*+(?!utf-?8|ascii)", head) is not None
    )


def _plain(data: bytes) -> bool:
    words = words_of(data)
    if _any_tells(words):
        return True
    if any(word in words and way.search(data) for word, way in _RUNS.items()) or _VERIFIES.search(data):
        return True
    if b"pip" in words and _INSTALLS.search(data):
        return True
    if words & _ROOTS and any(_ROOTS & words_of(found) for found in imports(data)):
        return True
    if words & _LOOKUPS and (builds(data, words) or _hides(data, words)):
        return True
    if disguised(data) or any(map(imitated, hosts_in(data))):
        return True
    long = any(len(word) >= _SHORTEST_ADDRESS and b"_" not in word for word in words)
    return long and any(is_address(found.decode()) for found in _QUOTED.findall(data))


def _any_tells(words: AbstractSet[bytes]) -> bool:
    """Say whether one of some words, in small letters, tells by itself."""
    if not words.isdisjoint(_WHOLE):
        return True
    text = b" ".join(words)
    return any(part in text for part in _PARTS)  # one after the other: several times as fast as one expression of all


def _hides(data: bytes, words: AbstractSet[bytes]) -> bool:
    found = hidden(data, words)
    return _any_tells(found) or not found.isdisjoint(_RUNS) or any(b"verify" in word for word in found)
