"""What is kept of a file that was read: how content passes through it, and no more of that than leads somewhere."""

import itertools
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Final

import msgspec

from ringfence.audit.code.bytecode import TELLING
from ringfence.audit.code.definitions import Definitions
from ringfence.audit.code.known import is_ours
from ringfence.audit.code.resolving import CALLED, EVERYWHERE, WRAPPED
from ringfence.audit.code.scopes import is_abstract
from ringfence.audit.code.summary import Called, Flow, Summary
from ringfence.audit.code.values import GAP, ITEMS, TOLD, Taint, Value, taints_of

_NAMES: Final = 3000  # of one module: more are a table of data


def summary_of(reader: Definitions, source: str) -> Summary:
    """Say how content passes through a file, as far as other files can tell."""
    names = {name: value.ref for name, value in reader.module.names.items() if _is_elsewhere(reader, value.ref)}
    texts = {**reader.texts, "~words": tuple(word for word in TELLING if word in source)}
    for name, value in itertools.islice(reader.module.names.items(), _NAMES):
        _kept_texts(texts, f":{name}", value)
        reader.files_asked(value, f":{name}", 0)
        for taint in taints_of(value):
            if not taint.kind.startswith("@"):
                reader.notes.passed(taint, f"@:{name}", 0, words=f"kept as {name}")
    for cls in itertools.islice(reader.classes.values(), _NAMES):
        for name, value in itertools.islice(cls.names.items(), _NAMES):
            _kept_texts(texts, f":{cls.qual}.{name}", value)
            _kept_texts(texts, f":{cls.qual}().{name}", value)
    _wrappers(reader)
    flows = tuple(_unpacked(reader))
    functions = {function.qual: function.params for function in reader.functions.values()}
    classes = {cls.qual: cls.bases for cls in reader.classes.values()}
    return Summary(
        _useful(flows, {qual for qual, function in reader.functions.items() if is_abstract(function)}),
        _needed(tuple(reader.notes.calls), flows),
        functions,
        texts,
        classes,
        names,
        tuple(filter(is_ours, reader.stars)),
    )


def _wrappers(reader: Definitions) -> None:
    """Let what a decorated function is given be what the wrapper within its decorator is given."""
    for qual, function in reader.functions.items():
        maker, inner, _ = qual.partition(".")
        spec = function.node.args
        for rest in (spec.vararg, spec.kwarg) if inner and maker in reader.functions else ():
            if rest is not None:
                given = Taint(f"@:{maker}#{WRAPPED}", "what the function is given")
                reader.notes.passed(given, f"@:{qual}#{rest.arg}", function.node.lineno)


def _is_elsewhere(reader: Definitions, ref: str) -> bool:
    """Say whether a name stands for what is found elsewhere: an import, or an object of a class by that."""
    if ref.endswith("()"):
        own = ref.removesuffix("()")
        return (
            own[1:] in reader.classes if own.startswith(":") else is_ours(own) and own.rpartition(".")[2][:1].isupper()
        )
    return bool(ref) and ref[0] not in ":@" and "()" not in ref


def _kept_texts(texts: dict[str, tuple[str, ...]], name: str, value: Value) -> None:
    if value.text is not None and len(value.text) <= TOLD:
        texts[name] = value.texts
    for key, item in itertools.islice((value.items or {}).items(), ITEMS):
        if item.text is not None and len(item.text) <= TOLD:
            texts[f"{name}[{key}]"] = item.texts


def _unpacked(reader: Definitions) -> list[Flow]:
    """Let the files that are read hold what was packed into an archive before."""
    flows = list(reader.notes.flows)
    packed = reader.notes.packed
    if packed:
        opened = [flow for flow in flows if flow.source == "opened"]
        flows += [
            msgspec.structs.replace(flow, source=kind, label=taint.label, way=taint.way)
            for flow in opened
            for kind, taint in packed.items()
        ]
    return flows


def _is_found(symbol: str) -> bool:
    """Say whether a symbol can be one of the project's: a bare name that nothing binds, and a library's, cannot."""
    if not symbol.startswith("@") or symbol[1:2] in {":", "/"} or symbol[1:].startswith(EVERYWHERE):
        return True
    name = symbol[1:].partition("#")[0]
    return "." in name and is_ours(name)


def _is_from_nowhere(flow: Flow, into: Mapping[str, Sequence[str]]) -> bool:
    """Say whether nothing that matters comes from there: nothing flows into what a function of this file gives."""
    source = flow.source
    if source in {"pieced", "typed", "opened"}:
        return True
    is_result = source.startswith("@:") and source.endswith("()") and "#" not in source and CALLED not in source
    # what a method gives may be given by the one that stands in for it, in another file
    own = "." not in source or (flow.sink.endswith("()") and "#" not in flow.sink)
    return is_result and own and source not in into


def _call_of(symbol: str) -> str:
    """Name the call of which a symbol tells what it is given, or what it gives."""
    return symbol[2:].partition(">")[0] + ">" if symbol.startswith(f"@:{CALLED}") else ""


def _useful(flows: tuple[Flow, ...], abstract: AbstractSet[str]) -> tuple[Flow, ...]:
    """Leave out what comes from nowhere and what leads nowhere in this file and to no other."""
    asked = {_call_of(symbol) for flow in flows for symbol in (flow.source, flow.sink)}
    flows = tuple(
        flow
        for flow in flows
        if _is_found(flow.sink) and _is_found(flow.source) and (flow.sink != "called" or flow.role in asked)
    )
    into: dict[str, list[str]] = {}
    for flow in flows:
        into.setdefault(flow.sink, []).append(flow.source)
    alive = {sink for sink in into if not sink.startswith("@:")}
    alive |= {sink for sink in into if "()" in sink or "#" not in sink or sink.startswith(f"@:{CALLED}")}
    alive |= {sink for sink in into if sink[2:].partition("#")[0] in abstract}
    todo = list(alive)
    while todo:
        for source in into.get(todo.pop(), ()):
            if source not in alive and source.startswith("@"):
                alive.add(source)
                todo.append(source)
                head, mark, place = source.partition("!")[0].partition("#")
                base = f"{head}{mark}{place.partition('.')[0]}"
                if base not in alive:
                    alive.add(base)
                    todo.append(base)
    return tuple(flow for flow in flows if flow.sink in alive and not _is_from_nowhere(flow, into))


def _needed(calls: tuple[Called, ...], flows: tuple[Flow, ...]) -> tuple[Called, ...]:
    holes = {piece for flow in flows for url in flow.urls for piece in url.split(GAP)[1::2]}
    wanted = {hole.partition("#")[0] for hole in holes if "#" in hole}
    return tuple(call for call in calls if not call.function.startswith(":") or call.function in wanted)[:20_000]
