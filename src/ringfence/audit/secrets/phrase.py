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
_LONGEST_RUN = 40  # words around a phrase may be words of the list too; the list itself is no phrase
_FEWEST_DIFFERENT = 8  # "abandon abandon ... about" and "test ... junk" are everybody's
_RUN = re.compile(r"(?<![A-Za-z])(?>[a-z]{3,8}+[\s,\"'\\.)\]0-9-]{1,40}+){11,}+[a-z]{3,8}+(?![a-z])")
_TITLED = re.compile(r"(?<![A-Za-z])(?>[A-Za-z]{3,8}+[ ,]{1,3}+){11,23}+[A-Za-z]{3,8}+(?![A-Za-z])")
_TOKEN = re.compile(r"[A-Za-z]{3,8}")
_LETTERS = bytes(byte | 0x20 if chr(byte).isalpha() and byte < 0x80 else 0x20 for byte in range(256))
_ESCAPE = re.compile(r"\\[nrt]")


@lru_cache(maxsize=1)
def _places() -> dict[str, int]:
    listed = Path(__file__).with_name("bip39_english.txt").read_text("ascii").split()
    return {word: place for place, word in enumerate(listed)}


def _has_run(text: str) -> bool:
    """Say whether twelve words of the list follow each other, whatever is between them."""
    words = text.encode("utf-8", "surrogateescape").translate(_LETTERS).split()
    listed = _raw_places()
    return b"\1" * _SIZES[-1] in bytes(map(listed.__contains__, words))


@lru_cache(maxsize=1)
def _raw_places() -> frozenset[bytes]:
    return frozenset(word.encode() for word in _places())


def phrases(text: str) -> Iterator[tuple[str, int]]:
    """Find the seed phrases of a text: the words, and where they begin."""
    if "\\" in text:
        text = _ESCAPE.sub("  ", text)  # an escaped end of line is a gap, and as long as it was
    if not _has_run(text):
        return
    done = -1
    for pattern in (_RUN, _TITLED):
        for run in pattern.finditer(text):
            for words, start in _in_run(run[0], run.start()):
                if start > done or pattern is _RUN:
                    yield words, start
                    done = start


def _in_run(run: str, offset: int) -> Iterator[tuple[str, int]]:
    places = _places()
    words: list[tuple[str, int]] = []
    for found in _TOKEN.finditer(run):
        word = found[0].lower()
        if word in places:
            words.append((word, offset + found.start()))
            continue
        yield from _in_words(words)
        words = []
    yield from _in_words(words)


def _in_words(words: list[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    if not _SIZES[-1] <= len(words) <= _LONGEST_RUN:
        return
    for size in _SIZES:
        for first in range(len(words) - size + 1):
            phrase = [word for word, _ in words[first : first + size]]
            if len(set(phrase)) >= _FEWEST_DIFFERENT and phrase != sorted(phrase) and checked(phrase):
                yield " ".join(phrase), words[first][1]
                return


def checked(phrase: list[str]) -> bool:
    """Say whether the checksum of a phrase is right: one bit for three words, of the SHA-256 of the rest."""
    number = 0
    for word in phrase:
        number = number << _BITS | _places()[word]
    check = len(phrase) * _BITS // 33
    entropy = (number >> check).to_bytes((len(phrase) * _BITS - check) // 8, "big")
    return hashlib.sha256(entropy).digest()[0] >> (8 - check) == number & ((1 << check) - 1)
