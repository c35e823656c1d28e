"""How a check lists what it has seen, in one line."""

from collections.abc import Iterable

_MOST = 6
"""Things that one line names; a person reads the first few, and looks for the rest."""


def several(things: Iterable[object]) -> str:
    """List the first few things, and say how many more there are."""
    held = [str(each) for each in things]
    more = f" and {len(held) - _MOST} more" if len(held) > _MOST else ""
    return ", ".join(held[:_MOST]) + more
