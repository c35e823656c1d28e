"""What reaches the network, and where to: by the names of libraries, and by the address that they are given.

The lists are the clients that bots in JavaScript use, by their own documentation. It must never reach anything itself.
"""

from typing import Final

from ringfence.audit.code.hosts import exchange_of, is_local
from ringfence.audit.code.javascript.members import member
from ringfence.audit.code.javascript.official import host_of
from ringfence.audit.code.javascript.reads import Called, Reads
from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import HOLE, UNKNOWN, Value, joined

HTTP: Final = TABLES["http"]
"""Clients of HTTP: called themselves, or by one of the verbs."""
_VERBS: Final = TABLES["verbs"]
_OPENING: Final = TABLES["opening"]
_SENDING: Final = TABLES["sending"]
_PLAIN: Final = TABLES["plain_sending"]
_CONNECTING: Final = TABLES["connecting"]
_KEYS: Final = ("url", "uri", "baseURL", "baseUrl", "prefixUrl", "hostname", "host", "href")


def is_network(name: str) -> bool:
    """Say whether a call of this name sends something away."""
    head, _, last = name.rpartition(".")
    if name in HTTP or name in _PLAIN or (head in HTTP and last in _VERBS):
        return True
    while "." in head or head:
        if last in _SENDING and head in _OPENING:
            return True
        head = head.rpartition(".")[0]
    return False


def opens(name: str) -> bool:
    """Say whether a call of this name opens a way on which something is sent later."""
    return name in _OPENING


def address(reader: Reads, called: Called) -> Value:
    """Return the address that a call is given, or that its connection was opened with."""
    found: list[Value] = []
    for argument in called.arguments[:2]:
        value = reader.value(argument)
        if any(node.type == "object" for node in value.nodes):
            found += [_as_url(key, member(reader, value, key, None)) for key in _KEYS]
        elif argument is called.arguments[0]:
            found.append(value)
    texts = [text for value in found for text in value.texts if text]
    if any(host_of(text) for text in texts):
        return joined(found)
    if any(host_of(text) for text in called.owner.texts):
        return called.owner
    later = _connected(reader, called) if called.method not in _CONNECTING else UNKNOWN
    if later.texts or called.owner.texts:
        return later if later.texts else called.owner
    return joined(found) if found else UNKNOWN


def _connected(reader: Reads, called: Called) -> Value:
    """Return the address that the same client is told elsewhere in the file: `client.access({host})`."""
    owner = _owner(reader, called.node)
    calls = [call for name in _CONNECTING for call in reader.index.called.get(name, [])[:20]]
    same = [call for call in calls if owner and _owner(reader, call) == owner]
    return joined(address(reader, reader.call(call)) for call in same)


def _owner(reader: Reads, call: Node) -> str:
    callee = call.child("function")
    return reader.head(callee.child("object"), 80) if callee is not None else ""


def _as_url(key: str, value: Value) -> Value:
    if key not in ("host", "hostname"):
        return value
    return Value(tuple(text if "//" in text else "//" + text for text in value.texts if HOLE not in text))


def hosts(value: Value) -> tuple[str, ...]:
    """List the hosts that an address may name."""
    return tuple(dict.fromkeys(host for text in value.texts if (host := host_of(text))))


def is_strange(host: str) -> bool:
    """Say whether a host is neither an exchange's nor this machine's."""
    return not exchange_of(host) and not is_local(host)
