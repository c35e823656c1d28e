"""One incident as data, in which every figure says whether it is from the record or our model of it.

The files are in `record`, a file an incident; their source is docs/explanation/attacks.md. Nothing here acts.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files
from typing import Literal, TypeAlias

import msgspec

from ringfence.drill.venue import QUOTE
from ringfence.errors import Misconfigured

NAMES = ("I1", "I2", "I6", "I7", "I8", "I9")
_PACKAGE = "ringfence.drill.incidents"


class Figure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"value": "is", "source": "from"}):
    """A number and where it is from: the record, arithmetic on the record, or our model; `says` why, and in what."""

    value: Decimal
    source: Literal["record", "derived", "model"]
    says: str

    @property
    def whole(self) -> int:
        """The number as a count."""
        return int(self.value)


class Market(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pair before it happened. One that the rehearsal exchange always has needs only its price.

    `spread` is how far the best quotes are from the price, as a share of it; `depth` what a side has in all. The grid
    (`tick`, `step`, `max_price`) is an exchange's own and decides nothing here, so it is not marked.
    """

    price: Figure
    spread: Figure | None = None
    depth: Figure | None = None
    tick: str = ""
    step: str = ""
    max_price: str = ""


class Take(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="take", tag_field="kind"):
    """Trade at market with whoever is there."""

    symbol: str
    side: Literal["BUY", "SELL"]
    worth: Figure
    orders: Figure


class HandOver(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="hand-over", tag_field="kind"):
    """Buy from the accomplice, who asks so many `times` the price."""

    symbol: str
    form: Literal["limit", "market"]
    worth: Figure
    orders: Figure
    times: Figure


class Churn(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="churn", tag_field="kind"):
    """Buy above the price and sell below it, again and again, always with the accomplice."""

    symbol: str
    worth: Figure
    rounds: Figure
    away: Figure


Phase: TypeAlias = Take | HandOver | Churn


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    when: str
    access: Literal["key", "session", "unsettled"]
    sure: str
    story: str
    lesson: str
    least: Figure
    known: dict[str, Figure]
    holdings: dict[str, Figure]
    markets: dict[str, Market]
    phases: tuple[Phase, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened, and how it is played.

    `record.known` is what is known and not played; `record.least` the share of the account that it must take without
    Ringfence, or the replay shows nothing.
    """

    id: str
    record: _Record

    @property
    def stoppable(self) -> bool:
        """Whether it came through a key that a bot held, or may have: nothing else passes Ringfence."""
        return self.record.access != "session"

    @property
    def pairs(self) -> tuple[str, ...]:
        """The pairs of its markets as policies write them."""
        return tuple(map(as_pair, self.record.markets))

    def figures(self) -> Iterator[tuple[str, Figure]]:
        """Every figure of it, by where it stands."""
        yield from _figures(msgspec.structs.asdict(self.record))


def as_pair(symbol: str) -> str:
    """Write a symbol as policies do."""
    return f"{symbol.removesuffix(QUOTE)}/{QUOTE}"


def chosen(names: Sequence[str] | None) -> tuple[Incident, ...]:
    """Read the named incidents in the order of the catalogue, or all; raises `Misconfigured` for an unknown name."""
    wanted = NAMES if not names else tuple(name.upper() for name in names)
    for name in wanted:
        if name not in NAMES:
            raise Misconfigured(f"no incident {name!r} can be replayed", hint=f"there are {', '.join(NAMES)}")
    return tuple(_read(name) for name in NAMES if name in wanted)


def _read(name: str) -> Incident:
    text = files(_PACKAGE).joinpath("record", f"{name}.toml").read_text("utf-8")
    return Incident(name, msgspec.toml.decode(text, type=_Record))


def _figures(parts: Mapping[str, object], where: str = "") -> Iterator[tuple[str, Figure]]:
    for name, part in parts.items():
        yield from _part(part, f"{where}{name}")


def _part(part: object, where: str) -> Iterator[tuple[str, Figure]]:
    match part:
        case Figure():
            yield where, part
        case Market() | Take() | HandOver() | Churn():
            yield from _figures(msgspec.structs.asdict(part), f"{where}.")
        case dict():
            yield from _figures(part, f"{where}.")
        case tuple():
            yield from _figures({str(number): each for number, each in enumerate(part, 1)}, f"{where}.")
        case _:
            return
