"""Certificates that are not checked, and connections without encryption."""

import re
from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.hosts import exchange_of, host_of, is_local, urls
from ringfence.audit.code.known import SEND_METHODS
from ringfence.audit.code.state import State
from ringfence.audit.code.values import GAP, Value

_SWITCHES: Final = (
    "verify",
    "verify_ssl",
    "ssl",
    "ssl_verify",
    "verify_certs",
    "check_hostname",
    "cert_reqs",
    "tls_verify",
    "verify_certificate",
)
_TALKERS: Final = re.compile(
    r"client|session|http|connector|exchange|api|pool|request|websocket|ws|ccxt|socket|connect|urlopen|scraper",
    re.IGNORECASE,
)


def options(state: State, call: Call) -> None:
    """Look at a call's switches, also inside the dictionaries that it is given."""
    found = _off(call.kwargs) or next((name for arg in call.every() if arg.items for name in _in_table(arg)), "")
    if not found or (
        call.method in {"decode", "jwt_decode", "get", "setdefault"} and not call.of_network and call.method == "decode"
    ):
        return
    if not (
        call.of_network
        or call.of_exchange
        or call.method in SEND_METHODS
        or _TALKERS.search(call.ref)
        or call.method in {"dict", "update", "TCPConnector"}
    ):
        return
    if call.ref.startswith(("jwt.", "jose.")) or call.root in {"pickle", "torch", "json"} or not _is_talk(call, found):
        return
    hosts = [host for arg in call.every() for text in arg.texts for _, host in urls(text)]
    if not hosts or not all(is_local(host) for host in hosts):
        state.notes.add("tls-off", call.line, f"{found} in {call.method}()", found)


def _is_talk(call: Call, found: str) -> bool:
    return (
        found != "ssl"
        or call.of_network
        or call.of_exchange
        or call.method in SEND_METHODS
        or call.method in {"TCPConnector", "ClientSession", "ws_connect"}
    )


def _off(items: "dict[str, Value]") -> str:
    for name in _SWITCHES:
        value = items.get(name)
        if value is not None and (
            value.const is False
            or (
                name == "cert_reqs"
                and (
                    value.const == "CERT_NONE"
                    or value.ref.endswith("CERT_NONE")
                    or (value.const == 0 and value.const is not False)
                )
            )
        ):
            return f"{name}={value.const if value.const is False else 'CERT_NONE'}"
        if value is not None and value.ref.endswith("CERT_NONE"):
            return f"{name}=CERT_NONE"
    return ""


def _in_table(value: Value, depth: int = 3) -> "list[str]":
    items = dict(value.items or {})
    found = _off(
        {
            name: items[name]
            for name in ("verify", "verify_ssl", "ssl_verify", "cert_reqs", "check_hostname", "ssl")
            if name in items and (name != "ssl" or len(items) < 6)  # noqa: PLR2004
        }
    )
    if found:
        return [f"{found} in a dictionary"]
    return [name for item in items.values() if item.items and depth for name in _in_table(item, depth - 1)]


def unverified(state: State, call: Call) -> None:
    """`ssl._create_unverified_context()` and its like."""
    if call.root == "ssl" or call.ref.endswith("_create_unverified_context"):
        state.notes.add("tls-off", call.line, call.method, call.method)


def shelled(state: State, text: str, line: int) -> None:
    """Look at a command line."""
    if re.search(r"\b(?:curl|wget)\b.{0,300}(?:\s-k\b|--insecure|--no-check-certificate)", text[:2000]):
        state.notes.add("tls-off", line, "in a command", "command")


def plain(state: State, text: str, line: int) -> None:
    """Look at where a request goes: an exchange is not spoken to without encryption."""
    whole = host_of(text)
    for scheme, host in urls(text.partition(GAP)[0] if whole else text):
        if scheme in {"http", "ws"} and exchange_of(host):
            state.notes.add("plain-http", line, f"{scheme}://{host}", host)


CHECKS: Final = ((unverified, ("_create_unverified_context", "_create_stdlib_context")),)
