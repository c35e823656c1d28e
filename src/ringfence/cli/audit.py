"""`ringfence audit`: can the bot be trusted, and its server? What is there is read, and never run."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated

import typer

from ringfence.audit import survey as surveying
from ringfence.audit.finding import Severity
from ringfence.audit.messages import Look
from ringfence.audit.survey import Scope
from ringfence.cli import auditbot, auditing, deps, digests, hook, powers, server, show, updating
from ringfence.cli.auditing import (
    BaselineOption,
    Everything,
    FailOn,
    Html,
    Lock,
    Sarif,
    Target,
    Timeout,
    WaiversOption,
    Wheels,
    Wish,
    With,
    YaraRules,
)
from ringfence.cli.unlock import PassphraseFd, open_vault
from ringfence.settings import load

app = typer.Typer(
    help="Look for leaked secrets, hostile code, bad dependencies and an open server; nothing that is read is run.",
    no_args_is_help=True,
)
History = Annotated[bool, typer.Option("--history/--no-history", help="Read the git history as well.")]
Processes = Annotated[
    bool, typer.Option("--processes", help="Look at the environment and command line of running processes as well.")
]


@app.command("secrets")
def secrets(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    path: Target = Path(),
    staged: Annotated[bool, typer.Option("--staged", help="Only what git is about to commit.")] = False,
    history: History = True,
    processes: Processes = False,
    with_: With = None,
    timeout: Timeout = surveying.SECONDS,
    fail_on: FailOn = Severity.HIGH,
    everything: Everything = False,
    sarif: Sarif = None,
    html: Html = None,
    waivers: WaiversOption = None,
    baseline: BaselineOption = None,
    as_json: show.AsJson = False,
) -> None:
    """Find keys, seeds and passwords that lie in files, logs, notebooks or git history; none is ever shown."""
    wish = Wish(fail_on, everything, as_json, sarif, html, waivers, baseline)
    root = auditing.root_of(path)
    look = Look(secrets=True, known=auditing.known(context.obj))
    seen = auditing.survey(root, look, Scope(history, processes, staged, timeout))
    found, odd = auditing.asked(context.obj, root, with_)
    report = auditing.report(("secrets",), root, seen, odd, auditing.notes(look))
    auditing.finish(context.obj, report, (*seen.findings, *found), wish)


@app.command("code")
def code(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    path: Target = Path(),
    lock: Lock = None,
    wheels: Wheels = None,
    with_: With = None,
    rules: YaraRules = None,
    timeout: Timeout = surveying.SECONDS,
    fail_on: FailOn = Severity.HIGH,
    everything: Everything = False,
    sarif: Sarif = None,
    html: Html = None,
    waivers: WaiversOption = None,
    baseline: BaselineOption = None,
    as_json: show.AsJson = False,
) -> None:
    """Say what a bot's code can do to your money, and whether Ringfence stops it."""
    wish = Wish(fail_on, everything, as_json, sarif, html, waivers, baseline)
    root = auditing.root_of(path)
    exempt, odd = auditing.exempted(lock or (), wheels)
    seen = auditing.survey(root, Look(code=True, exempt=exempt), Scope(seconds=timeout))
    found, more = auditing.asked(context.obj, root, with_, auditing.yara(rules))
    judged = auditing.judged(seen)
    report = auditing.report(("code",), root, seen, (*odd, *more))
    auditing.finish(context.obj, report, (*judged, *found), wish)


@app.command("all")
def all_(  # noqa: PLR0913, PLR0917  # one option each
    context: typer.Context,
    path: Target = Path(),
    lock: Lock = None,
    wheels: Wheels = None,
    history: History = True,
    processes: Processes = False,
    with_: With = None,
    timeout: Timeout = surveying.SECONDS,
    fail_on: FailOn = Severity.HIGH,
    everything: Everything = False,
    sarif: Sarif = None,
    html: Html = None,
    waivers: WaiversOption = None,
    baseline: BaselineOption = None,
    as_json: show.AsJson = False,
) -> None:
    """Look for all of it at once: secrets, code and dependencies."""
    wish = Wish(fail_on, everything, as_json, sarif, html, waivers, baseline)
    root = auditing.root_of(path)
    exempt, odd = auditing.exempted(lock or (), wheels)
    look = Look(secrets=True, code=True, known=auditing.known(context.obj), exempt=exempt)
    with ThreadPoolExecutor(1) as beside:
        composed = beside.submit(deps.look, context.obj, root, aloud=False)
        seen = auditing.survey(root, look, Scope(history, processes, seconds=timeout))
        parts = composed.result()
    found, more = auditing.asked(context.obj, root, with_)
    findings = (*seen.findings, *auditing.judged(seen), *parts.findings, *found)
    gaps, notes = (*odd, *parts.unanswered, *more), (*auditing.notes(look), *parts.notes)
    report = auditing.report(("secrets", "code", "deps"), root, seen, gaps, notes)
    auditing.finish(context.obj, report, findings, wish)


app.command("deps")(deps.deps)
app.command("host")(server.host)
app.command("bot")(auditbot.bot)
app.command("powers")(powers.powers)
app.command("update")(updating.update_)
app.command("hook")(hook.hook)


@app.command("remember")
def remember(context: typer.Context, passphrase_fd: PassphraseFd = None) -> None:
    """Keep digests of the vault's secrets, old ones too, so that a copy of one is known wherever it lies."""
    settings = load(context.obj)
    with open_vault(settings, passphrase_fd) as vault:
        count = digests.keep(settings, vault)
    typer.echo(f"{count} secret(s) are new to {settings.known}; it holds digests and no secret")
