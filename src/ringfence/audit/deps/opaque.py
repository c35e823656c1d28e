"""Parts that nobody can read: compiled, obfuscated, minified. Pure: names and bytes in, kinds out."""

import re

BINARY = (".so", ".pyd", ".node", ".wasm", ".dll", ".dylib", ".exe", ".a", ".o", ".jar", ".bin")
READABLE = (".py", ".pyw", ".js", ".mjs", ".cjs", ".ts")
_VERSIONED = re.compile(r"\.so(?:\.\d{1,5}){1,4}\Z")
LONG = 5_000  # characters in a line: generated tables keep below, minifiers put whole programs in one
_RENAMED = 40  # names like _0x3fa2: the obfuscator renames all of them; a hexadecimal constant has no underscore

# Each with what leaves it. Written in pieces, so that these marks do not find this file.
MARKS: tuple[tuple[bytes, str], ...] = (
    (b"__pyarmor" + b"__(", "PyArmor"),
    (b"from pyarmor" + b"_runtime", "PyArmor"),
    (b"from pytrans" + b"form import", "PyArmor"),
    (b"jsjiami" + b".com", "jsjiami"),
    (b"pyobfuscate" + b".com", "PyObfuscate"),
    (b"__import__('zlib').decom" + b"press(__import__('base64')", "a packer of Python"),
    (b"eval(function(p,a,c,k,e" + b",", "Dean Edwards' packer"),
)
_HEX_NAMES = re.compile(rb"\b_0x[0-9a-f]{4,6}\b")


def is_binary(path: str) -> bool:
    """Say whether a file's name is that of compiled code."""
    return path.endswith(BINARY) or bool(_VERSIONED.search(path[-40:]))


def is_readable(path: str) -> bool:
    """Say whether a file is one that could be made unreadable."""
    return path.endswith(READABLE)


def obfuscator(code: bytes) -> str:
    """Return what made a code unreadable on purpose; empty where nothing is seen to have."""
    for mark, name in MARKS:
        if mark in code:
            return name
    if code.count(b"_0x") >= _RENAMED and len(set(_HEX_NAMES.findall(code))) >= _RENAMED:
        return "obfuscator.io"
    return ""


def is_minified(code: bytes) -> bool:
    """Say whether a line is too long for anybody to read."""
    return len(code) > LONG and max(map(len, code.split(b"\n"))) > LONG
