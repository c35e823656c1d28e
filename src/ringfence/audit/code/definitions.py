"""Reading what a file defines: functions with their parameters and decorators, classes with their fields and bases."""

import ast
from abc import abstractmethod
from typing import Final

from ringfence.audit.code import objects
from ringfence.audit.code.checks import classes
from ringfence.audit.code.expressions import Expressions
from ringfence.audit.code.known import is_ours
from ringfence.audit.code.names import file_kind
from ringfence.audit.code.resolving import WRAPPED
from ringfence.audit.code.scopes import Class, Function, FunctionNode, Scope, params_of
from ringfence.audit.code.values import FEW, UNKNOWN, Taint, Value, spelt

_ROUTES: Final = frozenset({"route", "get", "post", "put", "delete", "patch", "api_route", "websocket"})
_HANDLERS: Final = ("update", "message", "msg", "event", "ctx", "context", "interaction", "callback_query")


class Definitions(Expressions):
    """The part of the reader that takes functions and classes down."""

    @abstractmethod
    def returns(self, value: Value, line: int) -> None:
        """Note what a function gives back."""

    def function_seen(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        """Take a function down, with what decorates it."""
        value = self.define(node, node.name)
        if value.ref and value.ref[1:] in self.functions:
            function = self.functions[value.ref[1:]]
            for decorator in node.decorator_list:
                self._decorate(function, self.eval(decorator))
        self.bind(node.name, value)

    def _decorate(self, function: Function, decorator: Value) -> None:
        own = Value(taints=(Taint(f"@:{function.qual}", f"{function.qual}()"),))
        self.called_by_value(decorator, [("0", own)], function.node)
        method = decorator.ref.removesuffix("()").rsplit(".", 1)[-1]
        if method in _ROUTES and decorator.ref.endswith("()"):
            function.served = True
        if decorator.ref == "property" or method == "cached_property":
            function.is_field = True
        if method == "staticmethod":
            function.bound = False
        if is_ours(decorator.ref):
            maker = decorator.ref.removesuffix("()")
            for name in function.params[1:] if function.bound else function.params:
                given = Taint(f"@:{function.qual}#{name}", name)
                self.notes.passed(given, f"@{maker}#{WRAPPED}", function.node.lineno, words=f"seen by {method}()")
        if decorator.ref.startswith(":"):
            function.wraps = decorator.ref[1:].removesuffix("()")
            wrapper = self.functions.get(function.wraps)
            if wrapper is not None:
                self.evaluate(wrapper)

    def define(self, node: FunctionNode, name: str) -> Value:
        """Take a function down, to be read later."""
        qual = f"{self.scope.qual}.{name}" if self.scope.qual else name
        cls = self.scope.cls if self.scope.function is None else None
        outer = self.scope
        while outer.cls is not None and outer.function is None and outer.outer is not None:
            outer = outer.outer
        params = params_of(node)
        function = Function(qual, node, outer, params, cls, bound=cls is not None and bool(params))
        self.functions[qual] = function
        self._defaults(function)
        return Value(ref=f":{qual}", taints=(Taint(f"@:{qual}", f"{name}()"),))

    def _defaults(self, function: Function) -> None:
        spec = function.node.args
        plain = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
        pairs = list(zip(plain[len(plain) - len(spec.defaults) :], spec.defaults, strict=False))
        pairs += [
            (arg.arg, value) for arg, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=False) if value is not None
        ]
        for name, default in pairs:
            value = self.eval(default)
            self.notes.flow(value, f"@:{function.qual}#{name}", default.lineno, words=f"what {name} is by default")
            self.files_asked(value, f":{function.qual}#{name}", default.lineno)
            if value.items is not None or value.elements is not None:
                function.keeps.add(name)
            if value.ref and not value.ref.startswith(":"):
                function.defaults[name] = value
            if value.text is not None:
                self.texts[f":{function.qual}#{name}"] = (value.text,)

    def files_asked(self, value: Value, symbol: str, line: int) -> None:
        """Note the files with secrets that a parameter names: what is opened by it is what they hold."""
        if value.const is UNKNOWN and not value.elements:
            return
        parts = [spelt(part) for part in (value.elements or ())[:FEW]]
        for text in dict.fromkeys((*value.texts, *parts, "/".join(parts))):
            if file_kind(text):
                self.notes.passed(Taint("file-name", text), f"@{symbol}", line, words=f"{text} asked of {symbol[1:]}")

    def evaluate(self, function: Function) -> None:
        """Read the body of a function, once."""
        if function.done:
            return
        function.done = True
        before = (self.scope, self.branch, self.loop, self.depth)
        self.depth += 1
        self.branch = self.loop = 0
        self.scope = Scope(function.qual, function.scope, function=function, cls=function.cls)
        self._bind_params(function)
        try:
            self._body(function)
        except RecursionError:
            self.notes.skipped("nested too deeply to be read", function.node.lineno)
        self.scope, self.branch, self.loop, self.depth = before

    def _body(self, function: Function) -> None:
        if isinstance(function.node, ast.Lambda):
            self.returns(self.eval(function.node.body), function.node.lineno)
        else:
            self.run(function.node.body)

    def _bind_params(self, function: Function) -> None:
        names = self.scope.names
        for index, name in enumerate(function.params):
            if not index and function.bound and function.cls is not None:
                names[name] = Value(ref=f":{function.cls.qual}()")
                continue
            symbol = f":{function.qual}#{name}"
            extra = (Taint("message", f"{name}, from a chat"),) if function.handles and name in _HANDLERS else ()
            default = function.defaults.get(name)
            names[name] = Value(
                ref=default.ref if default is not None else symbol, taints=(Taint(f"@{symbol}", name), *extra)
            )
        classes.patched_params(self, function)

    def class_seen(self, node: ast.ClassDef) -> None:
        """Read a class: what it declares, what it takes over, what stands in for something else."""
        bases = tuple(self.eval(base).ref for base in node.bases)
        for keyword in node.keywords:
            self.eval(keyword.value)
        qual = f"{self.scope.qual}.{node.name}" if self.scope.qual else node.name
        cls = Class(qual, bases)
        self.classes[qual] = cls
        before = self.scope
        self.scope = Scope(qual, before, names=cls.names, cls=cls)
        self.run(node.body)
        self.scope = before
        for name, held in cls.names.items():
            self._described(cls, name, held.ref, node.lineno)
            if name in cls.declared:
                self.notes.flow(held, f"@:{qual}().{name}", node.lineno, words=f"what {name} is by default")
        self._overrides(cls, node)
        decorators = [self.eval(decorator) for decorator in node.decorator_list]
        if f"{qual}.__init__" not in self.functions and objects.makes_itself(cls, decorators):
            self._made_of_fields(cls, node)
        self.bind(node.name, Value(ref=f":{qual}"))
        classes.class_seen(self, cls, node)

    def _overrides(self, cls: Class, node: ast.ClassDef) -> None:
        """What a base class gives to its own method may be given to the one that stands in for it here."""
        bases = [base for base in cls.bases if (base.startswith(":") and base[1:] in self.classes) or is_ours(base)]
        for item in node.body:
            function = self.functions.get(f"{cls.qual}.{getattr(item, 'name', '')}")
            if function is None or function.qual.endswith("__") or not bases:
                continue
            method = function.qual.rpartition(".")[2]
            for base in bases:
                for at, name in enumerate(function.params[1:]):
                    given = Taint(f"@{base}.{method}#{at if is_ours(base) else name}", name)
                    self.notes.passed(given, f"@:{function.qual}#{name}", item.lineno)
                self.notes.passed(Taint(f"@:{function.qual}()", method), f"@{base}.{method}()", item.lineno)

    def _described(self, cls: Class, name: str, maker: str, line: int) -> None:
        """A field whose class has `__set__` hands what is stored in it to that."""
        setter = f"{maker.removesuffix('()')}.__set__"
        own = self.functions.get(setter[1:]) if maker.startswith(":") else None
        if maker.endswith("()") and (own is not None or (is_ours(maker) and "." in maker)):
            sink = f"@{setter}#{own.param(2) if own is not None else 1}"
            self.notes.passed(Taint(f"@:{cls.qual}().{name}", name), sink, line, words=f"kept by {name}")

    def _made_of_fields(self, cls: Class, node: ast.ClassDef) -> None:
        """Take down how a class that declares its fields is made: each parameter is kept under its own name."""
        body = [ast.Assign([_of_self(name, ast.Store())], ast.Name(name, ast.Load())) for name in cls.declared]
        names = [ast.arg(name) for name in ("self", *cls.declared)]
        spec = ast.arguments([], names, None, [], [], None, [])
        made = ast.FunctionDef("__init__", spec, [*body], [], None, lineno=node.lineno, col_offset=0)
        made.end_lineno = node.lineno
        ast.fix_missing_locations(made)
        before, self.scope = self.scope, Scope(cls.qual, self.scope, names=cls.names, cls=cls)
        self.define(made, "__init__")
        self.scope = before


def _of_self(name: str, context: ast.expr_context) -> ast.Attribute:
    return ast.Attribute(ast.Name("self", ast.Load()), name, context)
