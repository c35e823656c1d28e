"""Finds the known secrets in bytes: where a beginning agrees, the digest decides. It takes time in proportion."""

import hashlib
import re
from bisect import bisect_right
from collections.abc import Iterator

from ringfence.audit.finding import Finding, Place, Unanswered
from ringfence.audit.secrets.known import Entry, Known, fast, slow
from ringfence.audit.secrets.rules import BY_ID

_TRIES = 40  # slow digests a file: two seconds
_JOINT = re.compile(rb"[\"'`](?:\s|\\\n|\+|\.|,|&|\\|/\*[^*]{0,80}\*/){0,200}[brfuBRFU]{0,2}[\"'`]")
_QUOTED = re.compile(rb"([\"'`])([^\"'`\n]{1,64})\1|[=:][ \t]{0,8}([^\s\"'`,;]{1,64})|(?m:^)([^\s\"'`=:]{1,64})(?m:$)")


def seek(path: str, data: bytes, known: Known) -> Iterator[Finding | Unanswered]:
    """Say where known secrets stand, each once a line."""
    seen: set[tuple[str, int]] = set()
    heads = _by_head(known)
    for text in (_Text(data, None), _Text(data, _JOINT)):
        for entry, start in _hits(text.text, heads, known.salt):
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


def _by_head(known: Known) -> dict[bytes, dict[int, dict[bytes, Entry]]]:
    heads: dict[bytes, dict[int, dict[bytes, Entry]]] = {}
    for entry in known.entries:
        if entry.head:
            heads.setdefault(entry.head, {}).setdefault(entry.length, {})[entry.digest] = entry
    return heads


def _beginnings(heads: list[bytes]) -> re.Pattern[bytes]:
    """Make one expression of all heads: a letter, and a class of the letters that may follow it."""
    after: dict[bytes, bytes] = {}
    for head in heads:
        after[head[:1]] = after.get(head[:1], b"") + re.escape(head[1:])
    either = b"|".join(re.escape(first) + b"[" + seconds + b"]" for first, seconds in after.items())
    return re.compile(b"(?=(" + either + b"))")


def _hits(text: bytes, heads: dict[bytes, dict[int, dict[bytes, Entry]]], salt: bytes) -> Iterator[tuple[Entry, int]]:
    """Digest what follows each head, one digest a length. What follows has no blank: no encoding has."""
    if not heads:
        return
    pattern = _beginnings(sorted(heads))
    for found in pattern.finditer(text):
        start = found.start()
        for length, digests in heads[found[1]].items():
            if start + length > len(text):
                continue
            entry = digests.get(fast(text[start : start + length], salt))
            if entry is not None:
                yield entry, start
                break


def _short(path: str, data: bytes, entries: list[Entry], salt: bytes) -> Iterator[Finding | Unanswered]:
    """Try what stands in quotes or is assigned, and is exactly as long, a bounded number of times."""
    lengths = {entry.length for entry in entries}
    tried: dict[bytes, bytes] = {}
    text = _Text(data, None)
    for found in _QUOTED.finditer(data):
        word = found[2] or found[3] or found[4] or b""
        if len(word) not in lengths or word.isspace():
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


def _found(path: str, line: int, entry: Entry) -> Finding:
    subject = hashlib.sha256(f"known\0{entry.name}".encode()).hexdigest()[:12]
    return BY_ID["secrets/known"].found(
        Place(path, line), f"your own {entry.kind}, {entry.name} ({entry.encoding})", subject
    )
