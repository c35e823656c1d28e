"""Settings that name a function to be called: what is named there runs, and so some names have no place in settings."""

import re
from typing import Final

from ringfence.audit.code.data.content import line_of
from ringfence.audit.code.data.danger import runs
from ringfence.audit.code.data.found import Found

_CALLED: Final = frozenset(
    {"()", "class", "factory", "_target_", "_partial_", "py/object", "py/type", "py/function", "py/reduce"}
)
"""Keys by which logging.config, hydra and jsonpickle call what they name."""
_NAME: Final = re.compile(r"[A-Za-z_][\w.]{2,200}")
_LOOSE: Final = re.compile(
    r"__import__|\bos\.\w|\bsubprocess\b|\beval\s{0,3}\(|\bexec\s{0,3}\(|__globals__|__builtins__|\bopen\s{0,3}\("
)
_EVALUATED: Final = frozenset({"args", "class", "kwargs"})
"""What logging.config.fileConfig evaluates as Python in a section of a handler or formatter."""
_SECTIONS: Final = ("handler_", "formatter_", "logger_")


def look(keys: tuple[str, ...], value: str, text: str, found: Found) -> None:
    """Look at one setting."""
    name = _named(keys, value)
    if name:
        found.say("settings-run", line_of(text, value) or line_of(text, name), name)
    elif len(keys) > 1 and keys[-1].lower() in _EVALUATED and keys[-2].startswith(_SECTIONS):
        loose = _LOOSE.search(value[:20_000])
        if loose:
            found.say("settings-run", line_of(text, loose[0]), loose[0], f"{keys[-1]} of {keys[-2]}: {loose[0]}")


def _named(keys: tuple[str, ...], value: str) -> str:
    """Give the name that a setting has called; empty where it runs nothing of its own."""
    external = value.startswith("ext://")
    name = value.removeprefix("ext://").strip()
    if not external and not (_CALLED & set(keys[-2:])):
        return ""
    return name if "." in name and _NAME.fullmatch(name) and runs(name) else ""
