"""A quick look whether a text can hold a secret at all, and where: most files end here, unread.

Whatever the judge calls a secret for its look or its name must be seen here. It works on whole texts with what Python
does in C.
"""

import re
from collections.abc import Iterator

import msgspec

from ringfence.audit.secrets.dummy import random_looking
from ringfence.audit.secrets.stretches import Stretches

_TOKEN_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-")
_SHORTEST = 16  # characters: shorter secrets are found by a name, or beside a longer half
_TOKENS = Stretches(_TOKEN_BYTES, _SHORTEST)
_LONGEST = 256  # no key in one piece is longer
_HEX_SIZES = frozenset({24, 32, 40, 48, 64, 128})  # of keys in hex; other sizes are data
_HEX = b"0123456789abcdefABCDEF"
_DIGITS = b"0123456789"
_FEWEST_DIGITS = 2  # in what is drawn in letters of one case
_SUMS = tuple(b"sha%d%c" % (bits, sign) for bits in (1, 256, 384, 512) for sign in b"=:")  # in lists of packages
_VIRTUAL = 64  # characters of a virtual key; a run of letters and digits may hold one that is glued to others
_LONGEST_RUN = 96  # a virtual key is glued to the rest of an escape or a short name; each letter costs two digests
_RUNS = Stretches(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", _VIRTUAL)
_NOT_HEX = re.compile(r"[g-zG-Z]")
_NAMES = ("pass", "pwd", "secret", "ws_token", "jwt", "clave", "senha", "contrase", "hmac")
_GIVEN = re.compile(
    r"[A-Za-z_-]{0,40}(?:\\{0,4}[\"'`\])]){0,3}(?:[ \t]{0,8}(?:=>|:=|[:=,])[ \t]{0,8}|[ \t]{1,8})"
    r"(?P<quote>\\{0,4}[\"'`])?(?P<value>[^\s\"'`]{5,64})"
)
_TELLING = (  # each begins with a set, through which a search is fast
    re.compile(r"\d"),
    re.compile(r"[^\w\s.:;,(){}\[\]<>/=+*|&-]"),
    re.compile(r"[A-Z](?<=[a-z][A-Z])[A-Z]*[a-z]"),
)
_SIDE = 200  # characters of a piece
_SHORTEST_PIECE = 3
_PIECE = r"[A-Za-z0-9+/=_-]"
_RIGHT = re.compile(rf"{_PIECE}{{{_SHORTEST_PIECE},{_SIDE}}}")
_OF_A_PIECE = bytes(_TOKEN_BYTES).decode() + "="


def _joints(signs: str) -> tuple[re.Pattern[str], ...]:
    """Make an expression for each quote, which the search can leap to; on both sides of a joint is a piece."""
    return tuple(
        re.compile(
            rf"{quote}(?<={_PIECE}{{{_SHORTEST_PIECE}}}{quote})"
            rf"(?:\s{{0,80}}[{signs}]\s{{0,80}}|\\\n\s{{0,80}}|\s{{1,80}})[\"'`](?={_PIECE}{{{_SHORTEST_PIECE}}})"
        )
        for quote in "\"'`"
    )


_JOINTS = _joints("+")
_JOINTS_OR_COMMAS = _joints("+,")


class Glance(msgspec.Struct, frozen=True):
    """Where something may be, and the runs of letters that are long enough for a virtual key; with their places."""

    places: tuple[int, ...]
    joined: bool
    runs: tuple[tuple[str, int], ...]


def glance(text: str, *, code: bool) -> Glance:
    """Look at a text; in code a short value counts only where it is quoted."""
    drawn, runs = _drawn(text)
    pieces = list(_pieces(text))
    return Glance((*drawn, *_named(text, code=code), *pieces), bool(pieces), tuple(runs))


def runs(text: str) -> Iterator[tuple[str, int]]:
    """Find the runs of letters and digits, where nothing else of a text matters; the text is ASCII."""
    for start, end in _RUNS.within(text.encode("ascii")):
        run = text[start:end] if end - start <= _LONGEST_RUN else ""
        if _NOT_HEX.search(run):
            yield run, start


def _drawn(text: str) -> tuple[list[int], list[tuple[str, int]]]:
    data, plain = text.encode("utf-8", "surrogateescape"), text.isascii()
    places, runs, at = list[int](), list[tuple[str, int]](), 0
    dull = set[bytes]()  # the same names stand in a file again and again
    for start, end in _TOKENS.within(data):
        raw = data[start:end]
        if raw in dull or data[max(0, start - 7) : start].endswith(_SUMS):
            continue
        token = raw.decode("ascii")
        if _is_dull(raw, token):
            dull.add(raw)
            continue
        at = start if plain else text.find(token, at)
        places += [at] if len(raw) <= _LONGEST else []
        runs += [(token, at)] if _VIRTUAL <= len(raw) <= _LONGEST_RUN and _NOT_HEX.search(token) else []
        at += len(token)
    return places, runs


def _is_dull(raw: bytes, token: str) -> bool:
    if raw.isalpha() or (raw.islower() and _is_name(raw)) or _is_number(raw):
        return True
    return len(raw) <= _LONGEST and not random_looking(token)


def _is_name(raw: bytes) -> bool:
    """Say of what is in small letters whether it has a digit at most: `random_looking` takes none of these."""
    return len(raw) <= _LONGEST and len(raw) - len(raw.translate(None, _DIGITS)) < _FEWEST_DIGITS


def _is_number(raw: bytes) -> bool:
    """Say whether it is in hex, and of no size that a key has."""
    bare = raw.removeprefix(b"0x")
    return len(bare) not in _HEX_SIZES and not bare.translate(None, _HEX)


def _named(text: str, *, code: bool) -> Iterator[int]:
    """Find values that only their name betrays."""
    small = text.lower()
    if len(small) != len(text):  # a letter of another script became two
        small = text
    for name in _NAMES:
        at = small.find(name)
        while at >= 0:
            given = _GIVEN.match(text, at + len(name))
            if given and (given["quote"] or not code) and any(one.search(given["value"]) for one in _TELLING):
                yield at
            at = small.find(name, at + len(name))


def _pieces(text: str) -> Iterator[int]:
    """Find what is written in pieces that are drawn only together."""
    joints = _JOINTS_OR_COMMAS if ".join(" in text else _JOINTS
    for joint in (joint for one in joints for joint in one.finditer(text)):
        right = _RIGHT.match(text, joint.end())
        left = _ending(text[max(0, joint.start() - _SIDE) : joint.start()])
        if right and random_looking(left + right[0]):
            yield joint.start()


def _ending(text: str) -> str:
    """Return the piece that a text ends in."""
    return text[len(text.rstrip(_OF_A_PIECE)) :]
