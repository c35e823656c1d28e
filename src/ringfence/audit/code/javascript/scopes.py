"""Which name means what in a JavaScript file: scopes, what is bound in them, and what is put into it later.

Read once over the whole tree, without recursion. It must never judge: it only says where a value comes from.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ringfence.audit.code.javascript.tree import Node, Source

FUNCTIONS: Final = frozenset(
    {
        "arrow_function",
        "function_declaration",
        "function_expression",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
    }
)
"""What takes arguments and gives a value back."""
CLASSES: Final = frozenset({"abstract_class_declaration", "class", "class_declaration"})
"""What methods and fields stand in."""
_BLOCKS: Final = frozenset({"catch_clause", "for_in_statement", "for_statement", "program", "statement_block"})
_NAMES: Final = frozenset({"identifier", "shorthand_property_identifier_pattern"})
_PLACED: Final = frozenset(
    {
        "assignment_expression",
        "augmented_assignment_expression",
        "call_expression",
        "identifier",
        "new_expression",
        "shorthand_property_identifier",
    }
)
_FEEDING: Final = frozenset({"add", "append", "push", "set", "unshift", "write"})
_HOPS: Final = 300  # how many scopes are climbed for a name: nobody nests functions deeper by hand


@dataclass(frozen=True, slots=True)
class Binding:
    """One way that a name gets its value: from a node, and there from what lies at the path.

    `how` is value, parameter, function, class, import or element (of what is walked through by a loop).
    """

    how: str
    node: Node | None
    path: tuple[str, ...] = ()
    index: int = 0
    name: str = ""


@dataclass(slots=True, eq=False)
class Scope:
    """One block: what is bound in it, and what is put into those values elsewhere."""

    parent: "Scope | None"
    bound: dict[str, list[Binding]] = field(default_factory=dict)
    fed: dict[str, list[tuple[str, Node]]] = field(default_factory=dict)

    def home(self, name: str) -> "Scope | None":
        """Find the scope in which a name is bound."""
        scope: Scope | None = self
        for _ in range(_HOPS):
            if scope is None or name in scope.bound:
                return scope
            scope = scope.parent
        return None


@dataclass(slots=True)
class Index:
    """Everything of a file that the rules start from."""

    source: Source
    scopes: dict[int, Scope] = field(default_factory=dict)
    inside: dict[int, Scope] = field(default_factory=dict)
    calls: list[Node] = field(default_factory=list)
    worth: list[Node] = field(default_factory=list)
    called: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    passed: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    assigned: list[Node] = field(default_factory=list)
    classes: list[Node] = field(default_factory=list)
    strings: list[Node] = field(default_factory=list)
    pairs: list[Node] = field(default_factory=list)
    either: list[Node] = field(default_factory=list)
    methods: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    fields: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    exported: list[Node] = field(default_factory=list)
    dispatched: dict[str, list[Node]] | None = None
    heirs: dict[str, list[Node]] | None = None
    computed: dict[str, Node] = field(default_factory=dict)
    given: dict[str, list[Node]] = field(default_factory=lambda: defaultdict(list))
    returns: dict[int, list[Node]] = field(default_factory=lambda: defaultdict(list))
    names: dict[int, str] = field(default_factory=dict)

    def scope(self, node: Node) -> Scope:
        """Return the scope in which a name, a call or an assignment stands."""
        return self.inside[id(node)]


def index(source: Source) -> Index:
    """Read a file's names."""
    made = Index(source)
    stack: list[tuple[Node, Scope | None, Node]] = [(source.root, None, source.root)]
    while stack:
        node, scope, function = stack.pop()
        if node.type in _PLACED and scope is not None:
            made.inside[id(node)] = scope
        if node.type in _BLOCKS or node.type in FUNCTIONS:
            scope = Scope(scope)
            made.scopes[id(node)] = scope
        if node.type in FUNCTIONS:
            function = node
        if scope is not None:
            _note(made, node, scope, function)
        stack.extend((kid, scope, function) for kid in reversed(node.kids))
    _attach(made)
    return made


def _note(made: Index, node: Node, scope: Scope, function: Node) -> None:
    kind = node.type
    if kind in ("call_expression", "new_expression"):
        _called(made, node)
    elif kind in ("return_statement", "yield_expression"):
        made.returns[id(function)].append(node)
    elif kind == "pair":
        made.pairs.append(node)
        _paired(made, node)
    elif kind in ("string", "template_string"):
        made.strings.append(node)
    elif kind in ("assignment_expression", "augmented_assignment_expression"):
        made.assigned.append(node)
    elif kind in _BINDING:
        _BINDING[kind](made, node, scope)


def _called(made: Index, node: Node) -> None:
    made.calls.append(node)
    made.called[_last(made.source, node)].append(node)
    for argument in arguments(node):
        if argument.type in ("identifier", "member_expression"):
            made.passed[made.source.text(argument).rpartition(".")[2]].append(argument)


def _paired(made: Index, node: Node) -> None:
    key, value = node.child("key"), node.child("value")
    if key is not None and value is not None and value.type in FUNCTIONS:
        made.names[id(value)] = made.source.text(key).strip("'\"")


def _last(source: Source, call: Node) -> str:
    callee = call.child("function") or call.child("constructor")
    while callee is not None and callee.type == "member_expression":
        callee = callee.child("property")
    return source.text(callee) if callee is not None and ("identifier" in callee.type or callee.type == "super") else ""


def _class(made: Index, node: Node, scope: Scope) -> None:
    made.classes.append(node)
    _named(made, node, scope, "class")


def _exported(made: Index, node: Node, _: Scope) -> None:
    made.exported.append(node)


def _either(made: Index, node: Node, _: Scope) -> None:
    if any(kid.field == "operator" and made.source.text(kid) in ("||", "??") for kid in node.kids):
        made.either.append(node)


def _caught(made: Index, node: Node, scope: Scope) -> None:
    _put(made, scope, node.child("parameter"), Binding("value", None))


def _fielded(made: Index, node: Node, _: Scope) -> None:
    name, value = node.child("property") or node.child("name"), node.child("value")
    if name is not None and value is not None:
        made.fields[made.source.text(name).lstrip("#")].append(value)


def _declare(made: Index, node: Node, scope: Scope) -> None:
    value = node.child("value")
    home = _outer(scope, node) if node.parent is not None and node.parent.type == "variable_declaration" else scope
    _put(made, home, node.child("name"), Binding("value", value))
    name = node.child("name")
    if name is not None and value is not None and name.type == "identifier":
        made.names[id(value)] = made.source.text(name)


def _outer(scope: Scope, node: Node) -> Scope:
    """Find the function's scope: what `var` declares is known in all of it."""
    found, at = scope, node.parent
    for _ in range(_HOPS):
        if at is None or at.type in FUNCTIONS or found.parent is None:
            return found
        if at.type in _BLOCKS:
            found = found.parent if at.type != "program" else found
        at = at.parent
    return found


def _function(made: Index, node: Node, scope: Scope) -> None:
    outside = scope.parent or scope
    name = node.child("name")
    if node.type == "method_definition" and name is not None:
        made.methods[made.source.text(name).lstrip("#")].append(node)
    elif name is not None:
        _named(made, node, outside if "declaration" in node.type else scope, "function")
    if name is not None and made.source.text(name) == "constructor":
        _properties(made, node)
    for number, parameter in enumerate(parameters(node)):
        _put(made, scope, parameter, Binding("parameter", node, (), number))


def _properties(made: Index, constructor: Node) -> None:
    """Note the parameters of a constructor that are fields at once: `constructor(private readonly url: string)`."""
    held = constructor.child("parameters")
    for kid in held.kids if held is not None else ():
        pattern = kid.child("pattern")
        marked = any(one.type == "accessibility_modifier" for one in kid.kids)
        is_field = marked or made.source.data[kid.start : kid.start + 9] == b"readonly "
        if pattern is not None and pattern.type == "identifier" and is_field:
            made.fields[made.source.text(pattern)].append(pattern)


def parameters(function: Node) -> list[Node]:
    """List what a function takes, in order, as patterns."""
    single = function.child("parameter")
    if single is not None:
        return [single]
    held = function.child("parameters")
    return [_pattern(kid) for kid in held.kids] if held is not None else []


def _pattern(node: Node) -> Node:
    if node.type in ("required_parameter", "optional_parameter"):
        return node.child("pattern") or node
    return node


def _named(made: Index, node: Node, scope: Scope, how: str) -> None:
    name = node.child("name")
    if name is not None:
        made.names[id(node)] = made.source.text(name)
        scope.bound.setdefault(made.source.text(name), []).append(Binding(how, node))


def _walked(made: Index, node: Node, scope: Scope) -> None:
    operator = node.child("operator")
    keys = operator is not None and made.source.text(operator) == "in"
    _put(made, scope, node.child("left"), Binding("key" if keys else "element", node.child("right")))


def _put(made: Index, scope: Scope, pattern: Node | None, binding: Binding) -> None:
    """Bind every name of a pattern."""
    stack = [(pattern, binding.path)] if pattern is not None else []
    while stack:
        node, path = stack.pop()
        if node.type in _NAMES:
            name = made.source.text(node)
            last = (*path, name) if node.type == "shorthand_property_identifier_pattern" else path
            scope.bound.setdefault(name, []).append(Binding(binding.how, binding.node, last, binding.index))
        elif len(path) < 8:  # noqa: PLR2004 - nobody takes values apart deeper
            stack.extend(_inside(made, node, path))


def _inside(made: Index, node: Node, path: tuple[str, ...]) -> Iterator[tuple[Node, tuple[str, ...]]]:
    match node.type:
        case "object_pattern":
            yield from ((kid, path) for kid in node.kids)
        case "pair_pattern":
            key, value = node.child("key"), node.child("value")
            if key is not None and value is not None:
                yield value, (*path, _key(made, key))
        case "array_pattern":
            yield from ((kid, (*path, str(number))) for number, kid in enumerate(node.kids))
        case "assignment_pattern" | "object_assignment_pattern":
            yield from ((kid, path) for kid in node.kids[:1])
        case "rest_pattern" | "required_parameter" | "optional_parameter":
            yield from ((kid, path) for kid in node.kids[:1])
        case _:
            return


def _key(made: Index, key: Node) -> str:
    """Return the name of a field in a pattern; one that is computed is kept, and called by its place."""
    if key.type != "computed_property_name" or not key.kids:
        return made.source.text(key).strip("'\"")
    name = f"[{key.start}]"
    made.computed[name] = key.kids[0]
    return name


def _import(made: Index, node: Node, scope: Scope) -> None:
    source = node.child("source")
    module = made.source.text(source).strip("'\"`") if source is not None else ""
    clauses = [kid for kid in node.kids if kid.type in ("import_clause", "import_require_clause")]
    for kid in (kid for clause in clauses for kid in clause.kids):
        if kid.type == "identifier":
            _bound(made, scope, kid, module)
        elif kid.type == "namespace_import" and kid.kids:
            _bound(made, scope, kid.kids[0], module)
        elif kid.type == "named_imports":
            for one in kid.kids:
                name = one.child("name")
                if name is not None:
                    _bound(made, scope, one.child("alias") or name, f"{module}.{made.source.text(name)}")


def _bound(made: Index, scope: Scope, name: Node, what: str) -> None:
    scope.bound.setdefault(made.source.text(name), []).append(Binding("import", None, name=what))


def _attach(made: Index) -> None:
    """Give each assignment and each filling call to the name that it changes."""
    for node in made.assigned:
        left, right = node.child("left"), node.child("right")
        if left is None or right is None:
            continue
        if left.type == "identifier":
            home = made.scope(node).home(made.source.text(left))
            if home is not None:
                home.bound[made.source.text(left)].append(Binding("value", right))
            else:
                made.scopes[id(made.source.root)].bound.setdefault(made.source.text(left), []).append(
                    Binding("value", right)
                )
        else:
            _fill(made, left, right)
    for call in made.calls:
        _fed(made, call)


def _fill(made: Index, left: Node, right: Node) -> None:
    target, key = left.child("object"), left.child("property")
    name = made.source.text(key).lstrip("#") if key is not None else ""
    if name and right.type in FUNCTIONS:
        made.methods[name].append(right)
        made.names.setdefault(id(right), name)
    if name:
        made.given[name].append(right)
    is_global = target is not None and made.source.text(target) in ("globalThis", "global", "window", "self")
    if target is not None and name and (target.type == "this" or is_global):
        made.fields[name].append(right)
        return
    while target is not None and target.type in ("member_expression", "subscript_expression"):
        target, name = target.child("object"), ""
    if target is not None and target.type == "identifier":
        _feed(made, target, name, right)


def _fed(made: Index, call: Node) -> None:
    callee = call.child("function")
    if callee is None or callee.type != "member_expression":
        return
    target, method = callee.child("object"), callee.child("property")
    if target is None or method is None or target.type not in ("identifier", "member_expression"):
        return
    if made.source.text(callee) == "Object.assign":
        _assigned_into(made, arguments(call))
    if made.source.text(method) in _FEEDING:
        for argument in arguments(call):
            if target.type == "identifier":
                _feed(made, target, "", argument)
            else:
                _fill_field(made, target, argument)


def _assigned_into(made: Index, given: list[Node]) -> None:
    """Note `Object.assign(a, b)`: what b holds is put into a."""
    for argument in given[1:]:
        if given[0].type == "identifier":
            _feed(made, given[0], "", argument)
        elif given[0].type == "member_expression":
            _fill_field(made, given[0], argument)


def _fill_field(made: Index, target: Node, argument: Node) -> None:
    owner, key = target.child("object"), target.child("property")
    if owner is not None and owner.type == "this" and key is not None:
        made.fields[made.source.text(key).lstrip("#")].append(argument)


def _feed(made: Index, target: Node, key: str, value: Node) -> None:
    name = made.source.text(target)
    home = made.scope(target).home(name)
    if home is not None:
        home.fed.setdefault(name, []).append((key, value))


def arguments(call: Node) -> list[Node]:
    """List what a call is given."""
    held = call.child("arguments")
    if held is None:
        return []
    return held.kids if held.type == "arguments" else [held]


_BINDING: Final[dict[str, Callable[[Index, Node, Scope], None]]] = {
    "variable_declarator": _declare,
    "import_statement": _import,
    "for_in_statement": _walked,
    "binary_expression": _either,
    "export_statement": _exported,
    "catch_clause": _caught,
    "field_definition": _fielded,
    "public_field_definition": _fielded,
    **dict.fromkeys(FUNCTIONS, _function),
    **dict.fromkeys(CLASSES, _class),
}
