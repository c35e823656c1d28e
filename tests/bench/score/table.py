"""The table that is printed, and the same as JSON."""

import msgspec
from rich.console import Console
from rich.table import Table

from tests.bench.score.counting import Count
from tests.bench.score.hits import NotRun
from tests.bench.score.measures import Aim, Measure

Cell = Count | NotRun | None
_SHOWN = 12


class Row(msgspec.Struct, frozen=True):
    """One measure, with what each scanner came to. `ours` first, by seed."""

    name: str
    aim: Aim
    ours: dict[str, Cell]
    anchors: dict[str, Cell]

    @property
    def passed(self) -> bool:
        """Say whether the aim is kept for every seed that it was counted for; what was not run keeps none."""
        counted = [each for each in self.ours.values() if each is not None]
        return all(isinstance(each, Count) and self.aim.kept(each) for each in counted)


def row(measure: Measure, ours: dict[str, Cell], anchors: dict[str, Cell]) -> Row:
    """Make a row of a measure."""
    return Row(measure.name, measure.aim, ours, anchors)


def show(rows: list[Row], console: Console) -> None:
    """Print the table, and under it why a number is missing."""
    ours, anchors = list(rows[0].ours), list(rows[0].anchors)
    table = Table(title=None, header_style="bold")
    table.add_column("measure")
    table.add_column("target")
    for name in (*ours, *anchors):
        table.add_column(name, justify="right")
    table.add_column("")
    for each in rows:
        cells = [_cell(each.ours[name]) for name in ours] + [_cell(each.anchors[name]) for name in anchors]
        table.add_row(each.name, str(each.aim), *cells, "passed" if each.passed else "MISSED")
    console.print(table)
    for line in _reasons(rows):
        console.print(line, markup=False, highlight=False)


def _cell(cell: Cell) -> str:
    match cell:
        case None:
            return "-"
        case NotRun():
            return "not run"
        case Count(number, of):
            return f"{number:,}/{of:,} {cell.share:.3f}" if of > 99 else f"{number}/{of}" if of else str(number)


def _reasons(rows: list[Row]) -> list[str]:
    whys = {
        f"not run: {name}: {cell.why}"
        for each in rows
        for name, cell in {**each.ours, **each.anchors}.items()
        if isinstance(cell, NotRun)
    }
    return sorted(whys)


def misses(rows: list[Row]) -> list[str]:
    """Say what was wrong, by name, and how often."""
    lines = []
    for each in rows:
        for name, cell in each.ours.items():
            if isinstance(cell, Count) and cell.wrong:
                told = sorted(
                    {wrong: cell.wrong.count(wrong) for wrong in cell.wrong}.items(), key=lambda item: -item[1]
                )
                more = f" and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
                shown = ", ".join(f"{wrong} x{times}" if times > 1 else wrong for wrong, times in told[:_SHOWN])
                lines.append(f"{each.name} [{name}]: {shown}{more}")
    return lines
