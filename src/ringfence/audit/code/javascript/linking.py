"""Matches what crosses from file to file, when all files have been read: whose values end where.

It must never take two files of one name for each other: names are followed by their paths.
"""

import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from ringfence.audit.code.javascript.elsewhere import ENDINGS, Key, Tree, planted, targets
from ringfence.audit.code.javascript.exports import RULES
from ringfence.audit.code.javascript.members import passed
from ringfence.audit.code.javascript.names import own_host
from ringfence.audit.code.javascript.report import Awaited, End, Given, Reading
from ringfence.audit.code.javascript.served import is_served
from ringfence.audit.code.javascript.values import EVENT, HOLE, Kind, Taint
from ringfence.audit.code.rules import RULE
from ringfence.audit.finding import Finding, Place, Step

_ROUNDS: Final = 6  # files that a value is followed through
_DEEP: Final = 4  # points in the name of an argument: a class, a method, fields
_CARRIED: Final = 40  # things that one value carries
_SEVERAL: Final = 12  # ends of one argument
_FIELDS: Final = 2  # fields of fields of it that are told apart
_NESTED: Final = 2  # calls within calls whose arguments are followed at once
_ENDED: Final[Mapping[End, Mapping[Kind, str]]] = {
    End.NETWORK: RULES,
    End.SHELL: {Kind.REMOTE: "remote-shell"},
    End.CODE: {Kind.REMOTE: "remote-code"},
    End.PAID: {Kind.ADDRESS: "fixed-address"},
    End.ANSWER: {Kind.WALLET_KEY: "keys-served", Kind.SECRET: "keys-served", Kind.ENVIRONMENT: "keys-served"},
    End.CLIPBOARD: {Kind.ADDRESS: "clipboard-swap"},
    End.FILE: {Kind.WALLET_KEY: "credential-written", Kind.SECRET: "credential-written"},
}
# One of many that another file lists: what is known of all of them is known of it.
_PICKED: Final = re.compile(r"(?:^|\.)(?:(?:at|filter|find|findLast|get|pop|shift|slice|values)\(\)|\[\])(?:\.|$)")
_SAYS: Final = {
    End.NETWORK: "goes to {}",
    End.SHELL: "is run by a shell",
    End.CODE: "is run as code",
    End.PAID: "is paid",
    End.ANSWER: "is answered to whoever asks",
    End.CLIPBOARD: "takes the place of what is in the clipboard",
    End.FILE: "is written to {}",
}


@dataclass(frozen=True, slots=True)
class _Sink:
    """Where what a function is given ends, and how."""

    end: End
    host: str
    place: Place


_Ends = frozenset[tuple[str, _Sink]]


@dataclass(slots=True)
class _Web:
    """What names of all files carry, and where what their functions are given ends, with the field that does."""

    tree: Tree
    calls: dict[str, dict[tuple[str, int], list[Given]]] = field(default_factory=dict)
    carries: dict[Key, frozenset[Taint]] = field(default_factory=dict)
    sinks: dict[Key, _Ends] = field(default_factory=dict)
    names: dict[str, list[str]] = field(default_factory=dict)


def link(readings: Mapping[str, Reading]) -> tuple[Finding, ...]:
    """Find what crosses files: a key that one reads and another sends."""
    web = _Web(planted(readings))
    for path, reading in readings.items():
        _noted(web, path, reading)
    _grow_carries(web)
    _grow_sinks(web)
    served = {one for reading in readings.values() for one in reading.crossing.served}
    found = [_found(taint, place, sink, served) for taint, place, sink in _meetings(web)]
    distinct = {one.fingerprint + str(one.place.line): one for one in found if one is not None}
    return (*distinct.values(), *_kept(readings, served), *_hooked(readings))


def _noted(web: _Web, path: str, reading: Reading) -> None:
    calls = web.calls.setdefault(path, {})
    for given in reading.crossing.given:
        calls.setdefault((given.symbol, given.place.line), []).append(given)
    for export in reading.crossing.exports:
        key = path, export.name
        web.carries[key] = web.carries.get(key, frozenset()) | frozenset(export.taints)
    for drain in reading.crossing.drained:
        _put(web.sinks, path, drain.symbol, frozenset({("", _Sink(drain.end, drain.host, drain.place))}))


def _put(sinks: dict[Key, _Ends], path: str, symbol: str, ends: _Ends) -> None:
    """Note where an argument, or a field of one, ends: by its function's whole name, and by its last."""
    name, field_ = _split(symbol)
    ends = frozenset(one for one in ends if one[0].count(".") < _FIELDS)
    inner = frozenset((f"{field_}.{more}" if field_ and more else field_ or more, sink) for more, sink in ends)
    short = name if name.startswith(EVENT) else name.partition("#")[0].rpartition(".")[2] + "#" + name.partition("#")[2]
    for one in {name, short}:
        key = (EVENT if name.startswith(EVENT) else path), one
        sinks[key] = _few(sinks.get(key, frozenset()), inner)


def _few(known: _Ends, more: _Ends) -> _Ends:
    """Put ends together, and keep no more of them than anybody reads."""
    if more <= known:
        return known
    both = sorted(known | more, key=lambda one: (one[0], _order(one[1])))
    return frozenset(both[:_SEVERAL])


def _split(symbol: str) -> tuple[str, str]:
    """Split `name#0.key` into the argument and the field."""
    base, _, rest = symbol.rpartition("#")
    number, _, inner = rest.partition(".")
    return f"{base}#{number}", inner


def _grow_carries(web: _Web) -> None:
    for _ in range(_ROUNDS):
        grown = {key: _some(taints | _resolved(web, key[0], taints)) for key, taints in web.carries.items()}
        if grown == web.carries:
            break
        web.carries = grown


def _some(taints: frozenset[Taint]) -> frozenset[Taint]:
    """Keep so much of what one value carries as anybody reads: what it is before where it may come from."""
    if len(taints) <= _CARRIED:
        return taints
    return frozenset(sorted(taints, key=lambda one: (one.kind in (Kind.ARGUMENT, Kind.IMPORTED), one))[:_CARRIED])


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
    for file, name in targets(web.tree, path, symbol):
        for one in (name, name.rpartition(".")[2] if name.endswith("()") else name):
            found |= web.carries.get((file, one), frozenset())
        picked = _PICKED.search(name)
        if picked is not None:
            found |= {one for one in web.carries.get((file, name[: picked.start()]), ()) if one.kind is Kind.ADDRESS}
    return frozenset(found)


def _handed(web: _Web, path: str, taint: Taint, argument: Taint, depth: int) -> frozenset[Taint]:
    """Return what a call on this line gives to the function whose result hands it on."""
    base, inner = _split(argument.what)
    symbol = f"{taint.what.replace('()', '')}#{base.rpartition('#')[2]}"
    calls = web.calls.get(path, {})
    exact = [(given, "") for given in calls.get((f"{symbol}.{inner}", taint.line), [])] if inner else []
    found: set[Taint] = set()
    for given, within in exact or [(given, inner) for given in calls.get((symbol, taint.line), [])]:
        held = _narrowed(frozenset(given.taints), within)
        found |= {one for one in held if one.kind is not Kind.IMPORTED} | _resolved(web, path, held, depth + 1)
    return frozenset(found)


def _narrowed(taints: frozenset[Taint], inner: str) -> frozenset[Taint]:
    """Return what a field holds of what its object does."""
    for key in inner.split(".") if inner else ():
        kept = {new for taint in taints if taint.kind is not Kind.IMPORTED and (new := passed(taint, key, taint.line))}
        named = {Taint(Kind.IMPORTED, f"{one.what}.{key}", one.line) for one in taints if one.kind is Kind.IMPORTED}
        taints = frozenset(kept | named)
    return taints


def _grow_sinks(web: _Web) -> None:
    """Find the functions that hand on what they are given to one that sends it."""
    for _ in range(_ROUNDS):
        grown = dict(web.sinks)
        web.names = {}
        for file, name in web.sinks:
            web.names.setdefault(file, []).append(name)
        for path, reading in web.tree.readings.items():
            for given in reading.crossing.given:
                ends = _sinks(web, path, given.symbol)
                for taint in given.taints if ends else ():
                    if taint.kind is Kind.ARGUMENT and taint.what.count(".") < _DEEP:
                        _put(grown, path, taint.what, ends)
        if grown == web.sinks:
            break
        web.sinks = grown


def _sinks(web: _Web, path: str, symbol: str) -> _Ends:
    """List where ends what is given there: with the field of it that does, where only a field does."""
    wanted, inner = _split(symbol)
    found: set[tuple[str, _Sink]] = set()
    for file, name in targets(web.tree, path, wanted):
        found |= _ends(web, file, name)
    if not inner:
        return frozenset(found)
    return frozenset((more[len(inner) + 1 :], sink) for more, sink in found if (more + ".").startswith(inner + "."))


def _ends(web: _Web, file: str, name: str) -> _Ends:
    if name.startswith(("#", "[]#")):  # the module itself was called, or one of what it lists
        return _any(web, file, name.removeprefix("[]"))
    base, _, number = name.partition("#")
    for one in (name, f"{base}.constructor#{number}", f"{base.rpartition('.')[2]}#{number}"):
        if (file, one) in web.sinks:
            return web.sinks[file, one]
    return frozenset()


def _any(web: _Web, file: str, number: str) -> _Ends:
    """List where what any function of a file is given ends; its constructor's, where it has one."""
    ends = {name: web.sinks[file, name] for name in web.names.get(file, []) if name.endswith(number)}
    made = {name: sinks for name, sinks in ends.items() if name.endswith("constructor" + number)}
    return frozenset(sink for sinks in (made or ends).values() for sink in sinks)


def _meetings(web: _Web) -> list[tuple[Taint, Place, _Sink]]:
    met: list[tuple[Taint, Place, _Sink]] = []
    for path, reading in web.tree.readings.items():
        for given in reading.crossing.given:
            for inner, sink in sorted(_sinks(web, path, given.symbol), key=lambda one: (one[0], _order(one[1]))):
                taints = _narrowed(frozenset(given.taints), inner)
                met += [(taint, given.place, sink) for taint in sorted(taints | _resolved(web, path, taints))]
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
    where = sink.host.replace(HOLE, "").lstrip("/") or (
        "a host that is not written in the code" if sink.end is End.NETWORK else "a file"
    )
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
            file = next((base + ending for ending in ENDINGS if base + ending in readings), "")
            if file and any(can.power == "network" for can in readings[file].capabilities):
                text = f"{file} is run during the installation, and goes to the network"
                found.append(RULE["code/install-network"].found(hook.place, text, hook.file[:60]))
    return found
