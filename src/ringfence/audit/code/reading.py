"""Which reader a file goes to: code by its name, everything else to those of data, which look at few files."""

from pathlib import PurePosixPath

from ringfence.audit.code import javascript, python
from ringfence.audit.code.data import disguised
from ringfence.audit.code.data import read as of_data
from ringfence.audit.code.javascript.report import Reading
from ringfence.audit.code.summary import Module

_PACKAGE = "package.json"  # what it says is run at installation


def readable(path: str) -> bool:
    """Say whether a file of this name is read as code."""
    pure = PurePosixPath(path)
    return pure.suffix.lower() in (*python.SUFFIXES, *javascript.SUFFIXES) or pure.name == _PACKAGE


def read(path: str, data: bytes, *, whole: bool = True) -> Module | Reading | None:
    """Read one file; nothing where it is data that does no more than data should. Never raises for what is in it."""
    if not readable(path):
        return of_data.read(path, data)
    if PurePosixPath(path).suffix.lower() in python.SUFFIXES:
        return python.read(path, data, whole=whole)
    return javascript.read(path, data)


def inside(path: str, data: bytes) -> frozenset[str]:
    """List what to read in a file that is an archive, and not called so; nothing in most."""
    if readable(path) or not disguised.is_zip(data):
        return frozenset()
    return frozenset(disguised.inside(data))
