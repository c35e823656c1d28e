"""What functions are given: by their callers, and by what they are handed to.

It must never look at more callers than its limit.
"""

from typing import Final

from ringfence.audit.code.javascript.callees import result
from ringfence.audit.code.javascript.instances import heirs
from ringfence.audit.code.javascript.reads import Reads
from ringfence.audit.code.javascript.registries import table_of, through
from ringfence.audit.code.javascript.scopes import CLASSES, Binding, Index, arguments, parameters
from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import EVENT, UNKNOWN, Kind, Taint, Value, joined

_HEARING: Final = frozenset({"addEventListener", "addListener", "handle", "on", "once"})
_MARKS: Final = 60  # letters before a setter's name
_ASSIGNED: Final = 20  # assignments, and listeners of one name, that are looked at
_LONGEST: Final = 80  # letters of an event's name
CALLERS: Final = 200
"""How many calls of one function are looked at."""


def element(value: Value) -> Value:
    """Return what one of many is."""
    if value.items is not None:
        return joined((*value.items, Value(taints=value.taints)))
    return Value(names=tuple(name + "[]" for name in value.names[:2]), taints=value.taints)


def parameter(reader: Reads, binding: Binding) -> Value:
    """Return what a function is given there, by all that is known of its calls."""
    function = binding.node
    if function is None:
        return UNKNOWN
    if id(function) in reader.frames:
        return _framed(reader, function, binding.index)
    values: list[Value] = []
    name = reader.index.names.get(id(function), "") or reader.text(function.child("name")).lstrip("#")
    if name:
        values += _from_callers(reader, function, name, binding.index)
    if function.parent is not None and function.parent.type == "arguments" and function.parent.parent is not None:
        values.append(handed(reader, function.parent.parent))
    values += _told(reader, function, name, binding.index)
    if name and reader.exporting:
        owner = _class_name(reader, function)
        values.append(Value(taints=frozenset({Taint(Kind.ARGUMENT, f"{owner}{name}#{binding.index}")})))
    return joined(values)


def _told(reader: Reads, function: Node, name: str, number: int) -> list[Value]:
    """List what a setter is assigned, and what a listener hears."""
    found: list[Value] = []
    if function.type == "method_definition" and "set" in reader.head(function, _MARKS).split(name)[0].split():
        found += [reader.value(value) for value in reader.index.given.get(name, [])[:_ASSIGNED]]
    table = table_of(reader.index, function)
    for call in through(reader.index, table) if table else ():
        found += [reader.value(one) for one in arguments(call)[number : number + 1]]
    takers = [function] if function.parent is not None and function.parent.type == "arguments" else []
    takers += reader.index.passed.get(name, [])[:_ASSIGNED] if name else []
    events = [event for taker in takers if (event := _event(reader, taker))]
    return found + [Value(taints=frozenset({Taint(Kind.ARGUMENT, f"{event}#{number}")})) for event in events]


def _event(reader: Reads, taker: Node) -> str:
    """Name the event that a function is handed to a call for."""
    call = taker.parent.parent if taker.parent is not None else None
    if call is None or call.type != "call_expression":
        return ""
    called = reader.call(call)
    text = reader.value(called.arguments[0]).text if called.arguments else None
    return event_name(text) if called.method in _HEARING and text else ""


def event_name(text: str) -> str:
    """Return by what name an event is known to all files."""
    return EVENT + text[:_LONGEST].replace("#", "").replace(".", ":")


def _framed(reader: Reads, function: Node, number: int) -> Value:
    """Return what is given there in the one call that is being worked out."""
    given = reader.frames[id(function)]
    if _is_rest(function, number):
        return Value(items=given[number:], taints=frozenset(taint for one in given[number:] for taint in one.taints))
    return given[number] if number < len(given) else UNKNOWN


def _is_rest(function: Node, number: int) -> bool:
    wanted = parameters(function)
    return number < len(wanted) and wanted[number].type == "rest_pattern"


def _class_name(reader: Reads, function: Node) -> str:
    home = function.parent.parent if function.parent is not None else None
    if function.type == "method_definition" and home is not None and home.type in CLASSES:
        return reader.text(home.child("name")) + "."
    return ""


def _from_callers(reader: Reads, function: Node, name: str, number: int) -> list[Value]:
    maker = name == "constructor"
    title = _class_name(reader, function).rstrip(".") if maker else name
    calls = reader.index.called.get(title, [])[:CALLERS] + (heirs(reader.index, title)[:CALLERS] if maker else [])
    found: list[Value] = []
    for call in calls:
        given = arguments(call)
        if given and given[0].type == "template_string" and given[0].field == "arguments":
            found.append(reader.value(given[0]))
            continue
        if number < len(given) and (maker or _may_call(reader, call, function)):
            found += [reader.value(one) for one in (given[number:] if _is_rest(function, number) else [given[number]])]
    for call in _wrapped(reader.index, name):
        found += [reader.value(one) for one in reader.call(call).arguments[number : number + 1]]
    for argument in reader.index.passed.get(name, [])[:CALLERS]:
        taker = argument.parent.parent if argument.parent is not None else None
        found += [handed(reader, taker)] if taker is not None else []
    return found


def _wrapped(index: Index, name: str) -> list[Node]:
    """List the calls of what a function was bound, or handed, to: `const ship = post.bind(null, url)`, `once(post)`."""
    makers = [taker.parent.parent for taker in index.passed.get(name, [])[:_ASSIGNED] if taker.parent is not None]
    for call in index.called.get("bind", [])[:CALLERS]:
        callee = call.child("function")
        if callee is not None and index.source.text(callee.child("object") or callee) == name:
            makers.append(call)
    found: list[Node] = []
    for maker in makers:
        home = maker.parent if maker is not None else None
        if home is not None and home.type == "variable_declarator":
            found += index.called.get(index.source.text(home.child("name") or home), [])[:_ASSIGNED]
    return found


def _may_call(reader: Reads, call: Node, function: Node) -> bool:
    callee = call.child("function") or call.child("constructor")
    if callee is None:
        return True
    value = reader.value(callee)
    if callee.type != "identifier" and not value.nodes:
        return not any(name in _GLOBALS for name in value.names)
    return any(node is function for node in value.nodes)


_GLOBALS: Final = frozenset({"fetch", "eval", "require", "Function"})  # what every file may call
_WALKING: Final = TABLES["walking"]
LISTENING: Final = TABLES["listening"]
"""Methods that take a function to call when something is heard: of the network, or of another part of a page."""


def handed(reader: Reads, call: Node) -> Value:
    """Return what a function that is handed to a call is called with there."""
    called = reader.call(call)
    if called.method in _WALKING:
        return element(called.owner) if called.method != "then" else called.owner
    value = result(reader, called)
    if called.method in LISTENING and not value.has(Kind.REMOTE):
        first = reader.value(called.arguments[0]).text if called.arguments else None
        if first not in ("exit", "close", "error", "SIGINT", "SIGTERM", "uncaughtException", "end", "open", "connect"):
            return Value(taints=frozenset({Taint(Kind.REMOTE, _said(reader, call), reader.line(call))}))
    return Value(taints=value.taints)


def _said(reader: Reads, call: Node) -> str:
    text = reader.head(call.child("function"), 40)
    return text if text.replace(".", "").replace("_", "").isalnum() else "a listener"
