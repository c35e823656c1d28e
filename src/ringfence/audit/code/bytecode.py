"""Compiled files, judged by their name and first sixteen bytes. They are never loaded."""

import struct
from typing import Final

from ringfence.audit.code.notes import Notes

_HEADER: Final = 16  # bytes: magic, flags, and time and size or hash of the source (PEP 552)
_HASHED: Final = 0b01
_CHECKED: Final = 0b10


def look(data: bytes, notes: Notes) -> None:
    """Note a compiled file that Python runs without its source, or without comparing it with its source."""
    if "__pycache__/" not in f"/{notes.path}":
        notes.add("compiled-without-source", 0, "", "file")
        return
    if len(data) < _HEADER:
        notes.skipped("a compiled file without a whole header")
        return
    (flags,) = struct.unpack_from("<I", data, 4)
    if flags & _HASHED and not flags & _CHECKED:
        notes.add("unchecked-bytecode", 0, "", "file")
