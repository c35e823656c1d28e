"""Whether what the limits promise held in every replay. Pure; a figure that is missing is a fault."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from ringfence.drill.incidents.replay import Played, Replayed


def faults(replayed: Iterable[Replayed]) -> tuple[str, ...]:
    """Say everything that was not as promised; nothing said means that all of it was."""
    found = tuple(replayed)
    if not found:
        return ("no incident was replayed, so nothing was shown",)
    return tuple(f"{one.incident.id}, {one.incident.record.title}: {why}" for one in found for why in _faults(one))


def _faults(one: Replayed) -> Iterator[str]:
    least = one.incident.record.least.value
    if one.bare.share < least:
        yield f"it took {one.bare.effect.lost} without Ringfence, less than {least:.0%}, so it shows nothing"
    if one.promised is None:
        yield "no figure was promised, so the loss cannot be within it"
        return
    for played in one.behind:
        yield from _behind(played, one.promised)


def _behind(played: Played, promised: Decimal) -> Iterator[str]:
    if not played.sent:
        yield "it was not carried out behind Ringfence"
    if played.effect.lost > promised:
        yield f"exceeded: {played.effect.lost} was lost, and {promised} was promised at most"
