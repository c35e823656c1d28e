"""Files of the user's that are read: wallets, browsers' passwords, keys of the machine."""

from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.capability import Power
from ringfence.audit.code.names import file_kind, is_own_wallet
from ringfence.audit.code.state import State
from ringfence.audit.code.values import GAP, ITEMS, Taint, Value, merge, spelt


def taints(state: State, path: Value, line: int) -> tuple[Taint, ...]:
    """Say what a file of that path holds, and note that it is read."""
    found: list[Taint] = []
    for text in path.texts:
        plain = state.filled(text) or text.replace(GAP, "")
        kind = file_kind(plain)
        if text.startswith(("/", "~")) and len(plain) < ITEMS:
            state.notes.able(Power.READ, plain, line)
        if not kind:
            continue
        own = kind == "wallet" and is_own_wallet(plain)
        found.append(Taint("own-wallet" if own else kind, plain, ((line, f"reads {plain}"),)))
        if kind in {"wallet", "browser"} and not own:
            state.notes.add("wallet-read", line, plain, plain)
        elif kind == "machine-key":
            state.notes.add("machine-keys", line, plain, plain)
    return merge(found)


def copied(state: State, call: Call) -> None:
    """Look at what is copied, connected to, or packed."""
    if (
        call.root not in {"shutil", "os", "sqlite3", "zipfile", "tarfile", "pathlib"}
        and call.method != "make_archive"
        and "ZipFile" not in call.receiver.ref
        and "tarfile" not in call.receiver.ref
    ):
        return
    for value in call.args[:1] if call.method != "make_archive" else [call.arg(2, "root_dir"), *call.args[:1]]:
        held = merge(
            (*taints(state, value, call.line), *(taint for taint in value.taints if taint.kind == "home-files"))
        )
        if held and (call.method in {"write", "add", "make_archive", "copytree"}):
            state.notes.packed.update({taint.kind: taint for taint in held})
        if held and len(call.args) > 1 and call.args[1].text:
            state.fields[f"copy:{spelt(call.args[1])}"] = Value(taints=held)


CHECKS: Final = (
    (
        copied,
        (
            "copy",
            "copy2",
            "copyfile",
            "copytree",
            "make_archive",
            "write",
            "add",
            "connect",
            "listdir",
            "rglob",
            "scandir",
        ),
    ),
)
