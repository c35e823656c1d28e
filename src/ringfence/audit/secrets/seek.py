"""Finds the known secrets in bytes: where a beginning agrees, the digest decides. It takes time in proportion.

What is made of some letters only is looked for where those stand together for long enough, and nowhere else.
"""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from operator import itemgetter

from ringfence.audit.finding import Finding, Place, Unanswered
from ringfence.audit.secrets.dummy import chosen
from ringfence.audit.secrets.known import LETTERS, Entry, Known, fast, slow
from ringfence.audit.secrets.rules import BY_ID
from ringfence.audit.secrets.stretches import Stretches

_TRIES = 40  # slow digests a file: two seconds
_BEFORE = 40  # characters in which a name says that what follows is a passphrase
_SAID = re.compile(rb"(?i:pass|pwd|secret)")
_JOINT = re.compile(rb"[\"'`](?:\s|\\\n|\+|\.|,|&|\\|/\*[^*]{0,80}\*/){0,200}[brfuBRFU]{0,2}[\"'`]")
_QUOTED = re.compile(rb"([\"'`])([^\"'`\n]{1,64})\1|[=:][ \t]{0,8}([^\s\"'`,;]{1,64})|(?m:^)([^\s\"'`=:]{1,64})(?m:$)")


def seek(path: str, data: bytes, known: Known) -> Iterator[Finding | Unanswered]:
    """Say where known secrets stand, each once a line."""
    seen: set[tuple[str, int]] = set()
    searches = _searches(_Same(known))
    texts = [_Text(data, None), *(joined for joined in (_Text(data, _JOINT),) if len(joined.text) < len(data))]
    for text in texts:
        hits = (hit for search in searches for hit in search.hits(text.text, known.salt))
        for entry, start in sorted(hits, key=itemgetter(1)):
            key = (entry.name, text.line(start))
            if key not in seen:
                seen.add(key)
                yield _found(path, key[1], entry)
    short = [entry for entry in known.entries if not entry.head]
    if short:
        yield from _short(path, data, short, known.salt)


class _Text:
    """A text that was made from the data by leaving out what a pattern finds, and the way back to a line of that."""

    def __init__(self, data: bytes, left_out: re.Pattern[bytes] | None) -> None:
        self._data, self._line, self._counted = data, 1, 0
        self._kept = [0]  # where each part begins in the text
        self._shift = [0]  # and how much was left out before it
        parts, done = list[bytes](), 0
        for found in left_out.finditer(data) if left_out else ():
            parts.append(data[done : found.start()])
            done = found.end()
            self._kept.append(self._kept[-1] + len(parts[-1]))
            self._shift.append(done - self._kept[-1])
        self.text = b"".join((*parts, data[done:])) if parts else data

    def line(self, place: int) -> int:
        """Return the line; places are asked for in order."""
        there = place + self._shift[bisect_right(self._kept, place) - 1]
        if there > self._counted:
            self._line += self._data.count(b"\n", self._counted, there)
            self._counted = there
        return self._line


class _Same:
    """A list of known secrets, the same as another only where it is that very one: it is long, and never changes."""

    def __init__(self, known: Known) -> None:
        self.known = known

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.known is self.known

    def __hash__(self) -> int:
        return id(self.known)


class _Search:
    """Looks for the entries that are made of the same letters."""

    def __init__(self, letters: str, entries: list[Entry]) -> None:
        self._heads: dict[bytes, dict[int, dict[bytes, Entry]]] = {}
        for entry in entries:
            self._heads.setdefault(entry.head, {}).setdefault(entry.length, {})[entry.digest] = entry
        self._begin = _beginnings(sorted(self._heads))
        shortest = min(entry.length for entry in entries)
        self._stretches = Stretches(LETTERS[letters], shortest) if letters in LETTERS else None

    def hits(self, text: bytes, salt: bytes) -> Iterator[tuple[Entry, int]]:
        """Digest what follows each head, one digest a length."""
        stretches = self._stretches.within(text) if self._stretches else iter(((0, len(text)),))
        for begin, end in stretches:
            for found in self._begin.finditer(text, begin, end):
                entry = self._entry(text, found, end, salt)
                if entry is not None:
                    yield entry, found.start()

    def _entry(self, text: bytes, found: re.Match[bytes], end: int, salt: bytes) -> Entry | None:
        start = found.start()
        for length, digests in self._heads[found[1]].items():
            if start + length <= end:
                entry = digests.get(fast(text[start : start + length], salt))
                if entry is not None:
                    return entry
        return None


@lru_cache(maxsize=2)
def _searches(same: _Same) -> tuple[_Search, ...]:
    grouped: dict[str, list[Entry]] = {}
    for entry in same.known.entries:
        if entry.head:
            grouped.setdefault(entry.letters, []).append(entry)
    return tuple(_Search(letters, entries) for letters, entries in grouped.items())


def _beginnings(heads: list[bytes]) -> re.Pattern[bytes]:
    """Make one expression of all heads: a letter, and a class of the letters that may follow it."""
    after: dict[bytes, bytes] = {}
    for head in heads:
        after[head[:1]] = after.get(head[:1], b"") + re.escape(head[1:])
    either = b"|".join(re.escape(first) + b"[" + seconds + b"]" for first, seconds in after.items())
    return re.compile(b"(?=(" + either + b"))")


def _short(path: str, data: bytes, entries: list[Entry], salt: bytes) -> Iterator[Finding | Unanswered]:
    """Try what stands in quotes or is assigned, and is exactly as long, a bounded number of times."""
    lengths = {entry.length for entry in entries}
    tried: dict[bytes, bytes] = {}
    text = _Text(data, None)
    for found in _QUOTED.finditer(data):
        word = found[2] or found[3] or found[4] or b""
        if len(word) not in lengths or not _worth_a_try(data, word, found.start()):
            continue
        if word not in tried and len(tried) >= _TRIES:
            yield Unanswered(
                Place(path), f"more than {_TRIES} values are as long as a passphrase of yours: not all were tried"
            )
            return
        digest = tried.setdefault(word, b"") or slow(word, salt)
        tried[word] = digest
        for entry in entries:
            if entry.digest == digest:
                yield _found(path, text.line(found.start()), entry)


def _worth_a_try(data: bytes, word: bytes, start: int) -> bool:
    """A word of a language or of code is tried only after a name that says what it is: each try takes long."""
    if word.isspace():
        return False
    return chosen(word.decode("utf-8", "replace"), 1) or _SAID.search(data, max(0, start - _BEFORE), start) is not None


def _found(path: str, line: int, entry: Entry) -> Finding:
    subject = hashlib.sha256(f"known\0{entry.name}".encode()).hexdigest()[:12]
    return BY_ID["secrets/known"].found(
        Place(path, line), f"your own {entry.kind}, {entry.name} ({entry.encoding})", subject
    )
