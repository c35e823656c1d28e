"""Reading statements in the order in which they stand: what is bound, stored, imported, defined and returned."""

import ast
from collections.abc import Callable, Mapping
from typing import ClassVar, Final

from ringfence.audit.code.capability import Power
from ringfence.audit.code.checks import stores
from ringfence.audit.code.definitions import Definitions
from ringfence.audit.code.expressions import element_of, elements_of, iterated
from ringfence.audit.code.known import NETWORKS, is_ours, root_of
from ringfence.audit.code.resolving import joined, module_of
from ringfence.audit.code.values import ITEMS, NOTHING, ROUNDS, Value, either, merge, taints_of

_ROUTES: Final = frozenset({"route", "get", "post", "put", "delete", "patch", "api_route", "websocket"})
_NATIVE: Final = frozenset({"ctypes", "cffi", "_ctypes"})
_HANDLERS: Final = ("update", "message", "msg", "event", "ctx", "context", "interaction", "callback_query")


class Statements(Definitions):
    """The part of the reader that reads statements."""

    def run(self, body: list[ast.stmt]) -> None:
        """Read statements."""
        for node in body:
            reader = self.statements.get(type(node))
            self.at = node.lineno
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
        cls = self.scope.cls if self.scope.function is None else None
        if cls is not None and isinstance(node.target, ast.Name):
            cls.declared[node.target.id] = None
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
            self.keep_attribute(target.value, target.attr, value, target.lineno)
        elif isinstance(target, ast.Subscript):
            self._store_entry(target, value)
        elif isinstance(target, ast.Starred):
            self.bind_target(target.value, value)

    def _unpack(self, targets: list[ast.expr], value: Value) -> None:
        elements = elements_of(value)
        for index, target in enumerate(targets):
            known = elements is not None and len(elements) == len(targets)
            self.bind_target(target, elements[index] if known and elements is not None else element_of(value))

    def keep_attribute(self, owner: ast.expr, name: str, value: Value, line: int) -> None:
        """Let an attribute stand for a value, be it set by its name in the code or by `setattr`."""
        base = self.eval(owner)
        stores.attribute_stored(self, base, name, value, line)
        cls = self.class_of(base.ref)
        if cls is not None:
            self.store_field(cls, name, value, line)
        elif base.ref.startswith(":") and base.ref[1:] in self.classes:
            self.classes[base.ref[1:]].names[name] = value
        elif base.ref:
            self._kept_there(base, name, value, line)
            self.fields[f"{base.ref}.{name}"] = value
            if value.taints:
                self.augment(owner, Value(taints=value.taints))

    def _kept_there(self, base: Value, name: str, value: Value, line: int) -> None:
        """Note what another file of the project, or an object of its, is made to hold."""
        if is_ours(base.ref) and "(" not in base.ref.removesuffix("()"):
            self.notes.flow(value, f"@{base.ref}.{name}", line, words=f"kept as {name}")

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
                held = Value(base.const, base.ref, base.taints, {**items, key.text: value}, clean=base.clean)
                self._hold(target.value.id, held, value)
                return
        if base.ref and key.text is not None:
            self.fields[f"{base.ref}[{key.text}]"] = value
        self.augment(target.value, value)

    def augment(self, target: ast.expr, value: Value) -> None:
        """Let a container hold a value as well."""
        if isinstance(target, (ast.Subscript, ast.Starred)):
            self.augment(target.value, value)
        elif isinstance(target, ast.Call) and isinstance(target.func, ast.Attribute):
            self.augment(target.func.value, value)  # `table.setdefault(name, []).append(x)`
        elif isinstance(target, ast.Name):
            self._augment_name(target.id, value)
        elif isinstance(target, ast.Attribute) and (added := taints_of(value)):
            self._augment_attribute(target, Value(taints=added))

    def _augment_name(self, name: str, value: Value) -> None:
        old, added = self.scope.get(name), taints_of(value)
        if old is None or _is_library(old) or not (added or old.elements is not None):
            return
        listed = old.elements is not None and len(old.elements) < ITEMS and not self.loop
        kept = (*(old.elements or ()), value) if listed else old.elements
        self._hold(name, Value(old.const, old.ref, merge((*old.taints, *added)), old.items, kept, old.others), value)

    def _augment_attribute(self, target: ast.Attribute, added: Value) -> None:
        base = self.eval(target.value)
        cls = self.class_of(base.ref)
        if cls is not None:
            self.store_field(cls, target.attr, added, target.lineno)
        elif _is_library(base):
            old = self.attribute(base, target.attr, target.lineno)
            self._kept_there(base, target.attr, added, target.lineno)
            held = Value(ref=old.ref, taints=merge((*old.taints, *added.taints)))
            self.fields[f"{base.ref}.{target.attr}"] = held
        elif isinstance(target.value, ast.Name):
            self.augment(target.value, added)

    def _hold(self, name: str, held: Value, added: Value) -> None:
        """Let a container that a name stands for hold more, wherever the name was bound."""
        scope = self.module if name in self.scope.shared else self.scope.owner(name) or self.scope
        old = scope.names.get(name)
        scope.names[name] = held if old is None or not self.branch else either(held, old)
        if scope is self.module and scope is not self.scope:
            self.notes.flow(added, f"@:{name}", 0, words=f"kept in {name}")
        function = self.scope.function
        if function is not None and name in function.keeps:  # `def f(x, seen=[])`: the list is there at the next call
            self.notes.flow(added, f"@:{function.qual}#{name}", 0, words=f"kept in {name}")

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

    def _return(self, node: ast.Return) -> None:
        if node.value is not None:
            self.returns(self.eval(node.value), node.lineno)

    def returns(self, value: Value, line: int) -> None:
        """Note what a function gives back."""
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
        source = iterated(self.eval(node.iter))
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
            if case.guard is not None:
                self.eval(case.guard)
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
        ast.FunctionDef: Definitions.function_seen,
        ast.AsyncFunctionDef: Definitions.function_seen,
        ast.ClassDef: Definitions.class_seen,
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


def _is_library(value: Value) -> bool:
    """Say whether a name is an import, into which nothing is put: `requests.put(x)` sends."""
    return bool(value.ref) and value.ref[0] not in ":?@" and "(" not in value.ref and "[" not in value.ref
