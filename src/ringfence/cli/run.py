"""`ringfence run`: every process of a deployment under one user, which is right for paper and a first try."""

import asyncio
import signal
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live
from rich.text import Text

from ringfence.cli import control, show
from ringfence.cli.answers import Status, read
from ringfence.cli.starter import is_free
from ringfence.cli.status import line
from ringfence.cli.supervisor import Program, Supervisor
from ringfence.cli.unlock import PassphraseFd, credential, keep_passphrase, pipe
from ringfence.confine import launch
from ringfence.confine.memory import no_core, not_dumpable
from ringfence.errors import Misconfigured, RingfenceError, Unreachable
from ringfence.ipc.messages import AskStatus, Reply
from ringfence.settings import OWN_HOST, Settings, load

_LOOK_SECONDS = 0.5
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NO_WALL = (
    "one user is no wall: whatever runs as this user can reach the keys, so keep to paper or to what you can lose"
)


def run(
    context: typer.Context,
    paper: Annotated[bool, typer.Option("--paper", help="Run the rehearsal exchange beside a real one.")] = False,
    passphrase_fd: PassphraseFd = None,
) -> None:
    """Run everything under one user, and start anew what dies; ^C stops it in order."""
    settings = load(context.obj)
    rehearses = _rehearses(settings, paper=paper)
    _refuse_second(settings)
    _refuse_taken_ports(settings, rehearses=rehearses)
    _refuse_missing_leaf(settings)
    console = show.out()
    console.print(_NO_WALL, style="yellow", soft_wrap=True)
    with ExitStack() as stack:
        lend = _lend(settings, passphrase_fd, stack)
        failure = asyncio.run(_supervise(settings, programs(settings, lend, rehearses=rehearses), console))
    if failure is not None:
        hint = f"its log is in {settings.home / 'logs'}"
        raise RingfenceError(f"a process cannot stay up: {show.plain(failure)}", hint=hint)


def programs(settings: Settings, lend: Callable[[], int] | None, *, rehearses: bool) -> tuple[Program, ...]:
    """List what is run, in the order in which it starts; it stops the other way round, the gateway first."""
    names = ("signer", *(("paper",) if rehearses else ()), "courier", "prices", "gateway")
    return tuple(_program(settings, name, lend if name == "signer" else None) for name in names)


def _program(settings: Settings, name: str, lend: Callable[[], int] | None) -> Program:
    command = tuple(launch.command(f"ringfence.{name}", "--home", str(settings.home)))
    return Program(name, command if lend is None else (*command, "--passphrase-fd"), lend)


def _rehearses(settings: Settings, *, paper: bool) -> bool:
    if paper and settings.paper is None:
        raise Misconfigured("this deployment has no rehearsal exchange", hint="make one with `ringfence init --paper`")
    only = all(listener.exchange.startswith("paper-") for listener in settings.listeners)
    return settings.paper is not None and (paper or only)


def _refuse_second(settings: Settings) -> None:
    if settings.users:
        hint = "start its systemd units; `ringfence run` would put them all under one"
        raise Misconfigured("this deployment has a user for each process", hint=hint)
    with suppress(Unreachable):
        control.ask(settings, AskStatus())
        raise Misconfigured("this deployment is running already", hint="`ringfence status` shows it")


def _lend(settings: Settings, fd: int | None, stack: ExitStack) -> Callable[[], int] | None:
    """Keep the passphrase for every start of the signer, or let systemd hand it over."""
    if fd is None and credential(settings):
        return None
    kept = stack.enter_context(keep_passphrase(settings, fd))
    no_core()
    not_dumpable()
    return partial(pipe, kept)


def _refuse_taken_ports(settings: Settings, *, rehearses: bool) -> None:
    wanted = {f"listeners.{listener.name}": listener.port for listener in settings.listeners}
    if settings.proxy is not None:
        wanted["proxy"] = settings.proxy.port
    if rehearses and settings.paper is not None:
        own = settings.paper
        wanted["paper"] = own.port
        wanted |= {"paper, plain": own.plain_port, "paper, east": own.east_port, "paper, west": own.west_port}
    for name, port in wanted.items():
        if not is_free(port):
            hint = "stop what listens there, or choose another in ringfence.toml"
            raise Misconfigured(f"port {port} ({name}) is taken", hint=hint)


def _refuse_missing_leaf(settings: Settings) -> None:
    """Say it here, where a person reads it: the gateway would end at its start."""
    lacking = [listener.name for listener in settings.listeners if listener.tls]
    if lacking and not settings.leaf(OWN_HOST).is_file():
        raise Misconfigured(
            f"listener {lacking[0]} is to speak TLS, and there is no certificate for {OWN_HOST}",
            hint="`ringfence certificates` makes it",
        )


async def _supervise(settings: Settings, chosen: tuple[Program, ...], console: Console) -> str | None:
    loop = asyncio.get_running_loop()
    supervisor = Supervisor(
        chosen, settings.home / "logs", lambda text: console.print(show.plain(text), soft_wrap=True)
    )
    for number in _SIGNALS:
        loop.add_signal_handler(number, supervisor.stop)
    watching = asyncio.create_task(_watch(settings, console))
    try:
        return await supervisor.run()
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching
        console.print("stopped")


async def _watch(settings: Settings, console: Console) -> None:
    """Say when bots may come, and then show how things stand for as long as a person looks."""
    while not _ready(await _look(settings)):  # noqa: ASYNC110  # only asking tells
        await asyncio.sleep(_LOOK_SECONDS)
    for listener in settings.listeners:
        console.print(f"ready: {listener.exchange} at {listener.url}")
    if settings.proxy is not None:
        console.print(f"ready: bots with a pass, by the proxy at http://127.0.0.1:{settings.proxy.port}")
    if settings.names is not None:
        console.print(f"ready: {', '.join(settings.names.exchanges)} by name, at {settings.names.address}")
    if not show.terminal():
        return
    with Live(Text(), console=console, transient=True, auto_refresh=False) as live:
        while True:
            found = await _look(settings)
            said = "the signer does not answer" if found is None else line(found)
            live.update(Text(said, "dim", no_wrap=True, overflow="ellipsis"), refresh=True)
            await asyncio.sleep(_LOOK_SECONDS)


def _ready(found: Status | None) -> bool:
    return found is not None and found.processes.get("gateway", False) and found.processes.get("courier", False)


async def _look(settings: Settings) -> Status | None:
    try:
        reply = await control.asking(settings, AskStatus())
    except RingfenceError:
        return None
    return read(reply.body, Status) if isinstance(reply, Reply) else None
