"""From the bytes of a file of data to its text, as the readers of such files decode it. Nothing is judged here."""

import json


def text_of(data: bytes) -> str:
    """Decode by the mark at the beginning or the zeros in it (RFC 4627, 3); no cookie in a comment counts."""
    text = data.decode(json.detect_encoding(data), "replace").removeprefix("\ufeff")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def plain(data: bytes) -> bytes:
    """Give the same text in UTF-8, for searching by bytes; as it is where it is so already."""
    if b"\0" in data[:4] or data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return text_of(data).encode("utf-8", "replace")
    return data


def line_of(text: str, words: str) -> int:
    """Say on which line words first stand; 0 where they are written in another way there."""
    at = text.find(words) if words else -1
    return text.count("\n", 0, at) + 1 if at >= 0 else 0
