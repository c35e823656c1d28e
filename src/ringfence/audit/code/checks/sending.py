"""Where content leaves: to the network, into logs, into files. What is in it is judged later, when all is known."""

import re
from typing import Final

from ringfence.audit.code.called import Call, key_of
from ringfence.audit.code.capability import Power
from ringfence.audit.code.checks import files, running, starting, tls
from ringfence.audit.code.hosts import host_of
from ringfence.audit.code.judge import NAME, strangers
from ringfence.audit.code.known import MESSENGER_METHODS, PLAIN_REQUESTS, SEND_METHODS
from ringfence.audit.code.state import State
from ringfence.audit.code.values import GAP, HOLE, Value

_LOGGERS: Final = re.compile(
    r"(?:^|[.:_(])(?:log|logs|logger|logging|lg|_log|_logger|console|logbook|loguru|structlog|LOG|LOGGER)(?:\(\))?$",
    re.IGNORECASE,
)
_TALKERS: Final = re.compile(
    r"(?:^|[.:_#])(?:requests?|httpx|s|sess|session|client|http|_http|aiohttp|urllib3?|pool|conn|connection|sock|socket|ws|websocket|scraper|bot|web|api|smtp|server|hook|webhook|channel|producer|mqtt|redis|sio|c|r|async_client|http_client|net|opener|transport)(?:\(\))?$",
    re.IGNORECASE,
)
_BY_URL: Final = frozenset({"get", "post", "put", "patch", "delete", "head", "urlopen"})  # their first argument is one
_STANDING: Final = frozenset({"headers", "params", "cookies", "request_kwargs", "extra_headers"})
_ROLES: Final = {
    "headers": "header",
    "auth": "header",
    "cookies": "header",
    "params": "query",
    "url": "url",
    "data": "body",
    "json": "body",
    "files": "body",
    "content": "body",
}


def sent(state: State, call: Call) -> None:
    """Note what a request or message carries, and where it goes."""
    if not _is_sending(call):
        return
    state.notes.saw("network", call.line)
    if call.of_network:
        state.notes.able(Power.NETWORK, call.root, call.line)
    urls = _where(state, call)
    for text in urls:
        tls.plain(state, text, call.line)
    if call.method in _UPLOADS and call.args:
        held = files.taints(state, call.args[0], call.line)
        state.notes.flow(Value(taints=held), "net", call.line, urls, "body", call.method)
    for index, value in enumerate(call.args):
        state.notes.flow(value, "net", call.line, urls, _role(call, index, value), call.method)
    for name, value in call.kwargs.items():
        state.notes.flow(value, "net", call.line, urls, _ROLES.get(name, "body"), call.method)
    if call.of_network and call.method in PLAIN_REQUESTS and call.receiver.taints:
        state.notes.flow(call.receiver, "net", call.line, urls, "header", call.method)  # a session's own headers


def _where(state: State, call: Call) -> tuple[str, ...]:
    urls = call.urls()
    if call.method in _LOOKUPS:
        return tuple(f"https://{_zone(text)}" for text in call.args[0].texts)
    if call.method == "sendto" and call.args[-1].elements:
        return call.args[-1].elements[0].texts
    if any(host_of(text) for text in urls):
        return urls
    if call.method in MESSENGER_METHODS:  # a library's messages go to its messenger
        return (f"https://messenger.{call.root or 'bot'}.telegram.org/{HOLE}",)
    known = state.fields.get(f"{call.receiver.ref}@url") or _connected(state, call.root)
    if known is not None:
        return known.texts
    return urls if call.method in PLAIN_REQUESTS else call.receiver.texts


def _connected(state: State, root: str) -> Value | None:
    return (
        next(
            (value for name, value in state.fields.items() if name.endswith("@url") and name.startswith(f"{root}.")),
            None,
        )
        if root in _LINES
        else None
    )


_LINES: Final = frozenset({"paramiko", "ftplib", "socket", "fabric"})  # one object connects, and another sends
_UPLOADS: Final = frozenset({"put", "upload_file", "upload", "send_file", "put_file"})  # they are given a path


def _zone(text: str) -> str:
    """Say who is told of a name that is looked up: whoever owns the domain at its end, which may not be known."""
    end = text.rpartition(GAP)[2].lstrip(".")
    return end if "." in end else _SOMEBODY


def _role(call: Call, index: int, value: Value) -> str:
    if call.method in _LOOKUPS:
        return NAME
    if any("://" in text for text in value.texts) or (not index and call.method in _BY_URL):
        return "url"
    return "query" if index and call.method == "get" else "body"


_SOMEBODY: Final = "whoever-owns-the-name.invalid"
_LOOKUPS: Final = frozenset(
    {"resolve", "gethostbyname", "getaddrinfo", "gethostbyname_ex", "getfqdn"}
)  # a name that is asked for travels to whoever owns its domain


def _is_sending(call: Call) -> bool:
    if call.ref.startswith(":") and "#" not in call.ref and "." not in call.ref.rpartition("()")[2]:
        return False
    if call.method in _LOOKUPS:
        return call.of_network and bool(call.args and call.args[0].taints)
    if call.of_network:
        return call.root != "socket" or call.method in {"send", "sendall", "sendto", "connect"}
    if call.of_exchange:
        return False
    if call.method in MESSENGER_METHODS or call.method in {
        "sendall",
        "storbinary",
        "send_str",
        "upload_file",
        "put_object",
        "urlopen",
    }:
        return True
    owner = call.receiver.ref
    if call.method in {
        "get",
        "reply",
        "answer",
        "publish",
        "emit",
        "resolve",
        "fetch",
        "request",
        "head",
        "delete",
        "stream",
        "put",
        "send_file",
        "patch",
    }:
        return any("://" in text for value in call.args[:2] for text in value.texts) or (
            bool(_TALKERS.search(owner)) and bool(call.kwargs.keys() & {"json", "data", "files", "headers"})
        )
    return bool(_TALKERS.search(owner)) or any("://" in text for value in call.args[:1] for text in value.texts)


def connected(state: State, call: Call) -> None:
    """Remember where a connection goes: `socket.connect((host, port))`, `HTTPSConnection(host)`."""
    first = call.arg(0, "host", "address", "url", "uri", "base_url", "endpoint_uri")
    for name, value in call.kwargs.items():  # what every request of it will carry
        if name in _STANDING and (first.text is not None or first.ref):
            state.notes.flow(value, "net", call.line, first.texts, "header", f"{call.method}({name})")
    text = first.elements[0] if first.elements else first
    # a socket connects itself; a module's function gives what is connected
    on_object = call.method in {"connect", "connect_ex"} and "()" in call.receiver.ref
    owner = call.receiver.ref if on_object else f"{call.ref}()"
    if (text.text is not None or text.ref) and owner:
        state.fields[f"{owner}@url"] = text
    if call.of_network:
        state.notes.able(Power.NETWORK, call.root, call.line)


def is_logging(call: Call) -> bool:
    """Say whether a call writes to a log or the screen."""
    return (
        call.ref == "print"
        or call.root in {"logging", "loguru", "click", "rich", "pprint"}
        or _LOGGERS.search(call.receiver.ref) is not None
    )


def logged(state: State, call: Call) -> None:
    """Note what a log or the screen is given."""
    if not is_logging(call):
        return
    for value in call.every():
        state.notes.flow(value, "log", call.line, words=f"given to {call.method}()")


def handler_made(state: State, call: Call) -> None:
    """Look at where a handler of logging sends what is logged."""
    first = call.arg(0, "host", "mailhost", "address")
    to = first.elements[0] if first.elements else first
    for host in strangers(to.texts) if call.root == "logging" else ():
        state.notes.add("records-sent", call.line, f"{call.method} to {host}", host)


def written(state: State, call: Call) -> None:
    """Note what a file is given, and remember the files that hold what came over the network."""
    receiver = call.receiver
    holder = receiver.items.get("path") if receiver.items is not None and receiver.ref == "open()" else None
    if holder is None and call.method in {"write_text", "write_bytes"}:
        holder = receiver
    if holder is None:
        return
    for value in call.args[:1]:
        state.notes.flow(value, "write", call.line, words="written to a file")
        if value.has("remote", "message") or any(taint.kind.startswith("@") for taint in value.taints):
            state.notes.flow(value, f"@file:{key_of(holder)}", call.line, words="written to a file")
        if value.has("remote"):
            state.downloads.add(key_of(holder))
            running.fetched(state, holder, call.line)

    starting.file_written(state, holder, call.args[0] if call.args else receiver, call.line)


def downloaded(state: State, call: Call) -> None:
    """Remember the file into which something was downloaded."""
    target = call.arg(1, "filename", "out", "dest", "path")
    if target.text is not None or target.ref:
        state.downloads.add(key_of(target))


CHECKS: Final = (
    (sent, tuple(SEND_METHODS)),
    (
        connected,
        (
            "connect",
            "create_connection",
            "HTTPSConnection",
            "HTTPConnection",
            "connect_ex",
            "SMTP",
            "FTP",
            "SMTP_SSL",
            "WebSocketApp",
            "Transport",
            "ClientSession",
            "AsyncClient",
            "Client",
            "HTTPProvider",
            "AsyncHTTPProvider",
            "WebsocketProvider",
            "WebSocketProvider",
        ),
    ),
    (
        logged,
        (
            "print",
            "debug",
            "info",
            "warning",
            "warn",
            "error",
            "critical",
            "exception",
            "log",
            "pprint",
            "echo",
            "trace",
            "success",
            "fatal",
        ),
    ),
    (handler_made, ("HTTPHandler", "SocketHandler", "DatagramHandler", "SysLogHandler", "SMTPHandler")),
    (written, ("write", "write_text", "write_bytes", "writelines")),
    (downloaded, ("urlretrieve", "download")),
)
