"""A report as one HTML page that needs nothing else: no script, no picture, nothing from a network."""

import re
from collections.abc import Iterator
from html import escape

from ringfence.audit.checked import Checked, tally
from ringfence.audit.finding import Finding, Severity
from ringfence.audit.report import Report
from ringfence.audit.rule import Rule

_STYLE = """
:root { color-scheme: light dark; --line: #8884; --dim: #777; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin-bottom: 0; } h2 { font-size: 1.1rem; margin-top: 2rem; }
p.dim, .dim { color: var(--dim); }
article { border-left: .3rem solid var(--line); padding: .1rem 1rem; margin: 1rem 0; }
article.critical { border-color: #c0392b; } article.high { border-color: #d9731a; }
article.medium { border-color: #c9a400; } article.low, article.info { border-color: #5b8db8; }
h3 { font-size: 1rem; margin: .3rem 0; }
code, .place { font: 13px/1.5 ui-monospace, monospace; overflow-wrap: anywhere; }
ol { margin: .3rem 0; padding-left: 1.5rem; } table { border-collapse: collapse; } td, th { padding: .2rem 1rem .2rem 0;
text-align: left; vertical-align: top; } .counts td { font-variant-numeric: tabular-nums; }
"""
_BACKTICKS = re.compile(r"`([^`]{1,300})`")
# Nothing that a stranger's file is called may load or run anything, should an escape ever be missed.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(report: Report, rules: tuple[Rule, ...]) -> str:
    """Write a report as a page."""
    named = {rule.id: rule for rule in rules}
    return "\n".join((*_head(report), *_body(report, named), "</body></html>", ""))


def _head(report: Report) -> Iterator[str]:
    title = f"Ringfence: audit of {report.target}"
    yield '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield f'<meta name="viewport" content="width=device-width"><title>{_text(title)}</title>'
    yield f"<style>{_STYLE}</style></head><body>"
    yield f"<h1>{_text(title)}</h1>"
    much = tally(report.checks) if report.checks else f"{report.files:,} files"
    looked = f"{', '.join(report.audits)} · {report.at:%Y-%m-%d %H:%M} UTC · {much}"
    yield f'<p class="dim">{_text(looked)}</p>'


def _body(report: Report, rules: dict[str, Rule]) -> Iterator[str]:
    if report.score is not None:
        yield f"<p><strong>{_text(f'Score: {report.score}')}</strong></p>"
    yield from _counts(report)
    for severity in Severity:
        found = [one for one in report.findings if one.severity is severity]
        if found:
            yield f"<h2>{severity.value.capitalize()} <span class=dim>({len(found)})</span></h2>"
            for one in found:
                yield from _finding(one, rules.get(one.rule))
    yield from _table("Not looked at", [(str(gap.place), gap.why) for gap in report.unanswered])
    yield from _table(
        "Waived",
        [(one.finding.rule, str(one.finding.place), one.reason, f"until {one.until}") for one in report.waived],
    )
    yield from _table("Checks", [_checked(one) for one in report.checks])
    for note in report.notes:
        yield f'<p class="dim">{_text(note)}</p>'


def _checked(one: Checked) -> tuple[str, ...]:
    return one.rule, one.severity, f"{one.verdict}{', optional' if one.optional else ''}", one.evidence


def _table(title: str, rows: list[tuple[str, ...]]) -> Iterator[str]:
    if rows:
        yield f"<h2>{title} <span class=dim>({len(rows)})</span></h2><table>"
        for row in rows:
            yield f"<tr>{''.join(f'<td>{_text(word)}</td>' for word in row)}</tr>"
        yield "</table>"


def _counts(report: Report) -> Iterator[str]:
    yield '<table class="counts"><tr>'
    for severity in Severity:
        yield f"<td>{sum(one.severity is severity for one in report.findings)} {severity.value}</td>"
    yield f"<td>{len(report.unanswered)} not looked at</td><td>{len(report.waived)} waived</td>"
    yield f"<td>{report.known} known before</td></tr></table>"


def _finding(one: Finding, rule: Rule | None) -> Iterator[str]:
    yield f'<article class="{one.severity.value}"><h3>{_text(one.text)}</h3>'
    yield f'<div class="place">{_text(str(one.place))}</div>'
    if one.way:
        yield "<ol>"
        for step in one.way:
            yield f'<li>{_text(step.text)} <span class="place dim">{_text(str(step.place))}</span></li>'
        yield "</ol>"
    yield f"<p>{_text(rule.why)}</p>" if rule else ""
    yield f"<p><strong>Next:</strong> {_typed(one.fix)}</p>" if one.fix else ""
    yield f"<p>{_text(f'Behind Ringfence: {one.stopped}')}</p>" if one.stopped else ""
    yield f'<p class="dim">{_text(rule.reference)}</p>' if rule and rule.reference else ""
    yield f'<p class="dim"><code>{_text(one.rule)}</code> · <code>{one.fingerprint}</code></p></article>'


def _typed(said: str) -> str:
    """Write words of ours, in which what is to be typed stands between backticks."""
    return _BACKTICKS.sub(r"<code>\1</code>", _text(said))


def _text(said: str) -> str:
    """Write what a stranger may have chosen: as text, with what cannot be seen made visible."""
    return escape("".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in said))
