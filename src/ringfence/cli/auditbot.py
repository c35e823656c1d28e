"""`ringfence audit bot`: what a bot's own settings, containers and files let others do; read, and never run."""

import os
import pwd
from pathlib import Path
from typing import Annotated

import typer

from ringfence.audit.bot.bot import Bot, Owner, look
from ringfence.audit.bot.judge import judge
from ringfence.audit.finding import Finding, Severity, Unanswered
from ringfence.audit.report import Report
from ringfence.cli import auditing, show
from ringfence.cli.auditing import BaselineOption, Everything, FailOn, Html, Sarif, Target, WaiversOption, Wish
from ringfence.errors import Misconfigured

User = Annotated[
    str, typer.Option("--user", metavar="NAME", help="The user that the bot runs as: what may it change of its code?")
]


def bot(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    path: Target = Path(),
    user: User = "",
    fail_on: FailOn = Severity.HIGH,
    everything: Everything = False,
    sarif: Sarif = None,
    html: Html = None,
    waivers: WaiversOption = None,
    baseline: BaselineOption = None,
    as_json: show.AsJson = False,
) -> None:
    """Say what a bot's settings, containers and files let others do, and what to write instead."""
    wish = Wish(fail_on, everything, as_json, sarif, html, waivers, baseline)
    root = auditing.root_of(path)
    seen = look(root, _owner(user) if user else None)
    said = list(judge(seen))
    gaps = {one for one in said if isinstance(one, Unanswered)}
    report = Report(
        ("bot",),
        str(root),
        auditing.now(),
        unanswered=tuple(sorted(gaps, key=lambda one: (one.place, one.why))),
        files=len(seen.files.texts),
        notes=_notes(seen),
    )
    auditing.finish(context.obj, report, (one for one in said if isinstance(one, Finding)), wish)


def _notes(seen: Bot) -> tuple[str, ...]:
    return (f"bots that were found: {', '.join(sorted(seen.has))}",) if seen.has else ()


def _owner(name: str) -> Owner:
    """Find a user of this machine; raises `Misconfigured`."""
    try:
        found = pwd.getpwnam(name)
    except (KeyError, ValueError):
        raise Misconfigured(f"this machine has no user {name!r}", hint="`getent passwd` lists them") from None
    return Owner(name, found.pw_uid, frozenset(os.getgrouplist(name, found.pw_gid)))
