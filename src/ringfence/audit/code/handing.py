"""Noting what is handed on: to functions of the file, to those of other files, to whatever comes to be called."""

import ast
from typing import Final

from ringfence.audit.code.called import Call
from ringfence.audit.code.known import PLAIN_REQUESTS
from ringfence.audit.code.names import kind_of
from ringfence.audit.code.resolving import ANYBODYS
from ringfence.audit.code.scopes import Function
from ringfence.audit.code.statements import Statements
from ringfence.audit.code.summary import PASSED
from ringfence.audit.code.values import HOLE, TOLD, UNKNOWN, Taint
from ringfence.audit.code.wordlists import WORDS

_ANY_OBJECTS: Final = WORDS["any_objects"] | PLAIN_REQUESTS
"""Methods that objects of Python's own have too: by their names nobody knows whose they are."""


class Handing(Statements):
    """The part of the reader that notes what is handed on."""

    def handed(self, call: Call, function: Function) -> None:
        """Note what a function of this file is given."""
        shift = 1 if function.bound and not _through_class(call, function) else 0
        given = [(function.param(index + shift), arg) for index, arg in enumerate(call.args)]
        given += [
            (name if name in function.params else function.params[-1] if function.params else "*", arg)
            for name, arg in call.kwargs.items()
        ]
        base = f":{function.qual}#"
        for name, arg in given:
            self.notes.flow(arg, f"@{base}{name}", call.line, words=f"{PASSED}{function.qual}({name})")
            self.files_asked(arg, f"{base}{name}", call.line)
            for text in arg.texts if arg.const is not UNKNOWN else ():
                if len(text) < 60 and text.isupper() and kind_of(text) in {"secret", "exchange-key"}:  # noqa: PLR2004
                    self.notes.passed(
                        Taint("secret-name", text),
                        f"@{base}{name}",
                        call.line,
                        words=f"{text} asked of {function.qual}({name})",
                    )
        texts = tuple((name, text) for name, arg in given for text in arg.texts if text != HOLE and len(text) < TOLD)
        if texts:
            self.notes.called(f":{function.qual}", call.line, texts)
        self.callbacks(call)

    def callbacks(self, call: Call) -> None:
        """Note that what a call is made on goes to the functions that it is given."""
        for arg in call.every():
            if arg.ref.startswith(":") and arg.ref[1:] in self.functions and call.receiver.taints:
                self.notes.flow(call.receiver, f"@{arg.ref}#*", call.line, words="handed to a callback")

    def handed_out(self, call: Call, ref: str) -> None:
        """Note what a function of another file is given."""
        short = ref.rsplit(".", 1)[-1]
        given = call.placed()
        for place, arg in given:
            self.notes.flow(arg, f"@{ref}#{place}", call.line, words=f"{PASSED}{short}()")
        kept = tuple((place, text) for place, arg in given for text in arg.texts if text != HOLE and len(text) < TOLD)
        if kept:
            self.notes.called(ref, call.line, kept)

    def anybodys(self, call: Call) -> tuple[Taint, ...]:
        """Follow a method of an object whose class is not known here: only one class of the project may have it."""
        unknown = call.ref.startswith(("?.", ":")) and isinstance(call.node.func, ast.Attribute)
        name = call.ref.rpartition(".")[2]
        if not self.own or not unknown or not name.isidentifier() or name in _ANY_OBJECTS or name.startswith("__"):
            return ()
        ref = f"{ANYBODYS}{name}"
        self.handed_out(call, ref)
        return (Taint(f"@{ref}()", f"{name}()"),)


def _through_class(call: Call, function: Function) -> bool:
    return (
        function.cls is not None
        and call.receiver.ref == f":{function.cls.qual}"
        and not function.qual.endswith("__init__")
    )
