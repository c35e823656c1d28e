"""`ringfence policy replay`: what a draft would have decided otherwise, of all that the bots have asked for lately."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ringfence.cli import control, show
from ringfence.cli.answers import Log, Status, read
from ringfence.cli.export import VKEY, entries
from ringfence.cli.progress import Progress
from ringfence.cli.writing import DraftFile, draft
from ringfence.errors import Broken, Misconfigured
from ringfence.ipc.messages import AskLog, AskStatus
from ringfence.journal.verify import verify
from ringfence.policy.policy import Policy, digest
from ringfence.replay.judge import Way
from ringfence.replay.replay import replay as judge
from ringfence.replay.report import Bot, Report, Row
from ringfence.settings import Settings, load

_HOUR_MS = 3_600_000
_AT_ONCE = 250  # a page takes the signer two milliseconds; no order is to wait longer behind one
_WOULD = {Way.REFUSE: "refuse", Way.HOLD: "hold", Way.ALLOW: "let go"}
_ASK = "`ringfence log export DIR` and `--from DIR` need none"


def replay(
    context: typer.Context,
    file: DraftFile = None,
    hours: Annotated[int, typer.Option(min=1, max=168, help="How far back.")] = 24,
    exported: Annotated[
        Path | None, typer.Option("--from", metavar="DIR", help="An exported journal, up to its last entry.")
    ] = None,
    as_json: show.AsJson = False,
) -> None:
    """Judge what the bots asked for by a draft; exit code 0 where nothing differs, 1 where something does.

    The journal is read from its beginning, since positions and windows come from there; only the last hours are judged.
    Nothing is sent anywhere, and nothing is changed. Exit code 2: the draft cannot be meant.
    """
    policy = draft(context, file)
    report = _of_export(exported, policy, hours) if exported is not None else _live(load(context.obj), policy, hours)
    if as_json:
        show.value({"digest": digest(policy), "differs": report.differs, **_built(report)})
    else:
        _draw(report, policy)
    raise typer.Exit(1 if report.differs else 0)


def _live(settings: Settings, policy: Policy, hours: int) -> Report:
    """Read what the running signer has."""
    try:
        status = read(control.ask(settings, AskStatus()), Status)
    except control.NotRunning as error:
        raise control.NotRunning(str(error), hint=f"{error.hint}; {_ASK}") from None
    if status.now is None:
        raise Broken("the signer does not say what time it is", hint="restart `ringfence run`")
    with Progress() as progress:
        return judge(_pages(settings, status.journal.size, progress), policy, status.now - hours * _HOUR_MS)


def _pages(settings: Settings, size: int, progress: Progress) -> Iterator[bytes]:
    last = -1
    while last + 1 < size:
        found = read(control.ask(settings, AskLog(last, min(_AT_ONCE, size - last - 1))), Log)
        if not found.entries:
            raise Broken(f"the signer's journal ends at entry {last}, and not at {size - 1}")
        yield from (entry.text.encode() for entry in found.entries)
        last = found.entries[-1].seq
        progress.say(f"{last + 1} of {size} entries read")


def _of_export(directory: Path, policy: Policy, hours: int) -> Report:
    """Read an exported journal, once it is known to be whole."""
    try:
        vkey = (directory / VKEY).read_text("utf-8", "replace").strip()
    except OSError as error:
        raise Misconfigured(f"{directory} is no exported journal: {error.strerror}", hint=_EXPORT) from None
    found = verify(directory, vkey)
    if found.problems:
        raise Broken(f"{directory}: {found.problems[0]}", hint=f"`ringfence log verify {directory}` tells all")
    return judge(entries(directory, found.size), policy, (found.last_ms or 0) - hours * _HOUR_MS)


_EXPORT = "`ringfence log export DIR` writes one, running or not"


def _built(report: Report) -> dict[str, object]:
    return {name: getattr(report, name) for name in report.__dataclass_fields__}


def _draw(report: Report, policy: Policy) -> None:
    console = show.out()
    total = sum(bot.orders for bot in report.bots)
    asked = f"{total} requests for orders since {show.at(report.since)}, by policy {digest(policy)[:12]}"
    console.print(f"{asked}\n", style="bold")
    for title, rows in (("limit", report.limits), ("cannot be judged", report.cannot)):
        if rows:
            console.print(_table(title, rows))
    for bot in report.bots:
        typer.echo(_line(bot))
    if not report.bots:
        return typer.echo("no bot has asked for an order in that time")
    for each in report.not_judged:
        console.print(f"not judged: {each.what}: {each.why}", style="dim")
    for note in report.notes:
        console.print(f"note: {note}", style="yellow")
    if report.limits:
        console.print(_HOW, style="dim")
    return typer.echo("something would have been otherwise" if report.differs else "nothing would have been otherwise")


_HOW = (
    "An order past two limits is counted for both. `ringfence order show N` shows one that was allowed,"
    " `ringfence log show --after N-1 --limit 1` one that was refused."
)


def _table(title: str, rows: tuple[Row, ...]) -> object:
    drawn = show.table(title, "would", "bot", "orders", "first", right=("orders",))
    for row in rows:
        first = f"{row.first.entry}, {show.at(row.first.at)}: {row.first.order}"
        words = f"{first}: {row.first.why}" if row.first.why else first
        cells = (row.what, _WOULD.get(row.way, "?"), row.bot, str(row.orders), words)
        drawn.add_row(*map(show.plain, cells))
    return drawn


def _line(bot: Bot) -> str:
    """Say one bot in one line; what there is none of is left out."""
    parts = (
        (bot.same, "the same"),
        (bot.refused, "would be refused"),
        (bot.held, "would be held"),
        (bot.allowed, "would pass"),
        (bot.cannot, "cannot be judged"),
        (bot.elsewhere, "refused for another cause than the policy"),
    )
    said = ", ".join(f"{count} {what}" for count, what in parts if count)
    return show.plain(f"bot {bot.bot}: {bot.orders} requests: {said}")
