"""Showing a change without showing a secret: neither the key's own, nor any other that stands near."""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path

_NEAR = re.compile(
    r"""(?P<name>["']?[\w.-]*(?:secret|token|passw|pass\b|passphrase|api_?key|jwt|private)[\w.-]*["']?\s*[:=]\s*)"""
    r"""(?P<value>"(?:[^"\\]|\\.)*"|'[^']*'|[^\s,}]+)""",
    re.IGNORECASE,
)
_LONG = re.compile(r"[A-Za-z0-9+/=_-]{32,}")  # no word is as long; keys and tokens are
_USER = re.compile(r"(://[^:/@\s\"']+:)[^@/\s\"']+@")
_HIDDEN = "<hidden>"


def diff(path: Path, before: str, after: str, known: Mapping[str, str]) -> str:
    """Write a unified diff in which each secret that is `known` stands as its name, and every other as hidden."""
    old, new = (masked(text, known).splitlines() for text in (before, after))
    return "\n".join(difflib.unified_diff(old, new, f"{path}", f"{path} (adopted)", lineterm="", n=1))


def masked(text: str, known: Mapping[str, str]) -> str:
    """Hide what is secret in a text."""
    for secret in sorted(known, key=len, reverse=True):
        text = text.replace(secret, known[secret])
    text = _USER.sub(rf"\1{_HIDDEN}@", text)
    text = _NEAR.sub(_near, text)
    return _LONG.sub(_long, text)


def _near(found: re.Match[str]) -> str:
    value = found["value"]
    if value.strip("\"'").startswith(("<", "http://", "https://", "ws://", "wss://")) or value in {
        '""',
        "''",
        "true",
        "false",
        "null",
    }:
        return found[0]
    quote = value[0] if value[0] in "\"'" else ""
    return f"{found['name']}{quote}{_HIDDEN}{quote}"


def _long(found: re.Match[str]) -> str:
    word = found[0]
    return word if "/" in word and not re.search(r"[^/]{32,}", word) else _HIDDEN
