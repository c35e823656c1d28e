"""The clipboard: read, written, and both."""

import ast
import re
from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.checks.money import is_address
from ringfence.audit.code.notes import Notes
from ringfence.audit.code.state import State

_WRITERS: Final = frozenset(
    {"pyperclip.copy", "clipboard.copy", "win32clipboard.SetClipboardText", "win32clipboard.SetClipboardData"}
)
_READERS: Final = frozenset(
    {
        "pyperclip.paste",
        "clipboard.paste",
        "win32clipboard.GetClipboardData",
        "pyperclip.waitForNewPaste",
        "pyperclip.waitForPaste",
        "pandas.read_clipboard",
    }
)


def touched(state: State, call: Call) -> None:
    """Remember reading and writing; what is written tells more when it is an address."""
    if call.ref in _READERS or call.method in {"clipboard_get", "GetClipboardData"}:
        state.notes.saw("clipboard-read", call.line)
    elif call.ref in _WRITERS or (
        call.method in {"clipboard_append", "SetClipboardText", "SetClipboardData", "setText"}
        and "clipboard" in (call.ref + call.receiver.ref).lower()
    ):
        state.notes.saw("clipboard-write", call.line)
        if any(value.has("fixed-address") or any(is_address(text) for text in value.texts) for value in call.every()):
            state.notes.saw("clipboard-address", call.line)
        if any(value.has("clipboard") for value in call.every()):
            state.notes.saw("clipboard-edit", call.line)
    elif call.method in {"paste", "copy"}:  # of something that may wrap the clipboard
        state.notes.saw(f"wrapped-{call.method}", call.line)


_SHAPES: Final = re.compile(
    r"0x\[|\[13\]\[|bc1|\[a-km-z|\[1-9A-HJ|T\[|\^0x|\[0-9a-f\]\{40|\{40\}|\{25,3|\{26,3|\{32,44"
)


def swapped(notes: Notes, source: str, tree: ast.Module) -> None:
    """Judge a whole file: who reads the clipboard, looks for addresses and writes it, swaps them."""
    seen = notes.seen
    wrapped = "wrapped-paste" in seen and "wrapped-copy" in seen
    if ("clipboard-read" not in seen or "clipboard-write" not in seen) and not wrapped:
        return
    shaped = _SHAPES.search(source) is not None or any(
        is_address(word) for word in re.findall(r"[\"']([A-Za-z0-9]{25,100})[\"']", source)
    )
    again = (
        _loops(tree)
        or "Timer(" in source
        or ("waitForNewPaste" in source and "def waitForNewPaste" not in source)  # pyperclip's own is no watcher
        or ".after(" in source
    )
    if wrapped and "clipboard-write" not in seen:
        if shaped and again:
            notes.add("clipboard-swap", seen["wrapped-copy"], "", "clipboard")
        return
    edits = "clipboard-edit" in seen and "clipboard-address" not in seen and not shaped
    if ("clipboard-address" in seen or shaped) or (again and not edits):
        notes.add("clipboard-swap", seen["clipboard-write"], "", "clipboard")


_READS: Final = frozenset({"paste", "clipboard_get", "GetClipboardData", "read_clipboard", "Popen", "run"}) | {
    "check_output", "popen", "getoutput", "text", "wait",
}  # fmt: skip
_WRITES: Final = frozenset({"copy", "clipboard_append", "SetClipboardText", "SetClipboardData", "setText"}) | {
    "Popen", "run", "call", "check_call", "system", "popen", "communicate", "write",
}  # fmt: skip


def _loops(tree: ast.Module) -> bool:
    """Say whether a loop both reads and writes, by itself or by what it calls; one that only waits does not."""
    functions = {
        node.name: _called(node) for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.While):
            names, todo = set[str](), list(_called(node))
            while todo:
                name = todo.pop()
                if name not in names:
                    names.add(name)
                    todo += functions.get(name, ())
            if names & _READS and names & _WRITES:
                return True
    return False


def _called(tree: ast.AST) -> set[str]:
    calls = (node.func for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {
        func.attr if isinstance(func, ast.Attribute) else func.id
        for func in calls
        if isinstance(func, (ast.Attribute, ast.Name))
    }


CHECKS: Final = (
    (
        touched,
        (
            "paste",
            "copy",
            "waitForNewPaste",
            "waitForPaste",
            "clipboard_get",
            "clipboard_append",
            "GetClipboardData",
            "SetClipboardText",
            "SetClipboardData",
            "read_clipboard",
            "setText",
        ),
    ),
)
