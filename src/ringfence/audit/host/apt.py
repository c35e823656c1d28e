"""Where packages come from and how apt is set, as apt itself would read it. It never fetches anything."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

_YES: Final = {"yes", "true", "with", "on", "enable"}
"""What apt takes for yes beside a number (apt-pkg/contrib/strutl.cc, StringToBool)."""

_FIELDS: Final = ("types", "uris", "suites", "components")
_NAME: Final = re.compile(r"[\w.-]+\.(?:list|sources)", re.ASCII)
"""Other files in sources.list.d are not read (sources.list(5))."""


_SAID: Final = re.compile(r"(?:\[[^\]]*\]|[^#])*")
"""A line up to its comment; a # between [ and ] starts none (apt-pkg/sourcelist.cc, ParseFileOneLine)."""

_LINE: Final = re.compile(
    r"\s*(deb|deb-src)\s+(?:\[([^\]]*)\]\s*)?(cdrom:\[[^\]]*\]\S*|[^\s\[]\S*)\s+(\S+)\s*(.*)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Origin:
    """One place that packages come from: a line of a .list, or a stanza of a .sources."""

    path: str
    line: int
    types: tuple[str, ...]
    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    options: Mapping[str, str]


def is_yes(text: str) -> bool:
    """Say whether apt takes a value for yes."""
    word = text.strip().lower()
    return word in _YES or (word.isdecimal() and int(word) > 0)


def settings(host: Host) -> tuple[tuple[str, str], ...]:
    """List apt's settings in order, names in lower case since apt does not tell case apart; raises `Unseen`."""
    ran = host.run("apt-config", "dump")
    found = tuple((name.lower(), value) for name, value in re.findall(r'^(\S+) "(.*)";$', ran.out, re.MULTILINE))
    if ran.code or not found:
        raise Unseen("`apt-config dump` says nothing")
    return found


def setting(host: Host, name: str) -> str:
    """Return the value that holds, the last one; empty where it is not set."""
    return next((value for key, value in reversed(settings(host)) if key == name.lower()), "")


def listed(host: Host, name: str) -> tuple[str, ...]:
    """Return the values of a list of settings."""
    return tuple(value for key, value in settings(host) if key == f"{name.lower()}::" and value)


def origins(host: Host) -> tuple[Origin, ...]:
    """List every enabled place; raises `Unseen` where apt has been told to read other files than the usual ones."""
    if (setting(host, "Dir::Etc::sourcelist"), setting(host, "Dir::Etc::sourceparts")) != (
        "sources.list",
        "sources.list.d",
    ) or setting(host, "Dir::Etc") not in ("etc/apt", "/etc/apt", "etc/apt/", "/etc/apt/"):
        raise Unseen("apt reads its list of sources from an unusual place")
    parts = [
        f"/etc/apt/sources.list.d/{name}" for name in host.names("/etc/apt/sources.list.d") if _NAME.fullmatch(name)
    ]
    return tuple(each for path in ("/etc/apt/sources.list", *parts) for each in _file(path, host.text(path) or ""))


def _file(path: str, text: str) -> Iterator[Origin]:
    return _stanzas(path, text) if path.endswith(".sources") else _lines(path, text)


def _lines(path: str, text: str) -> Iterator[Origin]:
    for number, line in enumerate(text.splitlines(), 1):
        said = _SAID.match(line)
        if said is None or not said[0].strip():
            continue
        found = _LINE.fullmatch(said[0])
        if found is None:
            raise Unseen(f"line {number} of {path} cannot be read")
        kind, options, uri, suite, components = found.groups()
        pairs = (each.partition("=") for each in (options or "").split())
        chosen = {name.rstrip("+-").lower(): value for name, _, value in pairs}
        yield Origin(path, number, (kind,), (uri,), (suite,), tuple(components.split()), chosen)


def _stanzas(path: str, text: str) -> Iterator[Origin]:
    number = 1
    for stanza in re.split(r"(?<=\n)[ \t]*\n", text):
        start, number = number, number + stanza.count("\n") + 1
        kept = "\n".join(line for line in stanza.splitlines() if not line.startswith("#"))
        fields = {
            name.lower(): value for name, value in re.findall(r"^([\w-]+):[ \t]*(.*(?:\n[ \t].*)*)", kept, re.MULTILINE)
        }
        if fields.get("types") and is_yes(fields.get("enabled", "yes")):
            types, uris, suites, components = (tuple(fields.get(each, "").split()) for each in _FIELDS)
            chosen = {name: value for name, value in fields.items() if name not in _FIELDS}
            yield Origin(path, start, types, uris, suites, components, chosen)
