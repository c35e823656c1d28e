"""Which reader a file of code goes to, by its name; what is no code goes to none."""

from pathlib import PurePosixPath

from ringfence.audit.code import javascript, python
from ringfence.audit.code.javascript.report import Reading
from ringfence.audit.code.summary import Module

_PACKAGE = "package.json"  # what it says is run at installation


def readable(path: str) -> bool:
    """Say whether a file of this name is read as code."""
    pure = PurePosixPath(path)
    return pure.suffix.lower() in (*python.SUFFIXES, *javascript.SUFFIXES) or pure.name == _PACKAGE


def read(path: str, data: bytes, *, whole: bool = True) -> Module | Reading:
    """Read one file; never raises for what is in it."""
    if PurePosixPath(path).suffix.lower() in python.SUFFIXES:
        return python.read(path, data, whole=whole)
    return javascript.read(path, data)
