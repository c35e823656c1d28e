"""`ringfence adopt`: move a real key out of a bot's configuration, with a virtual one and our address in its place."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from ringfence.adopt import discover, remains
from ringfence.adopt.found import Kind, halves
from ringfence.adopt.masking import diff
from ringfence.adopt.plan import Adopted, Keyless
from ringfence.cli import adopting, control, show, undoing
from ringfence.cli.adopting import Wish, Work
from ringfence.cli.names import name
from ringfence.cli.point import ModeOption
from ringfence.cli.unlock import PassphraseFd, masked, open_vault
from ringfence.dialects.virtual import SHAPES
from ringfence.errors import Misconfigured
from ringfence.jsonc import line_of
from ringfence.pointing.clients import Mode
from ringfence.settings import Settings, load

_ROTATE = (
    "the real key has lain on this disk, so make another: at the exchange make a new key, `ringfence key add` it to an "
    "account of another name, move the bot to that, then delete the old key at the exchange. Backups, snapshots, git "
    "and shell history may still hold the old one, and the disk itself may"
)


def adopt(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The bot's directory, or one of its files.")],
    bot: Annotated[str, typer.Option(help="What policies call the bot; without it, its client's name.")] = "",
    account: Annotated[str, typer.Option(help="What policies call the account whose key it is.")] = "main",
    exchange: Annotated[str, typer.Option(help="Which exchange, where this deployment has several.")] = "",
    mode: ModeOption = None,
    undo: Annotated[bool, typer.Option("--undo", help="Put everything back as it was.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Undo over what has been changed since.")] = False,
    remove_key: Annotated[
        bool, typer.Option("--remove-key", help="When undoing, take the real key out of the vault as well.")
    ] = False,
    unconfined: Annotated[
        bool, typer.Option("--unconfined", help="Seal a real key although no wall is proven.")
    ] = False,
    yes: show.Yes = False,
    as_json: show.AsJson = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Move a bot's real key into the vault, give the bot a virtual one, and point it here; nothing without a yes."""
    settings = load(context.obj)
    with contextlib.redirect_stdout(sys.stderr) if as_json else contextlib.nullcontext():
        if undo:
            at = _at(path, strict=False)
            told = _undo(settings, at, passphrase_fd, force=force, remove_key=remove_key, yes=yes)
        else:
            names = (bot and name(bot, "a bot"), name(account, "an account"))
            wish = Wish(_at(path, strict=True), *names, exchange, mode, unconfined)
            told = _adopt(settings, wish, passphrase_fd, yes=yes)
    if as_json:
        show.value(told)


def _adopt(settings: Settings, wish: Wish, fd: int | None, *, yes: bool) -> dict[str, object]:
    with open_vault(settings, fd) as vault:
        try:
            work = adopting.look(settings, vault, wish)
        except Keyless as error:
            raise Misconfigured(str(error), hint=_by_hand(wish.path) or error.hint) from None
        except Adopted:
            _say(f"{wish.path} is adopted: what stands there is a virtual key")
            return {"path": str(wish.path), "changed": False, "adopted": True}
        diffs = _diffs(settings, work)
        for text in diffs.values():
            _say(text)
        _say(f"\nthe real key {masked(work.pair.key)} goes into the vault as account {work.copy.account}; {_who(work)}")
        show.confirm("write these files?", yes=yes)
        at = adopting.do(settings, vault, work)
    control.reload(settings)
    steps = tuple(_steps(settings, wish, work))
    _say(f"\n{wish.path} is adopted. `ringfence adopt --undo {wish.path}` puts it back. Still to do:")
    for step in steps:
        _say(f"  * {step}")
    return {
        "path": str(wish.path),
        "changed": True,
        "adopted": True,
        "bot": at.bot,
        "account": work.copy.account,
        "exchange": work.copy.exchange,
        "client": work.client,
        "mode": work.mode,
        "files": [{"path": path, "diff": text} for path, text in diffs.items()],
        "steps": steps,
    }


def _undo(  # what the command takes
    settings: Settings, path: Path, fd: int | None, *, force: bool, remove_key: bool, yes: bool
) -> dict[str, object]:
    with open_vault(settings, fd) as vault:
        copy, found = undoing.look(settings, vault, path)
        changed = [one for one in found if not one.ours]
        for one in changed:
            _say(diff(Path(one.kept.path), _text(one.now or b""), _text(one.kept.data), {}))
        if changed and not force:
            raise Misconfigured(
                f"changed since it was adopted: {', '.join(one.kept.path for one in changed)}",
                hint="--force puts the old text back, and what was changed is lost",
            )
        gone = f" and takes bot {copy.bot} out of the vault" if copy.made_bot else ""
        _say(f"this puts {len(found)} file(s) of {path} back, the real key in them,{gone}")
        show.confirm("undo it?", yes=yes)
        undoing.undo(settings, vault, copy, found, remove_key=remove_key)
    control.reload(settings)
    if copy.sealed_key and not remove_key:
        _say(f"the real key stays in the vault; `ringfence key remove {copy.account}` takes it out")
    return {"path": str(path), "undone": True, "files": [one.kept.path for one in found]}


def _diffs(settings: Settings, work: Work) -> dict[str, str]:
    """Write the diff of every file that changes, with names in place of what is secret."""
    pair = work.pair
    known = {pair.key: f"<{masked(pair.key)}>", pair.secret: "<the real secret>"}
    return {
        str(one.source.path): diff(one.source.path, one.source.text, one.after, known)
        for one in work.changes(adopting.preview(settings, work))
    }


def _who(work: Work) -> str:
    copy = work.copy
    return f"bot {copy.bot} {'gets' if copy.made_bot else 'has'} a virtual one, and comes in by the {work.mode} mode"


def _steps(settings: Settings, wish: Wish, work: Work) -> Iterator[str]:
    """Say what only the owner can do."""
    found = work.answer(adopting.preview(settings, work))
    kinds = {source.kind for source in work.sources}
    if work.mode is Mode.NAMES:
        yield "add to /etc/hosts, as root: " + "; ".join(found.hosts)
    if found.missing:
        yield f"write into ringfence.toml, then `ringfence certificates`: {found.settings!r}"
    if found.environment and Kind.DOTENV not in kinds:
        yield "start it with " + " ".join(f"{key}={value}" for key, value in found.environment.items())
    if work.client == "environment":
        yield "see what its client reads: `ringfence point` lists them; `ringfence point CLIENT` has the rest"
    yield from found.differs
    yield f"name bot {work.copy.bot} in policy.toml, if it is not there yet, and `ringfence policy apply`"
    yield f"start it anew, and see that nothing goes past: {found.check}"
    yield from _leftovers(wish.path, work)
    yield _ROTATE


def _leftovers(path: Path, work: Work) -> Iterator[str]:
    folder = path if path.is_dir() else path.parent
    for place in _in_programs(folder):
        yield f"{place} has a literal key: change it by hand, as `ringfence point` says"
    needles = tuple(half.encode() for half in (work.pair.secret, work.pair.key))
    places = (*discover.walk(folder), *remains.histories(Path.home()))
    for one in remains.holding(places, needles):
        if one.suffix != ".py":
            yield f"{one} still holds the key: take it out, or delete it"
    if (top := remains.repository(folder)) is not None:
        yield f"{top} is a git repository: see whether `git log -S{work.pair.key[:8]}` finds the key in its history"


def _by_hand(path: Path) -> str | None:
    """Say what to do where a key is, and where nothing here may write."""
    folder = path if path.is_dir() else path.parent
    steps = "`ringfence key add` and `bot add`, then `ringfence point` says what to write"
    if any((folder / place).is_dir() for place in ("conf/connectors", "connectors")) or folder.name == "connectors":
        return f"hummingbot keeps its keys under its own password: {steps}, at its own prompt"
    literals = list(_in_programs(folder))
    return f"programs are not rewritten, and {', '.join(literals)} has a literal key: {steps}" if literals else None


def _in_programs(folder: Path) -> Iterator[str]:
    """Point to the literal keys of programs, which are never rewritten."""
    for source in discover.programs(folder):
        with contextlib.suppress(Misconfigured):  # no Python that can be read
            for dialect in {shape.dialect for shape in SHAPES}:
                for one in halves(source, dialect):
                    if not one.virtual:
                        yield f"{source.path}:{line_of(source.text, one.start)}"


def _at(path: Path, *, strict: bool) -> Path:
    try:
        return path.expanduser().resolve(strict=strict)
    except (OSError, RuntimeError) as error:
        raise Misconfigured(f"{path}: {getattr(error, 'strerror', None) or 'it leads in a circle'}") from None


def _text(data: bytes) -> str:
    return data.decode("utf-8", errors="replace")


def _say(text: str) -> None:
    for line in text.split("\n"):
        typer.echo(show.plain(line.replace("\t", "    ")))
