"""Replay incidents: each on an account without Ringfence, and through Ringfence as `ringfence init` sets it up."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from ringfence.drill.deployment import Deployment, temporary_home
from ringfence.drill.incidents.ground import Door, Ground, running
from ringfence.drill.incidents.incident import Incident, chosen
from ringfence.drill.incidents.play import play
from ringfence.drill.incidents.starting import allowing, usual
from ringfence.drill.measure import Effect, effect


@dataclass(frozen=True, slots=True)
class Played:
    """One run of one incident. `had` is what the account was worth before; `took` in seconds."""

    effect: Effect
    had: Decimal
    took: float

    @property
    def share(self) -> Decimal:
        """What part of the account was lost."""
        return self.effect.lost / self.had

    @property
    def sent(self) -> int:
        """How many orders the stolen key sent."""
        return len(self.effect.answers)

    @property
    def refused(self) -> Mapping[str, int]:
        """How many of them each rule refused, the most first."""
        codes = Counter(answer.refusal[0] for answer in self.effect.answers if answer.refusal is not None)
        return dict(codes.most_common())

    @property
    def held(self) -> int:
        """How many market orders left with a limit, at the collar."""
        orders = self.effect.answers
        return sum("type=MARKET" in each.call.query and each.placed.type == "LIMIT" for each in orders)


@dataclass(frozen=True, slots=True)
class Replayed:
    """One incident: without Ringfence, with its starting policy, and with the incident's pairs on its list besides.

    `allowed` is None where the starting policy lists them already. `promised` is what the limits promise for a day.
    """

    incident: Incident
    bare: Played
    guarded: Played
    allowed: Played | None
    promised: Decimal | None

    @property
    def behind(self) -> tuple[Played, ...]:
        """The runs through Ringfence."""
        return (self.guarded,) if self.allowed is None else (self.guarded, self.allowed)


def replay(names: Sequence[str] | None, report: Callable[[str], None]) -> tuple[Replayed, ...]:
    """Replay the named incidents, or all, on a deployment that is gone afterwards; says what it does as it goes."""
    incidents = chosen(names)
    with temporary_home(keep=False) as home, running(Deployment(home), incidents, report) as ground:
        return tuple(_replayed(ground, incident, report) for incident in incidents)


def _replayed(ground: Ground, incident: Incident, report: Callable[[str], None]) -> Replayed:
    told = f"{incident.id}, {incident.record.title}"
    report(f"{told}: without Ringfence")
    bare = _played(ground, incident, ground.bare())
    name = usual(incident, ground.text)
    report(f"{told}: with the policy that `ringfence init` writes")
    guarded = _played(ground, incident, ground.guarded(name))
    allowed = None
    if allowing(incident) in ground.virtual:
        report(f"{told}: with {' and '.join(incident.pairs)} allowed as well")
        allowed = _played(ground, incident, ground.guarded(allowing(incident)))
    return Replayed(incident, bare, guarded, allowed, ground.promised[name])


def _played(ground: Ground, incident: Incident, door: Door) -> Played:
    ground.set_up(incident, door.account)
    bot = door.client()
    before, began = ground.venue.truth(), time.monotonic()
    for phase in incident.record.phases:
        play(ground.crew(bot), phase)
    took, after = time.monotonic() - began, ground.venue.truth()
    return Played(effect(before, after, door.account, bot.answers), before.worth(door.account), took)
