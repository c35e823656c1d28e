"""Files that keys are written to, and directories that a server shows to anybody: whether one lies in the other.

It must never open a file: paths are compared as they are written, from the project's own directory on.
"""

from collections.abc import Iterable
from typing import Final

from ringfence.audit.code.javascript.finds import Finds
from ringfence.audit.code.javascript.members import member
from ringfence.audit.code.javascript.reads import Called
from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.values import HOLE, Value

_SERVING: Final = TABLES["serving"]
_FIELDS: Final = ("root", "public", "dir", "directory")


def look(finds: Finds, called: Called) -> None:
    """Look at one call: whether it shows a directory, or one file, to whoever asks."""
    if any(name in _SERVING for name in called.names):
        for argument in called.arguments[:2]:
            finds.served += _paths(finds, finds.reader.value(argument))
    elif called.method == "register" and called.arguments:
        if any(name in _SERVING for name in finds.reader.value(called.arguments[0]).names):
            for argument in called.arguments[1:2]:
                finds.served += _paths(finds, finds.reader.value(argument))
    elif called.method in ("sendFile", "download") and called.arguments:
        finds.served += _paths(finds, finds.reader.value(called.arguments[0]))


def _paths(finds: Finds, value: Value) -> list[str]:
    inner = [member(finds.reader, value, key, None) for key in _FIELDS] if value.nodes else []
    texts = [text for one in (value, *inner) for text in one.texts]
    texts += ["." for one in (value, *inner) if {"__dirname", "process.cwd()"} & set(one.names)]
    return [text[:400] for text in texts if _parts(text) or text in (".", "./")]


def is_served(path: str, served: Iterable[str]) -> bool:
    """Say whether a file lies in one of these directories, or is one of these files."""
    parts = _parts(path)
    return bool(parts) and any(_within(parts, path, directory) for directory in served)


def _within(parts: list[str], path: str, directory: str) -> bool:
    wanted = _parts(directory)
    if not wanted:
        return not path.startswith(("/", "~", "C:"))
    size = len(wanted)
    return any(parts[at : at + size] == wanted for at in range(len(parts) - size + 1))


def _parts(path: str) -> list[str]:
    return [part for part in path.replace("\\", "/").split("/") if part.strip(HOLE) not in ("", ".", "..")]
