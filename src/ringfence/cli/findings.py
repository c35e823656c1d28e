"""How an audit's report is shown: the worst first, what to do once for each rule; and in files for programs."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import msgspec
from rich.console import Console
from rich.padding import Padding
from rich.text import Text

import ringfence
from ringfence.audit.checked import Verdict, tally
from ringfence.audit.finding import Finding, Severity
from ringfence.audit.forms.page import page
from ringfence.audit.forms.sarif import sarif
from ringfence.audit.report import FORMAT, Report
from ringfence.audit.rules import RULES
from ringfence.cli import show
from ringfence.errors import Misconfigured

_STYLE = {
    Severity.CRITICAL: "bold red",
    Severity.HIGH: "red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.INFO: "dim",
}
_QUIET = (Severity.LOW, Severity.INFO)  # counted, and listed where they are asked for
_PLACES = 8  # of one rule; the files list all
_UNSEEN = 6


def as_json(report: Report) -> None:
    """Print a report for programs."""
    told = {"format": FORMAT, **msgspec.to_builtins(report)}
    if not report.checks:
        del told["checks"], told["score"]
    told["findings"] = [msgspec.to_builtins(one) | {"fingerprint": one.fingerprint} for one in report.findings]
    show.value(told)


def write(report: Report, sarif_to: Path | None, html_to: Path | None) -> None:
    """Write the forms that were asked for; raises `Misconfigured` where a file cannot be written."""
    if sarif_to is not None:
        put(sarif_to, json.dumps(sarif(report, RULES, ringfence.__version__), indent=1))
    if html_to is not None:
        put(html_to, page(report, RULES))


def put(path: Path, text: str) -> None:
    """Write a file that was asked for; raises `Misconfigured`."""
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Misconfigured(f"{path} cannot be written: {error.strerror}") from None


def draw(report: Report, *, everything: bool) -> None:
    """Show a report to a person."""
    console = show.out()
    shown = [one for one in report.findings if everything or one.severity not in _QUIET]
    for (_, rule), found in groupby(shown, key=lambda one: (one.severity.rank, one.rule)):
        _rule(console, rule, list(found), everything=everything)
    _gaps(console, report, everything=everything)
    if everything:
        _checks(console, report)
    for waiver in report.expired:
        what = waiver.finding or f"{waiver.rule} at {waiver.path}"
        console.print(Text(show.plain(f"a waiver ended on {waiver.until}: {what}"), "yellow"))
    for note in report.notes:
        console.print(show.plain(note))
    console.print(_sum(report, everything=everything))


def _rule(console: Console, rule: str, found: list[Finding], *, everything: bool) -> None:
    worst = found[0]
    head = Text.assemble((worst.severity.value.upper(), _STYLE[worst.severity]), "  ", (rule, "dim"))
    console.print(head)
    listed = found if everything else found[:_PLACES]
    for one in listed:
        place = Text(show.plain(str(one.place)), "bold")
        console.print(Padding(Text.assemble(place, "  ", show.plain(one.text)), (0, 0, 0, 2)))
        for step in one.way:
            words = show.plain(f"{step.place}  {step.text}")
            console.print(Padding(Text(f"└ {words}", "dim"), (0, 0, 0, 4)))
    if len(found) > len(listed):
        console.print(Text(f"  and {len(found) - len(listed)} more; --all lists them", "dim"))
    for label, said in (("next", worst.fix), ("behind Ringfence", worst.stopped)):
        if said:
            console.print(Padding(Text.assemble((f"{label}: ", "green"), show.plain(said)), (0, 0, 0, 2)))
    console.print()


def _gaps(console: Console, report: Report, *, everything: bool) -> None:
    """Show what was not looked at, alike together."""
    if not report.unanswered:
        return
    console.print(Text("NOT LOOKED AT", "magenta"))
    reasons = Counter(one.why for one in report.unanswered)
    first = {one.why: one for one in reversed(report.unanswered)}
    for why, count in reasons.most_common(None if everything else _UNSEEN):
        more = f" and {count - 1:,} more" if count > 1 else ""
        where = Text(show.plain(f"{first[why].place}{more}"), "bold")
        console.print(Padding(Text.assemble(where, "  ", show.plain(why)), (0, 0, 0, 2)))
    if not everything and len(reasons) > _UNSEEN:
        console.print(Text(f"  and for {len(reasons) - _UNSEEN} other reasons; --all lists them", "dim"))
    console.print()


def _checks(console: Console, report: Report) -> None:
    """List the checks that found nothing, and why."""
    for verdict in (Verdict.PASS, Verdict.NOT_APPLICABLE):
        found = [one for one in report.checks if one.verdict is verdict]
        if found:
            console.print(Text(verdict.upper(), "green" if verdict is Verdict.PASS else "dim"))
        for one in found:
            said = Text.assemble((show.plain(one.rule), "bold"), "  ", show.plain(one.evidence))
            console.print(Padding(said, (0, 0, 0, 2)))
    if report.checks:
        console.print()


def _sum(report: Report, *, everything: bool) -> Text:
    counts = Counter(one.severity for one in report.findings)
    text = Text(show.plain(f"{', '.join(report.audits)}: {_much(report)}; "))
    if not report.findings:
        text.append("nothing found", "bold green" if not report.unanswered else "bold")
    for index, severity in enumerate(one for one in Severity if counts[one]):
        hidden = " (not listed)" if severity in _QUIET and not everything else ""
        text.append(", " if index else "")
        text.append(f"{counts[severity]} {severity.value}{hidden}", _STYLE[severity])
    for more in _rest(report):
        text.append(f"; {more}")
    return text


def _much(report: Report) -> str:
    if not report.checks:
        return f"{report.files:,} file{'s' * (report.files != 1)}{_size(report)}"
    return f"{tally(report.checks)}; {f'score {report.score}' if report.score is not None else 'no score'}"


def _size(report: Report) -> str:
    return f", {report.size / 1e6:,.1f} MB" if report.size else ""


def _rest(report: Report) -> Iterator[str]:
    if report.unanswered:
        yield f"{len(report.unanswered):,} not looked at"
    if report.waived:
        yield f"{len(report.waived)} waived"
    if report.known:
        yield f"{report.known} known before"
