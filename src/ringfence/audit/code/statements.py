"""Reading statements in the order in which they stand: what is bound, stored, imported, defined and returned."""

import ast
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from ringfence.audit.code.capability import Power
from ringfence.audit.code.checks import classes, stores
from ringfence.audit.code.expressions import Expressions, element_of, elements_of
from ringfence.audit.code.known import NETWORKS, root_of
from ringfence.audit.code.resolving import joined, module_of
from ringfence.audit.code.scopes import Class, Function, FunctionNode, Scope, params_of
from ringfence.audit.code.values import ITEMS, NOTHING, ROUNDS, Taint, Value, either, merge, taints_of

_ROUTES: Final = frozenset({"route", "get", "post", "put", "delete", "patch", "api_route", "websocket"})
_NATIVE: Final = frozenset({"ctypes", "cffi", "_ctypes"})
_HANDLERS: Final = ("update", "message", "msg", "event", "ctx", "context", "interaction", "callback_query")


class Statements(Expressions):
    """The part of the reader that reads statements."""

    def run(self, body: list[ast.stmt]) -> None:
        """Read statements."""
        for node in body:
            reader = self.statements.get(type(node))
            if reader is not None:
                reader(self, node)

    def _expression(self, node: ast.Expr) -> None:
        if not isinstance(node.value, ast.Constant):
            self.eval(node.value)

    def _assign(self, node: ast.Assign) -> None:
        value = self.eval(node.value)
        for target in node.targets:
            self.bind_target(target, value)

    def _annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.bind_target(node.target, self.eval(node.value))

    def _augmented(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            old = self.lookup(node.target.id)
            self.bind(node.target.id, self.operate(node.op, old, self.eval(node.value)))
        else:
            self.augment(node.target, self.eval(node.value))

    def bind_target(self, target: ast.expr, value: Value) -> None:
        """Let a target stand for a value."""
        if isinstance(target, ast.Name):
            stores.name_stored(self, target.id, value, target.lineno)
            self.bind(target.id, value)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target.elts, value)
        elif isinstance(target, ast.Attribute):
            self._store_attribute(target, value)
        elif isinstance(target, ast.Subscript):
            self._store_entry(target, value)
        elif isinstance(target, ast.Starred):
            self.bind_target(target.value, value)

    def _unpack(self, targets: list[ast.expr], value: Value) -> None:
        elements = elements_of(value)
        for index, target in enumerate(targets):
            known = elements is not None and len(elements) == len(targets)
            self.bind_target(target, elements[index] if known and elements is not None else element_of(value))

    def _store_attribute(self, target: ast.Attribute, value: Value) -> None:
        base = self.eval(target.value)
        stores.attribute_stored(self, base, target.attr, value, target.lineno)
        cls = self.class_of(base.ref)
        if cls is not None:
            self.store_field(cls, target.attr, value, target.lineno)
        elif base.ref.startswith(":") and base.ref[1:] in self.classes:
            self.classes[base.ref[1:]].names[target.attr] = value
        elif base.ref:
            self.fields[f"{base.ref}.{target.attr}"] = value
            if value.taints:
                self.augment(target.value, Value(taints=value.taints))

    def _store_entry(self, target: ast.Subscript, value: Value) -> None:
        base, key = (
            self.eval(target.value),
            self.eval(target.slice) if not isinstance(target.slice, ast.Slice) else NOTHING,
        )
        stores.entry_stored(self, base, key, value, target)
        if (
            isinstance(target.value, ast.Name)
            and key.text is not None
            and (base.items is not None or base.ref == "dict()")
        ):
            items = base.items or {}
            if len(items) < ITEMS:  # a longer table is filled by a loop, and its entries have no names worth following
                self.bind(
                    target.value.id,
                    Value(base.const, base.ref, base.taints, {**items, key.text: value}, clean=base.clean),
                )
                return
        if base.ref and key.text is not None:
            self.fields[f"{base.ref}[{key.text}]"] = value
        self.augment(target.value, value)

    def augment(self, target: ast.expr, value: Value) -> None:
        """Let a container hold a value as well."""
        added = taints_of(value)
        if isinstance(target, (ast.Subscript, ast.Starred)):
            self.augment(target.value, value)
        elif isinstance(target, ast.Name):
            old = self.scope.get(target.id)
            if old is not None and (added or old.elements is not None):
                kept = (
                    (*old.elements, value)
                    if old.elements is not None and len(old.elements) < ITEMS and not self.loop
                    else old.elements
                )
                new = Value(old.const, old.ref, merge((*old.taints, *added)), old.items, kept, old.others)
                scope = self.module if target.id in self.scope.shared else self.scope
                scope.names[target.id] = new
        elif isinstance(target, ast.Attribute) and added:
            base = self.eval(target.value)
            cls = self.class_of(base.ref)
            if cls is not None:
                self.store_field(cls, target.attr, Value(taints=added), target.lineno)
            elif isinstance(target.value, ast.Name):
                self.augment(target.value, Value(taints=added))

    def _import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._imported(alias.name, node.lineno)
            name = alias.asname or alias.name.split(".")[0]
            self.bind(name, self.outside(alias.name if alias.asname else name, name))

    def _import_from(self, node: ast.ImportFrom) -> None:
        module = module_of(self.package, node.level, node.module or "")
        if not node.level:
            self._imported(module, node.lineno)
        for alias in node.names:
            if alias.name == "*":
                self.stars.append(module)
                continue
            self.bind(alias.asname or alias.name, self.outside(joined(module, alias.name), alias.name))

    def _imported(self, module: str, line: int) -> None:
        root = root_of(module)
        if root in NETWORKS:
            self.notes.able(Power.NETWORK, root, line)
        if root in _NATIVE:
            self.notes.able(Power.NATIVE, root, line)
        if root.startswith(("pyarmor_runtime", "pytransform", "sourcedefender", "pyconcrete")):
            self.notes.add("obfuscated", line, f"by {root}", root)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for default in (*node.args.defaults, *(item for item in node.args.kw_defaults if item is not None)):
            self.eval(default)
        value = self.define(node, node.name)
        if value.ref and value.ref[1:] in self.functions:
            function = self.functions[value.ref[1:]]
            for decorator in node.decorator_list:
                self._decorate(function, self.eval(decorator))
        self.bind(node.name, value)

    def _decorate(self, function: Function, decorator: Value) -> None:
        method = decorator.ref.removesuffix("()").rsplit(".", 1)[-1]
        if method in _ROUTES and decorator.ref.endswith("()"):
            function.served = True
        if decorator.ref == "property" or method == "cached_property":
            function.is_field = True
        if method == "staticmethod":
            function.bound = False
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
        return Value(ref=f":{qual}")

    def _defaults(self, function: Function) -> None:
        spec = function.node.args
        plain = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
        pairs = list(zip(plain[len(plain) - len(spec.defaults) :], spec.defaults, strict=False))
        pairs += [
            (arg.arg, value) for arg, value in zip(spec.kwonlyargs, spec.kw_defaults, strict=False) if value is not None
        ]
        for name, default in pairs:
            value = self.eval(default) if isinstance(default, (ast.Constant, ast.Name, ast.Attribute)) else NOTHING
            if value.ref and not value.ref.startswith(":"):
                function.defaults[name] = value
            if value.text is not None:
                self.texts[f":{function.qual}#{name}"] = (value.text,)

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
            self._returns(self.eval(function.node.body), function.node.lineno)
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

    def _class(self, node: ast.ClassDef) -> None:
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
        for decorator in node.decorator_list:
            self.eval(decorator)
        self.bind(node.name, Value(ref=f":{qual}"))
        classes.class_seen(self, cls, node)

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self._returns(self.eval(node.value), node.lineno)

    def _returns(self, value: Value, line: int) -> None:
        function = self.scope.function
        if function is None:
            return
        function.returned = either(value, function.returned)
        ref = f":{function.qual}()"
        self.notes.flow(value, f"@{ref}", line, words="returned")
        if value.text is not None:
            self.texts[ref] = tuple(dict.fromkeys([*self.texts.get(ref, ()), *value.texts]))[:8]
        if function.served:
            self.notes.flow(value, "served", line)

    def _branches(self, node: ast.If) -> None:
        self.eval(node.test)
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            self.run(node.body)
            return
        self.branch += 1
        self.run(node.body)
        self.run(node.orelse)
        self.branch -= 1

    def _for(self, node: ast.For | ast.AsyncFor) -> None:
        source = self.eval(node.iter)
        elements = elements_of(source)
        if self.inlined and elements is not None and len(elements) <= ROUNDS:  # a decoder's loop, worked out as it runs
            for element in elements:
                self.bind_target(node.target, element)
                self.run(node.body)
            return
        self.bind_target(node.target, element_of(source))
        self._looped(node.body, node.orelse)

    def _while(self, node: ast.While) -> None:
        self.eval(node.test)
        self._looped(node.body, node.orelse)

    def _looped(self, body: list[ast.stmt], orelse: list[ast.stmt]) -> None:
        self.branch += 1
        self.loop += 1
        self.run(body)
        if self.loop == 1 and len(body) < 40:  # once more, for what the first round has left for the second  # noqa: PLR2004
            self.run(body)
        self.loop -= 1
        self.run(orelse)
        self.branch -= 1

    def _with(self, node: ast.With | ast.AsyncWith) -> None:
        refused = 0
        for item in node.items:
            value = self.eval(item.context_expr)
            refused += value.ref.endswith(("pytest.raises()", "assertRaises()", "assertRaisesRegex()"))
            if item.optional_vars is not None:
                self.bind_target(item.optional_vars, value)
        self.refused += refused
        self.run(node.body)
        self.refused -= refused

    def _try(self, node: ast.Try | ast.TryStar) -> None:
        self.run(node.body)
        self.branch += 1
        for handler in node.handlers:
            self.run(handler.body)
        self.branch -= 1
        self.run(node.orelse)
        self.run(node.finalbody)

    def _match(self, node: ast.Match) -> None:
        subject = self.eval(node.subject)
        self.branch += 1
        for case in node.cases:
            for part in ast.walk(case.pattern):
                if isinstance(part, (ast.MatchAs, ast.MatchStar)) and part.name:
                    self.bind(part.name, Value(taints=taints_of(subject)))
            self.run(case.body)
        self.branch -= 1

    def _checked(self, node: ast.Assert | ast.Raise | ast.Delete) -> None:
        parts = (
            [node.test, node.msg] if isinstance(node, ast.Assert) else [node.exc] if isinstance(node, ast.Raise) else []
        )
        for part in parts:
            if part is not None:
                self.eval(part)

    def _outer(self, node: ast.Nonlocal) -> None:
        self.scope.outers.update(node.names)

    def _shared(self, node: ast.Global) -> None:
        self.scope.shared.update(node.names)

    statements: ClassVar[Mapping[type[ast.stmt], Callable[..., None]]] = {
        ast.Expr: _expression,
        ast.Assign: _assign,
        ast.AnnAssign: _annotated,
        ast.AugAssign: _augmented,
        ast.Import: _import,
        ast.ImportFrom: _import_from,
        ast.FunctionDef: _function,
        ast.AsyncFunctionDef: _function,
        ast.ClassDef: _class,
        ast.Return: _return,
        ast.If: _branches,
        ast.For: _for,
        ast.AsyncFor: _for,
        ast.While: _while,
        ast.With: _with,
        ast.AsyncWith: _with,
        ast.Try: _try,
        ast.TryStar: _try,
        ast.Match: _match,
        ast.Assert: _checked,
        ast.Raise: _checked,
        ast.Global: _shared,
        ast.Nonlocal: _outer,
    }
