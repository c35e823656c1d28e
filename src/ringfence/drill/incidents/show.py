"""How replays look: a table for a person, plain values for a program. Nothing is decided here."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ringfence.drill.incidents.replay import Played, Replayed
from ringfence.drill.incidents.verdict import faults
from ringfence.drill.venue import QUOTE

_NAME, _AMOUNT, _COUNT = 23, 9, 6  # columns; with the last one they fit 80
_HOW = (
    "Each was played by one program: straight at the rehearsal exchange with a real key, and through Ringfence with a"
    f" virtual key. The account had 10,000 {QUOTE} before each, the bot its whole limits, and prices stood still."
    " What is from the record and what is our model of it: --json, and docs/explanation/incidents.md."
)


@dataclass(frozen=True, slots=True)
class Run:
    """One run: amounts as text in the account's currency; `held` is how many market orders left at the collar."""

    lost: str
    share: str
    sent: int
    reached: int
    held: int
    refused: dict[str, int]
    seconds: str


@dataclass(frozen=True, slots=True)
class Mark:
    """One figure, and where it is from: `record`, `derived` or `model`."""

    name: str
    value: str
    source: str
    says: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One incident. `stoppable` false: it came by a way on which Ringfence does not stand."""

    id: str
    title: str
    when: str
    access: str
    stoppable: bool
    sources: str
    story: str
    lesson: str
    figures: tuple[Mark, ...]
    promised: str | None
    without: Run
    starting_policy: Run
    pair_allowed: Run | None


@dataclass(frozen=True, slots=True)
class Document:
    """All of it; no faults means that every loss was within what was promised."""

    currency: str
    incidents: tuple[Shown, ...]
    faults: tuple[str, ...]


def document(replayed: Sequence[Replayed]) -> Document:
    """Write everything as plain values, every figure with its mark."""
    return Document(QUOTE, tuple(map(_shown, replayed)), faults(replayed))


def draw(console: Console, replayed: Sequence[Replayed]) -> None:
    """Show what each cost, what refused it, and whether that is what was promised."""
    rows = _table()
    rows.add_row("", *(Text(name, "dim") for name in ("lost", "orders", "through", "refused by")))
    console.print(rows)
    for one in replayed:
        _incident(console, one)
    for one in replayed:
        if not one.incident.stoppable:
            console.print(f"{one.incident.id}: {one.incident.record.lesson}\n", style="yellow")
    console.print(_HOW, style="dim")
    _verdict(console, replayed)


def _table() -> Table:
    """Begin a table whose columns stand below those of the one before."""
    rows = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    rows.add_column(width=_NAME, no_wrap=True)
    for width in (_AMOUNT, _COUNT, _COUNT + 2):
        rows.add_column(width=width, justify="right", overflow="fold")
    rows.add_column(overflow="fold")
    return rows


def _incident(console: Console, one: Replayed) -> None:
    record, rows = one.incident.record, _table()
    console.print(Text.assemble((f"{one.incident.id}  {record.title}", "bold"), (f", {record.when}", "dim")))
    rows.add_row(*_cells("without Ringfence", one.bare, "red"))
    rows.add_row(*_cells("starting policy", one.guarded, ""))
    if one.allowed is not None:
        rows.add_row(*_cells("its pairs allowed too", one.allowed, ""))
    promised = "no figure" if one.promised is None else f"{one.promised:,.2f}"
    rows.add_row(Text("  promised at most", "dim"), Text(promised, "dim"))
    console.print(rows)
    console.print()


def _cells(name: str, played: Played, style: str) -> tuple[Text, ...]:
    refused = [f"{code}\N{MULTIPLICATION SIGN}{count}" for code, count in played.refused.items()]
    if played.held:
        refused.append(f"held at the collar\N{MULTIPLICATION SIGN}{played.held}")
    return (
        Text(f"  {name}"),
        Text(f"{played.effect.lost:,.2f}", style),
        Text(str(played.sent)),
        Text(str(played.effect.orders)),
        Text(", ".join(refused), "dim"),
    )


def _verdict(console: Console, replayed: Sequence[Replayed]) -> None:
    console.print()
    found = faults(replayed)
    for fault in found:
        console.print(fault, style="red")
    if found:
        console.print("Not as promised.", style="bold red")
    else:
        console.print("As promised: no loss behind Ringfence is above what its limits promise.", style="green")


def _shown(one: Replayed) -> Shown:
    record = one.incident.record
    return Shown(
        id=one.incident.id,
        title=record.title,
        when=record.when,
        access=record.access,
        stoppable=one.incident.stoppable,
        sources=record.sure,
        story=record.story,
        lesson=record.lesson,
        figures=tuple(Mark(name, f"{it.value:f}", it.source, it.says) for name, it in one.incident.figures()),
        promised=None if one.promised is None else f"{one.promised:f}",
        without=_run(one.bare),
        starting_policy=_run(one.guarded),
        pair_allowed=None if one.allowed is None else _run(one.allowed),
    )


def _run(played: Played) -> Run:
    return Run(
        lost=f"{played.effect.lost:f}",
        share=f"{played.share.quantize(Decimal('0.0001')):f}",
        sent=played.sent,
        reached=played.effect.orders,
        held=played.held,
        refused=dict(played.refused),
        seconds=f"{played.took:.2f}",
    )
