"""`ringfence audit update`: newer advisories, from a network or from a file that somebody carried here."""

import contextlib
from pathlib import Path
from typing import Annotated

import typer

from ringfence.audit.deps import seal, update
from ringfence.audit.deps.part import Ecosystem
from ringfence.audit.deps.snapshot import Snapshot
from ringfence.cli import show, snapshots
from ringfence.cli.fetching import fetch
from ringfence.cli.progress import Progress
from ringfence.errors import Misconfigured

# Where OSV publishes what it knows, for everybody (google.github.io/osv.dev/data).
_OSV = "https://osv-vulnerabilities.storage.googleapis.com"


def update_(
    context: typer.Context,
    from_: Annotated[
        list[Path] | None,
        typer.Option("--from", metavar="FILE", help="A signed snapshot, or OSV's all.zip as PyPI.zip or npm.zip."),
    ] = None,
    base: Annotated[str, typer.Option(metavar="URL", help="A mirror of OSV's exports.")] = _OSV,
    ecosystem: Annotated[list[Ecosystem] | None, typer.Option(help="Of which registries; all without it.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """Bring in what is known against packages by now; what cannot be believed changes nothing."""
    taken = _files(context.obj, from_) if from_ else _fetched(context.obj, base, ecosystem or list(Ecosystem))
    told = {
        "made": taken.made_on,
        "advisories": len(taken.advisories),
        "malicious": len(taken.malicious),
        "sources": [{"name": source.name, "date": source.date} for source in taken.sources],
    }
    if as_json:
        show.value(told)
    else:
        sources = ", ".join(f"{source.name} of {source.date}" for source in taken.sources)
        typer.echo(f"{len(taken.advisories):,} advisories, {len(taken.malicious):,} malicious names: {sources}")


def _fetched(home: Path, base: str, ecosystems: list[Ecosystem]) -> Snapshot:
    with contextlib.ExitStack() as files, Progress() as progress:
        found = [
            (one, files.enter_context(fetch(base, wanted.path, wanted.most, progress.say)))
            for one in ecosystems
            for wanted in update.exports((one,))
        ]
        return snapshots.make(home, found)


def _files(home: Path, paths: list[Path]) -> Snapshot:
    data = paths[0].read_bytes()[: seal.MAX_FILE + 1] if len(paths) == 1 else b""
    if data.startswith(seal.SIGNED):
        return snapshots.take(home, data)
    with contextlib.ExitStack() as files:
        return snapshots.make(home, [(_of(path), files.enter_context(path.open("rb"))) for path in paths])


def _of(path: Path) -> Ecosystem:
    for one in Ecosystem:
        if one.value.lower() in path.name.lower() or one.value.lower() == path.parent.name.lower():
            return one
    hint = "name it PyPI.zip or npm.zip, or let it lie in a directory of that name, as OSV has it"
    raise Misconfigured(f"{path}: whose packages is it about?", hint=hint)
