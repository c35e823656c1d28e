"""The method that signs, replaced on an object whose class is not known: `exchange.sign = mine`."""

import ast
import re
from collections.abc import Iterator
from typing import Final

from ringfence.audit.code.notes import Notes

_SIGNS: Final = frozenset({"sign", "prepare_request_headers"})  # ccxt's: what is given to them has key and secret
_STORED: Final = re.compile(rf"\.(?:{'|'.join(sorted(_SIGNS))})\b(?:[\s)\\]|#[^\n]*\n)*+=(?!=)")
_WRAPS: Final = frozenset({"MethodType", "partial", "partialmethod", "wraps"})


def replaced(notes: Notes, source: str, tree: ast.Module) -> None:
    """Note each place where a function of this file takes the place of what signs."""
    if not any(f".{name}" in source for name in _SIGNS) or _STORED.search(source) is None:
        return
    own = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))}
    for target, value in _stores(tree):
        if _is_own(value, own):
            said = f"puts a function of its own in the place of {ast.unparse(target)[:60]}"
            notes.add("client-patched", target.lineno, said, target.attr)


def _stores(tree: ast.Module) -> Iterator[tuple[ast.Attribute, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Attribute) and target.attr in _SIGNS and not _is_self(target.value):
                    yield target, node.value


def _is_self(owner: ast.expr) -> bool:
    """An object may set up itself: that is how it is written."""
    return isinstance(owner, ast.Name) and owner.id in {"self", "cls"}


def _is_own(value: ast.expr, own: set[str]) -> bool:
    if isinstance(value, ast.Lambda):
        return True
    if isinstance(value, ast.Name):
        return value.id in own
    called = value.func if isinstance(value, ast.Call) else None
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name in _WRAPS | own
