"""Turns a question that nobody could judge into something that was not looked at."""

from collections.abc import Iterator

from ringfence.audit.bot.node import Odd
from ringfence.audit.finding import Finding, Unanswered

Said = Iterator[Finding] | Iterator[Finding | Unanswered]
"""What a check says."""


def answered(said: Said) -> Iterator[Finding | Unanswered]:
    """Yield what a check says; where it meets an odd value, that is unanswered, and never passed over."""
    try:
        yield from said
    except Odd as odd:
        yield Unanswered(odd.place, odd.why)
