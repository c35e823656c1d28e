"""Where keys go: over the network, into logs and files, out of the bot's own interface.

It judges by what a value carries and whom it goes to. A signature is no key, and an exchange gets its own key.
"""

import re
from typing import Final

from ringfence.audit.code.hosts import exchange_of
from ringfence.audit.code.javascript.finds import Finds
from ringfence.audit.code.javascript.names import file_kind, of_an_exchange, own_host
from ringfence.audit.code.javascript.reach import HTTP, address, hosts, is_network, is_strange, opens
from ringfence.audit.code.javascript.reads import Called
from ringfence.audit.code.javascript.report import End, Written
from ringfence.audit.code.javascript.scopes import FUNCTIONS
from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import HOLE, UNKNOWN, Kind, Taint, Value

_KEYS: Final = (Kind.WALLET_KEY, Kind.SECRET)
_WHOLE: Final = {
    Kind.ENVIRONMENT: "environment-sent",
    Kind.WALLET: "wallet-sent",
    Kind.MACHINE: "wallet-sent",
    Kind.FILE: "secret-file-sent",
    Kind.CLIPBOARD: "clipboard-sent",
    Kind.LISTING: "files-collected",
}
_MESSENGERS: Final = re.compile(r"telegram|telegraf|grammy|discord|nodemailer|twilio|slack")
_LOGGERS: Final = re.compile(
    r"(?i)^(?:console|winston|pino|bunyan|log4js|debug|process\.stdout|process\.stderr)\b|log(?:ger)?$"
)
_LEVELS: Final = TABLES["levels"]
_WRITING: Final = re.compile(r"^(?:fs|jsonfile)\.(?:write|append|output)\w*$")
_STREAM: Final = re.compile(r"^fs\.createWriteStream\.(?:write|end)$")
_HEADERS: Final = re.compile(r"\bheaders\b")
_UPLOADING: Final = TABLES["uploading"]
_COMMAND: Final = re.compile(r"\b(?:curl|wget|nc|ncat|Invoke-WebRequest|iwr)\b")


def carried(finds: Finds, called: Called, first: int = 0) -> frozenset[Taint]:
    """Return what the arguments of a call carry."""
    taints: set[Taint] = set()
    for argument in called.arguments[first:]:
        if argument.type not in FUNCTIONS:
            taints |= finds.reader.value(argument).taints
    return frozenset(taints)


def look(finds: Finds, called: Called) -> None:
    """Look at one call."""
    if any(is_network(name) or opens(name) for name in called.names):
        taints = carried(finds, called) | _uploaded(finds, called)
        if taints:
            _sent(finds, called, taints)
    elif _is_log(finds, called):
        _logged(finds, called)
    elif any(_WRITING.match(name) or _STREAM.match(name) for name in called.names):
        _written(finds, called)
    elif called.method in ("json", "send", "end", "jsonp", "reply", "render") and called.arguments:
        _answered(finds, called)
    elif any(name.startswith("child_process.") for name in called.names):
        _by_program(finds, called)


def _uploaded(finds: Finds, called: Called) -> frozenset[Taint]:
    """Say what the file holds whose path is given to what sends files."""
    if called.method not in _UPLOADING:
        return frozenset()
    texts = {text for one in called.arguments[:2] for text in finds.reader.value(one).texts}
    line = finds.reader.line(called.node)
    return frozenset(
        Taint(kind, text.replace(HOLE, "~")[-60:], line) for text in texts if (kind := file_kind(text)) is not None
    )


def _sent(finds: Finds, called: Called, taints: frozenset[Taint]) -> None:
    where = address(finds.reader, called)
    known = hosts(where)
    strange = [host for host in known if is_strange(host)]
    if known and not strange:
        _in_url(finds, called, known[0])
        return
    messenger = any(_MESSENGERS.search(name) for name in called.names)
    host = strange[0] if strange else ("a messenger" if messenger else "")
    if messenger and called.arguments and finds.reader.value(called.arguments[0]).has(Kind.REMOTE):
        _told(finds, called, taints)
        return
    finds_host(finds, called.node, taints, host)


def assigned(finds: Finds, node: Node) -> None:
    """Look at one assignment: an address that a page is made to load carries what stands in it."""
    left, right = node.child("left"), node.child("right")
    if left is not None and right is not None and _HEADERS.search(finds.reader.head(left, 200)):
        _headed(finds, left, right)
    key = left.child("property") if left is not None else None
    if key is None or finds.reader.text(key) not in ("src", "href", "action"):
        return
    value = finds.reader.value(right)
    host = next((one for one in hosts(value) if is_strange(one)), "")
    if host and value.taints:
        finds_host(finds, node, value.taints, host)


def _headed(finds: Finds, left: Node, right: Node) -> None:
    """Look at a header that a client sends with every request from now on."""
    at: Node | None = left
    while at is not None and at.type in ("member_expression", "subscript_expression"):
        at = at.child("object")
    client = _client(finds, at) if at is not None else UNKNOWN
    known = hosts(client)
    strange = [host for host in known if is_strange(host)]
    if any(name in HTTP for name in client.names) and (strange or not known):
        taints = finds.reader.value(right).taints
        finds.end(End.NETWORK, right, taints, strange[0] if strange else "")
        finds_host(finds, right, taints, strange[0] if strange else "")


def _client(finds: Finds, root: Node) -> Value:
    """Return the client itself, or the one whose requests pass through the function that takes it."""
    value = finds.reader.value(root)
    if value.names or root.type != "identifier":
        return value
    home = finds.reader.index.scope(root).home(finds.reader.text(root))
    for binding in home.bound.get(finds.reader.text(root), []) if home is not None else ():
        call = binding.node.parent.parent if binding.node is not None and binding.node.parent is not None else None
        if binding.how == "parameter" and call is not None and call.type == "call_expression":
            return _tapped(finds, call)
    return UNKNOWN


def _tapped(finds: Finds, call: Node) -> Value:
    """Return the client whose `interceptors.request.use` is called."""
    callee = call.child("function")
    if callee is None or not finds.reader.head(callee, 200).endswith(".interceptors.request.use"):
        return UNKNOWN
    at: Node | None = callee
    for _ in range(3):
        at = at.child("object") if at is not None else None
    return finds.reader.value(at)


def finds_host(finds: Finds, node: Node, taints: frozenset[Taint], host: str) -> None:
    """Judge what goes to a host that is nobody's known; "" where it is not written in the code."""
    to = host or "a host that is not written in the code"
    for kind, rule in _WHOLE.items():
        held = tuple(sorted(taint for taint in taints if taint.kind is kind))
        if held:
            finds.say(rule, node, f"sends {kind.value} ({held[0].what}) to {to}", host or kind.value, held)
    for taint in sorted(taints):
        if _is_theft(taint, host, taints):
            finds.say("credential-sent", node, f"sends {taint.kind.value} ({taint.what}) to {to}", taint.what, (taint,))
    _system(finds, node, taints, host)


def _is_theft(taint: Taint, host: str, beside: frozenset[Taint]) -> bool:
    if taint.kind in (Kind.WALLET_KEY, Kind.KEYPAIR):
        return True
    if not host or own_host(taint.what, host):
        return False
    if taint.kind is Kind.SECRET:
        return True
    return taint.kind is Kind.AUTH and (of_an_exchange(taint.what) or any(one.kind in _KEYS for one in beside))


def _system(finds: Finds, node: Node, taints: frozenset[Taint], host: str) -> None:
    who = sorted(taint for taint in taints if taint.kind is Kind.IDENTITY)
    what = sorted(taint for taint in taints if taint.kind is Kind.SYSTEM)
    if len({taint.what for taint in who}) > 1 or (who and len(what) > 1):
        finds.say("system-info-sent", node, subject=host, taints=tuple(who))
    elif who or what:
        finds.say("telemetry", node, subject=host, taints=tuple(who or what))


def _in_url(finds: Finds, called: Called, host: str) -> None:
    url = finds.reader.value(called.arguments[0]) if called.arguments else None
    if url is None or not exchange_of(host) or not url.texts:
        return
    held = url.has(*_KEYS)
    if held:
        finds.say("credential-in-url", called.node, subject=host, taints=held)


def _told(finds: Finds, called: Called, taints: frozenset[Taint]) -> None:
    held = tuple(sorted(taint for taint in taints if taint.kind in _KEYS))
    if held:
        finds.say("credential-logged", called.node, f"writes {held[0].what} into a chat", held[0].what, held)


def _is_log(finds: Finds, called: Called) -> bool:
    if called.method not in _LEVELS:
        return False
    owner = called.node.child("function")
    text = finds.reader.head(owner.child("object"), 40) if owner is not None else ""
    return bool(_LOGGERS.search(text)) or any(_LOGGERS.search(name) for name in called.owner.names)


def _logged(finds: Finds, called: Called) -> None:
    held = tuple(sorted(taint for taint in carried(finds, called) if taint.kind in (*_KEYS, Kind.ENVIRONMENT)))
    if held:
        finds.say("credential-logged", called.node, f"logs {held[0].kind.value} ({held[0].what})", held[0].what, held)


def _written(finds: Finds, called: Called) -> None:
    """Look at what goes into a file, at once or by a stream that was opened on it."""
    streamed = any(_STREAM.match(name) for name in called.names)
    path = called.owner if streamed else finds.reader.value(called.arguments[0] if called.arguments else None)
    content = called.arguments[0 if streamed else 1 :]
    taints = carried(finds, called, 0 if streamed else 1)
    held = tuple(sorted(taint for taint in taints if taint.kind in _KEYS))
    if content and "ncrypt" in finds.reader.head(content[0], 2000):
        return
    where = next(iter(path.texts), "")[:400]
    finds.end(End.FILE, called.node, taints, where)
    if held:
        finds.say("credential-written", called.node, f"writes {held[0].what} to a file", held[0].what, held)
        finds.written.append(Written(held, where, finds.place(finds.reader.line(called.node))))


def _answered(finds: Finds, called: Called) -> None:
    if not called.owner.has(Kind.REMOTE) and not (called.node.child("function") and _is_reply(finds, called)):
        return
    taints = carried(finds, called)
    finds.end(End.ANSWER, called.node, taints)
    held = tuple(sorted(one for one in taints if one.kind in (*_KEYS, Kind.AUTH, Kind.ENVIRONMENT)))
    if held and called.method == "reply":
        _told(finds, called, frozenset(held))
    elif held:
        finds.say("keys-served", called.node, f"answers with {held[0].what}", held[0].what, held)


def _is_reply(finds: Finds, called: Called) -> bool:
    callee = called.node.child("function")
    text = finds.reader.head(callee, 60) if callee is not None else ""
    return text.startswith(("res.", "response.", "res.status(", "reply.", "ctx.reply"))


def _by_program(finds: Finds, called: Called) -> None:
    value = finds.reader.value(called.arguments[0]) if called.arguments else None
    if value is None or not any(_COMMAND.search(text[:2000]) for text in value.texts):
        return
    found = re.findall(r"https?://[^\s'\"]{1,300}", " ".join(value.texts)[:4000])
    host = next((one for text in found for one in hosts(type(value)((text,)))), "")
    finds_host(finds, called.node, carried(finds, called) | _named_files(finds, called, value), host)


def _named_files(finds: Finds, called: Called, command: Value) -> frozenset[Taint]:
    """Say what the files hold that a command which goes to the network names."""
    words = [word.strip("'\"@,;") for text in command.texts for word in text[:2000].split()]
    line = finds.reader.line(called.node)
    kinds = {(kind, word.replace(HOLE, "~")[-60:]) for word in words if (kind := file_kind(word.rpartition("@")[2]))}
    return frozenset(Taint(kind, word, line) for kind, word in kinds)
