"""Code that runs while something is installed, or whenever Python starts."""

import ast
import re
from pathlib import PurePosixPath
from typing import Final

from ringfence.audit.code.notes import Notes

_HOOKS: Final = frozenset(
    {"install", "develop", "egg_info", "bdist_egg", "easy_install", "install_lib", "install_scripts", "install_data"}
)
_PAYLOAD: Final = re.compile(
    r"\b(?:exec|eval|compile|subprocess|popen|system|base64|b64decode|urlopen|urllib|requests|socket|marshal|zlib|__import__\(['\"](?:os|subprocess|base64)|builtins|codecs|ctypes)\b"
)
_EDITABLE: Final = re.compile(
    r"^import (?:__editable__\w*|_?\w*_?editable\w*|_distutils_hack|_virtualenv|coverage|_pytest\w*|importlib\.util"
    r"|sys, types, os;has_mfs|distutils_precedence|os; var = 'SETUPTOOLS_USE_DISTUTILS'|a1_coverage|pytest_cov)"
)


def judge(notes: Notes, tree: ast.Module) -> None:
    """Judge a whole file by its name: `setup.py`, `sitecustomize.py`."""
    name = PurePosixPath(notes.path).name.lower()
    if name == "setup.py":
        _set_up(notes, tree)
    if name in {"sitecustomize.py", "usercustomize.py"} and tree.body:
        notes.add("startup-file", tree.body[0].lineno, name, name)
        payload = next((found for found in ("network", "program-ran") if found in notes.seen), None)
        if payload is not None:
            notes.add("startup-payload", notes.seen[payload], name, name)
    if name != "setup.py":
        _hooked(notes, tree)


def _set_up(notes: Notes, tree: ast.Module) -> None:
    _hooked(notes, tree)
    if "network" in notes.seen:
        notes.add("install-network", notes.seen["network"], "", "network")


def _hooked(notes: Notes, tree: ast.Module) -> None:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and any(_is_hook(base) for base in node.bases):
            bodies = [
                item
                for item in node.body
                if isinstance(item, ast.FunctionDef)
                and item.name in {"run", "__init__", "finalize_options", "initialize_options"}
            ]
            if any(_does_something(item) for item in bodies):
                notes.add("install-hook", node.lineno, node.name, node.name)


def _is_hook(base: ast.expr) -> bool:
    name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
    return name in _HOOKS or (name.lower().removesuffix("command").strip("_") in _HOOKS and isinstance(base, ast.Name))


def _does_something(node: ast.FunctionDef) -> bool:
    # calling the command that it extends is what every extension does
    return any(isinstance(part, ast.Call) and not _is_own(part.func) for part in ast.walk(node))


def _is_own(func: ast.expr) -> bool:
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    return name in {
        "super",
        "run",
        "finalize_options",
        "initialize_options",
        "__init__",
        "announce",
        "print",
        "warn",
        "do_egg_install",
        "execute",
    }


def start_up_line(notes: Notes, line: str, number: int) -> None:
    """Judge a line of a `.pth` file that Python runs at every start."""
    if _EDITABLE.match(line) and not re.search(r"exec\(|base64|subprocess|urlopen|socket", line):
        return
    payload = _PAYLOAD.search(line) is not None and not line.startswith("import sys, types, os;")
    notes.add("startup-payload" if payload else "startup-file", number, "", "line")
