"""The one way to write a value as JSON: RFC 8785, and in ASCII alone.

Keys are sorted by UTF-16 code unit, there is no white space, and numbers are whole. Of ASCII text the result is RFC
8785 byte for byte; any other character is written as its escape, backslash u and four hex digits for each UTF-16 unit,
so that a journal can be read on any terminal and no look-alike letter hides in it. What JSON cannot carry unchanged is
refused, never bent.
"""

import re
from collections.abc import Mapping

from ringfence.errors import Broken
from ringfence.model.entry import Value

_MAX_INT = 2**53 - 1  # RFC 7493 section 2.2: what every reader of JSON holds exactly
_MAX_DEPTH = 32  # ours: entries are shallow, and a reader's stack is finite
_SPECIAL = re.compile(r"[^ !#-\[\]-\x7f]")
_SHORT = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}


def encode(value: Value) -> bytes:
    """Write a value; raises `Broken` for a float, a number past 2^53 - 1, a lone surrogate, or any other type."""
    return _write(value, _MAX_DEPTH).encode("ascii")


def _write(value: object, depth: int) -> str:  # noqa: C901  # one case for each kind of value
    if depth == 0:
        raise Broken(f"a journal entry is nested deeper than {_MAX_DEPTH}")
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            if abs(value) > _MAX_INT:
                raise Broken("a whole number past 2^53 - 1 cannot be journalled", hint="write it as text")
            return format(value, "d")
        case str():
            return _quote(value)
        case list():
            return "[" + ",".join([_write(item, depth - 1) for item in value]) + "]"
        case Mapping():
            pairs = sorted([(_units(key), key) for key in value])
            return "{" + ",".join([f"{_quote(key)}:{_write(value[key], depth - 1)}" for _, key in pairs]) + "}"
        case _:
            raise Broken(f"a {type(value).__name__} cannot be journalled", hint="write amounts as text")


def _units(key: object) -> bytes:
    if not isinstance(key, str):
        raise Broken(f"a {type(key).__name__} cannot be a key in a journal entry")
    try:
        return key.encode("utf-16-be")
    except UnicodeEncodeError:
        raise Broken("a lone surrogate cannot be journalled") from None


def _quote(text: str) -> str:
    return f'"{_SPECIAL.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    char = found[0]
    if char in _SHORT:
        return _SHORT[char]
    units = _units(char).hex()
    return "".join(f"\\u{units[at : at + 4]}" for at in range(0, len(units), 4))
