"""What crosses from one file to others: what their functions are given, what its own ones send, what it exports.

It must never look into another file: what meets there is matched when all files have been read.
"""

import re
from typing import Final

from ringfence.audit.code.javascript.exports import exports, given_on, worth
from ringfence.audit.code.javascript.finds import Finds
from ringfence.audit.code.javascript.given import event_name
from ringfence.audit.code.javascript.members import member
from ringfence.audit.code.javascript.reach import address, hosts, is_network, is_strange, opens
from ringfence.audit.code.javascript.reads import Called
from ringfence.audit.code.javascript.report import Crossing, End, Given
from ringfence.audit.code.javascript.scopes import FUNCTIONS
from ringfence.audit.code.javascript.sent import carried
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import UNKNOWN, WORKER, Taint, Value
from ringfence.audit.finding import Place

_SPEAKING: Final = frozenset({"emit", "invoke", "dispatch"})
_INNER: Final = 50  # elements and fields of one value that are looked at for addresses
_GLOBAL: Final = re.compile(r"(?:global|globalThis)\.(?P<name>\w{1,40})$")
_MOST: Final = 2000  # crossings of one file: hand-written ones have tens


def gather(finds: Finds) -> Crossing:
    """Say what of a file matters to others."""
    given: list[Given] = []
    for node in finds.reader.index.worth:
        called = finds.reader.call(node)
        given += _given(finds, called)
        if any(is_network(name) or opens(name) for name in called.names):
            _ends(finds, called)
    given += _shared(finds)
    return Crossing(
        tuple(given[:_MOST]),
        tuple(finds.drained[:_MOST]),
        tuple(finds.awaited[:_MOST]),
        tuple(exports(finds))[:_MOST],
        again=tuple(given_on(finds))[:_MOST],
        written=tuple(finds.written[:_MOST]),
        served=tuple(finds.served[:_MOST]),
    )


def _place(finds: Finds, node: Node) -> Place:
    return finds.place(finds.reader.line(node))


def _given(finds: Finds, called: Called) -> list[Given]:
    """Say what a function of another file is given, and what each field is given of an object that is written out."""
    place = _place(finds, called.node)
    symbols, values = _reached(finds, called)
    found = []
    for number, value in enumerate(values if symbols else ()):
        for inner, taints in _pieces(finds, value):
            found += [Given(f"{name}#{number}{inner}", taints, place) for name in symbols]
    return found


def _shared(finds: Finds) -> list[Given]:
    """Say what is put where every file finds it: into fields of the global object."""
    found = []
    for node in finds.reader.index.assigned[:_MOST]:
        left, right = node.child("left"), node.child("right")
        named = _GLOBAL.match(finds.reader.head(left, 80)) if left is not None and right is not None else None
        if named is not None and right is not None and right.type not in FUNCTIONS:
            symbol = f"{event_name('global')}:{named['name']}#0"
            pieces = _pieces(finds, finds.reader.value(right))
            found += [Given(symbol + inner, taints, _place(finds, node)) for inner, taints in pieces]
    return found


def _reached(finds: Finds, called: Called) -> tuple[list[str], list[Value]]:
    """Say what is called of other files, by its names there, or by an event; and with what."""
    symbols = [name for name in called.names[:2] if name.startswith(".")]
    is_worker = called.new and called.last == "Worker"
    if not (symbols or is_worker or called.method in _SPEAKING or called.method == "postMessage"):
        return [], []
    given = [UNKNOWN if one.type in FUNCTIONS else finds.reader.value(one) for one in called.arguments[:8]]
    if called.method in _SPEAKING and given:
        return ([event_name(given[0].text)] if given[0].text else []), given[1:]
    if is_worker and len(given) > 1:
        return [event_name(WORKER)], [member(finds.reader, given[1], WORKER, None)]
    return (symbols, given) if symbols else ([event_name("message")], given)


def _pieces(finds: Finds, value: Value) -> list[tuple[str, tuple[Taint, ...]]]:
    pieces = [("", worth(finds, value))]
    for kid in (kid for node in value.nodes if node.type == "object" for kid in node.kids[:_INNER]):
        inner = kid.child("value") if kid.type == "pair" else kid
        if inner is not None and kid.type in ("pair", "shorthand_property_identifier") and inner.type not in FUNCTIONS:
            key = finds.reader.text(kid.child("key") or kid).strip("'\"")
            pieces.append((f".{key[:40]}", worth(finds, finds.reader.value(inner))))
    return [piece for piece in pieces if piece[1]]


def _ends(finds: Finds, called: Called) -> None:
    known = hosts(address(finds.reader, called))
    strange = [host for host in known if is_strange(host)]
    if not known or strange:
        finds.end(End.NETWORK, called.node, carried(finds, called), strange[0] if strange else "")
