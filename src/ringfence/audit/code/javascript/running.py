"""Code that is not in the program, and programs that it starts.

What matters is where the text comes from: decoded, from the network, or put together so that nobody reads it.
"""

import re
from collections.abc import Sequence
from typing import Final

from ringfence.audit.code.capability import Power
from ringfence.audit.code.javascript.finds import Finds
from ringfence.audit.code.javascript.given import LISTENING, handed
from ringfence.audit.code.javascript.reads import Called
from ringfence.audit.code.javascript.report import End
from ringfence.audit.code.javascript.scopes import FUNCTIONS
from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import HOLE, UNKNOWN, Kind, Taint, Value, joined

_EVALUATING: Final = TABLES["evaluating"]
_LATER: Final = frozenset({"setTimeout", "setInterval", "setImmediate"})
_STARTING: Final = TABLES["starting"]
_DANGEROUS: Final = re.compile(r"^(?:child_process|vm|eval$|Function$|process\.binding|process\.dlopen)")
_PIPED: Final = re.compile(
    r"(?i)\b(?:curl|wget)\b[^|;&\n]{0,400}\|\s{0,9}(?:sudo\s{1,9})?(?:ba|z|da|k)?sh\b|"
    r"\b(?:ba|z)?sh\s{1,9}-c\s{1,9}[\"']?\$\((?:curl|wget)|\b(?:iwr|irm|invoke-webrequest|downloadstring)\b[^\n]{0,400}"
    r"\b(?:iex|invoke-expression)\b|\b(?:iex|invoke-expression)\b[^\n]{0,200}downloadstring|\bmshta\s{1,9}http|"
    r"certutil[^\n]{0,80}-urlcache|bitsadmin[^\n]{0,80}/transfer|"
    r"\b(?:curl|wget)\b[^\n]{0,400}(?:&&|;)[^\n]{0,200}(?:chmod \+x|\bsh |\bbash |node |\./)"
)
_TO_FILE: Final = re.compile(
    r"\b(?:curl|wget)\b[^\n]{0,400}?\s(?:-o|-O|--output(?:-document)?)[ =]{1,3}"
    r"(?:\$\{(?P<name>[\w.]{1,60})\}|(?P<path>[\w./~-]{1,200}))"
)
_ENCODED: Final = re.compile(
    r"(?i)powershell[^\n]{0,200}-e(?:nc|ncodedcommand)?\s{1,9}[A-Za-z0-9+/=]{16}|base64\s{1,9}(?:-d|--decode)\b[^\n]{0,200}\|\s{0,9}(?:ba|z)?sh"
)
_SHELL: Final = re.compile(
    r"^(?:/bin/)?(?:ba|z|da)?sh(?: -c)?$|^cmd(?:\.exe)?(?: /c)?$|"
    r"^powershell(?:\.exe)?\b|^node(?: -e)?$|^python3?(?: -c)?$"
)
_INSTALL: Final = re.compile(
    r"^\s*(?:npm|pnpm|yarn|bun|npx npm)\s{1,9}(?:--\S{1,40}\s{1,9}){0,5}"
    r"(?:install|i|add)\s{1,9}(?!-)(?P<rest>[^\n]{1,200})"
)
_ELSEWHERE: Final = re.compile(r"https?://|git\+|--registry|github:|\.tgz")
_PUBLISH: Final = re.compile(r"^\s*(?:npm|pnpm|yarn)\s{1,9}publish\b")
_STARTUP: Final = re.compile(
    r"(?i)crontab\b(?!\s{1,9}-l)|systemctl\s{1,9}(?:--user\s{1,9})?enable|schtasks\s[^\n]{0,80}/create|launchctl\s{1,9}(?:load|bootstrap)|"
    r"reg(?:\.exe)?\s{1,9}add[^\n]{0,120}\\run\b"
)


def look(finds: Finds, called: Called) -> None:
    """Look at one call."""
    if called.hidden and any(_DANGEROUS.match(name) for name in called.names):
        finds.say(
            "hidden-call",
            called.node,
            f"reaches {called.names[0][:40]} by a name put together from pieces",
            called.names[0][:60],
        )
    if any(name in _EVALUATING for name in called.names) or called.method in ("_compile", "runInThisContext"):
        _evaluated(finds, called)
    elif called.names[:1] and called.names[0] in _LATER:
        _delayed(finds, called)
    elif any(name in _STARTING for name in called.names):
        _started(finds, called)
    elif called.names[:1] in (("require",), ("import",)):
        _loaded(finds, called)
    else:
        _by_method(finds, called)


def _by_method(finds: Finds, called: Called) -> None:
    if called.method == "pipe":
        _piped(finds, called)
    elif called.method in ("then", "map", "forEach", "on", "once"):
        _handed(finds, called)


def _delayed(finds: Finds, called: Called) -> None:
    value = finds.reader.value(called.arguments[0]) if called.arguments else UNKNOWN
    if not value.nodes and (value.decoded or value.has(Kind.REMOTE) or value.texts):
        _from(finds, called, value, later=True)


def _handed(finds: Finds, called: Called) -> None:
    """Look at what is handed to a call to be called there: `then(eval)`."""
    for argument in called.arguments:
        names = finds.reader.value(argument).names
        if any(name in _EVALUATING for name in names):
            _from(finds, called, handed(finds.reader, called.node))
        elif any(name in _STARTING for name in names) and handed(finds.reader, called.node).has(Kind.REMOTE):
            finds.say("remote-shell", called.node)


def _evaluated(finds: Finds, called: Called) -> None:
    finds.can(Power.EVALUATE, called.names[0][:40] if called.names else called.method, called.node)
    values = [finds.reader.value(one) for one in called.arguments]
    if values:
        _from(finds, called, joined(values))


def _from(finds: Finds, called: Called, value: Value, *, later: bool = False) -> None:
    remote, hidden = value.has(Kind.REMOTE), value.has(Kind.DECODED)
    if called.method == "constructor" and called.owner.has(Kind.REMOTE):
        finds.say("dynamic-code", called.node)  # an event is made anew by its own class, to be handed on
        return
    finds.end(End.CODE, called.node, value.taints)
    if remote:
        finds.say("remote-code", called.node, subject=remote[0].what, taints=remote)
    elif hidden or value.decoded:
        finds.say("decoded-code", called.node, taints=hidden)
    elif value.has(Kind.OUTSIDE):
        finds.say("dynamic-code", called.node, taints=value.has(Kind.OUTSIDE))
    elif value.text is None and not later and called.names[:1] == ("eval",):
        finds.say("template-code", called.node)


def _only_heard(taints: Sequence[Taint]) -> bool:
    """Say whether it comes from who calls a listener, as parts of a page tell each other things."""
    return all(taint.what.rpartition(".")[2] in LISTENING for taint in taints)


def _loaded(finds: Finds, called: Called) -> None:
    value = finds.reader.value(called.arguments[0]) if called.arguments else UNKNOWN
    name = value.text or ""
    if (value.pieced or value.decoded) and _DANGEROUS.match(name.removeprefix("node:")):
        finds.say("hidden-call", called.node, f"loads {name[:40]} by a name put together from pieces", name[:60])
    elif remote := value.has(Kind.REMOTE):
        finds.say("dynamic-code" if _only_heard(remote) else "remote-code", called.node, taints=remote)
    elif name.startswith(("data:text/javascript", "https://", "http://")):
        finds.say("decoded-code" if name.startswith("data:") else "remote-code", called.node)
    elif name.endswith(".node"):
        finds.can(Power.NATIVE, name[-60:], called.node)


def _started(finds: Finds, called: Called) -> None:
    finds.can(Power.PROGRAM, called.names[0][:40], called.node)
    command = finds.reader.value(called.arguments[0]) if called.arguments else UNKNOWN
    whole = joined((command, *_listed(finds, called)))
    texts = _commands(finds, called, command)
    if _written_before(finds, called):
        finds.say("downloaded-program", called.node)
    for text in texts:
        _commanded(finds, called, text[:8000])
    remote = whole.has(Kind.REMOTE)
    if _is_shell(command):
        finds.end(End.SHELL, called.node, whole.taints)
    if remote and _is_shell(command):
        finds.say("remote-shell", called.node, subject=remote[0].what, taints=remote)
    elif whole.decoded or (whole.has(Kind.DECODED) and _is_shell(command)):
        finds.say("decoded-code", called.node, taints=whole.has(Kind.DECODED))
    elif (
        command.pieced and command.text is None and any(name.endswith((".exec", ".execSync")) for name in called.names)
    ):
        finds.say("shell-text", called.node)


def _listed(finds: Finds, called: Called) -> list[Value]:
    return [
        finds.reader.value(one) for one in called.arguments[1:2] if one.type not in FUNCTIONS and one.type != "object"
    ]


def _is_shell(command: Value) -> bool:
    """Say whether what is started is a shell, or the text itself: a known program does not run its arguments."""
    return not command.texts or any(
        text.startswith(HOLE) or _SHELL.match(text.partition(HOLE)[0].strip()) for text in command.texts
    )


def _commands(finds: Finds, called: Called, command: Value) -> list[str]:
    """List the command lines that may be run: one text, or a program and its arguments."""
    rest = _listed(finds, called)
    items = rest[0].items if rest else None
    if items is None:
        return list(command.texts)
    tail = " ".join(item.texts[0] if item.texts else HOLE for item in items)
    return [f"{text} {tail}" for text in command.texts]


def _commanded(finds: Finds, called: Called, text: str) -> None:
    if _PIPED.search(text):
        finds.say("downloaded-program", called.node)
    if _ENCODED.search(text):
        finds.say("decoded-code", called.node)
    if _STARTUP.search(text):
        finds.say("persistence", called.node)
    if _PUBLISH.match(text):
        finds.say(
            "persistence", called.node, "publishes a package by itself, as a worm among packages did in 2025", "publish"
        )
    installed = _INSTALL.match(text)
    if installed:
        elsewhere = _ELSEWHERE.search(installed["rest"])
        finds.say("runtime-install-elsewhere" if elsewhere else "runtime-install", called.node)


_SAVING: Final = re.compile(r"^fs\.(?:write|append|output)")


def _written_before(finds: Finds, called: Called) -> bool:
    """Say whether what is started was written from the network by this file."""
    used = {
        finds.reader.text(one)
        for one in called.arguments[:1]
        if one.type in ("identifier", "string", "member_expression")
    }
    used |= {finds.reader.text(kid) for one in called.arguments[:2] if one.type == "array" for kid in one.kids}
    used |= {
        finds.reader.text(kid.kids[0])
        for one in called.arguments[:1]
        if one.type == "template_string"
        for kid in one.kids
        if kid.kids
    }
    return bool(used & _saved(finds, called.node))


def _fetched(finds: Finds, started: Node) -> set[str]:
    """List the paths, as they are spelt, to which other commands of this file download: `curl URL -o ${path}`."""
    found: set[str] = set()
    for name in ("exec", "execSync", "spawn", "spawnSync"):
        for node in finds.reader.index.called.get(name, [])[:50]:
            text = "" if node == started else finds.reader.text(node)[:2000]
            for told in _TO_FILE.finditer(text):
                found.add(told["name"] or told["path"])
    return found


def _saved(finds: Finds, started: Node) -> set[str]:
    """List the paths, as they are spelt, to which this file writes what it downloads."""
    found = _fetched(finds, started)
    for name in ("writeFileSync", "writeFile", "outputFile", "pipe"):
        for node in finds.reader.index.called.get(name, [])[:50]:
            saved = finds.reader.call(node)
            if name == "pipe":
                found |= _piped_to(finds, saved)
            elif _saves(finds, saved):
                found.add(finds.reader.text(saved.arguments[0]))
    return found


def _saves(finds: Finds, saved: Called) -> bool:
    if len(saved.arguments) < 2 or not any(_SAVING.match(one) for one in saved.names):  # noqa: PLR2004 - path and content
        return False
    return bool(finds.reader.value(saved.arguments[1]).has(Kind.REMOTE))


def _piped_to(finds: Finds, saved: Called) -> set[str]:
    if not saved.owner.has(Kind.REMOTE) or not saved.arguments:
        return set()
    nodes = [inner for inner in saved.arguments[0].under() if inner.type == "call_expression"]
    nodes += [
        node
        for node in finds.reader.index.called.get("createWriteStream", [])[:50]
        if node.parent is not None
        and finds.reader.text(node.parent.child("name")) == finds.reader.text(saved.arguments[0])
    ]
    return {finds.reader.text(one) for node in nodes for one in finds.reader.call(node).arguments[:1]}


def _piped(finds: Finds, called: Called) -> None:
    """Look for a shell whose input is a connection."""
    to = finds.reader.text(called.arguments[0]) if called.arguments else ""
    sockets = ("net.", "tls.", "ws", "socket.io")
    if to.endswith(".stdin") and any(name.startswith(sockets) for name in called.owner.names):
        finds.say("reverse-shell", called.node)
