"""Names and what they stand for while a file is read: scopes, functions, classes."""

import ast
from dataclasses import dataclass, field

from ringfence.audit.code.values import NOTHING, Value

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a module, class or function. `outer` is where a name is looked up next; a class is passed over."""

    qual: str
    outer: "Scope | None" = None
    names: dict[str, Value] = field(default_factory=dict)
    function: "Function | None" = None
    cls: "Class | None" = None
    shared: set[str] = field(default_factory=set)
    outers: set[str] = field(default_factory=set)

    def owner(self, name: str) -> "Scope | None":
        """Find the scope that has a name, from here outwards."""
        scope: Scope | None = self
        while scope is not None and name not in scope.names:
            scope = scope.outer
        return scope

    def get(self, name: str) -> Value | None:
        """Look a name up, from here outwards."""
        scope = self.owner(name)
        return scope.names[name] if scope is not None else None


@dataclass(slots=True, eq=False)
class Function:
    """A function of the file; `served` says that what it returns answers a request.

    `keeps` are the parameters whose default is a container, which is the same one at every call.
    """

    qual: str
    node: FunctionNode
    scope: Scope
    params: tuple[str, ...]
    cls: "Class | None" = None
    bound: bool = False
    served: bool = False
    handles: bool = False
    done: bool = False
    returned: Value = NOTHING
    wraps: str = ""
    is_field: bool = False
    defaults: dict[str, Value] = field(default_factory=dict)
    keeps: set[str] = field(default_factory=set)

    def param(self, index: int) -> str:
        """Name the parameter that a position is given to."""
        return self.params[index] if index < len(self.params) else "*"


@dataclass(slots=True, eq=False)
class Class:
    """A class of the file, with what is stored in its instances, and the fields that it declares in their order."""

    qual: str
    bases: tuple[str, ...]
    names: dict[str, Value] = field(default_factory=dict)
    fields: dict[str, Value] = field(default_factory=dict)
    declared: dict[str, None] = field(default_factory=dict)


def params_of(node: FunctionNode) -> tuple[str, ...]:
    """Name the parameters in order; what takes the rest by name comes last, with its stars."""
    spec = node.args
    plain = [arg.arg for arg in (*spec.posonlyargs, *spec.args)]
    rest = [spec.vararg.arg] if spec.vararg else []
    named = [arg.arg for arg in spec.kwonlyargs]
    return (*plain, *rest, *named, *([spec.kwarg.arg] if spec.kwarg else []))


def is_abstract(function: Function) -> bool:
    """Say whether a method does nothing itself, so that others stand in for it."""
    node = function.node
    if isinstance(node, ast.Lambda) or function.cls is None:
        return False
    return all(
        isinstance(item, (ast.Pass, ast.Raise)) or (isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant))
        for item in node.body
    )
