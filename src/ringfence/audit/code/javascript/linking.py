"""Matches what crosses from file to file, when all files have been read: whose values end where.

It must never take two files of one name for each other: names are followed by their paths.
"""

import posixpath
from collections.abc import Mapping
from typing import Final

from ringfence.audit.code.javascript.crossing import RULES
from ringfence.audit.code.javascript.names import own_host
from ringfence.audit.code.javascript.report import Reading
from ringfence.audit.code.javascript.values import Kind, Taint
from ringfence.audit.code.rules import RULE
from ringfence.audit.finding import Finding, Place, Step

_ENDINGS: Final = ("", ".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx", "/index.js", "/index.ts", ".mts", ".cts")
_ROUNDS: Final = 6  # files that a value is followed through


def link(readings: Mapping[str, Reading]) -> tuple[Finding, ...]:
    """Find what crosses files: a key that one reads and another sends."""
    carries = _carried(readings)
    sinks = _sinks(readings)
    found = [_found(taint, host, place, end) for taint, host, place, end in _meetings(readings, carries, sinks)]
    distinct = {one.fingerprint + str(one.place.line): one for one in found if one is not None}
    return (*distinct.values(), *_hooked(readings))


_Carries = Mapping[tuple[str, str], frozenset[Taint]]
_Sinks = Mapping[tuple[str, str], tuple[str, Place]]


def _target(readings: Mapping[str, Reading], path: str, symbol: str) -> tuple[str, str]:
    """Split `./file.name` into the file's path and the name, as seen from another file."""
    base, _, number = symbol.partition("#")
    parts = base.split("/")
    head, tail = "/".join(parts[:-1]), parts[-1]
    pieces = tail.split(".")
    for cut in range(len(pieces), 0, -1):
        if not head and not pieces[0]:
            break
        file = posixpath.normpath(posixpath.join(posixpath.dirname(path), head, ".".join(pieces[:cut])))
        bare = file.removesuffix(".js")
        for ending in _ENDINGS:
            for one in (file + ending, bare + ending):
                if one in readings:
                    name = ".".join(pieces[cut:])
                    return one, name + (f"#{number}" if number else "")
    return "", ""


def _carried(readings: Mapping[str, Reading]) -> _Carries:
    held: dict[tuple[str, str], frozenset[Taint]] = {}
    for path, reading in readings.items():
        for export in reading.crossing.exports:
            held[path, export.name] = held.get((path, export.name), frozenset()) | set(export.taints)
    for _ in range(_ROUNDS):
        grown = {key: taints | _resolved(readings, held, key[0], taints) for key, taints in held.items()}
        if grown == held:
            break
        held = grown
    return held


def _resolved(readings: Mapping[str, Reading], held: _Carries, path: str, taints: frozenset[Taint]) -> frozenset[Taint]:
    found: set[Taint] = set()
    for taint in taints:
        if taint.kind is Kind.IMPORTED:
            file, name = _target(readings, path, taint.what)
            for one in (name, name.rpartition(".")[2] if name.endswith("()") else name):
                found |= held.get((file, one), frozenset())
    return frozenset(found)


def _sinks(readings: Mapping[str, Reading]) -> _Sinks:
    held: dict[tuple[str, str], tuple[str, Place]] = {}
    for path, reading in readings.items():
        for drain in reading.crossing.drained:
            for name in (drain.symbol, drain.symbol.rpartition(".")[2]):
                held.setdefault((path, name), (drain.host, drain.place))
    for _ in range(_ROUNDS):
        more = _handed_on(readings, held)
        if not more.keys() - held.keys():
            break
        held = {**more, **held}
    return held


def _handed_on(readings: Mapping[str, Reading], held: _Sinks) -> dict[tuple[str, str], tuple[str, Place]]:
    """Find the functions that hand on what they are given to one that sends it."""
    found: dict[tuple[str, str], tuple[str, Place]] = {}
    for path, reading in readings.items():
        for given in reading.crossing.given:
            end = _end(readings, held, path, given.symbol)
            names = [taint.what.rpartition(".")[2] for taint in given.taints if taint.kind is Kind.ARGUMENT]
            if end is not None:
                found.update({(path, name): end for name in names})
    return found


def _end(readings: Mapping[str, Reading], held: _Sinks, path: str, symbol: str) -> tuple[str, Place] | None:
    file, name = _target(readings, path, symbol)
    if not file:
        return None
    if name.startswith("#"):  # the module itself was called: its one function, whatever that is called there
        ends = [end for key, end in held.items() if key[0] == file and key[1].endswith(name)]
        return ends[0] if ends else None
    return held.get((file, name)) or held.get((file, name.rpartition(".")[2]))


def _meetings(
    readings: Mapping[str, Reading], carries: _Carries, sinks: _Sinks
) -> list[tuple[Taint, str, Place, Place]]:
    met: list[tuple[Taint, str, Place, Place]] = []
    for path, reading in readings.items():
        for given in reading.crossing.given:
            end = _end(readings, sinks, path, given.symbol)
            if end is not None:
                taints = frozenset(given.taints) | _resolved(readings, carries, path, frozenset(given.taints))
                met += [(taint, end[0], given.place, end[1]) for taint in sorted(taints)]
        for awaited in reading.crossing.awaited:
            wanted = frozenset({Taint(Kind.IMPORTED, awaited.symbol)})
            met += [
                (taint, awaited.host, awaited.place, awaited.place)
                for taint in sorted(_resolved(readings, carries, path, wanted))
            ]
    return met


def _found(taint: Taint, host: str, place: Place, end: Place) -> Finding | None:
    rule = RULES.get(taint.kind)
    if rule is None or (taint.kind is Kind.SECRET and (not host or own_host(taint.what, host))):
        return None
    text = f"{taint.kind.value} ({taint.what}) goes to {host or 'a host that is not written in the code'}, across files"
    way = (Step(place, taint.what[:80]), Step(end, "goes to the network"))
    return RULE[f"code/{rule}"].found(place, text, taint.what[:60], way)


def _hooked(readings: Mapping[str, Reading]) -> list[Finding]:
    """Look at the files that installation runs: whether they go to the network."""
    found = []
    for path, reading in readings.items():
        for hook in reading.crossing.hooks:
            base = posixpath.normpath(posixpath.join(posixpath.dirname(path), hook))
            file = next((base + ending for ending in _ENDINGS if base + ending in readings), "")
            if file and any(can.power == "network" for can in readings[file].capabilities):
                text = f"{file} is run during the installation, and goes to the network"
                found.append(RULE["code/install-network"].found(Place(path), text, hook[:60]))
    return found
