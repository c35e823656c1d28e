"""What could not be answered about many parts, said once for each file that names them and each reason."""

from collections import defaultdict
from collections.abc import Iterable

from ringfence.audit.deps.part import Part
from ringfence.audit.finding import Place, Unanswered

_LONGEST = 100  # ours
_SHOWN = 5  # names in a line that a person reads; the bill of materials has all


def grouped(open_questions: Iterable[tuple[Part, str]]) -> tuple[Unanswered, ...]:
    """Say for each file and reason how many parts it is about, and name a few."""
    held: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
    for part, why in open_questions:
        held[part.place.path, why][part.name] = None
    return tuple(Unanswered(Place(path), _line(why, list(names))) for (path, why), names in sorted(held.items()))


def short(name: str) -> str:
    """Cut a name that a stranger chose to what a line can hold; npm's own bound is 214 characters."""
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]}…"


def _line(why: str, names: list[str]) -> str:
    shown = ", ".join(short(name) for name in sorted(names)[:_SHOWN])
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{why}: {shown}{more}"
