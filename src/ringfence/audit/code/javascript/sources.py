"""What calls bring into a program: files, listings, the clipboard, what the machine is, secrets by their name.

It must never call something a secret by its value: names and paths alone say so.
"""

import re
from typing import Final

from ringfence.audit.code.javascript.carrying import after
from ringfence.audit.code.javascript.names import credential, file_kind
from ringfence.audit.code.javascript.reads import Called, Reads
from ringfence.audit.code.javascript.tables import TABLES
from ringfence.audit.code.javascript.values import HOLE, UNKNOWN, Kind, Taint, Value

_IDENTITY: Final = frozenset({"os.hostname", "os.userInfo", "os.networkInterfaces", "node-machine-id.machineIdSync"})
_SYSTEM: Final = TABLES["system"]
_ASKING: Final = re.compile(r"^\s*(?:whoami|hostname|id|ifconfig|ipconfig|uname|systeminfo|ip a|net user)\b")
_CLIPBOARD: Final = frozenset(
    {
        "clipboardy.read",
        "clipboardy.readSync",
        "navigator.clipboard.readText",
        "clipboard.readText",
        "electron.clipboard.readText",
        "copy-paste.paste",
    }
)
_LISTING: Final = TABLES["listing"]
_READING: Final = TABLES["reading"]
# What makes an object of a wallet whose fields hold the key in the clear: written out, it gives the key away.
_KEYPAIR: Final = re.compile(
    r"(?i:\bkeypair)\.(?:fromSecretKey|fromSeed|fromSecret)$|^xrpl\.Wallet\.(?:fromSeed|fromSecret|fromMnemonic)$"
)
_LONGEST: Final = 60  # characters of a name by which a secret is asked for


def source(reader: Reads, called: Called) -> Value | None:
    """Return what a call brings in: files, listings, the clipboard, what the machine is, secrets by their name."""
    for name in called.names:
        kind = _kind(name)
        if kind is Kind.LISTING and not _at_home(reader, called):
            return Value(names=after(called))
        if kind is not None:
            return Value(names=after(called), taints=frozenset({Taint(kind, name, reader.line(called.node))}))
        if name in _READING:
            return _file(reader, called)
        if name in ("child_process.execSync", "child_process.exec"):
            return _asked(reader, called)
    return _secret(reader, called)


def _secret(reader: Reads, called: Called) -> Value | None:
    """Say what makes or reads secrets by itself, and where the user's files lie."""
    line = reader.line(called.node)
    for name in called.names:
        if name == "dotenv.config":
            return Value(names=("dotenv.config()",), taints=frozenset({Taint(Kind.FILE, ".env", line)}))
        if name.endswith("generateMnemonic"):
            return Value(taints=frozenset({Taint(Kind.WALLET_KEY, "a new mnemonic", line)}))
        if name == "os.homedir":
            return Value(("~",))
        if _KEYPAIR.search(name):
            return Value(names=after(called), taints=frozenset({Taint(Kind.KEYPAIR, name[-60:], line)}))
        if name == "fs.createWriteStream" and called.arguments:
            return Value(reader.value(called.arguments[0]).texts, names=after(called))
    return _asked_by_name(reader, called)


def _asked_by_name(reader: Reads, called: Called) -> Value | None:
    """Take `storage.getItem("privateKey")` for what it is called."""
    if called.last not in ("getItem", "get", "getSecret", "getOrThrow") or len(called.arguments) != 1:
        return None
    name = reader.value(called.arguments[0]).text or ""
    kind = credential(name) if len(name) < _LONGEST else None
    if kind is None:
        return None
    return Value(taints=called.owner.taints | {Taint(kind, name, reader.line(called.node))})


def _at_home(reader: Reads, called: Called) -> bool:
    """Say whether a directory may be the user's own, or the whole machine's."""
    where = reader.value(called.arguments[0]) if called.arguments else UNKNOWN
    return any(text.startswith(("~", "/", "C:", "\\")) for text in where.texts)


def _kind(name: str) -> Kind | None:
    if name in _IDENTITY:
        return Kind.IDENTITY
    if name in _SYSTEM:
        return Kind.SYSTEM
    if name in _CLIPBOARD:
        return Kind.CLIPBOARD
    return Kind.LISTING if name in _LISTING else None


def _file(reader: Reads, called: Called) -> Value:
    path = reader.value(called.arguments[0]) if called.arguments else UNKNOWN
    line = reader.line(called.node)
    kinds = {(kind, text.replace(HOLE, "~")[-60:]) for text in path.texts if (kind := file_kind(text)) is not None}
    taints = {Taint(kind, what, line) for kind, what in kinds} | set(path.has(Kind.LISTING))
    return Value(taints=frozenset(taints))


def _asked(reader: Reads, called: Called) -> Value | None:
    command = reader.value(called.arguments[0]).text if called.arguments else None
    if command is None or not _ASKING.match(command):
        return None
    return Value(taints=frozenset({Taint(Kind.IDENTITY, command[:20], reader.line(called.node))}))
