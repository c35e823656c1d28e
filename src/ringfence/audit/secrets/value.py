"""What every reader turns bytes into: values, with the words that name them.

No format of a file is known beyond here.
"""

from collections.abc import Iterator
from enum import Enum

import msgspec


class How(Enum):
    """How a value stands in its file."""

    NAMED = "a name says what it is"
    PLACED = "an argument, an item, a cell: its place says what it is"
    LOOSE = "a word of a text"


class Value(msgspec.Struct, frozen=True):
    """One text that could be a secret.

    `names` are what it is called, innermost first: the variable, key or argument, then what holds it. `near` are the
    words before it, the nearest last. Values that stand together, in order, have the same `group`. `made` is set where
    the text does not stand in the file like this: it was joined from pieces, or decoded.
    """

    text: str
    line: int
    names: tuple[str, ...] = ()
    near: tuple[str, ...] = ()
    how: How = How.LOOSE
    group: int = 0
    made: bool = False


class Unread(Exception):
    """A reader cannot make sense of a file as what its name says; it is read as plain text then."""


class Lines(msgspec.Struct, frozen=True):
    """The lines of a large file on which something may be, and with those around them."""

    exact: frozenset[int]
    around: frozenset[int]


Values = Iterator[Value]
"""What a reader gives."""
