"""`ringfence demo`: an honest bot, then the same key in other hands, and what that cost beside what was promised."""

import json
import signal
from contextlib import ExitStack, suppress

import msgspec

from ringfence.drill import honest, promise
from ringfence.drill.attacks import ATTACKS
from ringfence.drill.deployment import Deployment, Pointed, one_at_a_time, temporary_home
from ringfence.drill.drill import Drill
from ringfence.drill.interrupt import INTERRUPTED, interruptible
from ringfence.drill.promise import Journal, Radius
from ringfence.drill.report import Report
from ringfence.drill.venue import Venue
from ringfence.drill.verdict import Evidence, Result, faults
from ringfence.errors import Misconfigured

_TWICE = (
    "Every attack is one program that runs twice: with a real key straight at the exchange, and with the virtual key"
    " through Ringfence. An accomplice there is rich enough to buy up the whole order book. Prices stand still."
)


def run(*, keep: bool) -> int:
    """Show everything; 0 where all was as promised, 1 where not. With `keep` it stays up until it is interrupted."""
    report = Report()
    try:
        with interruptible(), temporary_home(keep=keep) as home, ExitStack() as stack:
            return _show(report, Deployment(home), stack, keep=keep)
    except KeyboardInterrupt:
        Report().line("stopped; nothing is left running")  # a new one: the other may have been in the middle of a line
        return INTERRUPTED


def _show(report: Report, deployment: Deployment, stack: ExitStack, *, keep: bool) -> int:
    report.title("A rehearsal: an exchange on this machine, play money, and Ringfence before it")
    with one_at_a_time():
        with report.busy("making a vault with the real key, a policy, and a virtual key for the bot"):
            pointed = deployment.make()
        with report.busy("starting everything, and waiting for fresh prices"):
            stack.enter_context(deployment.running())
    _trade(report, pointed)
    promised = promise.radius(deployment)
    results, key_seen = _attack(report, deployment, pointed)
    with report.busy("exporting and verifying the journal"):
        journal = promise.journal(deployment, deployment.home / "exported")
    evidence = Evidence(results, promised.promised, journal.problems, key_seen)
    _tell(report, promised, evidence, journal)
    if keep:
        _hold(report, deployment, pointed)
    return 1 if faults(evidence) else 0


def _trade(report: Report, pointed: Pointed) -> None:
    report.title("A bot: ccxt as published, with the virtual key and Ringfence's address")
    with report.busy("trading"):
        did = honest.trade(pointed)
    for said in did:
        report.line(said)


def _attack(report: Report, deployment: Deployment, pointed: Pointed) -> tuple[tuple[Result, ...], bool]:
    """Run every attack; also says whether the real key came back with an answer."""
    report.title("The bot is taken over")
    report.line(_TWICE)
    drill = _drill(deployment, pointed)
    drill.prepare()
    results: list[Result] = []
    for attack in ATTACKS:
        with report.attack(attack):
            results.append(drill.run(attack))
        report.stopped(results[-1])
    return tuple(results), drill.saw_the_key(results)


def _tell(report: Report, promised: Radius, evidence: Evidence, journal: Journal) -> None:
    report.table(evidence.results)
    report.notes(evidence.results)
    report.title("What was promised, and what was lost")
    report.comparison(promised, evidence)
    report.title("The journal")
    report.journal(journal)
    report.title("Verdict")
    report.verdict(faults(evidence), evidence)


def _drill(deployment: Deployment, pointed: Pointed) -> Drill:
    settings = deployment.settings
    if settings.paper is None or not settings.listeners:
        raise Misconfigured(f"{deployment.home} has no rehearsal exchange")
    return Drill(
        Venue(settings.socket("paper")),
        deployment.keys(),
        exchange=settings.paper.plain_port,
        gateway=settings.listeners[0].port,
        virtual=(pointed.apiKey, pointed.secret),
    )


def _hold(report: Report, deployment: Deployment, pointed: Pointed) -> None:
    """Say where everything is, and leave it running until somebody ends it."""
    drill = _drill(deployment, pointed)
    drill.venue.freeze(frozen=False)
    report.title("Still running; ^C stops it, and keeps the directory")
    report.line(f"home        {deployment.home}")
    report.line(f"passphrase  {deployment.passphrase.decode()}  (it guards play money)")
    report.line(f"Ringfence   http://127.0.0.1:{drill.gateway}")
    report.line(f"exchange    http://127.0.0.1:{drill.exchange}  (without Ringfence)")
    report.line(f"to look at  ringfence --home {deployment.home} status")
    report.line("the virtual key, as `ccxt.binance(...)` takes it:")
    report.raw(json.dumps(msgspec.to_builtins(pointed)))
    with suppress(KeyboardInterrupt):
        signal.pause()
    report.line("stopping")
