"""What a constant expression gives, worked out without running anything of the file: texts, decodings, arithmetic.

Only functions of this list are worked out, on constants of the file, with bounded results. It must never evaluate.
"""

import base64
import binascii
import bz2
import codecs
import lzma
import operator
import zlib
from collections.abc import Callable
from typing import Final

from ringfence.audit.code.values import GAP, HOLE, LONG, UNKNOWN, type_of_const

Consts = list[type_of_const]


def _bytes(value: type_of_const) -> bytes:
    if isinstance(value, bytes):
        return value
    if isinstance(value, str) and GAP not in value:
        return value.encode()
    raise TypeError


def _text(value: type_of_const) -> str:
    if isinstance(value, str):
        return value
    raise TypeError


def _inflate(data: bytes) -> bytes:
    for wbits in (15, 31, -15):
        try:
            return zlib.decompressobj(wbits).decompress(data, LONG)
        except zlib.error:
            continue
    raise ValueError


def _padded(data: bytes) -> bytes:
    return data + b"=" * (-len(data) % 4)


def _by_codec(args: Consts) -> type_of_const:
    name = _text(args[1]).lower().replace("-", "_") if len(args) > 1 else "utf_8"
    if name in {"rot13", "rot_13"}:
        return codecs.encode(args[0] if isinstance(args[0], str) else _bytes(args[0]).decode(), "rot13")
    if name in {"hex", "hex_codec"}:
        return binascii.unhexlify(_bytes(args[0]))
    if name in {"base64", "base64_codec"}:
        return base64.b64decode(_padded(_bytes(args[0])))
    if name in {"zlib", "zlib_codec"}:
        return _inflate(_bytes(args[0]))
    if name in {"utf_8", "utf8", "ascii", "latin_1", "latin1", "unicode_escape", "utf_16", "utf_32"}:
        return _bytes(args[0]).decode(name)
    raise ValueError


def _number(args: Consts) -> type_of_const:
    first = args[0]
    if isinstance(first, (str, bytes)):
        return int(first[:1000], int(str(args[1])) if len(args) > 1 else 10)
    return int(first) if isinstance(first, (int, float)) else UNKNOWN


def _str(args: Consts) -> type_of_const:
    if isinstance(args[0], bytes):
        return args[0].decode(str(args[1])) if len(args) > 1 and args[1] in {"utf-8", "utf8", "ascii"} else UNKNOWN
    return str(args[0])


DECODERS: Final[dict[str, Callable[[Consts], type_of_const]]] = {
    "base64.b64decode": lambda args: base64.b64decode(_padded(_bytes(args[0]))),
    "base64.standard_b64decode": lambda args: base64.b64decode(_padded(_bytes(args[0]))),
    "base64.urlsafe_b64decode": lambda args: base64.urlsafe_b64decode(_padded(_bytes(args[0]))),
    "base64.decodebytes": lambda args: base64.b64decode(_padded(_bytes(args[0]))),
    "base64.b32decode": lambda args: base64.b32decode(_bytes(args[0])),
    "base64.b16decode": lambda args: base64.b16decode(_bytes(args[0]), casefold=True),
    "base64.b85decode": lambda args: base64.b85decode(_bytes(args[0])),
    "base64.a85decode": lambda args: base64.a85decode(_bytes(args[0])),
    "binascii.unhexlify": lambda args: binascii.unhexlify(_bytes(args[0])),
    "binascii.a2b_hex": lambda args: binascii.unhexlify(_bytes(args[0])),
    "binascii.a2b_base64": lambda args: base64.b64decode(_padded(_bytes(args[0]))),
    "bytes.fromhex": lambda args: bytes.fromhex(_text(args[0])),
    "bytearray.fromhex": lambda args: bytes.fromhex(_text(args[0])),
    "codecs.decode": _by_codec,
    "zlib.decompress": lambda args: _inflate(_bytes(args[0])),
    "gzip.decompress": lambda args: _inflate(_bytes(args[0])),
    "bz2.decompress": lambda args: bz2.BZ2Decompressor().decompress(_bytes(args[0]), LONG),
    "lzma.decompress": lambda args: lzma.LZMADecompressor(memlimit=1 << 26).decompress(_bytes(args[0]), LONG),
    "marshal.loads": lambda _: UNKNOWN,
    "cryptography.fernet.Fernet().decrypt": lambda _: UNKNOWN,
}
"""Functions that turn what nobody can read into text."""

PLAIN: Final[dict[str, Callable[[Consts], type_of_const]]] = {
    "str": _str,
    "bytes": lambda args: _bytes(args[0]) if args else b"",
    "bytearray": lambda args: _bytes(args[0]) if args else b"",
    "int": _number,
    "chr": lambda args: chr(args[0]) if isinstance(args[0], int) else UNKNOWN,
    "ord": lambda args: ord(_text(args[0])),
    "os.path.expanduser": lambda args: args[0],
    "os.path.expandvars": lambda args: args[0],
    "os.path.abspath": lambda args: args[0],
    "os.path.normpath": lambda args: args[0],
    "os.path.realpath": lambda args: args[0],
    "os.fspath": lambda args: args[0],
    "urllib.parse.unquote": lambda args: args[0],
    "html.unescape": lambda args: args[0],
    "textwrap.dedent": lambda args: args[0],
    "inspect.cleandoc": lambda args: args[0],
    "codecs.encode": _by_codec,
    "sys.intern": lambda args: args[0],
}
"""Further functions whose result is a constant where their arguments are."""

_PATHS = frozenset(
    {"os.path.join", "posixpath.join", "ntpath.join", "pathlib.Path", "pathlib.PurePath", "os.path.join()"}
)


def call(ref: str, args: Consts) -> type_of_const:
    """Work out a function of the lists; unknown where it cannot be."""
    if ref in _PATHS or (ref.startswith("pathlib.") and ref.endswith("Path")):
        return _joined(args)
    make = DECODERS.get(ref) or PLAIN.get(ref)
    if make is None or not args or any(arg is UNKNOWN for arg in args[:1]):
        return UNKNOWN
    try:
        return bounded(make(args))
    except (
        ValueError,
        TypeError,
        IndexError,
        LookupError,
        OverflowError,
        EOFError,
        OSError,
        MemoryError,
        lzma.LZMAError,
    ):
        return UNKNOWN


def _joined(args: Consts) -> type_of_const:
    parts = [arg if isinstance(arg, str) else HOLE for arg in args]
    return "/".join(part.rstrip("/") for part in parts) if parts else "."


def bounded(value: type_of_const) -> type_of_const:
    """Give up on what is too long to be worth reading."""
    return UNKNOWN if isinstance(value, (str, bytes)) and len(value) > LONG else value


def _method_decode(value: str | bytes, args: Consts) -> type_of_const:
    return value if isinstance(value, str) else _by_codec([value, args[0] if args else "utf-8"])


def _replace(value: str | bytes, args: Consts) -> type_of_const:
    if isinstance(value, str):
        return value.replace(_text(args[0]), _text(args[1])) if len(_text(args[1])) < 100 else UNKNOWN  # noqa: PLR2004
    return value.replace(_bytes(args[0]), _bytes(args[1])) if len(_bytes(args[1])) < 100 else UNKNOWN  # noqa: PLR2004


def _format(value: str | bytes, args: Consts) -> type_of_const:
    out, rest = [], list(args)
    for number, piece in enumerate(_text(value if isinstance(value, str) else UNKNOWN).split("{")):
        if not number:
            out.append(piece)
            continue
        hole, closed, tail = piece.partition("}")
        index = int(hole) if hole.isdigit() and int(hole) < len(args) else None
        item = args[index] if index is not None else rest.pop(0) if not hole and rest else UNKNOWN
        out.append((str(item) if closed and isinstance(item, (str, int, float)) else HOLE) + tail)
    return "".join(out)


METHODS: Final[dict[str, Callable[[str | bytes, Consts], type_of_const]]] = {
    "decode": _method_decode,
    "encode": lambda value, _: value.encode() if isinstance(value, str) else value,
    "lower": lambda value, _: value.lower(),
    "upper": lambda value, _: value.upper(),
    "title": lambda value, _: value.title(),
    "swapcase": lambda value, _: value.swapcase(),
    "capitalize": lambda value, _: value.capitalize(),
    "strip": lambda value, args: value.strip(*args[:1]) if isinstance(value, str) else value.strip(),  # type: ignore[arg-type]
    "lstrip": lambda value, args: value.lstrip(*args[:1]) if isinstance(value, str) else value,  # type: ignore[arg-type]
    "rstrip": lambda value, args: value.rstrip(*args[:1]) if isinstance(value, str) else value,  # type: ignore[arg-type]
    "replace": _replace,
    "format": _format,
    "removeprefix": lambda value, args: value.removeprefix(_text(args[0])) if isinstance(value, str) else value,
    "removesuffix": lambda value, args: value.removesuffix(_text(args[0])) if isinstance(value, str) else value,
    "hex": lambda value, _: value.hex() if isinstance(value, bytes) else UNKNOWN,
    "expanduser": lambda value, _: value,
    "resolve": lambda value, _: value,
    "absolute": lambda value, _: value,
    "joinpath": lambda value, args: _joined([value, *args]),
    "with_suffix": lambda value, args: _text(value if isinstance(value, str) else UNKNOWN) + _text(args[0]),
    "with_name": lambda value, args: (
        _text(value if isinstance(value, str) else UNKNOWN).rpartition("/")[0] + "/" + _text(args[0])
    ),
    "as_posix": lambda value, _: value,
    "rjust": lambda value, _: value,
    "zfill": lambda value, _: value,
}
"""Methods of texts, likewise."""


def method(value: str | bytes, name: str, args: Consts) -> type_of_const:
    """Work out a method of a constant text."""
    make = METHODS.get(name)
    if make is None:
        return UNKNOWN
    try:
        return bounded(make(value, args))
    except (ValueError, TypeError, IndexError, LookupError):
        return UNKNOWN


def add(left: type_of_const, right: type_of_const) -> type_of_const:
    """Put two texts or numbers together; a gap where one of two texts is not known."""
    if isinstance(left, str) or isinstance(right, str):
        one, other = left if isinstance(left, str) else HOLE, right if isinstance(right, str) else HOLE
        return bounded(one + other)
    if isinstance(left, bytes) and isinstance(right, bytes):
        return bounded(left + right)
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left + right
    return UNKNOWN


_OPERATIONS: Final[dict[str, Callable[[int, int], int]]] = {
    "Sub": operator.sub,
    "Mult": operator.mul,
    "BitXor": operator.xor,
    "BitAnd": operator.and_,
    "BitOr": operator.or_,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
    "RShift": operator.rshift,
}
_WIDE: Final = 1 << 64  # larger numbers hide no letters


def arithmetic(name: str, left: int, right: int) -> type_of_const:
    """Work out whole numbers, small ones."""
    work = _OPERATIONS.get(name)
    if work is None or max(abs(left), abs(right)) > _WIDE:
        return UNKNOWN
    try:
        return work(left, right)
    except (ZeroDivisionError, ValueError):
        return UNKNOWN


def to_bytes(number: int, args: Consts) -> type_of_const:
    """Write a number as bytes, as a text is hidden in one."""
    size = (number.bit_length() + 7) // 8
    length = args[0] if args and isinstance(args[0], int) else size
    if number < 0 or size > length or length > LONG:
        return UNKNOWN
    return number.to_bytes(length, "little" if args[1:2] == ["little"] else "big")


def translated(text: str, table: Consts) -> type_of_const:
    """Replace letters as `str.maketrans` says, which was given two texts, and a third of what is left out."""
    if len(table) not in {2, 3} or not all(isinstance(part, str) for part in table):
        return UNKNOWN
    try:
        return text.translate(str.maketrans(*[part for part in table if isinstance(part, str)]))
    except ValueError:
        return UNKNOWN


def times(text: str | bytes, count: int) -> type_of_const:
    """Repeat a text."""
    return text * count if count >= 0 and count * len(text) <= LONG else UNKNOWN


def percent(text: str, args: Consts) -> type_of_const:
    """Fill the holes of a %-format in order; a gap where a value is not known."""
    out, rest = [], list(args)
    pieces = text.replace("%%", "\ufffc").split("%")
    out.append(pieces[0])
    for piece in pieces[1:]:
        tail = piece.lstrip("#0- +.123456789*")
        if piece.startswith("("):
            tail = piece.partition(")")[2]
        item = rest.pop(0) if rest and not piece.startswith("(") else UNKNOWN
        out.append((str(item) if isinstance(item, (str, int, float)) else HOLE) + tail[1:])
    return bounded("".join(out).replace("\ufffc", "%"))


def xor(data: bytes, key: bytes) -> bytes:
    """Undo the commonest hiding of all."""
    return bytes(byte ^ key[index % len(key)] for index, byte in enumerate(data[:LONG])) if key else data
