"""What the parts that follow values need of each other, in one word each.

It holds no judgement: a call and its pieces, and what a reader of values offers.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ringfence.audit.code.javascript.scopes import Index
from ringfence.audit.code.javascript.tree import Node
from ringfence.audit.code.javascript.values import Value


@dataclass(frozen=True, slots=True)
class Called:
    """One call: what is called, on what, by which last name, with what; `hidden` where that name is put together.

    `names` is what may be called, by the names of its modules, without the marks of calls between.
    """

    node: Node
    value: Value
    owner: Value
    method: str
    arguments: tuple[Node, ...]
    new: bool
    hidden: bool = False
    names: tuple[str, ...] = ()

    @property
    def last(self) -> str:
        """Return the last name, as it stands at the call."""
        return self.method or (self.value.names[0].rpartition(".")[2].removesuffix("()") if self.value.names else "")


class Reads(Protocol):
    """A reader of one file's values."""

    index: Index
    exporting: bool
    frames: Mapping[int, tuple[Value, ...]]

    def value(self, node: Node | None) -> Value:
        """Return what is known of an expression."""
        ...

    def call(self, node: Node) -> Called:
        """Return what a call calls."""
        ...

    def text(self, node: Node | None) -> str:
        """Return what stands in the file there."""
        ...

    def head(self, node: Node | None, most: int) -> str:
        """Return the beginning of what stands there."""
        ...

    def line(self, node: Node) -> int:
        """Count the line on which a node starts."""
        ...

    def returned(self, function: Node) -> Value:
        """Return what a function gives back."""
        ...

    def applied(self, function: Node, given: tuple[Value, ...]) -> Value:
        """Return what a function gives back for these arguments alone."""
        ...

    def within(self, function: Node, name: str) -> list[Node]:
        """List the calls of this name that stand inside a function."""
        ...
