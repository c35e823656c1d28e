"""Code under a name that is no code's: an archive to import from, compiled code. Known by its bytes, never loaded."""

import io
import struct
import zipfile
import zlib
from typing import Final

from ringfence.audit.code.bytecode import TELLING
from ringfence.audit.code.data.found import Found

_ZIP: Final = b"PK\3\4"
_ZIP_END: Final = b"PK\5\6"
_LAST: Final = 65_557  # bytes: the end of an archive and its longest comment (APPNOTE.TXT, 4.3.16)
_CODE: Final = (".py", ".pyc", ".pyw", ".pyd", ".so", ".pth")
_OBJECTS: Final = (".pkl", ".pickle", ".npy", ".joblib", ".bin", ".pt", ".dat", ".zip")
_SCRIPTED: Final = "/code/__torch__"  # what torch.jit.save writes, for its own interpreter

_MAGICS: Final = range(
    3390, 3800
)  # of compiled files of Python 3.8 to 3.14 and one after it (importlib/_bootstrap_external.py)
_HEADER: Final = 16
_FLAGS: Final = 3  # PEP 552
_MARSHALLED: Final = (0x63, 0xE3)  # a code object, alone or to be referred to (marshal.c)
_BYTES: Final = (0x73, 0xF3)
_COUNTS: Final = (5, 6)  # numbers before the bytes of the code: since 3.11, and before it
_ARGUMENTS: Final = 256


def is_zip(data: bytes) -> bool:
    """Say whether Python would open it as a zip: something else may stand before one (zipimport reads from the end)."""
    return data.startswith(_ZIP) or data.find(_ZIP_END, max(0, len(data) - _LAST)) >= 0


def inside(data: bytes) -> tuple[str, ...]:
    """List what is in a zip and can run: code, or objects that are made by running; all of it where there is code."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            names = opened.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, EOFError, NotImplementedError, struct.error, zlib.error):
        return ()
    if any(name.lower().endswith(_CODE) for name in names):
        return tuple(names)
    return tuple(name for name in names if name.lower().endswith(_OBJECTS))


def look(data: bytes, found: Found, line: int = 0) -> None:
    """Note code that is in a file, or in what a text of it decodes to."""
    if is_zip(data):
        code = [name for name in inside(data) if name.lower().endswith(_CODE) and _SCRIPTED not in f"/{name}"]
        if code:
            found.hides(line, code[0], f"an archive with {len(code)} files of code, such as {code[0]}")
    elif is_compiled(data):
        words = ", ".join(word for word in TELLING if word.encode() in data)
        found.hides(line, "compiled", f"compiled Python{' with ' if words else ''}{words}")


def is_compiled(data: bytes) -> bool:
    """Say whether it is a compiled file, or the code of one."""
    if data[2:4] == b"\r\n" and int.from_bytes(data[:2], "little") in _MAGICS and len(data) > _HEADER:
        return int.from_bytes(data[4:8], "little") <= _FLAGS and data[_HEADER] in _MARSHALLED
    return data[:1] in {b"c", b"\xe3"} and any(_is_code(data, count) for count in _COUNTS)


def _is_code(data: bytes, count: int) -> bool:
    end = 1 + 4 * count
    if len(data) <= end + 5 or data[end] not in _BYTES:
        return False
    numbers = [int.from_bytes(data[at : at + 4], "little") for at in range(1, end, 4)]
    size = int.from_bytes(data[end + 1 : end + 5], "little")
    return max(numbers[:3]) < _ARGUMENTS and max(numbers) < 1 << 29 and 0 < size < len(data)
