"""Which names a pickle looks up: its opcodes followed with a stack of texts alone. It is never loaded.

A pickle may be broken behind what it has run already, so whatever was found before counts. Names may be put together
while it is read: such a lookup is `COMPUTED`.
"""

import io
import pickletools
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ringfence.audit.code.data.danger import MODULES

COMPUTED: Final = "a name that is put together while it is read"

_MOST: Final = 1_000_000  # opcodes, three seconds; a model's numbers are bytes, of one opcode
_TEXT: Final = 4000  # characters of a text that is kept
_GLOBALS: Final = frozenset({"GLOBAL", "INST"})
_GETS: Final = frozenset({"GET", "BINGET", "LONG_BINGET"})
_PUTS: Final = frozenset({"PUT", "BINPUT", "LONG_BINPUT"})
_MARK: Final = object()
_Item = object | str | None

_NAME: Final = rb"[A-Za-z_][\w.]{1,80}"
_WRITTEN: Final = re.compile(rb"[ci](" + _NAME + rb")\r?\n(?![pg]\d)(" + _NAME + rb")\r?\n")
_PUSHED: Final = rb"(?:\x8c.|X.\0\0\0|U.|\x8d.\0{7}|V)(%s)\n?(?:\x94|q.|r.{4})?"
_MODULE: Final = b"|".join(re.escape(name).encode() for name in sorted(MODULES, reverse=True))
_STACKED: Final = re.compile(_PUSHED % _MODULE + _PUSHED % _NAME + rb"\x93", re.DOTALL)


class Looked(msgspec.Struct, frozen=True):
    """What was seen of a pickle: names that it looks up, texts in it, how far it was followed and to what end."""

    names: tuple[str, ...]
    texts: frozenset[str]
    end: int
    whole: bool
    cut: bool


def follow(data: bytes) -> Looked:
    """Follow one pickle from its beginning; what follows it is another's."""
    names, texts = dict[str, None](), set[str]()
    stack: list[_Item] = []
    memo: dict[int, _Item] = {}
    end, whole, cut = 0, False, False
    try:
        for count, (opcode, argument, at) in enumerate(pickletools.genops(io.BytesIO(data))):
            if cut := count == _MOST:
                break
            end = at or 0
            if isinstance(argument, str) and len(argument) <= _TEXT:
                texts.add(argument)
            if name := _looked(opcode, argument, stack):
                names[name] = None
            _step(opcode, argument, stack, memo)
            whole = opcode.name == "STOP"
    except (ValueError, IndexError, EOFError, OverflowError, UnicodeError, MemoryError, AttributeError):
        pass  # broken, or somebody's own bytes between: what it named before has been run
    return Looked(tuple(names), frozenset(texts), end + 1, whole, cut)


def _looked(opcode: pickletools.OpcodeInfo, argument: object, stack: list[_Item]) -> str:
    """Name what an opcode looks up."""
    if opcode.name in _GLOBALS:
        return str(argument).replace(" ", ".")
    if opcode.name != "STACK_GLOBAL":
        return ""
    module, name = stack[-2:] if len(stack) > 1 else (None, None)
    return f"{module}.{name}" if isinstance(module, str) and isinstance(name, str) else COMPUTED


def _step(opcode: pickletools.OpcodeInfo, argument: object, stack: list[_Item], memo: dict[int, _Item]) -> None:
    """Change the stack as the opcode does, by pickletools' own description of it."""
    if opcode.name in _GETS:
        stack.append(memo.get(int(str(argument))))
        return
    if opcode.name in _PUTS or opcode.name == "MEMOIZE":
        memo[len(memo) if opcode.name == "MEMOIZE" else int(str(argument))] = stack[-1] if stack else None
        return
    if opcode.name == "DUP":
        stack.append(stack[-1] if stack else None)
        return
    _taken(opcode, stack)
    if opcode.name == "MARK":
        stack.append(_MARK)
    elif isinstance(argument, str) and len(opcode.stack_after) == 1 and opcode.name not in _GLOBALS:
        stack.append(argument[:_TEXT])
    else:
        stack += [None] * len(opcode.stack_after)


def _taken(opcode: pickletools.OpcodeInfo, stack: list[_Item]) -> None:
    before = opcode.stack_before
    if pickletools.markobject in before:
        while stack and stack.pop() is not _MARK:
            pass
        before = before[: before.index(pickletools.markobject)]
    if before:
        del stack[-len(before) :]


def searched(data: bytes) -> Iterator[str]:
    """Yield names of dangerous modules that stand in some bytes as a pickle writes them, wherever it begins."""
    for found in (*_WRITTEN.finditer(data), *_STACKED.finditer(data)):
        yield f"{found[1].decode()}.{found[2].decode()}"
