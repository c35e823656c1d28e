"""How a drill looks: progress on standard error, then a table, what waits, and one line that counts."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Protocol

from rich import box
from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ringfence.drill.judge import Verdict
from ringfence.drill.measure import Effect
from ringfence.drill.scenario import Outcome, Scenario
from ringfence.drill.venue import QUOTE

_STYLES = {
    Outcome.REFUSED: "green",
    Outcome.BOUNDED: "green",
    Outcome.SEEN: "green",
    Outcome.WAITS: "yellow",
    Outcome.UNEXPECTED: "bold red",
}
_WORDS = {Outcome.WAITS: "waits for"}
_INDENT = 2


class Told(Protocol):
    """Whoever hears how a drill goes."""

    def begun(self, origin: str, bot: str, notes: Sequence[str]) -> None:
        """Say what is drilled."""
        ...

    def verdicts(self, verdicts: Sequence[Verdict], *, explained: bool) -> None:
        """Say how all of it went."""
        ...


def counted(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """Count what went as expected, what waits, and what did not go as expected."""
    count = Counter(verdict.outcome for verdict in verdicts)
    waiting, wrong = count[Outcome.WAITS], count[Outcome.UNEXPECTED]
    return {
        "scenarios": len(verdicts),
        "as_expected": len(verdicts) - waiting - wrong,
        "waiting": waiting,
        "not_as_expected": wrong,
    }


class Progress:
    """What goes on, on standard error: a line that moves on a terminal, one for each thing elsewhere."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, markup=False, emoji=False)

    @contextmanager
    def busy(self, text: str) -> Iterator[None]:
        """Say what goes on for as long as it does."""
        if self._console.is_terminal:
            with self._console.status(Text(text, "dim"), spinner="line"):
                yield
            return
        self._console.print(text, soft_wrap=True)
        yield

    def line(self, text: str) -> None:
        """Say one thing, and leave it said."""
        self._console.print(text, soft_wrap=True)


class Screen:
    """For a person."""

    def __init__(self) -> None:
        self._console = Console(highlight=False, markup=False, emoji=False)

    def begun(self, origin: str, bot: str, notes: Sequence[str]) -> None:
        """Say whose policy is drilled, and how it had to be fitted."""
        self._line(f"Drilled is bot {bot} of {origin}.", "bold", 0)
        for note in notes:
            self._line(f"{note}.", "yellow")

    def explained(self, scenarios: Sequence[Scenario]) -> None:
        """Say in words what is tried."""
        for scenario in scenarios:
            self._console.print()
            self._line(f"{scenario.id}  {scenario.title}", "bold", 0)
            self._line(scenario.story)
            for name, text in _told_of(scenario):
                self._line(f"{name:<10}{text}", "dim")

    def verdicts(self, verdicts: Sequence[Verdict], *, explained: bool) -> None:
        """Show the table, what was wrong, what waits, and the count."""
        self._console.print()
        self._put(_table(verdicts))
        if explained:
            self._reasons(verdicts)
        self._faults(verdicts)
        self._halves(verdicts)
        self._notes(verdicts)
        self._count(verdicts)

    def listed(self, scenarios: Sequence[Scenario]) -> None:
        """Show what there is, without trying it."""
        rows = _rows("id", "what is tried", "must be", "by")
        for scenario in scenarios:
            must = f"{Outcome.WAITS.value} for {scenario.waits}" if scenario.waits else scenario.expected.outcome.value
            rows.add_row(scenario.id, scenario.title, must, Text(scenario.control, "dim"))
        self._put(rows)

    def _reasons(self, verdicts: Sequence[Verdict]) -> None:
        self._console.print()
        for verdict in verdicts:
            self._line(f"{verdict.played.scenario.id}  {': '.join(filter(None, (verdict.by, verdict.why)))}")

    def _faults(self, verdicts: Sequence[Verdict]) -> None:
        wrong = [verdict for verdict in verdicts if verdict.faults]
        if not wrong:
            return
        self._title("Not as expected")
        for verdict in wrong:
            for fault in verdict.faults:
                self._line(f"{verdict.played.scenario.id}  {fault}", "red")

    def _halves(self, verdicts: Sequence[Verdict]) -> None:
        halves = [verdict.played.scenario for verdict in verdicts if verdict.played.scenario.half]
        if not halves:
            return
        self._title("Tried in part; what waits for a part that is not built or cannot be tried here")
        for scenario in halves:
            self._line(f"{scenario.id}  {scenario.half}", "dim")

    def _notes(self, verdicts: Sequence[Verdict]) -> None:
        self._console.print()
        bare = [verdict.played for verdict in verdicts if verdict.played.bare is not None]
        if any(played.scenario.full_key for played in bare):
            self._line("* needs a key that may do more than trade, which the bot without Ringfence had.", "dim")
        if any(played.bare.orders and played.bare.lost <= 0 for played in bare if played.bare is not None):
            self._line("orders: it costs nothing by itself, and so many orders reached the exchange.", "dim")
        self._line(
            f"Costs are in {QUOTE}, by the exchange's own books, on a rehearsal exchange whose prices stand still."
            " Every scenario begins with fresh limits.",
            "dim",
        )

    def _count(self, verdicts: Sequence[Verdict]) -> None:
        count = counted(verdicts)
        wrong = count["not_as_expected"]
        text = (
            f"{count['scenarios']} of {count['scenarios']}: {count['as_expected']} as expected, "
            f"{count['waiting']} wait for a part that is not built, {wrong} not as expected"
        )
        self._console.print()
        self._line(text, "bold red" if wrong else "bold green", 0)

    def _title(self, text: str) -> None:
        self._console.print(Text(f"\n{text}", "bold"))

    def _line(self, text: str, style: str = "", indent: int = _INDENT) -> None:
        self._put(Text(text, style), indent)

    def _put(self, what: RenderableType, indent: int = 0) -> None:
        self._console.print(Padding(what, (0, 0, 0, indent), expand=False))


class Document:
    """For a program: one JSON document once everything is over."""

    def __init__(self) -> None:
        self._head: dict[str, object] = {}

    def begun(self, origin: str, bot: str, notes: Sequence[str]) -> None:
        """Keep what is drilled."""
        self._head = {"policy": origin, "bot": bot, "currency": QUOTE, "notes": list(notes)}

    def verdicts(self, verdicts: Sequence[Verdict], *, explained: bool) -> None:  # noqa: ARG002  # all is in it anyway
        """Print everything."""
        rows = [{**described(verdict.played.scenario), **_went(verdict)} for verdict in verdicts]
        print_json({**self._head, "scenarios": rows, "counts": counted(verdicts)})


def described(scenario: Scenario) -> dict[str, object]:
    """What a scenario is, for a program."""
    words = ("id", "title", "story", "control", "alert", "waits", "half")
    return {word: getattr(scenario, word) for word in words} | {"expected": scenario.expected.outcome.value}


def print_json(value: object) -> None:
    """Print a document in ASCII, so that nothing in it can steer a terminal."""
    Console(highlight=False, markup=False, emoji=False, soft_wrap=True).out(json.dumps(value, indent=2))


def _went(verdict: Verdict) -> dict[str, object]:
    guarded, bare = verdict.played.guarded, verdict.played.bare
    return {
        "outcome": verdict.outcome.value,
        "cost": None if guarded is None else str(guarded.lost),
        "cost_without": None if bare is None or not bare.possible else str(bare.lost),
        "orders": None if guarded is None else guarded.orders,
        "by": verdict.by,
        "why": verdict.why,
        "faults": list(verdict.faults),
    }


def _told_of(scenario: Scenario) -> Iterator[tuple[str, str]]:
    yield "control", scenario.control
    yield "alert", scenario.alert
    if scenario.waits:
        yield "waits for", scenario.waits
    if scenario.half:
        yield "in part", f"waits: {scenario.half}"


def _rows(*columns: str, right: tuple[str, ...] = ()) -> Table:
    rows = Table(box=box.SIMPLE_HEAD, header_style="dim", show_edge=False, pad_edge=False, padding=(0, 2, 0, 0))
    for name in columns:
        rows.add_column(name, justify="right" if name in right else "left", overflow="fold")
    return rows


def _table(verdicts: Sequence[Verdict]) -> Table:
    rows = _rows("id", "what was tried", "outcome", "cost", "without", "by", right=("cost", "without"))
    for column in rows.columns:
        column.no_wrap = column.header != "what was tried"
    for verdict in verdicts:
        played = verdict.played
        title = played.scenario.title + ("*" if played.scenario.full_key else "")
        outcome = Text(_WORDS.get(verdict.outcome, verdict.outcome.value), _STYLES[verdict.outcome])
        by = played.scenario.waits if verdict.outcome is Outcome.WAITS else verdict.by
        rows.add_row(played.scenario.id, title, outcome, _cost(played.guarded), _without(played.bare), by)
    return rows


def _cost(found: Effect | None) -> Text:
    if found is None:
        return Text("-", "dim")
    lost = max(found.lost, Decimal(0))
    return Text(f"{lost:,.2f}", "dim" if not lost else "")


def _without(found: Effect | None) -> Text:
    """What it costs where nothing stands in between, where that can be measured."""
    if found is None:
        return Text("-", "dim")
    if found.cancelled:
        return Text(f"{found.cancelled} cancelled", "red")
    if not found.possible:
        return Text("not there", "dim")
    if found.turned_down and found.harmless and not found.orders:
        return Text("refused", "dim")
    if found.lost <= 0 and found.orders:
        return Text("1 order" if found.orders == 1 else f"{found.orders} orders", "red")
    return Text(f"{max(found.lost, Decimal(0)):,.2f}", "dim" if found.lost <= 0 else "red")
