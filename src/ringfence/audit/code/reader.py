"""Reading one file of Python from its first statement to the last function, and noting what it does."""

import ast
import re
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Final

from ringfence.audit.code import glance
from ringfence.audit.code.called import Call
from ringfence.audit.code.calls import Calls
from ringfence.audit.code.capability import Power
from ringfence.audit.code.checks import classes, exchange, files
from ringfence.audit.code.checks.money import is_address
from ringfence.audit.code.hidden import disguised
from ringfence.audit.code.kept import summary_of
from ringfence.audit.code.known import NAMED, NETWORKS, is_ours, root_of
from ringfence.audit.code.notes import Notes
from ringfence.audit.code.scopes import Function
from ringfence.audit.code.state import TooMuchError
from ringfence.audit.code.summary import Summary
from ringfence.audit.code.values import GAP, Taint, Value, spelt
from ringfence.audit.code.wordlists import WORDS

_NESTED: Final = 5  # texts of code within texts of code: published droppers have three
_CODE: Final = re.compile(
    r"^\s*(?:import|from|def|class|return|lambda|if|for|while|try|with|exec|print|self\.)\b|[=(:]"
)


class Reader(Calls):
    """Reads a module."""

    def __init__(self, notes: Notes, package: str) -> None:
        """Start with an empty module."""
        super().__init__(notes, package)
        self.inner = 0

    def constant(self, node: ast.Constant) -> Value:
        """Read a constant; an address at which somebody can be paid is remembered as one."""
        value = super().constant(node)
        if isinstance(node.value, str) and is_address(node.value):
            way = ((node.lineno, "an address in the code"),)
            return Value(
                value.const, taints=(Taint("fixed-address", f"{node.value[:6]}..., written in the code", way),)
            )
        return value

    def file_taints(self, path: Value, line: int) -> tuple[Taint, ...]:
        """Say what a file of that path holds."""
        found = files.taints(self, path, line)
        copy = self.fields.get(f"copy:{spelt(path)}")
        held = next((Taint(f"@file:{text}", text) for text in path.texts if text in self.downloads), None)
        extra = (held,) if held is not None else ()
        return (
            *found,
            *(copy.taints if copy is not None else ()),
            *extra,
            *((Taint("remote", "a downloaded file"),) if held is not None else ()),
        )

    def run_text(self, call: Call) -> None:
        """Read a text that is run as code, and judge where it comes from."""
        value = call.args[0]
        self.notes.able(Power.EVALUATE, call.method, call.line)
        if "open()" in value.ref or (value.items is not None and "path" in value.items) or value.has("opened"):
            self._file_run(value, call)
            return
        if call.method != "compile":
            self.notes.flow(value, "code", call.line, words=f"given to {call.method}()")
        known = [text for text in value.texts if GAP not in text]
        for text in known:
            self.nested_text(text, call.line, call.method)
        if not known and call.method != "compile" and not value.has("remote", "message", "decoded"):
            self._unknown_text(value, call)

    def _file_run(self, value: Value, call: Call) -> None:
        name = next((taint.label for taint in value.taints if taint.kind == "opened"), "")
        ending = PurePosixPath(name).suffix.lower()
        self.notes.flow(value, "code", call.line, words=f"given to {call.method}()")
        if name and ending not in {".py", ".pyw", ""} and "?" not in ending:
            self.notes.add("code-in-data", call.line, PurePosixPath(name).name, PurePosixPath(name).name)
        elif call.method != "compile":
            self.notes.add("template-code", call.line, call.method, call.method)

    def table_seen(self, items: dict[str, Value], line: int) -> None:
        """Look at the options of a client that a class of the file writes."""
        cls = self.scope.cls
        if (
            cls is not None
            and self.scope.function is not None
            and classes.is_client(self, cls)
            and not classes.is_implementation(cls)
        ):
            for name in ("urls", "hostname"):
                if name in items:
                    exchange.option(self, name, items[name], line)

    def _unknown_text(self, value: Value, call: Call) -> None:
        if self.notes.muted:
            return
        template = any(
            _CODE.search(text.replace(f"{GAP}?{GAP}", " "))
            for text in value.texts
            if text.strip(GAP) and not _is_only_hole(text)
        )
        from_file = (
            any(t.kind == "secret-file" for t in value.taints)
            or "open()" in value.ref
            or "read" in value.ref
            or value.ref.startswith("compile")
        )
        bounded = (
            call.method == "eval"
            and len(call.args) > 1
            and call.args[1].items is not None
            and "__builtins__" in call.args[1].items
        )
        rule = (
            "template-code" if template or from_file or bounded or value.ref.startswith("compile") else "dynamic-code"
        )
        self.notes.add(rule, call.line, call.method, call.method)

    def nested_text(self, text: str, line: int, method: str) -> None:
        """Read code that stands in a text, as if it stood there."""
        if self.inner >= _NESTED:
            self.notes.skipped("code within code within code", line)
            return
        try:
            tree = ast.parse(text.strip(), mode="eval" if method == "eval" else "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return
        before = self.notes.inside
        self.notes.inside = before or line
        self.inner += 1
        if isinstance(tree, ast.Module):
            self.run(tree.body)
        elif isinstance(tree, ast.Expression):
            self.eval(tree.body)
        self.inner -= 1
        self.notes.inside = before


def _is_only_hole(text: str) -> bool:
    pieces = text.split(GAP)
    return not "".join(pieces[::2]).strip()


def read_tree(tree: ast.Module, source: str, notes: Notes, package: str, wanted: "Wanted") -> Summary:
    """Read a module that was parsed; what it does is noted down, how content passes through it is given back."""
    reader = Reader(notes, package)
    try:
        reader.run(tree.body)
        _functions(reader, wanted)
    except TooMuchError:
        notes.skipped("more to read than any honest file has; what comes after was not looked at")
    except RecursionError:
        notes.skipped("nested too deeply to be read")
    return summary_of(reader, source)


class Wanted:
    """Which functions are worth reading: those in whose lines a word stands that can matter."""

    def __init__(self, source: str, *, installed: bool = False, relays: bool = True) -> None:
        """Take the file's text; one that is installed is no bot's own, and its functions are chosen one by one.

        Without `relays`, those that only hand on to other files what they are given are left unread.
        """
        self.lines = source.split("\n")
        few, self.matters = (_FEWER_LINES, _matters_installed) if installed else (_FEW_LINES, _matters)
        self.everything = len(self.lines) < few  # short files are read whole: a bot's own are
        self.installed = installed
        self.telling: set[str] = set()
        self.ours: set[str] = set()
        self.relays = relays
        self.left: set[str] = set()

    def wants(self, function: Function) -> bool:
        """Say whether a function is read."""
        if self.everything:
            return True
        node = function.node
        text = "\n".join(self.lines[node.lineno - 1 : node.end_lineno])
        words = set(_WORD.findall(text))
        if self._tells(text, words):
            return True
        relays = not words.isdisjoint(self.ours)
        if relays and not self.relays:
            self.left.add(function.qual)
        return relays and self.relays

    def _tells(self, text: str, words: set[str]) -> bool:
        if not words.isdisjoint(self.telling) or any(map(self.matters, words)):
            return True
        if self.installed:
            return _LOOKS_UP.search(text) is not None or disguised(text.encode("utf-8", "replace"))
        return "\\x" in text or "\\u" in text or not text.isascii()


_FEW_LINES: Final = 1500
_FEWER_LINES: Final = 150
_WORD: Final = re.compile(r"[A-Za-z_]\w{0,80}")
_MATTERS: Final = re.compile(
    r"secret|api_?key|private_?key|privkey|passphrase|mnemonic|seed_?(?:phrase|words)|withdraw|environ|getenv|credential|exec|eval|compile|getattr|setattr|__import__|import_module|b64|a85|b85|unhex|fromhex"
    r"|decompress|marshal|pickle|popen|system|subprocess|spawn|urlopen|urlretrieve|requests|httpx|socket|clipboard|pyperclip|verify|ssl|proxies|proxy|base_url|hostname|wallet|keystore|globals|__dict__|rot13"
    r"|sendall|send_?message|telegram|discord|webhook|getuser|gethostname|getnode|expanduser|listener|__builtins__|chmod|winreg|crontab|verbose|wfile|(?:^|_)(?:post|put)$",
    re.IGNORECASE,
)
_INSTALLED: Final = glance.WHOLE | WORDS["telling_in_functions"]
_INSTALLED_PARTS: Final = re.compile(
    "|".join([*map(re.escape, sorted(glance.PARTS)), "verify_|_verify|_(?:post|put)$"])
)
# A name that is worked out is looked up; one that stands there is a word like others.
_LOOKS_UP: Final = re.compile(r"[gs]etattr\b(?!\(\s*[^,]{1,200},\s*[\"'])|\.(?:post|put)\b")


@lru_cache(maxsize=65_536)
def _matters(word: str) -> bool:
    return _MATTERS.search(word) is not None


@lru_cache(maxsize=65_536)
def _matters_installed(word: str) -> bool:
    """Of a library, whose many functions are nobody's own: whole words, where a bot's are looked at for parts."""
    small = word.lower()
    return small in _INSTALLED or _INSTALLED_PARTS.search(small) is not None


def _is_telling(value: Value) -> bool:
    # a function that uses another name for something that matters is read as well
    real = any(not taint.kind.startswith("@") for taint in value.taints)
    return real or value.ref in NAMED or (root_of(value.ref) in NETWORKS and "." in value.ref)


def _functions(reader: Reader, wanted: Wanted) -> None:
    # makers first: what they keep in an object is what its methods read
    done: set[str] = set()
    names = reader.module.names
    wanted.telling = {name for name, value in names.items() if _is_telling(value)}
    wanted.ours = {name for name, value in names.items() if is_ours(value.ref) and name.islower()}
    for _ in range(4):
        pending = [
            function for function in reader.functions.values() if not function.done and (function.qual not in done)
        ]
        if not pending:
            return
        pending.sort(key=lambda function: (not function.qual.endswith("__init__"), function.node.lineno))
        for function in pending:
            done.add(function.qual)
            if not function.done and wanted.wants(function):
                reader.evaluate(function)
        again = {name for name in reader.notes.replaced if name in reader.functions and not reader.functions[name].done}
        done -= again
