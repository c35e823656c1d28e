"""How a new policy differs from the one in force, for a person: setting by setting, and in money."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.table import Table

from ringfence.cli import radius as radii
from ringfence.cli import show
from ringfence.model.bound import Bound
from ringfence.policy.amounts import plain
from ringfence.policy.bound import radius
from ringfence.policy.diff import ABSENT, Change, Effect, diff, wait_ms, widens
from ringfence.policy.policy import Policy

_STYLES = {Effect.WIDER: "yellow", Effect.NARROWER: "green"}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure in money, as it was and as it would be: a consequence of settings, not one of them."""

    what: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """A new policy beside the old; `old` is None for the first, `unknown` where there is one that cannot be read.

    `proven` are the bots that are seen to be confined.
    """

    old: Policy | None
    new: Policy
    unknown: bool = False
    proven: frozenset[str] = frozenset()

    @property
    def settings(self) -> tuple[Change, ...]:
        """What changes, setting by setting."""
        return diff(self.old, self.new)

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What changes in money, by the limits alone."""
        return figures(self.old, self.new, confined=True)

    @property
    def wider(self) -> bool:
        """Whether it lets more happen than now; the first policy has nothing to be wider than."""
        return self.unknown or (self.old is not None and widens(self.settings))

    @property
    def wait_ms(self) -> int:
        """How long it has to wait; where it has to, it needs the second factor too."""
        return wait_ms(self.old, self.new) if self.wider else 0

    def document(self) -> dict[str, object]:
        """Say it for a program."""
        return {"wider": self.wider, "wait_ms": self.wait_ms, "settings": self.settings, "figures": self.figures}

    def draw(self) -> None:
        """Show it to a person."""
        console, settings = show.out(), self.settings
        console.print(self._changes(settings) if self.old else self._first(settings))
        console.print()
        if not settings:
            console.print("The words change, the settings do not.")
        if self.wider:
            console.print("This lets more happen than now.")
        elif self.old is None:
            console.print("It is the first: until now nothing may happen.")
        if not self.new.bots.keys() <= self.proven:
            note = f"The figures are what the limits alone allow; {radii.UNCONFINED}, so what counts is {radii.WHOLE}."
            console.print(note, style="dim")
        console.print()

    def _changes(self, settings: tuple[Change, ...]) -> Table:
        rows = show.table("what changes", "from", "to", "")
        for one in settings:
            said = map(show.plain, (one.what, one.before, one.after, str(one.effect)))
            rows.add_row(*said, style=_STYLES[one.effect])
        for figure in self.figures:
            rows.add_row(*map(show.plain, (figure.what, figure.before, figure.after)), "", style="bold")
        return rows

    def _first(self, settings: tuple[Change, ...]) -> Table:
        rows = show.table("setting", "value")
        for one in settings:
            rows.add_row(show.plain(one.what), show.plain(one.after))
        for figure in self.figures:
            rows.add_row(show.plain(figure.what), show.plain(figure.after), style="bold")
        return rows


def figures(old: Policy | None, new: Policy, *, confined: bool) -> tuple[Figure, ...]:
    """List the figures that change; `old` is None for the first policy."""
    before = dict(_radii(old, confined=confined)) if old else {}
    after = dict(_radii(new, confined=confined))
    rows = (
        Figure(name, before.get(name, ABSENT), after.get(name, ABSENT)) for name in dict.fromkeys((*before, *after))
    )
    return tuple(row for row in rows if row.before != row.after)


def _radii(policy: Policy, *, confined: bool) -> Iterator[tuple[str, str]]:
    for bot in policy.bots.values():
        stealable, gambleable = radius(bot, confined=confined)
        yield f"bot.{bot.name} stealable in a day", _say(stealable)
        yield f"bot.{bot.name} gambleable in a day", _say(gambleable)


def _say(bound: Bound) -> str:
    return "the whole account" if bound.amount is None else f"{plain(bound.amount)} {bound.currency}"
