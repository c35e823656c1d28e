"""`ringfence canary`: try, as a bot and from where it is, whether it is confined; as root, by systemd each hour.

What the bot says counts for nothing: systemd starts the probe, from root's code, with root's questions.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from ringfence.canary import container, judge, targets
from ringfence.canary.asked import Told, Try, question
from ringfence.canary.cells import cell
from ringfence.canary.judge import Verdict
from ringfence.canary.processes import own_network, processes
from ringfence.cli import control, show
from ringfence.cli.control import NotRunning
from ringfence.deploy import names
from ringfence.deploy.bots import Bot, load
from ringfence.deploy.machine import Live
from ringfence.deploy.people import people
from ringfence.errors import Misconfigured, RingfenceError
from ringfence.ipc.messages import AskProven
from ringfence.settings import Settings
from ringfence.settings import load as load_settings

_STARTS, _AGAIN = 30.0, 0.2  # seconds; Argon2id takes one or two on a small server
_MOST = 200  # rows that the journal keeps of what was open
_CODE = Path(__file__).resolve().parents[2]


def canary(
    context: typer.Context,
    bot: Annotated[str, typer.Argument(help="Which bot; all of them without a name.")] = "",
    as_json: show.AsJson = False,
) -> None:
    """Try whether a bot is confined: everything a captured one would try. Exit code 1 where anything is open."""
    settings = load_settings(context.obj)
    bots = load(settings.home)
    if os.geteuid() != 0:
        raise Misconfigured("only root can try as a bot and look at every process", hint="run it with sudo")
    if not bots or (bot and bot not in bots):
        raise Misconfigured(f"no bot {bot} is deployed".replace("  ", " "), hint="`ringfence deploy --bot NAME` does")
    found = {name: prove(settings, name, bots[name]) for name in ((bot,) if bot else bots)}
    if as_json:
        show.value(found)
    else:
        for name, verdict in found.items():
            draw(name, verdict)
    raise typer.Exit(0 if all(verdict.held for verdict in found.values()) else 1)


def prove(settings: Settings, name: str, bot: Bot) -> Verdict:
    """Run a canary and tell the signer what came of it; raises `RingfenceError` where the signer does not take it."""
    verdict = run(settings, name, bot)
    failed = tuple(f"{row.what}: {row.seen}" for row in verdict.failed[:_MOST])
    _tell(settings, AskProven(name, verdict.held, len(verdict.rows), failed))
    return verdict


def _tell(settings: Settings, proven: AskProven) -> None:
    """Tell the signer, which may only just be opening its vault."""
    until = time.monotonic() + _STARTS
    while True:
        try:
            control.ask(settings, proven)
        except NotRunning:
            if time.monotonic() > until:
                raise
            time.sleep(_AGAIN)
        else:
            return


def run(settings: Settings, name: str, bot: Bot) -> Verdict:
    """Have the probe run where a bot is, and judge what it told; one run at a time, since they share its files."""
    machine = Live()
    folder = Path(names.RUN, "canary")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _run(settings, name, bot, machine, folder)


def _run(settings: Settings, name: str, bot: Bot, machine: Live, folder: Path) -> Verdict:
    tries = targets.tries(settings, name, bot, str(_CODE), tuple(_ours(machine)))
    uid = people(machine).uid(names.bot_user(name))
    try:
        if bot.container:
            return _in_container(settings, name, uid, container.tries(tries), machine, folder)
        told = _told(name, tries, machine, folder)
    except (RingfenceError, OSError, msgspec.MsgspecError) as error:
        return judge.missing(f"the probe told nothing: {error}")
    return judge.judge(tries, told, uid, own_network(), tuple(processes(uid, names.bot_unit(name))))


def _in_container(  # all that a run needs
    settings: Settings, name: str, uid: int, tries: tuple[Try, ...], machine: Live, folder: Path
) -> Verdict:
    """Have the probe run in the network of a bot's container, and look at all that lives there."""
    relay, _ = cell(uid)
    machine.link(str(folder / f"{name}.net"), f"/proc/{relay}/ns/net")
    told = _told(name, tries, machine, folder)
    ours = container.ours(name, str(settings.trust))
    return container.decide(tries, told, uid, own_network(), cell(uid)[1], ours)


def _told(name: str, tries: tuple[Try, ...], machine: Live, folder: Path) -> Told:
    """Have systemd run the probe, and read what it told."""
    told_at = folder / f"{name}.told"
    told_at.unlink(missing_ok=True)
    (folder / f"{name}.ask").write_bytes(question(tries))
    machine.run("systemctl", "start", names.probe_unit(name))
    return msgspec.json.decode(told_at.read_bytes(), type=Told)


def draw(name: str, verdict: Verdict) -> None:
    """Show what a canary came to: all that is open, or that nothing is."""
    console = show.out()
    if verdict.held:
        console.print(Text(f"bot {name} is confined: {len(verdict.rows)} things tried, all as they must be", "green"))
        return
    console.print(Text(f"bot {name} is NOT confined", "bold red"))
    for row in verdict.failed:
        console.print(Text(show.plain(f"  {row.what}: {row.seen}")), soft_wrap=True)
    console.print(f"{len(verdict.rows)} things tried, {len(verdict.failed)} of them not as they must be")


def _ours(machine: Live) -> Iterator[int]:
    for process in names.PROCESSES:
        said = machine.run("systemctl", "show", "-p", "MainPID", "--value", names.unit(process)).strip()
        if said.isdigit() and said != "0":
            yield int(said)
