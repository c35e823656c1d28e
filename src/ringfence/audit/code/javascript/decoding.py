"""Texts that calls decode: from character codes, from base64 and hex, from what is packed or encrypted.

It must never decode more than is written out: of the rest it only says that it was decoded.
"""

import re
from typing import Final

from ringfence.audit.code.javascript.carrying import carrying
from ringfence.audit.code.javascript.folds import decoded
from ringfence.audit.code.javascript.reads import Called, Reads
from ringfence.audit.code.javascript.values import Kind, Taint, Value

_DECODING: Final = re.compile(r"(?i)decrypt|decipher|inflate|gunzip|unzip|decompress|fromCharCode|fromCodePoint|deobf")


def decoder(reader: Reads, called: Called) -> Value | None:
    """Return what a call decodes: texts from codes, from base64, from what is packed."""
    name = called.names[0] if called.names else called.last
    if name in ("Buffer.from", "Buffer", "atob", "unescape", "decodeURIComponent", "decodeURI"):
        return _opened(reader, called, name)
    if name in ("String.fromCharCode", "String.fromCodePoint"):
        return _characters(reader, called)
    if _DECODING.search(called.last):
        return carrying(reader, called, Taint(Kind.DECODED, called.last[:40], reader.line(called.node)))
    return None


def _opened(reader: Reads, called: Called, name: str) -> Value | None:
    given = [reader.value(one) for one in called.arguments]
    if not given:
        return None
    if given[0].items is not None and name.startswith("Buffer"):
        return _codes(given[0].items, given[0].taints)
    how = {"atob": "base64", "unescape": "percent", "decodeURIComponent": "percent", "decodeURI": "percent"}.get(name)
    how = how or (given[1].text if len(given) > 1 else None)
    if how in ("base64", "base64url", "hex", "percent"):
        texts = tuple(plain for text in given[0].texts if (plain := decoded(text, how)) is not None)
        taint = Taint(Kind.DECODED, how, reader.line(called.node))
        return Value(texts, taints=given[0].taints | {taint}, decoded=bool(texts))
    return Value(given[0].texts, taints=given[0].taints, decoded=given[0].decoded)


def _characters(reader: Reads, called: Called) -> Value:
    given: list[Value] = []
    for one in called.arguments:
        value = reader.value(one)
        given += value.items if one.type == "spread_element" and value.items is not None else [value]
    return _codes(tuple(given), frozenset({Taint(Kind.DECODED, "character codes", reader.line(called.node))}))


def _codes(items: tuple[Value, ...], taints: frozenset[Taint]) -> Value:
    codes = [int(item.text) for item in items if item.text is not None and item.text.isdecimal() and len(item.text) < 8]  # noqa: PLR2004
    if len(codes) != len(items) or any(code > 0x10FFFF for code in codes):  # noqa: PLR2004 - where Unicode ends
        return Value(taints=taints)
    return Value(("".join(map(chr, codes)),), taints=taints, decoded=True)
