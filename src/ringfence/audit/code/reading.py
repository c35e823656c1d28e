"""Which reader a file of code goes to, by its name; what is no code goes to none."""

from pathlib import PurePosixPath

from ringfence.audit.code import python
from ringfence.audit.code.summary import Module

SUFFIXES = python.SUFFIXES


def readable(path: str) -> bool:
    """Say whether a file of this name is read as code."""
    return PurePosixPath(path).suffix.lower() in SUFFIXES


def read(path: str, data: bytes) -> Module:
    """Read one file; never raises for what is in it."""
    return python.read(path, data)
