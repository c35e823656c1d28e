"""The most that something can cost, and what it is made of."""

from decimal import Decimal

import msgspec


class Term(msgspec.Struct, frozen=True):
    """One addend of a bound: its name, its amount, and where the figure comes from, in words."""

    name: str
    amount: Decimal
    why: str


class Bound(msgspec.Struct, frozen=True):
    """An upper limit in one currency over any 24 hours; `amount` is never less than what the terms imply.

    `amount` None means that nothing short of the whole account bounds it.
    """

    amount: Decimal | None
    currency: str
    terms: tuple[Term, ...]
