"""`ringfence compose`: an overlay that takes a bot's container off every network, and leads it to Ringfence alone."""

import os
import pwd
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from ringfence import whole
from ringfence.cli import show
from ringfence.deploy import bots, compose, composed, names
from ringfence.deploy.bots import Bot
from ringfence.deploy.compose import Around, Wishes
from ringfence.deploy.composed import Service
from ringfence.deploy.layout import places
from ringfence.errors import Misconfigured
from ringfence.settings import Settings, load


def overlay(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The compose file that starts the bot now.")],
    service: Annotated[str, typer.Option(metavar="NAME", help="The bot's service in it.")],
    bot: Annotated[str, typer.Option(metavar="NAME", help="What policies call the bot.")],
    image: Annotated[
        str, typer.Option(metavar="IMAGE", help="What the relay runs in: any that has python3; else the bot's own.")
    ] = "",
    user: Annotated[
        str, typer.Option(metavar="UID:GID", help="As whom the bot runs: who owns what it writes to.")
    ] = "",
    writable_root: Annotated[
        bool, typer.Option("--writable-root", help="For bots that write among their own program's files.")
    ] = False,
    output: Annotated[str, typer.Option(metavar="FILE", help="Another name, beside FILE.")] = compose.FILE,
    print_only: Annotated[bool, typer.Option("--print", help="Print it, and write nothing.")] = False,
) -> None:
    """Write the overlay that confines a bot in a container, and say how both files are started."""
    settings = load(context.obj)
    described = _described(settings, bot)
    where, beside = _files(file, output)
    found = composed.read(_text(where), service, str(where.parent))
    guarded = (str(where), str(beside), str(where.parent / ".env"))
    composed.insist_on_mounts(found, lambda path: _real(path) or path, guarded)
    around, wishes = _around(settings, bot, described), Wishes(image, user or _owner(found), writable_root)
    text = compose.overlay(found, around, wishes, _real)
    if print_only:
        typer.echo(text, nl=False)
        return
    whole.put(beside, text.encode(), 0o644)
    _tell(found, around, wishes, where, beside)


def _described(settings: Settings, bot: str) -> Bot:
    """Find the bot among those that are deployed."""
    deploys = f"sudo ringfence deploy --bot {bot} --container"
    try:
        described = bots.load(settings.home).get(bot)
    except Misconfigured:
        if os.geteuid() == 0:
            raise
        raise Misconfigured("only root can read which bots are deployed", hint="run it with sudo") from None
    if described is None or not described.container:
        raise Misconfigured(f"bot {bot} is not deployed as one in a container", hint=deploys)
    return described


def _files(file: Path, output: str) -> tuple[Path, Path]:
    where = file.resolve()
    beside = where.parent / output
    if not where.is_file():
        raise Misconfigured(f"there is no file {file}")
    if Path(output).name != output or beside == where or beside.suffix not in {".yml", ".yaml"}:
        raise Misconfigured(f"{output} is no other name beside {file.name}", hint=f"such as {compose.FILE}")
    return where, beside


def _text(where: Path) -> str:
    try:
        return where.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{where} cannot be read: {error}") from None


def _real(path: str) -> str:
    """Say where a path leads, nothing where it is not there; a socket is refused, whatever its name."""
    if Path(path).is_socket():
        raise Misconfigured(f"{path} is a socket, and whoever answers there acts for the bot", hint="leave it out")
    return str(Path(path).resolve()) if Path(path).exists() else ""


def _around(settings: Settings, bot: str, described: Bot) -> Around:
    try:
        relay = pwd.getpwnam(names.bot_user(bot))
    except KeyError:
        hint = f"sudo ringfence deploy --bot {bot} --container"
        raise Misconfigured(f"there is no user {names.bot_user(bot)}, for whom the doors are", hint=hint) from None
    hosts = f"{names.ETC}/hosts-{bot}" if settings.names else ""
    ids, trust = (relay.pw_uid, relay.pw_gid), str(settings.trust)
    return Around(bot, ids, places(settings), described.ui, described.memory, trust, hosts)


def _owner(found: Service) -> str:
    """Say whose the folders are that the bot writes to, where all are one user's, who is not root."""
    kind = compose.kind_of(found)
    if found.user or (kind and kind.user):
        return ""
    there = [Path(mount.source).stat() for mount in found.mounts if not mount.read_only and Path(mount.source).exists()]
    owners = {(one.st_uid, one.st_gid) for one in there}
    return "{}:{}".format(*owners.pop()) if len(owners) == 1 else ""


def _tell(found: Service, around: Around, wishes: Wishes, where: Path, beside: Path) -> None:
    console = show.out()
    console.print(Text(f"{beside} is written; start the bot with both, from {where.parent}:", "green"), soft_wrap=True)
    console.print(f"  {show.plain(compose.started(str(where), str(beside)))}", soft_wrap=True, markup=False)
    console.print("or put a line into .env there, so that no other command leaves it out:")
    console.print(f"  COMPOSE_FILE={show.plain(where.name)}:{show.plain(beside.name)}", soft_wrap=True, markup=False)
    for note in compose.notes(found, around, wishes):
        console.print(Text(show.plain(f"* {note}"), "yellow"), soft_wrap=True)
    console.print(f"then: ringfence point CLIENT --bot {around.bot}; its addresses are the same in the container")
    console.print(f"and:  sudo ringfence canary {around.bot}, which proves it; nothing is proven before")
