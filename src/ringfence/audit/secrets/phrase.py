"""Seed phrases: 12 to 24 words of the BIP-39 list whose last bits are the checksum of the rest.

The list (bip39_english.txt) is the one that the standard publishes (bitcoin/bips, bip-0039/english.txt, SHA-256
2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda). Twelve words at random pass the checksum once in 16.
"""

import hashlib
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_BITS = 11  # a word of 2,048
_SIZES = (24, 21, 18, 15, 12)
_EVERY = 4  # words are looked up one in so many first: three in a row are of any phrase
_LONGEST_RUN = 40  # words around a phrase may be words of the list too; the list itself is no phrase
_FEWEST_DIFFERENT = 8  # "abandon abandon ... about" and "test ... junk" are everybody's
_LONGEST = 24 * 48  # characters of a phrase, with all that may stand between its words
_PIECE = 1 << 20
_BETWEEN = r"(?:[^A-Za-z]|\\\\[nrt]){1,40}"
_GAP = re.compile(
    r"(?:[\s,;\"'\\]|\\[nrt]|=\n)+|[\s,;\"'\\]*(?:\\[nrt])?\d{1,2}[.):]?[\s\"']*"
)  # or a number, where they are counted
_SOME = re.compile(rb"\x01{%d,}" % (_SIZES[-1] // _EVERY))
_ESCAPE = re.compile(rb"\\[nrt]")
_ASCII = 128
_LETTERS = bytes(byte if chr(byte).isalpha() and byte < _ASCII else 0x20 for byte in range(256))
_SMALL = bytes(ord(chr(byte).lower()) if byte < _ASCII else byte for byte in range(256))


@lru_cache(maxsize=1)
def _places() -> dict[str, int]:
    listed = Path(__file__).with_name("bip39_english.txt").read_text("ascii").split()
    return {word: place for place, word in enumerate(listed)}


def phrases(text: str) -> Iterator[tuple[str, int]]:
    """Find the seed phrases of a text: the words, and where they begin."""
    done = 0
    for begin in range(0, len(text), _PIECE):  # each word is an object, larger than itself
        before = max(0, begin - _LONGEST)
        for phrase, start in _in_piece(text[before : begin + _PIECE]):
            if before + start >= done:
                yield phrase, before + start
                done = before + start + len(phrase)


def _in_piece(text: str) -> Iterator[tuple[str, int]]:
    raw = text.encode("utf-8", "surrogatepass")
    words = _ESCAPE.sub(b"  ", raw).translate(_LETTERS).split()
    if not _may_hold_one(words):
        return
    listed = _listed(words)
    at = 0
    for run in re.finditer(rb"\x01{12,}", listed):
        best = _best(text, at, [word.decode() for word in words[run.start() : run.end()]])
        if best is not None:
            _, _, start, phrase = best
            yield phrase, start
            at = start + len(phrase)


def _may_hold_one(words: list[bytes]) -> bool:
    """Say whether twelve words in a row are of the list; most words are not looked up for that."""
    for some in _SOME.finditer(_listed(words[::_EVERY])):
        around = words[max(0, (some.start() - 1) * _EVERY) : some.end() * _EVERY]
        if b"\1" * _SIZES[-1] in _listed(around):
            return True
    return False


def _listed(words: list[bytes]) -> bytes:
    """Return a byte for each word, which is 1 where the list has it."""
    return bytes(map(_raw_words().__contains__, words))


def _best(text: str, at: int, run: list[str]) -> tuple[int, int, int, str] | None:
    """Choose among the phrases of a run the one whose words stand most evenly: words around it may be of the list."""
    placed: list[tuple[int, int, int, str]] = []
    for first, size in _in_run([word.lower() for word in run]):
        phrase = run[first : first + size]
        found = re.compile(rf"(?:(?<![A-Za-z])|(?<=\\[nrt])){_BETWEEN.join(phrase)}(?![A-Za-z])").search(text, at)
        gaps = set(re.split("|".join(phrase), found[0])[1:-1]) if found else set[str]()
        if found and all(map(_GAP.fullmatch, gaps)) and not _is_torn(gaps):
            placed.append((len(gaps), -size, found.start(), " ".join(phrase).lower()))
    return min(placed, default=None)


def _is_torn(gaps: set[str]) -> bool:
    """Say whether a paragraph ends among the words, while others of them share one."""
    kinds = {re.sub(r"\d+", "", gap) for gap in gaps}
    return len(kinds) > 1 and any(gap.count("\n") > 1 for gap in kinds)


@lru_cache(maxsize=1)
def _raw_words() -> frozenset[bytes]:
    return frozenset(form.encode() for word in _places() for form in (word, word.upper(), word.title()))


def _in_run(words: list[str]) -> Iterator[tuple[int, int]]:
    """Find the phrases in words of the list; the list itself, and prose, are longer than any phrase."""
    if len(words) > _LONGEST_RUN:
        return
    for size in _SIZES:
        for first in range(len(words) - size + 1):
            phrase = words[first : first + size]
            if len(set(phrase)) >= _FEWEST_DIFFERENT and phrase != sorted(phrase) and checked(phrase):
                yield first, size


def checked(phrase: list[str]) -> bool:
    """Say whether the checksum of a phrase is right: one bit for three words, of the SHA-256 of the rest."""
    number = 0
    for word in phrase:
        number = number << _BITS | _places()[word]
    check = len(phrase) * _BITS // 33
    entropy = (number >> check).to_bytes((len(phrase) * _BITS - check) // 8, "big")
    return hashlib.sha256(entropy).digest()[0] >> (8 - check) == number & ((1 << check) - 1)
