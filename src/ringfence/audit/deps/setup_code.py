"""What a setup.py does beside describing its package: by reading, never by running."""

import ast

from ringfence.audit.deps.declared import parsed_python

# What honest ones call to find their version, readme and modules. Source: the setup.py of packages that bots use.
_ORDINARY = frozenset({
        "Extension", "Path", "abspath", "all", "any", "append", "close", "compile", "convert_path", "cythonize",
    "dict", "dirname", "endswith", "exists", "extend", "filter", "find_namespace_packages", "find_packages",
    "findall", "format", "get", "get_include", "glob", "group", "groups", "insert", "int", "isdir", "isfile", "items",
    "join", "joinpath", "keys", "len", "list", "literal_eval", "lower", "lstrip", "map", "match", "open", "parent",
    "parse_requirements", "print", "range", "read", "read_text", "readline", "readlines", "realpath", "replace",
    "resolve", "rstrip", "search", "set", "setup", "sorted", "split", "splitlines", "startswith", "str", "strip",
    "tuple", "upper", "values", "with_name", "zip",
})  # fmt: skip
# A name that is ordinary with another meaning: re.compile is, compile is not.
_NEVER_ALONE = frozenset({"compile", "get"})
_SHOWN = 8


def beside(text: str) -> list[str]:
    """Return what a setup.py calls that only describing needs not; raises Unreadable."""
    tree = parsed_python(text)
    called = [_name(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
    local = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    found = [name for name in called if not _ordinary(name, local)]
    return list(dict.fromkeys([*found, *_commands(tree)]))[:_SHOWN]


def _ordinary(name: str, local: set[str]) -> bool:
    last = name.rpartition(".")[2]
    if name in _NEVER_ALONE or name.startswith(("requests.", "urllib", "socket.", "subprocess.", "httpx.")):
        return False
    return last in _ORDINARY or name in local


def _name(node: ast.expr) -> str:
    pieces: list[str] = []
    while isinstance(node, ast.Attribute):
        pieces.append(node.attr)
        node = node.value
    pieces.append(node.id if isinstance(node, ast.Name) else "")
    return ".".join(reversed(pieces)).strip(".") or "a computed function"


def _commands(tree: ast.Module) -> list[str]:
    """Find commands of its own, which run in place of setuptools' ones."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node.func).endswith("setup")]
    given = [word.arg for call in calls for word in call.keywords if word.arg in {"cmdclass", "distclass"}]
    return [f"{name}=" for name in given if name]
