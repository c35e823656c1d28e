"""Matches what crosses from file to file, when all files have been read: whose values end where.

It must never take two files of one name for each other: names are followed by their paths.
"""

import posixpath
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ringfence.audit.code.javascript.crossing import RULES
from ringfence.audit.code.javascript.names import own_host
from ringfence.audit.code.javascript.report import Awaited, End, Given, Reading
from ringfence.audit.code.javascript.served import is_served
from ringfence.audit.code.javascript.values import HOLE, Kind, Taint
from ringfence.audit.code.rules import RULE
from ringfence.audit.finding import Finding, Place, Step

_ENDINGS: Final = ("", ".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx", "/index.js", "/index.ts", ".mts", ".cts")
_ROUNDS: Final = 6  # files that a value is followed through
_NESTED: Final = 3  # calls within calls whose arguments are followed at once
_ENDED: Final[Mapping[End, Mapping[Kind, str]]] = {
    End.NETWORK: RULES,
    End.SHELL: {Kind.REMOTE: "remote-shell"},
    End.CODE: {Kind.REMOTE: "remote-code"},
    End.PAID: {Kind.ADDRESS: "fixed-address"},
    End.CLIPBOARD: {Kind.ADDRESS: "clipboard-swap"},
    End.FILE: {Kind.WALLET_KEY: "credential-written", Kind.SECRET: "credential-written"},
}
_SAYS: Final = {
    End.NETWORK: "goes to {}",
    End.SHELL: "is run by a shell",
    End.CODE: "is run as code",
    End.PAID: "is paid",
    End.CLIPBOARD: "takes the place of what is in the clipboard",
    End.FILE: "is written to {}",
}
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Sink:
    """Where what a function is given ends, and how."""

    end: End
    host: str
    place: Place


@dataclass(slots=True)
class _Web:
    """All files that were read, what their names carry, and where what their functions are given ends."""

    readings: Mapping[str, Reading]
    again: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    calls: dict[str, dict[str, list[Given]]] = field(default_factory=dict)
    carries: dict[_Key, frozenset[Taint]] = field(default_factory=dict)
    sinks: dict[_Key, frozenset[_Sink]] = field(default_factory=dict)
    targets: dict[_Key, tuple[_Key, ...]] = field(default_factory=dict)


def link(readings: Mapping[str, Reading]) -> tuple[Finding, ...]:
    """Find what crosses files: a key that one reads and another sends."""
    web = _Web(readings)
    for path, reading in readings.items():
        _noted(web, path, reading)
    _grow_carries(web)
    _grow_sinks(web)
    served = {one for reading in readings.values() for one in reading.crossing.served}
    found = [_found(taint, place, sink, served) for taint, place, sink in _meetings(web)]
    distinct = {one.fingerprint + str(one.place.line): one for one in found if one is not None}
    return (*distinct.values(), *_kept(readings, served), *_hooked(readings))


def _noted(web: _Web, path: str, reading: Reading) -> None:
    again, calls = web.again.setdefault(path, {}), web.calls.setdefault(path, {})
    for one in reading.crossing.again:
        again.setdefault(one.name, []).append(one.symbol)
    for given in reading.crossing.given:
        calls.setdefault(given.symbol, []).append(given)
    for export in reading.crossing.exports:
        key = path, export.name
        web.carries[key] = web.carries.get(key, frozenset()) | frozenset(export.taints)
    for drain in reading.crossing.drained:
        sink = _Sink(drain.end, drain.host, drain.place)
        for name in (drain.symbol, drain.symbol.rpartition(".")[2]):
            web.sinks[path, name] = web.sinks.get((path, name), frozenset()) | {sink}


def _targets(web: _Web, path: str, symbol: str) -> tuple[_Key, ...]:
    """List where a name of another file is, as seen from this one: there, or in a file that is given on there."""
    known = web.targets.get((path, symbol))
    if known is None:
        known = web.targets[path, symbol] = tuple(_followed(web, path, symbol))
    return known


def _followed(web: _Web, path: str, symbol: str) -> list[_Key]:
    found: list[_Key] = []
    wanted = [(path, symbol)]
    for _ in range(_ROUNDS):
        at = [_target(web.readings, where, name) for where, name in wanted]
        at = [key for key in at if key[0] and key not in found]
        found += at
        wanted = [more for file, name in at for more in _onward(web, file, name)]
        if not wanted:
            break
    return found


def _onward(web: _Web, file: str, name: str) -> list[_Key]:
    base, mark, number = name.partition("#")
    again = web.again.get(file, {})
    found = [(file, _plus(symbol, base) + mark + number) for symbol in again.get("", [])]
    first, _, rest = base.partition(".")
    bare = first.removesuffix("()")
    return found + [(file, _plus(symbol, rest) + mark + number) for symbol in again.get(bare, []) if bare]


def _plus(symbol: str, name: str) -> str:
    return f"{symbol}.{name}" if name else symbol


def _target(readings: Mapping[str, Reading], path: str, symbol: str) -> _Key:
    """Split `./file.name` into the file's path and the name, as seen from another file."""
    base, _, number = symbol.replace("[]", ".[]").partition("#")
    parts = base.split("/")
    head, tail = "/".join(parts[:-1]), parts[-1]
    pieces = tail.split(".")
    if tail in ("", "..") or set(tail) == {"."}:
        pieces = [tail]
    for cut in range(len(pieces), 0, -1):
        if not head and not pieces[0] and set(tail) != {"."}:
            break
        file = posixpath.normpath(posixpath.join(posixpath.dirname(path), head, ".".join(pieces[:cut])))
        bare = file.removesuffix(".js")
        for ending in _ENDINGS:
            for one in (file + ending, bare + ending):
                if one in readings:
                    name = ".".join(pieces[cut:])
                    return one, name + (f"#{number}" if number else "")
    return "", ""


def _grow_carries(web: _Web) -> None:
    for _ in range(_ROUNDS):
        grown = {key: taints | _resolved(web, key[0], taints) for key, taints in web.carries.items()}
        if grown == web.carries:
            break
        web.carries = grown


def _resolved(web: _Web, path: str, taints: frozenset[Taint], depth: int = 0) -> frozenset[Taint]:
    """Return what values of other files carry, as this file gets them."""
    found: set[Taint] = set()
    for taint in taints:
        if taint.kind is not Kind.IMPORTED:
            continue
        for one in _held(web, path, taint.what):
            if one.kind is Kind.ARGUMENT and depth < _NESTED:
                found |= _handed(web, path, taint, one, depth)
            elif one.kind not in (Kind.ARGUMENT, Kind.IMPORTED):
                found.add(one)
    return frozenset(found)


def _held(web: _Web, path: str, symbol: str) -> frozenset[Taint]:
    found: set[Taint] = set()
    for file, name in _targets(web, path, symbol):
        for one in (name, name.rpartition(".")[2] if name.endswith("()") else name):
            found |= web.carries.get((file, one), frozenset())
    return frozenset(found)


def _handed(web: _Web, path: str, taint: Taint, argument: Taint, depth: int) -> frozenset[Taint]:
    """Return what a call on this line gives to the function whose result hands it on."""
    number = argument.what.rpartition("#")[2]
    calls = web.calls.get(path, {}).get(f"{taint.what.replace('()', '')}#{number}", [])
    found: set[Taint] = set()
    for given in calls:
        if given.place.line == taint.line:
            held = frozenset(given.taints)
            found |= {one for one in held if one.kind is not Kind.IMPORTED} | _resolved(web, path, held, depth + 1)
    return frozenset(found)


def _grow_sinks(web: _Web) -> None:
    """Find the functions that hand on what they are given to one that sends it."""
    for _ in range(_ROUNDS):
        grown = dict(web.sinks)
        for path, reading in web.readings.items():
            for given in reading.crossing.given:
                ends = _sinks(web, path, given.symbol)
                for taint in given.taints if ends else ():
                    if taint.kind is Kind.ARGUMENT:
                        for name in (taint.what, taint.what.rpartition(".")[2]):
                            grown[path, name] = grown.get((path, name), frozenset()) | ends
        if grown == web.sinks:
            break
        web.sinks = grown


def _sinks(web: _Web, path: str, symbol: str) -> frozenset[_Sink]:
    found: set[_Sink] = set()
    for file, name in _targets(web, path, symbol):
        if name.startswith(("#", "[]#")):  # the module itself was called, or one of what it lists
            found |= _any(web, file, name.removeprefix("[]"))
            continue
        base, _, number = name.partition("#")
        for one in (name, f"{base}.constructor#{number}", name.rpartition(".")[2]):
            ends = web.sinks.get((file, one), frozenset())
            if ends:
                found |= ends
                break
    return frozenset(found)


def _any(web: _Web, file: str, number: str) -> set[_Sink]:
    """List where what any function of a file is given ends; its constructor's, where it has one."""
    ends = {key[1]: sinks for key, sinks in web.sinks.items() if key[0] == file and key[1].endswith(number)}
    made = {name: sinks for name, sinks in ends.items() if name.endswith("constructor" + number)}
    return {sink for sinks in (made or ends).values() for sink in sinks}


def _meetings(web: _Web) -> list[tuple[Taint, Place, _Sink]]:
    met: list[tuple[Taint, Place, _Sink]] = []
    for path, reading in web.readings.items():
        for given in reading.crossing.given:
            ends = _sinks(web, path, given.symbol)
            taints = frozenset(given.taints)
            taints = taints | _resolved(web, path, taints) if ends else frozenset()
            met += [(taint, given.place, sink) for sink in sorted(ends, key=_order) for taint in sorted(taints)]
        for awaited in reading.crossing.awaited:
            met += [(taint, awaited.place, _sink(awaited)) for taint in sorted(_wanted(web, path, awaited))]
    return met


def _order(sink: _Sink) -> tuple[str, Place, str]:
    return sink.end.value, sink.place, sink.host


def _wanted(web: _Web, path: str, awaited: Awaited) -> frozenset[Taint]:
    return _resolved(web, path, frozenset({Taint(Kind.IMPORTED, awaited.symbol, awaited.line)}))


def _sink(awaited: Awaited) -> _Sink:
    return _Sink(awaited.end, awaited.host, awaited.place)


def _found(taint: Taint, place: Place, sink: _Sink, served: set[str]) -> Finding | None:
    rule = _ENDED[sink.end].get(taint.kind)
    if rule is None or (sink.end is End.NETWORK and not _is_theft(taint, sink.host)):
        return None
    if sink.end is End.FILE and is_served(sink.host, served):
        rule = "keys-served"
    where = sink.host.replace(HOLE, "").lstrip("/") or ("a host that is not written in the code" if sink.end is End.NETWORK else "a file")
    text = f"{taint.kind.value} ({taint.what}) {_SAYS[sink.end].format(where)}, across files"
    way = (Step(place, taint.what[:80]), Step(sink.place, _SAYS[sink.end].format(sink.end.value)))
    return RULE[f"code/{rule}"].found(place, text, taint.what[:60], way)


def _is_theft(taint: Taint, host: str) -> bool:
    return taint.kind is not Kind.SECRET or (bool(host) and not own_host(taint.what, host))


def _kept(readings: Mapping[str, Reading], served: set[str]) -> list[Finding]:
    """Look at the keys that are written to files: whether anybody can read them there."""
    found = []
    for reading in readings.values():
        for one in reading.crossing.written:
            if is_served(one.path, served):
                text = f"writes {one.taints[0].what} to a file that is served to anybody"
                found.append(RULE["code/keys-served"].found(one.place, text, one.taints[0].what[:60]))
    return found


def _hooked(readings: Mapping[str, Reading]) -> list[Finding]:
    """Look at the files that installation runs: whether they go to the network."""
    found = []
    for path, reading in readings.items():
        for hook in reading.crossing.hooks:
            base = posixpath.normpath(posixpath.join(posixpath.dirname(path), hook.file))
            file = next((base + ending for ending in _ENDINGS if base + ending in readings), "")
            if file and any(can.power == "network" for can in readings[file].capabilities):
                text = f"{file} is run during the installation, and goes to the network"
                found.append(RULE["code/install-network"].found(hook.place, text, hook.file[:60]))
    return found
