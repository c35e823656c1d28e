"""What sudo allows, by its file and every file that it includes; it never asks sudo, and keeps no password.

What it cannot follow (a server of rules, a plug-in, a name with a host in it) is unseen.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

FILE: Final = "/etc/sudoers"
_DEPTH = 128  # sudoers(5), Including other files
_COMMENT = re.compile(r'("(?:\\.|[^"\\])*")|(?<!\S)#(?![\d-]|include(?:dir)?\s).*$')
_INCLUDE = re.compile(r'\s*[@#](?P<what>includedir|include)\s+(?:"(?P<quoted>[^"]+)"|(?P<path>(?:\\.|[^\s\\])+))')
_DEFAULTS = re.compile(r"\s*Defaults(?P<scope>[@:!>]\S+)?\s+(?P<rest>.*)", re.DOTALL)
_SETTING = re.compile(r'(?P<off>!*)\s*(?P<name>[a-z_0-9]+)(?:\s*(?:[+-]?=)\s*(?P<value>"(?:\\.|[^"\\])*"|[^,]*))?')
_ALIAS = re.compile(r"\s*(?P<kind>User|Runas|Host|Cmnd|Cmd)_Alias\s+(?P<rest>.*)", re.DOTALL)
_NAMED = re.compile(r"\s*(?P<name>[A-Z][A-Z0-9_]*)\s*=\s*(?P<list>.*)", re.DOTALL)


class Setting(NamedTuple):
    """One setting of a Defaults line; `scope` is empty where it holds for everything."""

    name: str
    value: str
    on: bool
    scope: str
    path: str
    line: int


class Rule(NamedTuple):
    """One line that allows something: to whom, as it says it, and the whole text."""

    users: tuple[str, ...]
    text: str
    path: str
    line: int


class Subject(NamedTuple):
    """An account as sudo knows it."""

    name: str
    uid: int
    groups: frozenset[str]
    gids: frozenset[int]


@dataclass(frozen=True, slots=True)
class Sudoers:
    """All of it, in order."""

    files: tuple[str, ...]
    settings: tuple[Setting, ...]
    rules: tuple[Rule, ...]
    aliases: Mapping[str, tuple[str, ...]]

    def allow(self, subject: Subject) -> tuple[Rule, ...]:
        """List the rules that name an account, itself or by a group or an alias."""
        known: dict[str, bool | None] = {}
        return tuple(rule for rule in self.rules if self._names(rule.users, subject, known, ()))

    def _names(
        self, users: tuple[str, ...], subject: Subject, known: dict[str, bool | None], within: tuple[str, ...]
    ) -> bool | None:
        """Say whether a list means somebody, means not to, or says nothing: its last word counts, and !!x is x."""
        named: bool | None = None
        for user in users:
            plain = user.lstrip("!")
            hit = self._alias(plain, subject, known, within) if plain in self.aliases else _is(plain, subject)
            if hit is not None:
                named = hit if (len(user) - len(plain)) % 2 == 0 else not hit
        return named

    def _alias(
        self, name: str, subject: Subject, known: dict[str, bool | None], within: tuple[str, ...]
    ) -> bool | None:
        if name in within:
            raise Unseen(f"the alias {name} of sudoers leads in circles")
        if name not in known:
            known[name] = self._names(self.aliases[name], subject, known, (*within, name))
        return known[name]


def read(host: Host) -> Sudoers | None:
    """Read what sudo goes by; None where there is no such file, and then sudo allows nothing."""
    _only_files(host)
    if host.text(FILE) is None:
        return None
    files, settings, rules = list[str](), list[Setting](), list[Rule]()
    aliases: dict[str, tuple[str, ...]] = {}
    for path, number, text in _lines(host, FILE, files):
        default, alias = _DEFAULTS.match(text), _ALIAS.match(text)
        if default:
            settings += _settings(default["rest"], default["scope"] or "", path, number)
        elif alias:
            aliases |= _aliases(alias["rest"]) if alias["kind"] == "User" else {}
        elif text.strip():
            rules.append(Rule(_users(text, path, number), " ".join(text.split()), path, number))
    return Sudoers(tuple(files), tuple(settings), tuple(rules), aliases)


def _only_files(host: Host) -> None:
    for line in host.lines("/etc/nsswitch.conf"):
        name, _, rest = line.partition("#")[0].partition(":")
        if name.strip() == "sudoers" and set(rest.split()) - {"files"}:
            raise Unseen(f"rules of sudo also come from {rest.strip()}, which this check does not ask")
    for line in host.lines("/etc/sudo.conf"):
        words = line.split()
        if words[0] == "Plugin" and any("sudoers_file" in word or word.startswith("/") for word in words[2:]):
            raise Unseen("/etc/sudo.conf names rules or a program of its own")


def _lines(host: Host, path: str, files: list[str], depth: int = 0) -> Iterator[tuple[str, int, str]]:
    text = host.text(path)
    if text is None:
        return
    if depth > _DEPTH:
        raise Unseen(f"{path} is included too deep")
    files.append(path)
    for number, line in _joined(text):
        found = _INCLUDE.match(line)
        if found is None:
            yield path, number, line
            continue
        for each in _included(host, path, found["what"], found["quoted"] or found["path"]):
            yield from _lines(host, each, files, depth + 1)


def _joined(text: str) -> Iterator[tuple[int, str]]:
    """Take comments out, and join what a backslash carries on: a comment ends with its line, backslash or not."""
    kept, first = "", 0
    for number, raw in enumerate(text.split("\n"), 1):
        line = _COMMENT.sub(lambda each: each[1] or "", raw.rstrip("\r"))
        first = first or number
        if line.endswith("\\"):
            kept += line[:-1]
            continue
        yield first, kept + line
        kept, first = "", 0
    if kept:
        yield first, kept


def _included(host: Host, path: str, what: str, named: str) -> tuple[str, ...]:
    target = re.sub(r"\\(.)", r"\1", named)
    if "%" in target:
        raise Unseen(f"{path} includes a file by the host's name")
    if not target.startswith("/"):
        target = f"{path.rpartition('/')[0]}/{target}"
    if what == "include":
        return (target,)
    names = sorted(host.names(target))
    return tuple(f"{target.rstrip('/')}/{name}" for name in names if "." not in name and name[-1] != "~")


def _settings(text: str, scope: str, path: str, number: int) -> Iterator[Setting]:
    for found in _SETTING.finditer(text):
        value = (found["value"] or "").strip().strip('"')
        yield Setting(found["name"], value, len(found["off"]) % 2 == 0, scope, path, number)


def _aliases(text: str) -> dict[str, tuple[str, ...]]:
    parts = (_NAMED.match(part) for part in re.split(r":(?=\s*[A-Z][A-Z0-9_]*\s*=)", text))
    return {found["name"]: _listed(found["list"]) for found in parts if found}


def _users(text: str, path: str, number: int) -> tuple[str, ...]:
    left, equals, _ = text.partition("=")
    words = re.sub(r"\s*,\s*", ",", re.sub(r"!\s+", "!", left.strip())).split()
    if not equals or len(words) < 2:  # noqa: PLR2004  # sudoers(5): users, then hosts
        raise Unseen(f"{path}:{number} is no rule that this check can read")
    return _listed(" ".join(words[:-1]))


def _listed(text: str) -> tuple[str, ...]:
    return tuple(word for word in (each.strip().strip('"') for each in text.split(",")) if word)


def _is(word: str, subject: Subject) -> bool | None:
    """Say that a word means somebody; None where it does not."""
    if word.startswith(("+", "%:")):
        raise Unseen(f"sudoers names {word}, which is kept elsewhere")
    if word.startswith("%#"):
        hit = word[2:] in map(str, subject.gids)
    elif word.startswith("%"):
        hit = word[1:] in subject.groups
    else:
        hit = word in {"ALL", subject.name, f"#{subject.uid}"}
    return True if hit else None
