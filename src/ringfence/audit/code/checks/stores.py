"""What is stored under names that mean something: hosts of clients, switches of encryption, methods of libraries."""

import ast
import re
from collections.abc import Mapping
from typing import Final

from ringfence.audit.code.checks import classes, exchange, machine, serving, tls
from ringfence.audit.code.known import EXCHANGES, NETWORKS, root_of
from ringfence.audit.code.state import State
from ringfence.audit.code.values import Value

_URL_NAME: Final = re.compile(
    r"(?:^|_)(?:API_URL|BASE_URL|URL|URLS|HOST|HOSTNAME|ENDPOINT|FUTURES_URL|WS_URL|STREAM_URL|BASE_ENDPOINT)$",
    re.IGNORECASE,
)


def name_stored(state: State, name: str, value: Value, line: int) -> None:
    """Look at a variable that is bound."""
    if value.text is not None or value.others:
        serving.default_secret(state, name, value, line)
    if isinstance(value.const, bool) or value.others or value.text:
        serving.open_login(state, name, value, line)
    if not _URL_NAME.search(name):
        return
    for text in value.texts:
        if "://" in text:
            tls.plain(state, text, line)
    cls = state.scope.cls if state.scope.function is None else None
    if cls is not None and classes.is_client(state, cls):
        exchange.hosts(state, value, line, name)


def attribute_stored(state: State, base: Value, name: str, value: Value, line: int) -> None:
    """Look at an attribute that is set."""
    if name in {"verify", "check_hostname"} and value.const is False and root_of(base.ref) != "argparse":
        state.notes.add("tls-off", line, f"{name} = False", name)
    if name == "verify_mode" and (value.ref.endswith("CERT_NONE") or value.const == 0):
        state.notes.add("tls-off", line, "verify_mode = CERT_NONE", name)
    if name == "_create_default_https_context" and root_of(base.ref) == "ssl":
        state.notes.add("tls-off", line, name, name)
    if name == "on_message":
        machine.hears(state, value, line)
    if name == "secret_key":
        serving.default_secret(state, name, value, line)
    _on_client(state, base, name, value, line)
    classes.method_replaced(state, f"{base.ref}.{name}", value, line)


def is_client_ref(state: State, ref: str) -> bool:
    """Say whether a dotted name is an object of an exchange's client."""
    root = root_of(ref)
    if root in EXCHANGES:
        return True
    cls = state.class_of(ref.split(".", maxsplit=1)[0]) if ref.startswith(":") else None
    return cls is not None and classes.is_client(state, cls)


def _on_client(state: State, base: Value, name: str, value: Value, line: int) -> None:
    named = base.ref.rsplit(".", 1)[-1].lower()
    looks = (
        is_client_ref(state, base.ref) or "exchange" in named or named in {"client", "ccxt", "binance", "bybit", "ex"}
    )
    if not looks:
        return
    if (name == "verbose" and value.const is True and "()" in base.ref) or (
        name == "verbose" and value.const is True and "exchange" in named
    ):
        state.notes.add("client-verbose", line)
    elif name in {"urls", "hostname"} or (_URL_NAME.search(name) and is_client_ref(state, base.ref)):
        exchange.hosts(state, value, line, name)
    elif is_client_ref(state, base.ref):
        exchange.option(state, name, value, line)


def class_made(state: State, bases: tuple[str, ...], table: Mapping[str, Value], line: int) -> None:
    """Look at a class that a call makes: which of a client's inner methods does it replace."""
    if not any(root_of(base) in EXCHANGES for base in bases):
        return
    for name in table.keys() & classes.INNER - {"describe"}:
        state.notes.add("client-override", line, f"{name} of a class that is made by type()", name)


def entry_stored(state: State, base: Value, key: Value, value: Value, target: ast.Subscript) -> None:
    """Look at an entry that is set: `exchange.urls["api"] = ...`, `app.config["SECRET_KEY"] = ...`."""
    name = key.text or ""
    path = base.ref
    if re.search(r"(?:\.urls|\(\)\[urls\])(?:\[[\w.]*\])*$", path) or (
        name == "hostname" and is_client_ref(state, path)
    ):
        exchange.hosts(state, value, target.lineno, "urls")
    elif path.endswith(".proxies") and (is_client_ref(state, path) or root_of(path) in NETWORKS):
        if is_client_ref(state, path):
            exchange.proxied(state, value, target.lineno)
    elif name.upper() in {"SECRET_KEY", "JWT_SECRET", "JWT_SECRET_KEY"}:
        serving.default_secret(state, name, value, target.lineno)
    elif name in {"verify", "verify_ssl"} and value.const is False:
        state.notes.add("tls-off", target.lineno, f"{name} = False", name)
    elif path == "os.environ":
        _environment_set(state, name, value, target.lineno)
    elif path == "sys.modules":
        classes.method_replaced(state, f"{name}", value, target.lineno)


def _environment_set(state: State, name: str, value: Value, line: int) -> None:
    if (
        (name == "PYTHONHTTPSVERIFY" and value.text == "0")
        or (name in {"CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"} and value.text == "")
        or (name == "NODE_TLS_REJECT_UNAUTHORIZED" and value.text == "0")
    ):
        state.notes.add("tls-off", line, f"{name}={value.text}", name)
    if name.upper() in {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"} and "exchange" in state.notes.seen:
        exchange.proxied(state, value, line)
