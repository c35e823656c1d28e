"""Texts as JavaScript writes them, with their escapes; plain names of modules.

It must never evaluate anything: a literal is read, no more.
"""

from typing import Final

ALIASES: Final = ("@/", "~/", "src/")
"""What paths from the project's own directory on begin with, by the settings that are usual for TypeScript."""
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": "\0", "\n": ""}


def unescaped(text: str) -> str:
    r"""Read the escapes of a string: \x41, \u0041, \u{41} and the rest."""
    if "\\" not in text:
        return text
    out: list[str] = []
    at = 0
    while at < len(text):
        if text[at] != "\\":
            stop = text.find("\\", at)
            stop = len(text) if stop < 0 else stop
            out.append(text[at:stop])
            at = stop
            continue
        piece, at = _escape(text, at + 1)
        out.append(piece)
    return "".join(out)


def _escape(text: str, at: int) -> tuple[str, int]:
    mark = text[at : at + 1]
    if mark == "u" and text[at + 1 : at + 2] == "{":
        stop = text.find("}", at, at + 10)
        return _point(text[at + 2 : stop]), (stop if stop > 0 else at) + 1
    width = {"x": 2, "u": 4}.get(mark, 0)
    if width:
        return _point(text[at + 1 : at + 1 + width]), at + 1 + width
    return _ESCAPES.get(mark, mark), at + 1


def _point(digits: str) -> str:
    try:
        number = int(digits, 16)
    except ValueError:
        return ""
    return chr(number) if number <= 0x10FFFF else ""  # noqa: PLR2004 - where Unicode ends


def module(name: str) -> str:
    """Return the plain name of a module: what is said twice over is one."""
    plain = name.removeprefix("node:")
    if plain.startswith(ALIASES):
        return "./@/" + plain.removeprefix("@/").removeprefix("~/")
    for said, short in (("fs/promises", "fs"), ("fs-extra", "fs"), ("undici.fetch", "fetch"), ("node-fetch", "fetch")):
        if plain == said or plain.startswith(said + "."):
            plain = short + plain[len(said) :]
    return plain.replace(".default", "").replace("fs.promises", "fs")
