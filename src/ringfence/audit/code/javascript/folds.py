"""What a method of a text or of an array gives, where both are written out: computed here, on text alone.

It must never make a text longer than the limit, nor take a pattern from the file.
"""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Final
from urllib.parse import unquote

from ringfence.audit.code.javascript.values import HOLE, LONG, Value, together

_BASE64: Final = re.compile(r"[^A-Za-z0-9+/]")


def decoded(text: str, how: str) -> str | None:
    """Decode a text: base64, hex, percent; None where it is none."""
    if HOLE in text or len(text) > LONG * 8:
        return None
    try:
        if how in ("base64", "base64url"):
            plain = _BASE64.sub("", text.replace("-", "+").replace("_", "/"))
            return base64.b64decode(plain + "=" * (-len(plain) % 4)).decode("utf-8", "replace")
        if how == "hex":
            return bytes.fromhex(text).decode("utf-8", "replace")
        return unquote(text) if how == "percent" else None
    except (ValueError, binascii.Error):
        return None


def folds(owner: Value, method: str) -> bool:
    """Say whether a method of this value can be computed at all."""
    return owner.items is not None or (bool(owner.texts) and method in _TEXT)


def fold(owner: Value, method: str, given: tuple[Value, ...]) -> Value | None:
    """Return what a method gives; None where it cannot be told."""
    if owner.items is not None:
        return _of_items(owner, method, given)
    action = _TEXT.get(method)
    texts = [text for text in owner.texts if HOLE not in text]
    if action is None or not texts or len(texts) != len(owner.texts):
        return None
    words = [one.text for one in given]
    if any(word is None for word in words):
        return None
    return action(owner, texts, [word for word in words if word is not None])


def _of_items(owner: Value, method: str, given: tuple[Value, ...]) -> Value | None:
    items = owner.items or ()
    if method == "reverse":
        return Value(items=tuple(reversed(items)), taints=owner.taints, pieced=True, decoded=owner.decoded)
    if method == "join":
        glue = given[0].text if given else ","
        return together(items, glue, pieced=True) if glue is not None else None
    if method in ("concat", "flat"):
        more = tuple(item for one in given for item in one.items or (one,))
        return Value(items=(*items, *more), taints=owner.taints)
    return Value(items=items, taints=owner.taints) if method in ("slice", "values", "filter") and not given else None


_Fold = Callable[[Value, list[str], list[str]], Value | None]


def _each(change: Callable[[str, list[str]], str]) -> _Fold:
    def folded(owner: Value, texts: list[str], given: list[str]) -> Value | None:
        changed = tuple(change(text, given) for text in texts)
        return Value(changed, taints=owner.taints, decoded=owner.decoded, pieced=owner.pieced)

    return folded


def _split(owner: Value, texts: list[str], given: list[str]) -> Value | None:
    text = texts[0]
    parts = (list(text) if given[:1] == [""] else text.split(given[0])) if given else [text]
    if len(parts) > LONG // 4:
        return None
    return Value(items=tuple(Value((part,), decoded=owner.decoded) for part in parts), taints=owner.taints)


def _whole(text: str) -> int | None:
    return int(text) if text.lstrip("-").isdecimal() and len(text) < 8 else None  # noqa: PLR2004 - no text is longer


def _cut(text: str, given: list[str]) -> str:
    edges = [_whole(one) for one in given[:2]]
    return text[edges[0] if edges else 0 : edges[1] if len(edges) > 1 else None]


def _cut_length(text: str, given: list[str]) -> str:
    start = _whole(given[0]) if given else 0
    length = _whole(given[1]) if len(given) > 1 else None
    rest = text[start or 0 :]
    return rest if length is None else rest[:length]


def _char(text: str, given: list[str]) -> str:
    at = _whole(given[0]) if given else 0
    return text[at] if at is not None and 0 <= at < len(text) else ""


def _replaced(text: str, given: list[str]) -> str:
    return text.replace(given[0], given[1]) if len(given) > 1 and given[0] and len(given[1]) < 100 else text  # noqa: PLR2004


_TEXT: Final[dict[str, _Fold]] = {
    "split": _split,
    "slice": _each(_cut),
    "substring": _each(_cut),
    "substr": _each(_cut_length),
    "charAt": _each(_char),
    "at": _each(_char),
    "replace": _each(_replaced),
    "replaceAll": _each(_replaced),
    "trim": _each(lambda text, _: text.strip()),
    "toLowerCase": _each(lambda text, _: text.lower()),
    "toUpperCase": _each(lambda text, _: text.upper()),
    "concat": _each(lambda text, given: (text + "".join(given))[:LONG]),
    "toString": _each(lambda text, _: text),
    "valueOf": _each(lambda text, _: text),
}
