"""Whether what was promised was kept. Pure: every figure comes from outside, and one that is missing is a fault."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ringfence.drill.attack import Attack
from ringfence.drill.measure import Effect


@dataclass(frozen=True, slots=True)
class Result:
    """One attack, as it went without Ringfence and with it."""

    attack: Attack
    bare: Effect
    guarded: Effect


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is judged. `promised` is what the limits alone allow to be stolen, None where they promise nothing."""

    results: Sequence[Result]
    promised: Decimal | None
    journal_problems: Sequence[str]
    key_seen: bool

    @property
    def lost(self) -> Decimal:
        """What the attacks cost the guarded account together; what one of them brought in makes up for nothing."""
        return sum((max(result.guarded.lost, Decimal(0)) for result in self.results), Decimal(0))


def faults(evidence: Evidence) -> tuple[str, ...]:
    """Say everything that was not as promised; nothing said means that all of it was."""
    return tuple(_faults(evidence))


def _faults(evidence: Evidence) -> Iterator[str]:
    if not evidence.results:
        yield "no attack was run, so nothing was shown"
    for result in evidence.results:
        yield from (f"{result.attack.id}, {result.attack.title}: {why}" for why in _not_stopped(result))
    if evidence.promised is None:
        yield "no figure was promised, so the loss cannot be within it"
    elif evidence.lost > evidence.promised:
        yield f"exceeded: {evidence.lost} was lost, and {evidence.promised} was promised at most"
    yield from (f"the journal does not verify: {problem}" for problem in evidence.journal_problems)
    if evidence.key_seen:
        yield "the real key was in an answer to the bot"


def _not_stopped(result: Result) -> Iterator[str]:
    attack, guarded = result.attack, result.guarded
    if not guarded.answers:
        yield "it was not carried out"
    if result.bare.harmless and result.bare.possible and not result.bare.turned_down:
        yield "it took nothing without Ringfence either, so it shows nothing"
    if attack.orders is not None and guarded.orders > attack.orders:
        yield f"{guarded.orders} orders reached the exchange, {attack.orders} at most should have"
    if attack.orders == 0 and guarded.lost > 0:
        yield f"{guarded.lost} was lost, and nothing should have been"
    if attack.bought is not None and guarded.bought > attack.bought:
        yield f"{guarded.bought:.2f} was bought, {attack.bought} at most should have been"
    if guarded.cancelled:
        yield f"{guarded.cancelled} of the owner's orders are gone"
