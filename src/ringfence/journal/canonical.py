"""The one way to write a value as JSON: RFC 8785, and in ASCII alone.

Keys are sorted by UTF-16 code unit, there is no white space, and numbers are whole. Of ASCII text the result is RFC
8785 byte for byte; any other character is written as its escape, backslash u and four hex digits for each UTF-16 unit,
so that a journal can be read on any terminal and no look-alike letter hides in it. What JSON cannot carry unchanged is
refused, never bent.
"""

import json
import re
import struct
from collections.abc import Iterable, Mapping
from functools import partial

import msgspec

from ringfence.errors import Broken
from ringfence.model.entry import Value

_MAX_INT = 2**53 - 1  # RFC 7493 section 2.2: what every reader of JSON holds exactly
_MAX_DEPTH = 32  # ours: entries are shallow, and a reader's stack is finite
_PLAIN = frozenset({str, bool, type(None)})  # what nearly every value is, and what needs no look
_write_sorted = msgspec.json.Encoder(order="sorted", enc_hook=dict).encode
_write_ordered = json.JSONEncoder(check_circular=False, separators=(",", ":"), ensure_ascii=False).encode
_units = partial(str.encode, encoding="utf-16-be")
_NOT_ASCII = re.compile(r"[^\x00-\x7f]+")


def encode(value: Value) -> bytes:
    """Write a value; raises `Broken` for a float, a number past 2^53 - 1, a lone surrogate, or any other type."""
    _check((value,), _MAX_DEPTH)
    try:
        text = _write_sorted(value)
    except UnicodeEncodeError:
        raise Broken("a lone surrogate cannot be journalled") from None
    if text.isascii():
        return text
    return _NOT_ASCII.sub(_escape, _write_ordered(_ordered(value))).encode("ascii")  # rarely: sorted by UTF-16 unit


def _check(values: Iterable[object], depth: int) -> None:
    """Refuse any type and any number that JSON cannot carry unchanged."""
    for value in values:
        if depth == 0:
            raise Broken(f"a journal entry is nested deeper than {_MAX_DEPTH}")
        if type(value) in _PLAIN or isinstance(value, str):
            continue
        match value:
            case int():
                if abs(value) > _MAX_INT:
                    raise Broken("a whole number past 2^53 - 1 cannot be journalled", hint="write it as text")
            case list():
                _check(value, depth - 1)
            case dict() | Mapping():
                _check_keys(value)
                _check(value.values(), depth - 1)
            case _:
                raise Broken(f"a {type(value).__name__} cannot be journalled", hint="write amounts as text")


def _check_keys(keys: Iterable[str]) -> None:
    try:
        "".join(keys)
    except TypeError:
        raise Broken("what is not text cannot be a key in a journal entry") from None


def _ordered(value: Value) -> Value:
    match value:
        case list():
            return [_ordered(item) for item in value]
        case Mapping():
            return {key: _ordered(value[key]) for key in sorted(value, key=_units)}
        case _:
            return value


def _escape(found: re.Match[str]) -> str:
    return "".join(f"\\u{unit.hex()}" for (unit,) in struct.iter_unpack("2s", _units(found[0])))
