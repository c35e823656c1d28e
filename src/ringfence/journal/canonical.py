"""The one way to write a value as JSON: RFC 8785, and in ASCII alone.

Keys are sorted by UTF-16 code unit, there is no white space, and numbers are whole. Of ASCII text the result is RFC
8785 byte for byte; any other character is written as its escape, backslash u and four hex digits for each UTF-16 unit,
so that a journal can be read on any terminal and no look-alike letter hides in it. What JSON cannot carry unchanged is
refused, never bent.
"""

import json
import re
from collections.abc import Iterable, Mapping
from functools import partial

from ringfence.errors import Broken
from ringfence.model.entry import Value

_MAX_INT = 2**53 - 1  # RFC 7493 section 2.2: what every reader of JSON holds exactly
_MAX_DEPTH = 32  # ours: entries are shallow, and a reader's stack is finite
_Encoder = partial(json.JSONEncoder, ensure_ascii=True, check_circular=False, separators=(",", ":"), default=dict)
_write = _Encoder(sort_keys=True).encode
_write_as_ordered = _Encoder(sort_keys=False).encode
_ESCAPE = re.compile(r"\\(?:u007f|.)")


def encode(value: Value) -> bytes:
    """Write a value; raises `Broken` for a float, a number past 2^53 - 1, a lone surrogate, or any other type."""
    _check((value,), _MAX_DEPTH)
    text = _write(value)
    if "\\u" in text:  # rarely: the standard library sorts by code point, lets a surrogate stand alone and escapes DEL
        text = _ESCAPE.sub(_unescape_del, _write_as_ordered(_ordered(value)))
    return text.encode("ascii")


def _check(values: Iterable[object], depth: int) -> None:
    """Refuse any type and any number that JSON cannot carry unchanged."""
    for value in values:
        if depth == 0:
            raise Broken(f"a journal entry is nested deeper than {_MAX_DEPTH}")
        match value:
            case str() | bool() | None:
                pass
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
        case str():
            _units(value)
            return value
        case list():
            return [_ordered(item) for item in value]
        case Mapping():
            return {key: _ordered(value[key]) for key in sorted(value, key=_units)}
        case _:
            return value


def _units(text: str) -> bytes:
    try:
        return text.encode("utf-16-be")
    except UnicodeEncodeError:
        raise Broken("a lone surrogate cannot be journalled") from None


def _unescape_del(escape: re.Match[str]) -> str:
    return "\x7f" if escape[0] == "\\u007f" else escape[0]
