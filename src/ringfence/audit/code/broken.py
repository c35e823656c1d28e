"""Python that does not parse: what of it can still be judged, from a tree with holes.

A file that Python refuses today may be run by another version, or by a loader that mends it; so it is looked at, and
said to be unanswered all the same. It must never run what it reads, nor take silence for a pass.
"""

import re
from dataclasses import dataclass, field
from typing import Final

from ringfence.audit.code.javascript.addresses import is_address
from ringfence.audit.code.javascript.names import credential, file_kind
from ringfence.audit.code.javascript.official import host_of
from ringfence.audit.code.javascript.reach import is_strange
from ringfence.audit.code.javascript.report import Reading
from ringfence.audit.code.javascript.tree import Node, Source, TooLarge, grow
from ringfence.audit.code.javascript.values import Kind
from ringfence.audit.code.marks import off_screen, reordered
from ringfence.audit.code.rules import RULE
from ringfence.audit.finding import Finding, Place, Unanswered

_WHY: Final = "Python does not parse it"
_RUNNING: Final = frozenset({"eval", "exec"})
_SHELLS: Final = re.compile(r"^(?:os\.(?:system|popen)|subprocess\.\w+)$")
_DECODING: Final = re.compile(
    r"(?:^|\.)(?:b64decode|b32decode|b85decode|a85decode|unhexlify|fromhex|decompress|decrypt)$"
)
_REMOTE: Final = re.compile(
    r"^(?:requests|httpx|urllib3?|aiohttp|session|s|client)\b.*\.(?:get|post|put|request|urlopen)$|^urlopen$|\.recv$"
)
_SENDING: Final = re.compile(
    r"^(?:requests|httpx|urllib\.request|session|aiohttp)\b.*\.(?:get|post|put|patch|request|urlopen)$|^urlopen$"
)
_CLEANING: Final = re.compile(r"(?i)\b(?:hmac|hash\w*|sha\d+|\w*sign\w*|md5)\b|\b(?:len|bool|isinstance)$")
_WITHDRAW: Final = re.compile(r"(?i)^(?:withdraw\w*|\w*(?:post|capital|private)\w*withdraw\w*)$")
_WITHDRAW_READING: Final = re.compile(r"(?i)histor|status|list|address|fee|get")
_PIPED: Final = re.compile(r"\b(?:curl|wget)\b[^|\n]{0,400}\|\s{0,9}(?:sudo\s{1,9})?(?:ba|z|da)?sh\b")
_NODES: Final = 4000  # pieces of one expression that are looked at, through the names in it
_BOUND: Final = 50  # values of one name


@dataclass(slots=True, eq=False)
class _Broken:
    source: Source
    bound: dict[str, list[Node]] = field(default_factory=dict)
    short: dict[str, str] = field(default_factory=dict)
    found: dict[tuple[str, int], Finding] = field(default_factory=dict)

    def say(self, rule: str, node: Node, text: str = "", subject: str = "") -> None:
        line = self.source.line(node)
        place = Place(self.source.path, line)
        self.found.setdefault((rule, line), RULE[f"code/{rule}"].found(place, text, subject))


def read(path: str, data: bytes, why: str = _WHY) -> Reading:
    """Read one file of Python that does not parse; `why` it does not is said."""
    text = data.decode("utf-8", "replace")
    marks = [RULE["code/off-screen"].found(Place(path, line)) for line in off_screen(text, ("#",))]
    marks += [RULE["code/reordered-text"].found(Place(path, line)) for line in reordered(text)]
    try:
        source = grow(path if path.endswith((".py", ".pyw")) else path + ".py", data)
    except TooLarge as beyond:
        return Reading(path, tuple(marks), (Unanswered(Place(path), f"{why}, and {beyond}"),))
    broken = _Broken(Source(path, source.data, source.root, source.lines, source.whole))
    for node in source.root.under():
        _note(broken, node)
    for node in source.root.under():
        if node.type == "call":
            _judge(broken, node)
        elif node.type == "exec_statement":
            _runs(broken, node, node, shell=False)
    findings = tuple(sorted((*marks, *broken.found.values()), key=lambda one: (one.place, one.rule)))
    return Reading(path, findings, (Unanswered(Place(path), f"{why}: judged in part"),))


def _note(broken: _Broken, node: Node) -> None:
    if node.type == "assignment":
        left, right = node.child("left"), node.child("right")
        if left is not None and right is not None:
            broken.bound.setdefault(broken.source.text(left)[:200], []).append(right)
    elif node.type == "aliased_import":
        name, alias = node.child("name"), node.child("alias")
        if name is not None and alias is not None:
            broken.short[broken.source.text(alias)] = _home(broken, node) + broken.source.text(name)
    elif node.type == "import_from_statement":
        for kid in node.kids[1:]:
            if kid.type == "dotted_name":
                broken.short[broken.source.text(kid)] = _home(broken, kid) + broken.source.text(kid)


def _home(broken: _Broken, node: Node) -> str:
    parent = node.parent
    module = parent.child("module_name") if parent is not None else None
    return broken.source.text(module) + "." if module is not None else ""


def _name(broken: _Broken, node: Node | None) -> str:
    """Return what a call calls, as it is written, with what the first name was imported as."""
    parts: list[str] = []
    at = node
    while at is not None and len(parts) < 20:  # noqa: PLR2004 - a longer chain is no name
        if at.type == "attribute":
            attribute = at.child("attribute")
            parts.append(broken.source.text(attribute) if attribute is not None else "")
            at = at.child("object")
        elif at.type == "call":
            at = at.child("function")
        else:
            text = broken.source.text(at) if at.type == "identifier" else ""
            parts.append(broken.short.get(text, text))
            break
    return ".".join(reversed(parts))[:200]


def _judge(broken: _Broken, call: Node) -> None:
    name = _name(broken, call.child("function"))
    given = call.child("arguments")
    if given is None:
        return
    last = name.rpartition(".")[2]
    if last in _RUNNING or _SHELLS.match(name):
        _runs(broken, call, given, shell=last not in _RUNNING)
    elif _SENDING.match(name):
        _sends(broken, call, given)
    if _WITHDRAW.match(last) and not _WITHDRAW_READING.search(last):
        fixed = any(is_address(text) for text in _seen(broken, given).texts)
        broken.say("fixed-address" if fixed else "withdraw-call", call, subject=last)


def _runs(broken: _Broken, call: Node, given: Node, *, shell: bool) -> None:
    seen = _seen(broken, given)
    if any(_REMOTE.search(name) for name in seen.calls):
        broken.say("remote-shell" if shell else "remote-code", call)
    elif any(_DECODING.search(name) for name in seen.calls):
        broken.say("decoded-code", call)
    elif shell and any(_PIPED.search(text) for text in seen.texts):
        broken.say("downloaded-program", call)


def _sends(broken: _Broken, call: Node, given: Node) -> None:
    seen = _seen(broken, given)
    host = next((one for text in seen.texts if (one := host_of(text)) and is_strange(one)), "")
    if not host:
        return
    if seen.environment:
        broken.say("environment-sent", call, f"sends the environment to {host}", host)
    if any(file_kind(text) is Kind.FILE for text in seen.texts) and "open" in seen.calls:
        broken.say("secret-file-sent", call, f"sends a file that holds keys to {host}", host)
    keys = sorted(word for word in seen.words if credential(word) in (Kind.WALLET_KEY, Kind.SECRET))
    if keys:
        broken.say("credential-sent", call, f"sends {keys[0]} to {host}", keys[0])


@dataclass(slots=True)
class _Seen:
    """What stands in an expression, and in the values of the names in it."""

    calls: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)
    environment: bool = False


def _seen(broken: _Broken, expression: Node) -> _Seen:
    seen = _Seen()
    followed: set[str] = set()
    stack = [expression]
    for _ in range(_NODES):
        if not stack:
            break
        node = stack.pop()
        if node.type == "call":
            name = _name(broken, node.child("function"))
            seen.calls.add(name)
            if _CLEANING.search(name):
                continue
        stack += _piece(broken, node, seen, followed)
    return seen


def _piece(broken: _Broken, node: Node, seen: _Seen, followed: set[str]) -> list[Node]:
    text = broken.source.text(node) if node.end - node.start < 500 else ""  # noqa: PLR2004 - names and hosts are shorter
    if node.type in ("string_content", "string"):
        seen.texts.add(text.strip("'\""))
        if node.parent is not None and node.parent.type == "subscript":
            seen.words.add(text.strip("'\""))
    elif node.type in ("identifier", "attribute"):
        is_keyword = (
            node.field in ("name", "attribute") and node.parent is not None and node.parent.type == "keyword_argument"
        )
        if not is_keyword:
            seen.words.add(text.rpartition(".")[2])
        seen.environment = seen.environment or (text == "os.environ" and _is_whole(node))
        if text not in followed:
            followed.add(text)
            return [*node.kids, *broken.bound.get(text, [])[:_BOUND]]
    return node.kids


def _is_whole(node: Node) -> bool:
    """Say whether the environment is meant as a whole, and not one variable of it."""
    return node.parent is not None and node.parent.type not in ("subscript", "attribute")
