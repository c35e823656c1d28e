"""Reads YAML by its events: no object is built, an anchor is followed and never copied.

What is too deep, too large, refers to itself or merges without end raises `Odd`.
"""

from dataclasses import dataclass, field
from typing import Final

import yaml

from ringfence.audit.bot.node import NULL, Node, Odd, Rows, Scalar, Table
from ringfence.audit.finding import Place

_LOADER: Final[type] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_EVENTS: Final = 50_000  # a compose file of a hundred services has ten thousand
_MERGES: Final = 1_000
_DEEPEST: Final = 64
_NULLS: Final = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(slots=True)
class _Box:
    """A table or list that is not finished; a table takes a name and a value in turn."""

    place: Place
    named: bool
    tag: str
    anchor: str | None
    items: list[Node] = field(default_factory=list)
    rows: dict[str, Node] = field(default_factory=dict)
    under: list[Node] = field(default_factory=list)
    twice: list[tuple[Place, str]] = field(default_factory=list)
    name: str | None = None
    named_at: Place | None = None


def read(path: str, text: str) -> Table:
    """Read a file whose one document is a table; an empty file is an empty one. Raises `Odd`."""
    try:
        root = _Builder(path).build(text)
    except (yaml.YAMLError, ValueError) as error:
        raise Odd(Place(path, _line_of(error)), "is no YAML that a bot could read") from None
    if root is None or isinstance(root, Scalar):
        if root is not None and root.text:
            raise Odd(root.place, "is no table of settings")
        return Table({}, Place(path))
    if isinstance(root, Rows):
        raise Odd(root.place, "is no table of settings")
    return root


def _line_of(error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    line = getattr(mark, "line", None)
    return line + 1 if isinstance(line, int) else 0


class _Builder:
    def __init__(self, path: str) -> None:
        self._path = path
        self._boxes: list[_Box] = []
        self._anchors: dict[str, Node | None] = {}
        self._root: Node | None = None
        self._merges = 0

    def build(self, text: str) -> Node | None:
        documents = 0
        for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
            if count > _EVENTS:
                raise Odd(Place(self._path), f"has more than {_EVENTS:,} values")
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                self._anchors = {}
            if documents > 1:
                raise Odd(self._place(event), "has more than one document, of which a bot reads one or none")
            self._event(event)
        return self._root

    def _event(self, event: yaml.Event) -> None:
        match event:
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._close()
            case yaml.AliasEvent():
                found = self._anchors.get(str(event.anchor))
                if found is None:
                    raise Odd(self._place(event), "refers to itself")
                self._put(found, event)
            case yaml.ScalarEvent():
                null = event.style is None and event.value in _NULLS
                self._name_or_put(
                    Scalar(str(event.value), self._place(event), event.tag or (NULL if null else "")), event
                )

    def _open(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        if len(self._boxes) >= _DEEPEST:
            raise Odd(self._place(event), f"is more than {_DEEPEST} levels deep")
        named = isinstance(event, yaml.MappingStartEvent)
        if self._boxes and self._boxes[-1].named and self._boxes[-1].name is None:
            raise Odd(self._place(event), "has a name that is no text")
        if event.anchor:
            self._anchors[event.anchor] = None
        above = self._boxes[-1].named_at if self._boxes and self._boxes[-1].named else None
        self._boxes.append(_Box(above or self._place(event), named, event.tag or "", event.anchor))

    def _close(self) -> None:
        box = self._boxes.pop()
        made: Node
        if box.named:
            made = Table(self._with_merges(box), box.place, box.tag, tuple(box.twice))
        else:
            made = Rows(tuple(box.items), box.place, box.tag)
        if box.anchor:
            self._anchors[box.anchor] = made
        self._put(made, None)

    def _with_merges(self, box: _Box) -> dict[str, Node]:
        """Add what merged tables have and this one has not, the first of them first (yaml.org/type/merge)."""
        rows = dict(box.rows)
        for found in box.under:
            for one in found.items if isinstance(found, Rows) else (found,):
                self._merges += 1
                if self._merges > _MERGES or not isinstance(one, Table):
                    raise Odd(box.place, "merges what cannot be merged")
                for name, value in one.rows.items():
                    rows.setdefault(name, value)
        return rows

    def _name_or_put(self, made: Scalar, event: yaml.ScalarEvent) -> None:
        if event.anchor:
            self._anchors[event.anchor] = made
        box = self._boxes[-1] if self._boxes else None
        if box is not None and box.named and box.name is None:
            box.named_at = made.place
            box.name = "<<" if made.text == "<<" and event.style is None else made.text
            if box.name != "<<" and box.name in box.rows:
                box.twice.append((made.place, box.name))
        else:
            self._put(made, event)

    def _put(self, made: Node, event: yaml.Event | None) -> None:
        if not self._boxes:
            self._root = made
            return
        box = self._boxes[-1]
        if not box.named:
            box.items.append(made)
        elif box.name is None:
            if not isinstance(made, Scalar):
                raise Odd(self._place(event) if event else made.place, "has a name that is no text")
            box.name = made.text
        else:
            if box.name == "<<":
                box.under.append(made)
            else:
                box.rows[box.name] = made
            box.name = None

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self._path, mark.line + 1 if mark is not None else 0)
