"""An exchange's client turned against its user: another host, overridden signing, a proxy, no certificates.

A client library of an exchange does these things to itself; they are judged where a bot does them to a library.
"""

import re
from itertools import islice
from typing import Final

from ringfence.audit.code.hosts import exchange_of, imitated, is_local
from ringfence.audit.code.javascript.finds import Finds
from ringfence.audit.code.javascript.official import host_of
from ringfence.audit.code.javascript.reach import HTTP, address, is_network, is_strange, opens
from ringfence.audit.code.javascript.reads import Called
from ringfence.audit.code.javascript.scopes import FUNCTIONS
from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import HOLE

_CLIENTS: Final = re.compile(
    r"^(?:ccxt|binance|@binance/|node-binance-api|binance-api-node|bybit-api|okx-api|okx-node|kucoin-|gate-api|bitget-api|"
    r"mexc-|kraken-api|coinbase-|@polymarket/clob-client|hyperliquid|@nktkas/hyperliquid|bitmex-|deribit-|bitfinex-)"
)
_ADDRESS_KEYS: Final = (
    "urls",
    "baseURL",
    "baseUrl",
    "httpBase",
    "wsBase",
    "base",
    "hostname",
    "wsUrl",
    "url",
    "host",
    "api",
)
_PROXY_KEYS: Final = ("proxies", "proxy", "httpProxy", "httpsProxy", "socksProxy", "wsProxy", "wssProxy", "proxyUrl")
_OVERRIDDEN: Final = TABLES["overridden"]
_URL: Final = re.compile(r"^(?:https?|wss?)://")
_INNER: Final = 5000  # pieces of one function or literal that are looked at
_OFF: Final = frozenset({"0", "false"})


def is_client(names: tuple[str, ...]) -> bool:
    """Say whether a value is a client of an exchange, by the library that it comes from."""
    return any(_CLIENTS.match(name) for name in names)


def look(finds: Finds, called: Called) -> None:
    """Look at one call."""
    if is_client(called.names) and called.arguments:
        _configured(finds, called)
    if any(is_network(name) or opens(name) for name in called.names):
        _plain(finds, called)
    if any(name.endswith("interceptors.request.use") for name in called.names):
        _tapped(finds, called)


def _configured(finds: Finds, called: Called) -> None:
    for argument in called.arguments:
        value = finds.reader.value(argument)
        if any(_URL.match(text) for text in value.texts):
            _told_host(finds, argument)
        for key in _ADDRESS_KEYS:
            for node in _field(finds, value.nodes, key):
                _told_host(finds, node)
        for key in _PROXY_KEYS:
            for node in _field(finds, value.nodes, key):
                _told_proxy(finds, node)
        if any(finds.reader.text(node) == "true" for node in _field(finds, value.nodes, "verbose")):
            finds.say("client-verbose", argument)


def _field(finds: Finds, nodes: tuple[Node, ...], key: str) -> list[Node]:
    found = []
    for kid in (kid for node in nodes if node.type == "object" for kid in node.kids):
        value = kid.child("value")
        if value is not None and finds.reader.text(kid.child("key")).strip("'\"") == key:
            found.append(value)
    return found


def _strange_host(finds: Finds, node: Node) -> str:
    """Find a host that is not the exchange's in a value that is written out."""
    texts = list(finds.reader.value(node).texts)
    for inner in (
        islice(node.under(), _INNER) if node.type in ("object", "class_body", "class_declaration", "class") else ()
    ):
        if inner.type in ("string", "template_string"):
            texts += finds.reader.value(inner).texts
    for text in texts:
        host = host_of(text) if _URL.match(text) else (text if re.fullmatch(r"[\w-]+(?:\.[\w-]+){1,5}", text) else "")
        if host and is_strange(host) and HOLE not in host and (_URL.match(text) or node.type == "string"):
            return host
    return ""


def _told_host(finds: Finds, node: Node) -> None:
    host = _strange_host(finds, node)
    if host and "github" not in host:
        finds.say("exchange-host", node, f"sends an exchange's client to {host}", host)


def _told_proxy(finds: Finds, node: Node) -> None:
    texts = list(finds.reader.value(node).texts)
    texts += [
        text
        for inner in islice(node.under(), _INNER)
        if inner.type == "string"
        for text in finds.reader.value(inner).texts
    ]
    host = next((one for text in texts if (one := host_of(text if "//" in text else "//" + text))), "")
    if host and not is_local(host) and HOLE not in host and "." in host:
        finds.say("exchange-proxy", node, f"sends the exchange's traffic through {host}", host)


def _plain(finds: Finds, called: Called) -> None:
    for text in address(finds.reader, called).texts:
        host = host_of(text)
        if text.startswith(("http://", "ws://")) and exchange_of(host):
            finds.say("plain-http", called.node, f"talks to {host} without encryption", host)


def _tapped(finds: Finds, called: Called) -> None:
    for argument in called.arguments:
        for node in finds.reader.value(argument).nodes:
            if node.type in FUNCTIONS and _sends(finds, node):
                finds.say("client-tapped", called.node)


def _sends(finds: Finds, function: Node) -> bool:
    for node in islice(function.under(), _INNER):
        if node.type == "call_expression":
            called = finds.reader.call(node)
            strange = [
                text for text in address(finds.reader, called).texts if host_of(text) and is_strange(host_of(text))
            ]
            if strange and any(is_network(name) or opens(name) for name in called.names):
                return True
    return False


_SAID: Final = re.compile(rb"env|urls|URL|host|[pP]rox|verbose|\[['\"`]|prototype|baseUrl")


def assigned(finds: Finds, node: Node) -> None:
    """Look at one assignment."""
    left, right = node.child("left"), node.child("right")
    if left is None or right is None or left.type not in ("member_expression", "subscript_expression"):
        return
    if right.type not in FUNCTIONS and not _SAID.search(finds.reader.index.source.data, left.start, left.end):
        return
    said = finds.reader.head(left, 200)
    if "NODE_TLS_REJECT_UNAUTHORIZED" in said or finds.reader.value(left).names == (
        "process.env.NODE_TLS_REJECT_UNAUTHORIZED",
    ):
        if finds.reader.value(right).text in _OFF:
            finds.say("tls-off", node)
        return
    names = _root_names(finds, left)
    if is_client(names):
        _client_changed(finds, left, right, said)
    elif right.type in FUNCTIONS and _is_http(finds, left):
        finds.say("client-tapped" if _sends(finds, right) else "client-patched", node, subject=said[:60])


def _root_names(finds: Finds, left: Node) -> tuple[str, ...]:
    at: Node | None = left
    while at is not None and at.type in ("member_expression", "subscript_expression"):
        at = at.child("object")
    return finds.reader.value(at).names


def _is_http(finds: Finds, left: Node) -> bool:
    names = finds.reader.value(left).names
    return any("." in name and name.partition(".")[0] in HTTP and is_network(name) for name in names)


def _client_changed(finds: Finds, left: Node, right: Node, said: str) -> None:
    last = said.rpartition(".")[2]
    if ".urls" in said or "urls" in _keys(finds, left) or last in ("hostname", "baseURL", "baseUrl"):
        _told_host(finds, right)
    elif last in _PROXY_KEYS:
        _told_proxy(finds, right)
    elif last == "verbose" and finds.reader.text(right) == "true":
        finds.say("client-verbose", left)
    elif right.type in FUNCTIONS or finds.reader.value(right).nodes:
        functions = [node for node in (right, *finds.reader.value(right).nodes) if node.type in FUNCTIONS]
        if functions:
            tapped = any(_sends(finds, one) for one in functions)
            finds.say("client-tapped" if tapped else "client-patched", left, subject=said[:60])


def _keys(finds: Finds, left: Node) -> list[str]:
    keys: list[str] = []
    at: Node | None = left
    while at is not None and at.type in ("member_expression", "subscript_expression"):
        if at.type == "subscript_expression":
            keys.append(finds.reader.value(at.child("index")).text or "")
        at = at.child("object")
    return keys


def classed(finds: Finds, node: Node) -> None:
    """Look at one class: whether it extends an exchange's client and overrides what keys pass through."""
    heritage = next((kid for kid in node.kids if kid.type == "class_heritage"), None)
    bases = [inner for inner in (heritage.under() if heritage is not None else ()) if inner is not heritage]
    names = finds.reader.value(next((one for one in bases if one.type != "extends_clause"), None)).names
    body = node.child("body")
    if not is_client(names) or body is None:
        return
    for kid in body.kids:
        name = finds.reader.text(kid.child("name") or kid.child("property")).lstrip("#")
        if name in _OVERRIDDEN:
            rule = "client-tapped" if kid.type in FUNCTIONS and _sends(finds, kid) else "client-override"
            finds.say(rule, kid, f"overrides {name} of an exchange's client", name)
    host = _strange_host(finds, body)
    if host:
        finds.say("exchange-host", node, f"sends an exchange's client to {host}", host)


def paired(finds: Finds, node: Node) -> None:
    """Look at one field of an object literal."""
    key = finds.reader.text(node.child("key")).strip("'\"")
    value = finds.reader.head(node.child("value"), 20)
    off = key in ("rejectUnauthorized", "strictSSL", "checkServerIdentity") and value in ("false", "!1", "0")
    if off and not _of_a_database(finds, node):
        finds.say("tls-off", node)


def _of_a_database(finds: Finds, node: Node) -> bool:
    """Say whether it stands under `ssl`, as clients of databases spell it: no exchange is reached so."""
    at = node.parent.parent if node.parent is not None else None
    return at is not None and finds.reader.head(at.child("key") or at.child("name"), 40).strip("'\"") in ("ssl", "tls")


def said(finds: Finds, node: Node) -> None:
    """Look at one text: whether it names a host that imitates an exchange."""
    text = finds.reader.value(node).text or ""
    if _URL.match(text[:8]):
        host = host_of(text[:400])
        name = imitated(host) if host else ""
        if name:
            finds.say("look-alike-host", node, f"names {host}, which imitates {name}", host)
