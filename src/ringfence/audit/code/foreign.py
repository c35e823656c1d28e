"""Reading calls of what stands elsewhere, in a library or another file: how much of their arguments they give back."""

import ast
from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.handing import Handing
from ringfence.audit.code.known import CARRIERS, CLEANERS, METHOD_SOURCES, SOURCES, is_ours
from ringfence.audit.code.names import kind_of, words
from ringfence.audit.code.state import CREDENTIALS, WHOLES, tagged
from ringfence.audit.code.values import CLEANED, PART, Taint, Value, merge

_FILLS: Final = frozenset(
    {
        "append",
        "extend",
        "add",
        "update",
        "insert",
        "setdefault",
        "put",
        "put_nowait",
        "appendleft",
        "write",
        "attach",
        "add_field",
        "add_attachment",
        "push",
        "set",
    }
)


_SAVES: Final = frozenset({"save", "dump", "tofile", "savefig"})
_LINKS: Final = 2  # calls in a row through another file: `make().client().send(x)`


class Foreign(Handing):
    """The part of the reader that reads calls of what it has no lines of."""

    def foreign(self, call: Call) -> Value:
        """Say what a call gives of which only the name is known."""
        ref = f"{call.ref}()" if call.ref else "?()"
        kind = SOURCES.get(call.ref) or METHOD_SOURCES.get(call.method)
        carried = self.carried(call)
        taints = _kept(call, carried)
        for target in call.node.args if call.method in _SAVES and carried else ():
            self.augment(target, Value(taints=carried))  # what is saved is in what it is saved to
        if call.method in _FILLS and isinstance(call.node.func, ast.Attribute):
            for arg in call.every():
                self.augment(call.node.func.value, arg)
        if (
            is_ours(call.ref)
            and call.ref.count("()") <= _LINKS
            and "[" not in call.ref
            and not call.ref.startswith("str.")
        ):
            self.handed_out(call, call.ref)
            taints = merge((Taint(f"@{ref}", f"{call.method}()"), *taints))
        else:
            taints = merge((*self.anybodys(call), *taints))
        if kind is None and call.of_network and call.method in _ANSWERS:
            kind = "remote"
        clean = bool(CLEANERS.intersection(words(call.method).split("_")))
        value = Value(ref=ref if len(ref) < 300 else "", taints=taints, clean=clean)  # noqa: PLR2004
        self.callbacks(call)
        return (
            tagged(value, kind, f"{call.ref or call.method}()", call.line)
            if kind and not clean
            else self._called_name(value, call)
        )

    def _called_name(self, value: Value, call: Call) -> Value:
        kind = (
            kind_of(call.method)
            if not value.clean and words(call.method).startswith(("get_", "load_", "read_", "fetch_"))
            else ""
        )
        return tagged(value, kind, f"{call.method}()", call.line) if kind else value


_ANSWERS: Final = frozenset(
    {
        "get",
        "post",
        "put",
        "request",
        "urlopen",
        "recv",
        "fetch",
        "getresponse",
        "read",
        "text",
        "json",
        "stream",
        "urlretrieve",
    }
)


def _kept(call: Call, carried: tuple[Taint, ...]) -> tuple[Taint, ...]:
    """Say what of the content of its arguments may be in what a call gives."""
    if not carried:
        return ()
    spelled = set(words(call.method).split("_"))
    makes = call.method[:1].isupper() and call.method not in CARRIERS
    if spelled & CLEANERS or makes or call.of_exchange or call.root in {"jwt", "jose", "hmac", "hashlib"}:
        return tuple(cleaned(taint) for taint in carried if taint.kind not in CREDENTIALS and taint.kind not in WHOLES)
    if "encrypt" in spelled:
        return tuple(
            Taint("sealed", taint.label, taint.way) if taint.kind in CREDENTIALS else cleaned(taint)
            for taint in carried
        )
    if call.of_network and call.method in _ANSWERS and not call.receiver.has("remote"):
        return tuple(taint for taint in carried if taint.kind == "message")
    return carried


def cleaned(taint: Taint) -> Taint:
    """Write a symbol so that no secret comes through it any more, but everything else does."""
    if taint.kind.endswith(PART):
        return Taint(f"{taint.kind.removesuffix(PART)}{CLEANED}", taint.label, taint.way)
    return (
        Taint(f"{taint.kind}{CLEANED}", taint.label, taint.way)
        if taint.kind.startswith("@") and "!" not in taint.kind
        else taint
    )
