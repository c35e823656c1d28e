"""`ringfence confine`: run a bot where it reaches Ringfence and little else, without being root."""

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from ringfence.cli import relaying, show
from ringfence.confine import landlock, namespace, seccomp
from ringfence.confine.bot import PARTLY, SYSTEM, Asked, Door, holds, homes_of
from ringfence.confine.environment import cleaned
from ringfence.confine.held import Held, Kernel, held
from ringfence.errors import Misconfigured
from ringfence.settings import Settings, load

_LOOPBACK = "127.0.0.1"
_PORTS = range(1, 65536)


@dataclass(frozen=True, slots=True)
class Wish:
    """What the owner allows beyond the least."""

    read: tuple[Path, ...]
    write: tuple[Path, ...]
    allow: tuple[int, ...]
    listen: tuple[int, ...]
    partly: bool


def confine(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    command: Annotated[list[str], typer.Argument(metavar="COMMAND...", help="What starts the bot, after --.")],
    read: Annotated[list[Path] | None, typer.Option(metavar="PATH", help="What it may read besides.")] = None,
    write: Annotated[list[Path] | None, typer.Option(metavar="PATH", help="Where it may write, and read.")] = None,
    allow: Annotated[
        list[int] | None,
        typer.Option("--allow-port", metavar="PORT", help="A loopback port that it may reach besides: a database."),
    ] = None,
    listen: Annotated[
        list[int] | None, typer.Option(metavar="PORT", help="A port on which it may be reached, on this machine.")
    ] = None,
    env: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A variable that it is given although it looks secret.")
    ] = None,
    partly: Annotated[bool, typer.Option("--partly", help="Run it also where not everything can be held.")] = False,
) -> None:
    """Run a command where it reaches Ringfence, its own files and little else; its exit code is the command's.

    It needs no root. It is no full wall: the bot stays the user that Ringfence runs as, and `ringfence radius` goes on
    saying the whole account until the two are separate users.
    """
    settings = load(context.obj)
    wish = Wish(tuple(read or ()), tuple(write or ()), tuple(allow or ()), tuple(listen or ()), partly)
    kernel = Kernel(landlock.version(), namespace.possible(), os.uname().machine in seccomp.MACHINES)
    with tempfile.TemporaryDirectory(prefix="ringfence-bot-") as scratch:
        asked = ask(settings, tuple(command), wish, kernel, Path(scratch))
        given, withheld = cleaned(os.environ, frozenset(env or ()))
        found = held(kernel, tuple(f"{door.address}:{door.port}" for door in asked.doors))
        _tell(found, withheld, tuple(_unread(asked)))
        missing = [one for one in found if one.needed and not one.live]
        if missing and not partly:
            raise Misconfigured(f"not everything holds here: {missing[0].name}: {missing[0].text}", hint=PARTLY)
        code = asyncio.run(relaying.run(asked, given | {"TMPDIR": scratch}))
    raise typer.Exit(code)


def ask(settings: Settings, command: tuple[str, ...], wish: Wish, kernel: Kernel, scratch: Path) -> Asked:
    """Put together what is asked of the launcher; raises `Misconfigured` for what would open the deployment."""
    program = shutil.which(command[0])
    if program is None:
        raise Misconfigured(f"there is no program {command[0]}", hint="give its path, or look at PATH")
    private = (settings.home, Path.home())
    read = tuple(_checked(path, settings) for path in wish.read)
    write = tuple(_checked(path, settings) for path in wish.write)
    for path in write:
        _refuse_our_code(path)
    doors = tuple(dict.fromkeys((*_doors(settings), *(Door(_LOOPBACK, _port(port)) for port in wish.allow))))
    listen = tuple(dict.fromkeys(map(_port, wish.listen)))
    if taken := {door.port for door in doors}.intersection(listen):
        raise Misconfigured(f"port {min(taken)} is Ringfence's, so the bot cannot listen on it", hint="choose another")
    return Asked(
        command=(program, *command[1:]),
        run=tuple(map(str, homes_of(Path(program), private))),
        read=tuple(map(str, read)),
        write=tuple(map(str, (*write, scratch))),
        home=str(settings.home.resolve()),
        doors=doors,
        listen=listen,
        apart=kernel.apart,
        partly=wish.partly,
    )


def _doors(settings: Settings) -> Iterator[Door]:
    """Name where bots find Ringfence."""
    yield from (Door(_LOOPBACK, listener.port) for listener in settings.listeners)
    if settings.proxy is not None:
        yield Door(_LOOPBACK, settings.proxy.port)
    if settings.names is not None:
        yield from (Door(settings.names.address, port) for port in settings.names.ports)


def _checked(path: Path, settings: Settings) -> Path:
    """Take a path that is there, and neither lies in the deployment's directory nor holds it."""
    if not path.exists():
        raise Misconfigured(f"there is no {path}", hint="what is allowed must be there before the bot starts")
    whole = path.resolve()
    if holds(whole, settings.home):
        raise Misconfigured(
            f"{path} holds the deployment's directory {settings.home}, where the keys are",
            hint="name what it needs in it",
        )
    if holds(settings.home, whole):
        raise Misconfigured(f"{path} lies in the deployment's directory", hint="keep the bot's files elsewhere")
    return whole


def _refuse_our_code(path: Path) -> None:
    """Refuse to let a bot write what Ringfence runs, which would be Ringfence's own user's power at the next start."""
    for ours in {Path(sys.prefix), Path(sys.base_prefix), Path(__file__).parent.parent}:
        if holds(path, ours) or holds(ours, path):
            raise Misconfigured(f"in {path} the bot could change Ringfence itself", hint="name a directory of its own")


def _port(port: int) -> int:
    if port not in _PORTS:
        raise Misconfigured(f"{port} is no port")
    return port


def _unread(asked: Asked) -> Iterator[str]:
    """Name the files of the command that it will not be able to read."""
    allowed = [Path(path) for path in (*SYSTEM, *asked.run, *asked.read, *asked.write)]
    for word in asked.command[1:]:
        if Path(word).is_file() and not any(holds(path, Path(word)) for path in allowed):
            yield word


def _tell(found: tuple[Held, ...], withheld: tuple[str, ...], unread: tuple[str, ...]) -> None:
    """Say what holds, before anything starts; standard output is the bot's own."""
    console = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
    for one in found:
        console.print(
            Text.assemble(show.lamp(one.name, one.live), ("  " + show.plain(one.text), "dim" if one.live else ""))
        )
    if withheld:
        console.print(f"not handed on: {', '.join(map(show.plain, withheld))}; --env NAME hands one on", style="dim")
    for word in unread:
        console.print(
            f"it may not read {show.plain(word)}: add --read {show.plain(str(Path(word).parent))}", style="yellow"
        )
