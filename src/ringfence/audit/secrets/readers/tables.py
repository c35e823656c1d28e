"""Reads what is a list of entries: CSV with or without a heading, and a process's environment and command line."""

import csv
import re
from collections.abc import Sequence

from ringfence.audit.secrets.readers import text
from ringfence.audit.secrets.value import How, Unread, Value, Values

_HEADING = re.compile(r"[A-Za-z_][\w .()-]{0,40}")
_INNER = re.compile(r"[\s:=&?]")


def read_csv(source: str) -> Values:
    """Read rows; the cells of the first name the columns where all of them are names."""
    first = source.partition("\n")[0]
    between = max(",;\t|", key=first.count)
    if not first.count(between):
        raise Unread("it has no columns")
    rows = csv.reader(source.split("\n"), delimiter=between, skipinitialspace=True)
    heading: Sequence[str] = ()
    try:
        for row in rows:
            if rows.line_num == 1 and all(
                _HEADING.fullmatch(cell.strip()) and not _drawn(cell) for cell in row if cell
            ):
                heading = [cell.strip() for cell in row]
                continue
            yield from _row(row, heading, rows.line_num)
    except csv.Error as broken:
        raise Unread("it does not parse as CSV") from broken


def _drawn(cell: str) -> bool:
    return sum(map(str.isdigit, cell)) > 2  # noqa: PLR2004 - no heading counts so far


def _row(row: list[str], heading: Sequence[str], line: int) -> Values:
    for place, cell in enumerate(row):
        cell_text = cell.strip()
        names = (heading[place],) if place < len(heading) and heading[place] else ()
        near = tuple(row[max(0, place - 1) : place]) if not names else ()
        yield Value(cell_text, line, names, near, How.NAMED if names else How.PLACED, line)
        if _INNER.search(cell_text):
            yield from text.read_words(cell_text, line, names)


def read_environment(source: str) -> Values:
    """Read /proc/PID/environ: the number of an entry stands for its line."""
    for number, entry in enumerate(source.split("\0"), 1):
        name, equals, value = entry.partition("=")
        if equals:
            yield Value(value, number, (name[:80],), (), How.NAMED)
            if _INNER.search(value):
                yield from text.read_words(value.replace("\n", " \u2028 "), number, (name[:80],))


def read_command_line(source: str) -> Values:
    """Read /proc/PID/cmdline as the one line that it was."""
    yield from text.read_words(source.replace("\0", " "), 1)


def read_netrc(source: str) -> Values:
    """Read a `.netrc`: words in pairs, a name and its value, over as many lines as one likes."""
    before, machine = "", ""
    for number, line in enumerate(source.split("\n"), 1):
        for word in line.split():
            if before in {"login", "password", "account"}:
                yield Value(word, number, (before, machine)[: 1 + bool(machine)], (), How.NAMED, number)
            machine, before = (word, "") if before == "machine" else (machine, word)
