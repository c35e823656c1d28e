"""Settings of an exchange that send its client elsewhere: another's host, a proxy, certificates that count not."""

import re
from functools import lru_cache
from typing import Final

from ringfence.audit.code.data.content import line_of
from ringfence.audit.code.data.found import Found
from ringfence.audit.code.data.tree import Tree
from ringfence.audit.code.hosts import (
    EXCHANGES,
    OWN_NAMES,
    exchange_of,
    host_of,
    imitated,
    is_documentation,
    is_local,
    named_after,
    urls,
)
from ringfence.audit.finding import Severity

_PLACES: Final = re.compile(
    r"(?:^|[_\-.])(?:rest|urls?|api|base|baseurl|apiurl|host|hostname|endpoint|stream|ws|wss|wsurl|websocket|gateway|domain)"
    r"(?:$|[_\-.])|url$|host$|endpoint$"
)
_NOT_PLACES: Final = re.compile(
    r"doc|www|help|support|logo|fee|referral|rpc|node|hook|telegram|discord|slack|image|icon|home|repo|github|issue|explorer"
    r"|resolved|proxy|proxies|comment|note|news|status|license|author|redis|database|db|mongo|influx|grafana|mqtt|kafka"
)
_ABOUT: Final = re.compile(
    r"^(?:exchanges?|ccxt\w*|venues?|brokers?|exchange_\w+|\w+_exchange|markets?_?data|connectors?)$"
)
_PROXIES: Final = re.compile(
    r"^(?:https?|socks|ws|wss|aiohttp|rest)?_?prox(?:y|ies)(?:_?(?:url|host|server))?$|^https_proxy_url$"
)
_SWITCHES: Final = frozenset(
    {"verify", "verify_ssl", "verifyssl", "ssl_verify", "verify_certs", "check_hostname", "tls_verify", "verify_tls",
     "verify_certificate", "verifycertificate", "rejectunauthorized"}
)  # fmt: skip
_OFF: Final = frozenset({"false", "no", "off", "0"})
_LONG: Final = 2000  # characters: no address is longer
_TALKS: Final = ("http", "https", "ws", "wss")
_NAMING: Final = re.compile(r"^(?:name|id|exchange\w*|venue|broker|connector|exchange_?id|market|class)$")
_WORD: Final = re.compile(r"[a-z0-9]+")


def look(keys: tuple[str, ...], value: str, text: str, found: Found, *, owned: bool) -> None:
    """Look at one setting; `owned` says that it stands among those of an exchange that is named."""
    if len(value) > _LONG:
        return
    for host in {host_of(value), *(host for _, host in urls(value))} - {""} if "." in value else ():
        if imitated(host):
            found.say("look-alike-host", line_of(text, value), host, f"{host}, for {imitated(host)}")
    owned = owned or any(map(is_named, keys))
    if owned or any(_ABOUT.match(key.lower()) for key in keys):
        _option(keys, value, text, found, owned=owned)


def _option(keys: tuple[str, ...], value: str, text: str, found: Found, *, owned: bool) -> None:
    name = next((key.lower() for key in reversed(keys) if key), "")
    if name in _SWITCHES and value.lower() in _OFF:
        found.say("tls-off", line_of(text, name), name, f"{name}: {value}, of an exchange")
    elif any(_PROXIES.match(key.lower()) for key in keys[-2:]):
        host = host_of(value)
        if host and not is_local(host):
            found.say("exchange-proxy", line_of(text, value), host)
    elif _is_place(keys):
        _sent(value, text, found, owned=owned)


def is_owned(table: dict[str, Tree]) -> bool:
    """Say whether a table names the exchange that it is about: `name: binance`."""
    return any(
        isinstance(value, str) and value.lower() in EXCHANGES and _NAMING.search(key.lower())
        for key, value in table.items()
    )


@lru_cache(maxsize=4096)
def is_named(key: str) -> bool:
    """Say whether the name of an exchange is a word of a key."""
    return len(key) < 100 and not OWN_NAMES.isdisjoint(_WORD.findall(key.lower()))  # noqa: PLR2004


def _is_place(keys: tuple[str, ...]) -> bool:
    near = [key.lower() for key in keys[-3:] if key]
    return any(map(_PLACES.search, near)) and not any(map(_NOT_PLACES.search, near))


def _sent(value: str, text: str, found: Found, *, owned: bool) -> None:
    """Look at where a client is sent."""
    host = host_of(value)
    if not host or is_local(host) or is_documentation(host):
        return
    line = line_of(text, value)
    if exchange_of(host):
        if value.lower().startswith(("http://", "ws://")):
            found.say("plain-http", line, host, value)
    elif named_after(host):
        found.say("look-alike-host", line, host, f"{host}, for {named_after(host)}")
    elif owned and value.lower().startswith(tuple(f"{scheme}://" for scheme in _TALKS)):
        found.say("exchange-host", line, host, f"{host}, in the settings of an exchange", Severity.HIGH)
