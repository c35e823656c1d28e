"""A name that stands twice: a reader sees the one, the bot takes the other."""

from collections.abc import Iterator
from typing import Final

from ringfence.audit.bot.bot import Bot
from ringfence.audit.bot.node import Node, Rows, Table
from ringfence.audit.bot.rules import say
from ringfence.audit.finding import Finding


def twice(bot: Bot) -> Iterator[Finding]:
    """The last counts in all the files that are read here, and compose refuses such a file."""
    for found in bot.documents:
        for table in _tables(found):
            for place, name in table.twice:
                yield say(
                    "name-twice", place, f"{name[:60]!r} stood above already, and only this one counts", name[:60]
                )


def _tables(node: Node) -> Iterator[Table]:
    seen = set[int]()
    waiting = [node]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, Table):
            yield one
            waiting += one.rows.values()
        elif isinstance(one, Rows):
            waiting += one.items


CHECKS: Final = (twice,)
"""What is asked of every file."""
