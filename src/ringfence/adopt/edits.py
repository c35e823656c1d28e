"""A file's text, and changes to it by span: what is not named by an edit stays, byte for byte."""

from collections.abc import Iterable
from dataclasses import dataclass

from ringfence.errors import Misconfigured
from ringfence.jsonc import line_of


@dataclass(frozen=True, slots=True)
class Edit:
    """Put `text` in place of what stands from `start` to `end`, in characters."""

    start: int
    end: int
    text: str


def decode(name: str, data: bytes) -> str:
    """Read bytes as text; raises `Misconfigured` for what is none. A byte order mark stays, as a character."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{name} is not text in UTF-8, from byte {error.start} on") from None
    if "\0" in text:
        raise Misconfigured(f"{name} has a zero byte in it, so it is no text")
    return text


def newline_of(text: str) -> str:
    """Say how the text ends its lines."""
    at = text.find("\n")
    return "\r\n" if at > 0 and text[at - 1] == "\r" else "\n"


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Make all the edits at once; they must not overlap. Those at one place come in the order given."""
    parts, at = list[str](), 0
    for edit in sorted(edits, key=lambda one: (one.start, one.end)):
        if edit.start < at:
            raise Misconfigured(f"two changes meet in line {line_of(text, edit.start)}")
        parts += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join((*parts, text[at:]))
