"""`ringfence leaktest`: run a bot where nothing but Ringfence can be reached, and list what it tried besides."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from ringfence.adopt import files
from ringfence.cli import show
from ringfence.dialects.hosts import hosts_of
from ringfence.errors import Misconfigured, Unreachable
from ringfence.leaktest import outside
from ringfence.leaktest.asked import Door
from ringfence.leaktest.verdict import Report, Verdict, judge
from ringfence.pointing.clients import Client, Mode, client, recognised
from ringfence.pointing.place import LOOPBACK
from ringfence.settings import Settings, load

_PORTS = range(1, 65536)
_PROGRAMS = {".py", ".js", ".mjs", ".cjs", ".ts"}


def leaktest(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    command: Annotated[list[str], typer.Argument(metavar="COMMAND...", help="What starts the bot, after --.")],
    bot: Annotated[str, typer.Option(help="Which bot it is; it is said with the result.")] = "",
    seconds: Annotated[float, typer.Option(min=1, help="How long it runs at most.")] = 60,
    named: Annotated[
        str, typer.Option("--client", help="Which client it is; told from the program if it can be.")
    ] = "",
    allow: Annotated[
        list[int] | None, typer.Option(metavar="PORT", help="A loopback port that it may reach besides: a database.")
    ] = None,
    as_json: show.AsJson = False,
) -> None:
    """Run a command where nothing but Ringfence can be reached; exit code 1 if anything went past, or nothing came."""
    settings = load(context.obj)
    using = client(named) if named else _recognised(command)
    doors = outside.open_doors(tuple(_doors(settings, allow or [])))
    if not any(door.mode for door in doors):
        raise Unreachable("Ringfence is not running, so nothing could be proven", hint="start it with `ringfence run`")
    heard = asyncio.run(outside.run(tuple(command), seconds, doors, quiet=as_json))
    known = frozenset(one for listener in settings.listeners for one in hosts_of(listener.exchange))
    report = judge(heard, doors, using, known)
    if as_json:
        show.value(report)
    else:
        _draw(report, f"bot {bot}" if bot else "the command")
    raise typer.Exit(0 if report.verdict is Verdict.CLEAN else 1)


def _doors(settings: Settings, allowed: list[int]) -> Iterator[Door]:
    """List the ports that are let through: Ringfence's own, and those that the owner names."""
    for listener in settings.listeners:
        yield Door(LOOPBACK, listener.port, Mode.BASE_URL)
    if settings.proxy is not None:
        yield Door(LOOPBACK, settings.proxy.port, Mode.PROXY)
    if settings.names is not None:
        for port in settings.names.ports:
            yield Door(settings.names.address, port, Mode.NAMES)
    for port in allowed:
        if port not in _PORTS:
            raise Misconfigured(f"{port} is no port")
        yield Door(LOOPBACK, port)


def _recognised(command: list[str]) -> Client | None:
    """Tell the client by the command, and by the programs that it names."""
    text = [" ".join(command)]
    for word in command:
        if Path(word).suffix in _PROGRAMS:
            with suppress(Misconfigured):
                text.append(files.read(Path(word).absolute()).data.decode("utf-8", errors="replace"))
    return recognised("\n".join(text))


def _draw(report: Report, who: str) -> None:
    ended = "was ended" if report.code is None else f"ended with code {report.code}"
    typer.echo(f"{who} {ended}; it {_came(report.ringfence)}, {_past(report)}")
    if report.leaks:
        rows = show.table("after", "name", "address", "port", "what", "times", right=("after", "port", "times"))
        for row in report.leaks:
            words = (f"{row.first:.1f} s", row.name or "-", row.address, str(row.port or "-"), row.what, str(row.count))
            rows.add_row(*map(show.plain, words))
        show.out().print(rows)
    if report.more:
        typer.echo(f"and {report.more} more that are not listed")
    for hint in report.hints:
        typer.echo(f"  * {show.plain(hint)}")
    if report.verdict is Verdict.UNPROVEN:
        typer.echo("nothing is proven: point it here first (`ringfence point`), or let it run longer (--seconds)")


def _past(report: Report) -> str:
    count = sum(row.count for row in report.leaks) + report.more
    return "and nothing went past" if not count else f"and {count} time{'s' * (count != 1)} past it"


def _came(count: int) -> str:
    if not count:
        return "never came to Ringfence"
    return "came to Ringfence once" if count == 1 else f"came to Ringfence {count} times"
