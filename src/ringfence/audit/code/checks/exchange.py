"""What turns an exchange's client against its owner: hosts, proxies and switches that it is given."""

from collections.abc import Iterator
from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.capability import Power
from ringfence.audit.code.checks import tls
from ringfence.audit.code.hosts import exchange_of, host_of, is_documentation, is_local
from ringfence.audit.code.known import EXCHANGES, root_of
from ringfence.audit.code.state import State
from ringfence.audit.code.values import Value

_HOSTS: Final = frozenset(
    {
        "hostname",
        "base_url",
        "endpoint",
        "base_endpoint",
        "api_url",
        "api_host",
        "rest_url",
        "ws_url",
        "host",
        "url",
        "baseUrl",
        "api_endpoint",
        "stream_url",
        "restful_base_uri",
    }
)
_PROXIES: Final = frozenset(
    {
        "proxies",
        "proxy",
        "httpProxy",
        "httpsProxy",
        "http_proxy",
        "https_proxy",
        "aiohttp_proxy",
        "https_proxy_url",
        "proxyUrl",
        "proxy_url",
        "socksProxy",
        "wsProxy",
        "wssProxy",
        "socks_proxy",
        "ws_proxy",
        "wss_proxy",
    }
)


def made(state: State, call: Call) -> None:
    """Look at how a client of an exchange is made or asked."""
    if call.args or call.kwargs:
        keys = call.kwargs.keys() | {name for arg in call.args if arg.items for name in arg.items}
        if keys & {"apiKey", "secret", "api_key", "api_secret", "key", "privateKey"}:
            state.notes.able(Power.KEYS, call.root, call.line)
    state.notes.saw("exchange", call.line)


def options(state: State, call: Call) -> None:
    """Look at the options that a client of an exchange is given."""
    if not is_one(call.ref) and not _is_client(state, call):
        return
    tables = [call.kwargs, *(arg.items for arg in call.args if arg.items is not None)]
    for table in tables:
        for name, value in dict(table).items():
            option(state, name, value, call.line)


def is_one(ref: str) -> bool:
    """Say whether a dotted name is a client of one exchange: ccxt's classes are, but for those that begin large."""
    root = root_of(ref)
    last = ref.rsplit(".", 1)[-1]
    return root in EXCHANGES and "." in ref and not (root.startswith("ccxt") and last[:1].isupper())


def _is_client(state: State, call: Call) -> bool:
    cls = state.classes.get(call.ref[1:]) if call.ref.startswith(":") else None
    return cls is not None and any(is_one(base) for base in cls.bases)


def option(state: State, name: str, value: Value, line: int) -> None:
    """Look at one option of a client."""
    if name == "urls" or name in _HOSTS:
        hosts(state, value, line, name)
    elif name in _PROXIES:
        proxied(state, value, line)
    elif name == "verbose" and value.const is True:
        state.notes.add("client-verbose", line)
    elif name == "options" and value.items is not None:
        for inner, item in value.items.items():
            if inner in {"urls", "hostname"}:
                hosts(state, item, line, inner)


def texts_in(value: Value, depth: int = 6) -> Iterator[str]:
    """Every text in a value and in what it holds."""
    yield from (text for text in value.texts if text.strip("\0") != "?")
    if depth:
        for item in (*(value.items or {}).values(), *(value.elements or ())[:200]):
            yield from texts_in(item, depth - 1)


_PAGES: Final = frozenset(
    {"www", "doc", "docs", "fees", "logo", "referral", "api_management", "documentation", "news", "status", "changelog"}
)


def hosts(state: State, value: Value, line: int, name: str) -> None:
    """Look at the hosts to which a client is sent."""
    if value.items is not None:
        for inner, item in value.items.items():
            if inner not in _PAGES:
                hosts(state, item, line, name)
        return
    for text in texts_in(value):
        host = host_of(text)
        if "\0" in text and not host:
            state.notes.flow(Value(taints=value.taints), "exchange-url", line, (text,), words=f"set as {name}")
            host = ""
        tls.plain(state, text, line)
        if host and not exchange_of(host) and not is_local(host) and not is_documentation(host):
            state.notes.add("exchange-host", line, host, host)


def proxied(state: State, value: Value, line: int) -> None:
    """Look at the proxies that a client is given."""
    for text in texts_in(value):
        host = host_of(text)
        if host and not is_local(host):
            state.notes.add("exchange-proxy", line, host, host)
