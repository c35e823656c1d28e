"""The user's machine and browser: clipboard, wallets, what starts by itself, what listens.

It must never take an ordinary page or tool for a thief: each rule wants both the taking and the using.
"""

import re
from itertools import islice
from typing import Final

from ringfence.audit.code.capability import Power
from ringfence.audit.code.javascript.addresses import is_address
from ringfence.audit.code.javascript.finds import Finds
from ringfence.audit.code.javascript.names import file_kind, words
from ringfence.audit.code.javascript.reads import Called
from ringfence.audit.code.javascript.report import End
from ringfence.audit.code.javascript.scopes import FUNCTIONS
from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import HOLE, UNKNOWN, Kind

_CLIP: Final = TABLES["clipboard_writing"]
_PASTED: Final = re.compile(rb"readText|readSync|clipboardy\.read|\.paste\(|['\"](?:copy|paste)['\"]|getData\(")
# How a pattern for addresses is written: bc1, 0x and forty digits, T and 33 letters, base58 of the length of a key.
_ADDRESSES: Final = re.compile(
    rb"\bbc1|0x\[[^\]\n]{3,20}\]\{40|\{3[2-4](?:,4[0-4])?\}|\{40\}|\{25,3\d\}|isAddress\(|(?:wallet|crypto)_?[aA]ddr"
)
_HOOKED: Final = re.compile(
    r"^(?:fetch|XMLHttpRequest\.prototype\.(?:open|send)|ethereum\.(?:request|send|sendAsync)|"
    r"solana\.sign(?:AndSend)?Transactions?|tronWeb\.trx\.\w{1,40}|navigator\.clipboard\.writeText)$"
)
_HOOKABLE: Final = re.compile(rb"fetch|XML|ethereum|solana|tron|clipboard|\[['\"`]")
_AUTOSTART: Final = re.compile(
    r"(?i)\.(?:bash|zsh)rc$|\.(?:bash_|z)?profile$|crontab|/etc/(?:cron|systemd|init\.d|rc\.local)|systemd/user/|LaunchAgents|"
    r"Start Menu[/\\]Programs[/\\]Startup|autostart/"
)
_WORKFLOW: Final = re.compile(r"\.github[/\\]workflows")
_OTHERS: Final = re.compile(r"(?i)node_modules[/\\](?!\.)|app\.asar|exodus|atomic|site-packages")
_WRITING: Final = re.compile(r"^fs\.(?:write|append|output|createWriteStream|copyFile|cp)")
_READING: Final = re.compile(r"^fs\.(?:read|createReadStream|copyFile|cp|open|stat|exists|access)")
_INNER: Final = 2000  # pieces of one value that are looked at for functions
_SESSION: Final = frozenset({"jwt", "session", "cookie", "auth", "token", "nextauth"})


def look(finds: Finds, called: Called) -> None:
    """Look at one call."""
    for name in called.names:
        if name in _CLIP:
            _clipped(finds, called)
        if _WRITING.match(name):
            _wrote(finds, called)
        if _READING.match(name):
            _read(finds, called)
    texts = [finds.reader.value(one).text for one in called.arguments] if called.method == "listen" else []
    if "0.0.0.0" in texts:  # noqa: S104 - read, not bound
        finds.say("open-bind", called.node)
    if called.last == "sign" and any(name.startswith("jsonwebtoken") for name in called.names):
        _signed(finds, called)


def _clipped(finds: Finds, called: Called) -> None:
    value = finds.reader.value(called.arguments[0]) if called.arguments else UNKNOWN
    if value.has(Kind.IMPORTED) and _pasted(finds):
        finds.end(End.CLIPBOARD, called.node, value.taints)
    fixed = any(is_address(text) for text in value.texts)
    swapped = value.has(Kind.CLIPBOARD) and (value.has(Kind.REMOTE, Kind.DECODED) or _ADDRESSES.search(_all(finds)))
    if (fixed or swapped) and _pasted(finds):
        finds.say("clipboard-swap", called.node)


def _all(finds: Finds) -> bytes:
    return finds.reader.index.source.data


def _pasted(finds: Finds) -> bool:
    """Say whether this file looks at what is in the clipboard."""
    called = finds.reader.index.called
    reads = [node for name in ("read", "readSync", "readText", "paste") for node in called.get(name, [])[:20]]
    values = [finds.reader.value(node) for node in reads]
    return (
        any(value.has(Kind.CLIPBOARD) for value in values) or _PASTED.search(finds.reader.index.source.data) is not None
    )


def _wrote(finds: Finds, called: Called) -> None:
    path = finds.reader.value(called.arguments[0]) if called.arguments else UNKNOWN
    for text in path.texts:
        plain = text.replace(HOLE, "")[-300:]
        if _WORKFLOW.search(plain):
            finds.say("persistence", called.node, "writes what a build server runs by itself", "workflow")
        elif _AUTOSTART.search(plain):
            finds.say("persistence", called.node, subject=plain[-40:])
        elif _OTHERS.search(plain) and plain.endswith((".js", ".cjs", ".mjs", ".asar", ".json")):
            finds.say("startup-hijack", called.node, "writes into another program's files", plain[-40:])
        if not text.startswith(HOLE):
            finds.can(Power.WRITE, plain[:80], called.node)


def _read(finds: Finds, called: Called) -> None:
    path = finds.reader.value(called.arguments[0]) if called.arguments else UNKNOWN
    for text in path.texts:
        kind, plain = file_kind(text), text.replace(HOLE, "~")[-60:]
        if kind is Kind.WALLET:
            finds.say("wallet-read", called.node, f"reads {plain}", plain)
        elif kind is Kind.MACHINE:
            finds.say("machine-keys", called.node, subject=plain)
    for text in path.texts:
        if text.startswith(("~", "/", "C:")):
            finds.can(Power.READ, text.replace(HOLE, "")[:80], called.node)


def _signed(finds: Finds, called: Called) -> None:
    value = finds.reader.value(called.arguments[1]) if len(called.arguments) > 1 else UNKNOWN
    if value.texts and all(HOLE not in text for text in value.texts) and not any(value.names):
        finds.say("default-secret", called.node)


def defaulted(finds: Finds, node: Node) -> None:
    """Look at `a || b`: whether a session's secret has a default that everybody can read."""
    if finds.reader.text(node.child("operator")) not in ("||", "??"):
        return
    left, right = node.child("left"), node.child("right")
    name = next((one for one in finds.reader.value(left).names if one.startswith("process.env.")), "")
    parts = words(name.rpartition(".")[2])
    if "secret" in parts and set(parts) & _SESSION and finds.reader.value(right).text:
        finds.say("default-secret", node)


def assigned(finds: Finds, node: Node) -> None:
    """Look at one assignment: whether what passes through the browser is changed."""
    left, right = node.child("left"), node.child("right")
    if left is None or right is None:
        return
    if _HOOKABLE.search(finds.reader.index.source.data, left.start, left.end) is None:
        return
    names = finds.reader.value(left).names if left.type != "identifier" else (finds.reader.text(left),)
    if not any(_HOOKED.match(name) for name in names):
        return
    functions = [one for one in finds.reader.value(right).nodes if one.type in FUNCTIONS]
    functions += [inner for inner in islice(right.under(), _INNER) if inner.type in FUNCTIONS][:8]
    if functions and _has_address(finds):
        finds.say("address-swap", node, subject=names[0][:60])


def _has_address(finds: Finds) -> bool:
    return any(
        is_address(text) for node in finds.reader.index.strings[:20000] for text in finds.reader.value(node).texts
    )
