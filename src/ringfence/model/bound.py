"""The most that something can cost, and what it is made of."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Term:
    """One addend of a bound: its name, its amount, and where the figure comes from, in words."""

    name: str
    amount: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class Bound:
    """An upper limit in one currency over any 24 hours; `amount` is never less than what the terms imply.

    `amount` None means that nothing short of the whole account bounds it.
    """

    amount: Decimal | None
    currency: str
    terms: tuple[Term, ...]
