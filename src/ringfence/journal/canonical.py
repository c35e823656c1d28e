"""The one way to write a value as JSON: RFC 8785, and in ASCII alone.

Keys are sorted by UTF-16 code unit, there is no white space, and numbers are whole. Of ASCII text the result is RFC
8785 byte for byte; any other character is written as its escape, backslash u and four hex digits for each UTF-16 unit,
so that a journal can be read on any terminal and no look-alike letter hides in it. What JSON cannot carry unchanged is
refused, never bent.
"""

from collections.abc import Mapping
from json.encoder import encode_basestring_ascii

from ringfence.errors import Broken
from ringfence.model.entry import Value

_MAX_INT = 2**53 - 1  # RFC 7493 section 2.2: what every reader of JSON holds exactly
_MAX_DEPTH = 32  # ours: entries are shallow, and a reader's stack is finite


def encode(value: Value) -> bytes:
    """Write a value; raises `Broken` for a float, a number past 2^53 - 1, a lone surrogate, or any other type."""
    return _write(value, _MAX_DEPTH).encode("ascii")


def _write(value: object, depth: int) -> str:  # noqa: C901  # one case for each kind of value
    if depth == 0:
        raise Broken(f"a journal entry is nested deeper than {_MAX_DEPTH}")
    match value:
        case str():
            return _quote(value)
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            if abs(value) > _MAX_INT:
                raise Broken("a whole number past 2^53 - 1 cannot be journalled", hint="write it as text")
            return format(value, "d")
        case list():
            return "[" + ",".join([_write(item, depth - 1) for item in value]) + "]"
        case Mapping():
            keys = sorted(value) if all(map(_plain, value)) else sorted(value, key=_units)
            return "{" + ",".join([f"{_quote(key)}:{_write(value[key], depth - 1)}" for key in keys]) + "}"
        case _:
            raise Broken(f"a {type(value).__name__} cannot be journalled", hint="write amounts as text")


def _plain(key: object) -> bool:
    """Whether a key sorts by code point as it does by UTF-16 unit, which is the quicker way."""
    return type(key) is str and key.isascii()


def _units(key: object) -> bytes:
    if not isinstance(key, str):
        raise Broken(f"a {type(key).__name__} cannot be a key in a journal entry")
    try:
        return key.encode("utf-16-be")
    except UnicodeEncodeError:
        raise Broken("a lone surrogate cannot be journalled") from None


def _quote(text: str) -> str:
    if not text.isascii():
        _units(text)  # refuses what has no spelling
    if "\x7f" not in text:
        return encode_basestring_ascii(text)
    # The standard library's spelling is RFC 8785's but for DEL, which it escapes and the RFC (3.2.2.2) does not.
    return '"' + "\x7f".join([encode_basestring_ascii(part)[1:-1] for part in text.split("\x7f")]) + '"'
