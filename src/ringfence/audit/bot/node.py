"""Values of settings, whatever language they are written in, each with the file and line where it stands.

Nothing here takes an odd value for a harmless one: it raises `Odd`. No text of an error has a value in it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from ringfence.audit.finding import Place

_YES = frozenset({"true", "yes", "on", "y", "t", "1"})
_NO = frozenset({"false", "no", "off", "n", "f", "0"})
_DEEPEST = 64
NULL = "null"
"""The tag of a null."""
STRING = "string"
"""The tag of a text of JSON, where "false" is no `false`."""
FILLED = "filled"
"""The tag of a value that had a variable in it."""
RESET = "!reset"
"""The tag by which an override of compose takes a value out (docs.docker.com, "Merge Compose files")."""
OVERRIDE = "!override"
"""The tag by which it replaces one as a whole."""


class Odd(Exception):
    """A value that nobody can judge: where it stands, and why, without the value."""

    def __init__(self, place: Place, why: str) -> None:
        super().__init__(why)
        self.place = place
        self.why = why


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text, a number, true, false or null. `open`: it has a variable that no file sets."""

    text: str
    place: Place
    tag: str = ""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """A list."""

    items: tuple["Node", ...]
    place: Place
    tag: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Names and their values; `twice` are the places where a name stands that had stood before, and the name."""

    rows: Mapping[str, "Node"]
    place: Place
    tag: str = ""
    twice: tuple[tuple[Place, str], ...] = ()


Node = Scalar | Rows | Table


def at(node: "Node | None", *names: str) -> "Node | None":
    """Follow names downwards; None where there is nothing."""
    for name in names:
        if not isinstance(node, Table):
            return None
        node = node.rows.get(name)
    return node


def table(node: "Node | None", *names: str) -> Table | None:
    """Find a table; raises `Odd` where something else stands there. Null is nothing."""
    found = _down(node, names)
    if found is None or isinstance(found, Table):
        return found
    raise Odd(found.place, f"{'.'.join(names) or 'this'} is no table")


def scalar(node: "Node | None", *names: str) -> Scalar | None:
    """Find a single value; raises `Odd` where a list or a table stands there. Null is nothing."""
    found = _down(node, names)
    if found is None:
        return None
    if isinstance(found, Scalar):
        return found
    raise Odd(found.place, f"{'.'.join(names) or 'this'} is no single value")


def _down(node: "Node | None", names: tuple[str, ...]) -> "Node | None":
    """Follow names as `at` does; raises `Odd` where one would have to be in a list or a text. Null is nothing."""
    for done, name in enumerate(names):
        if node is None or is_null(node):
            return None
        if not isinstance(node, Table):
            raise Odd(node.place, f"{'.'.join(names[:done]) or 'this'} is no table")
        node = node.rows.get(name)
    return None if node is None or is_null(node) else node


def flag(node: "Node | None", *names: str, default: bool = False) -> bool:
    """Read true or false; raises `Odd` for what is neither, "false" in quotes of JSON among them."""
    found = scalar(node, *names)
    if found is None:
        return default
    word = found.text.strip().lower()
    if found.open or found.tag == STRING or word not in _YES | _NO:
        raise Odd(found.place, f"{'.'.join(names) or 'this'} is neither true nor false")
    return word in _YES


def place_of(node: Table, name: str) -> Place:
    """Say where a name's value stands; where there is none, where the table does."""
    found = node.rows.get(name)
    return node.place if found is None else found.place


def items(node: "Node | None") -> tuple["Node", ...]:
    """List what a list has; a single value is a list of one."""
    if node is None or is_null(node):
        return ()
    return node.items if isinstance(node, Rows) else (node,)


def texts(node: "Node | None") -> tuple[Scalar, ...]:
    """List single values; raises `Odd` where one is a list or a table."""
    found = items(node)
    for one in found:
        if not isinstance(one, Scalar):
            raise Odd(one.place, "a single value was expected")
    return tuple(one for one in found if isinstance(one, Scalar))


def is_null(node: "Node") -> bool:
    """Say whether a value is null."""
    return isinstance(node, Scalar) and node.tag == NULL


def merged(over: Table, under: Table, *, joined: bool = False, depth: int = 0) -> Table:
    """Lay one table over another; with `joined` lists are appended, as compose does. Raises `Odd`."""
    if depth > _DEEPEST:
        raise Odd(over.place, f"is more than {_DEEPEST} levels deep")
    rows = dict(under.rows)
    for name, value in over.rows.items():
        below = rows.get(name)
        if value.tag == RESET:
            rows.pop(name, None)
        elif value.tag == OVERRIDE or below is None:
            rows[name] = value
        elif isinstance(value, Table) and isinstance(below, Table):
            rows[name] = merged(value, below, joined=joined, depth=depth + 1)
        elif joined and isinstance(value, Rows) and isinstance(below, Rows):
            rows[name] = replace(below, items=(*below.items, *value.items))
        else:
            rows[name] = value
    return replace(over, rows=rows, twice=(*under.twice, *over.twice))


def walk(node: "Node", most: int = 100_000) -> Iterator[tuple[tuple[str, ...], Scalar]]:
    """Yield each single value below a node with its names; raises `Odd` where aliases make too many of them."""
    waiting: list[tuple[tuple[str, ...], Node]] = [((), node)]
    count = 0
    while waiting:
        names, one = waiting.pop()
        count += 1
        if count > most:
            raise Odd(node.place, f"has more than {most:,} values")
        match one:
            case Scalar():
                yield names, one
            case Rows(items=found):
                waiting += [(names, item) for item in reversed(found)]
            case Table(rows=rows):
                waiting += [((*names, name), value) for name, value in reversed(tuple(rows.items()))]
