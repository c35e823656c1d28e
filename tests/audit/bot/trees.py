"""Directories of bots for the tests, written out of texts; values that look like keys are made here, none is real."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ringfence.audit.bot.bot import Owner, look
from ringfence.audit.bot.judge import judge
from ringfence.audit.finding import Finding, Unanswered
from ringfence.dialects.virtual import mark, shape_of

DIGEST = "sha256:" + "0123456789abcdef" * 4


def drawn(salt: str, length: int = 64) -> str:
    """Make a value that looks like a secret, the same each time."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    stream = hashlib.sha512(salt.encode()).digest() * 2
    return "".join(letters[byte % 62] for byte in stream)[:length]


def virtual(half: Literal["key", "secret"]) -> str:
    """Make one half of a virtual key."""
    shape = shape_of("binance")
    body = drawn(f"virtual {half}", shape.body).encode()
    return (body + mark(shape, half, body)).decode()


KEY, SECRET = drawn("key"), drawn("secret")
PASSWORD = drawn("password", 40)
PLACEHOLDERS = {
    "{key}": KEY,
    "{secret}": SECRET,
    "{password}": PASSWORD,
    "{virtual_key}": virtual("key"),
    "{virtual_secret}": virtual("secret"),
    "{digest}": DIGEST,
}
SECRETS = (KEY, SECRET, PASSWORD, virtual("key"), virtual("secret"))


def filled(text: str) -> str:
    """Put a made value in each placeholder."""
    for name, value in PLACEHOLDERS.items():
        text = text.replace(name, value)
    return text


def lay(root: Path, files: str | Mapping[str, str]) -> Path:
    """Write files under a directory: a mapping, or a text with `--- path`; a mode may stand behind a path."""
    for path, text in (files_of(files) if isinstance(files, str) else files).items():
        name, _, mode = path.partition(" ")
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(filled(text), "utf-8")
        target.chmod(int(mode or "600", 8))
    for folder in (root, *(one for one in root.rglob("*") if one.is_dir() and not one.is_symlink())):
        folder.chmod(0o755)
    return root


def files_of(example: str) -> dict[str, str]:
    """Read a text of several files."""
    found: dict[str, str] = {}
    for piece in example.split("--- ")[1:]:
        path, _, held = piece.partition("\n")
        found[path] = held
    return found


def said(root: Path, owner: Owner | None = None) -> list[Finding | Unanswered]:
    """Audit a directory; those above it keep nobody out."""
    return list(judge(look(root, owner, top=root)))


def found(root: Path, owner: Owner | None = None) -> list[Finding]:
    """List the findings."""
    return [one for one in said(root, owner) if isinstance(one, Finding)]


def gaps(root: Path, owner: Owner | None = None) -> list[Unanswered]:
    """List what was not looked at."""
    return [one for one in said(root, owner) if isinstance(one, Unanswered)]


def of_rule(root: Path, rule: str) -> list[tuple[str, int]]:
    """List where a rule is broken."""
    return sorted((one.place.path, one.place.line) for one in found(root) if one.rule == f"bot/{rule}")
