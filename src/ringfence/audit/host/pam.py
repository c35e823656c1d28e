"""What PAM asks of whoever logs in: the modules of a service in order, as its files and what they include say.

It never loads a module. A file that is included and not there makes the stack unseen.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_HOMES = ("/etc/pam.d", "/usr/lib/pam.d")  # pam.conf(5); the second one for what packages ship
_DEPTH = 32  # Linux-PAM, PAM_SUBSTACK_MAX_LEVEL is 16, and @include has no bound
_WORD = re.compile(r"\[(?:\\.|[^\]\\])*\]|\S+")
_KINDS = ("auth", "account", "password", "session")
_FATAL = frozenset({"bad", "die"})
_GOOD = frozenset({"success", "new_authtok_reqd"})
_LEAST = 3  # pam.conf(5): kind, control, module
TOKENS: Final = frozenset({"pam_google_authenticator.so", "pam_oath.so", "pam_duo.so", "pam_u2f.so"})
"""The modules that ask for a second factor."""
_LETS_BY = frozenset({"nullok", "nouserok"})  # pam_google_authenticator(8), pam_u2f(8): who has none is let in


class Module(NamedTuple):
    """One line of a stack; `quiet` is one that PAM leaves out without a word where the module is missing."""

    kind: str
    control: str
    name: str
    args: tuple[str, ...]
    path: str
    line: int
    quiet: bool = False

    def value(self, name: str) -> str | None:
        """Return what an argument is set to: the last one counts."""
        return next((arg.partition("=")[2] for arg in reversed(self.args) if arg.startswith(f"{name}=")), None)

    @property
    def results(self) -> Mapping[str, str]:
        """Return what becomes of each result: ok, die, ignore, a number of modules to jump over."""
        if self.control.startswith("["):
            pairs = (pair.partition("=") for pair in self.control.strip("[]").lower().split())
            return {key: told for key, _, told in pairs}
        return _CONTROLS.get(self.control.lower(), {})


# pam.conf(5): what the plain words stand for.
_CONTROLS: Final[Mapping[str, Mapping[str, str]]] = {
    "required": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "bad"},
    "requisite": {"success": "ok", "new_authtok_reqd": "ok", "ignore": "ignore", "default": "die"},
    "sufficient": {"success": "done", "new_authtok_reqd": "done", "default": "ignore"},
    "optional": {"success": "ok", "new_authtok_reqd": "ok", "default": "ignore"},
}


def stack(host: Host, service: str, kind: str) -> tuple[Module, ...]:
    """List the modules that PAM asks for a service, in order; those of `other` where it has no file."""
    text = next((name for name in (service, "other") if _path(host, name)), None)
    if text is None:
        raise Unseen(f"PAM has no file for {service}")
    return tuple(one for one in _read(host, text, kind) if one.kind == kind)


def has(host: Host, service: str) -> bool:
    """Say whether a service has a file of its own."""
    return bool(_path(host, service))


def enforced(modules: tuple[Module, ...], at: int) -> bool:
    """Say whether nobody passes whom this module refuses, and nothing before it can end the asking or jump over it."""
    one = modules[at]
    if one.quiet or _LETS_BY & set(one.args) or any(_skips(modules[before], at - before) for before in range(at)):
        return False
    others = {told for key, told in one.results.items() if key not in _GOOD | {"ignore"}}
    if "default" in one.results and others <= _FATAL:
        return True
    return _falls_on_deny(modules, at)


def second_factor(modules: tuple[Module, ...]) -> Module | None:
    """Find the module that asks everybody for a second factor."""
    return next((one for at, one in enumerate(modules) if one.name in TOKENS and enforced(modules, at)), None)


def _falls_on_deny(modules: tuple[Module, ...], at: int) -> bool:
    """Say whether it is built as Debian builds it: success jumps over the pam_deny that stands next."""
    told = dict(modules[at].results)
    jump = told.pop("success", "")
    told.pop("new_authtok_reqd", None)
    if not jump.isdecimal() or set(told.values()) - _FATAL - {"ignore"} or at + 1 >= len(modules):
        return False
    after = modules[at + 1]
    return after.name == "pam_deny.so" and after.control.lower() in {"required", "requisite"}


def _skips(one: Module, distance: int) -> bool:
    """Say whether it can end the asking, or jump so far; a jump of five digits is as good as the end."""
    return any(told == "done" or (told.isdecimal() and int(told[:5]) >= distance) for told in one.results.values())


def _path(host: Host, service: str) -> str:
    return next((f"{home}/{service}" for home in _HOMES if host.text(f"{home}/{service}") is not None), "")


def _read(host: Host, service: str, kind: str, depth: int = 0) -> Iterator[Module]:
    path = service if service.startswith("/") else _path(host, service)
    text = host.text(path) if path else None
    if text is None or depth > _DEPTH:
        raise Unseen(f"PAM includes {service}, which cannot be followed")
    for number, line in _joined(text):
        words = _WORD.findall(line.partition("#")[0])
        if words[:1] == ["@include"] and len(words) > 1:
            yield from _read(host, words[1], kind, depth + 1)
        elif len(words) >= _LEAST and words[0].lower().lstrip("-") in _KINDS:
            yield from _module(host, words, path, number, depth)


def _module(host: Host, words: list[str], path: str, number: int, depth: int) -> Iterator[Module]:
    kind, control = words[0].lower().lstrip("-"), words[1]
    if control.lower() in {"include", "substack"}:
        yield from (one for one in _read(host, words[2], kind, depth + 1) if one.kind == kind)
        return
    name = words[2].rpartition("/")[2]
    yield Module(kind, control, name, tuple(words[3:]), path, number, words[0].startswith("-"))


def _joined(text: str) -> Iterator[tuple[int, str]]:
    kept, first = "", 0
    for number, line in enumerate(text.split("\n"), 1):
        first = first or number
        if line.endswith("\\"):
            kept += f"{line[:-1]} "
            continue
        yield first, kept + line
        kept, first = "", 0
    if kept:
        yield first, kept
