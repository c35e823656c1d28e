"""What other auditors of servers say: Lynis' report and ssh-audit's, taken in where they are there.

Both are read as hostile: whatever a text holds, it comes to findings or to something unanswered, and never to an error.
"""

import datetime as dt
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from ringfence.audit.finding import Finding, Place, Severity, Unanswered

LYNIS: Final = "/var/log/lynis-report.dat"
"""Where Lynis leaves its report."""

_OLDEST = dt.timedelta(days=30)  # a month: as often as logs are to be reviewed
_AHEAD = dt.timedelta(days=1)  # a report tells its server's own time, not UTC
_MOST = 1000  # findings: Lynis has some 450 tests
_LONGEST = 300  # characters that are kept of a text
_FEW = 5  # notes of one algorithm: ssh-audit has three at most
_TEST = re.compile(r"[A-Z][A-Z0-9]{1,11}(?:-[A-Z0-9]{1,8})?")
_SAYS = re.compile(r"(?P<what>warning|suggestion|details)\[\]=(?P<rest>.*)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]+")


class Said(msgspec.Struct, frozen=True):
    """What another auditor says; `index` is Lynis' hardening index, from 0 to 100."""

    findings: tuple[Finding, ...] = ()
    unanswered: tuple[Unanswered, ...] = ()
    index: int | None = None


def lynis(text: str, now: float, path: str = LYNIS) -> Said:
    """Take in Lynis' report; an old one says nothing about today, and none of what it found is told."""
    lines = text.split("\n")
    fields = dict(line.split("=", 1) for line in lines if "=" in line and "[]=" not in line)
    stale = _stale(fields.get("report_datetime_end", "").strip(), now)
    if stale:
        return Said(unanswered=(Unanswered(Place(path), f"Lynis: {stale}; run `lynis audit system`"),))
    said = [(number, found) for number, line in enumerate(lines, 1) if (found := _SAYS.match(line))]
    told = [_of_lynis(path, number, found["what"], found["rest"].split("|")) for number, found in said[:_MOST]]
    findings = [one for one in told if one is not None]
    gaps = []
    if len(findings) < len(told):
        gaps.append(f"Lynis: {len(told) - len(findings)} lines are none of its own")
    if len(said) > _MOST:
        gaps.append(f"Lynis: {len(said) - _MOST} lines more than a report has")
    return Said(
        _specific(findings),
        tuple(Unanswered(Place(path), gap) for gap in gaps),
        _index(fields.get("hardening_index", "")),
    )


def _stale(ended: str, now: float) -> str:
    try:
        at = dt.datetime.strptime(ended, "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC)
    except ValueError:
        return "its report does not say that it came to an end"
    age = dt.datetime.fromtimestamp(now, dt.UTC) - at
    if age < -_AHEAD:
        return f"its report is of {at:%Y-%m-%d}, which is to come"
    return f"its report is {age.days} days old" if age > _OLDEST else ""


def _index(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text.strip()) and int(text) <= 100 else None  # noqa: PLR2004  # percent


def _of_lynis(path: str, number: int, what: str, parts: list[str]) -> Finding | None:
    test, rest = parts[0], [part for part in map(_plain, parts[1:]) if part not in {"", "-"}]
    if not _TEST.fullmatch(test) or not rest:
        return None
    place = Place(path, number)
    if what == "details":
        return _detail(place, test, rest)
    fix = next(
        (part.removeprefix("text:") for part in rest[1:] if part.startswith("text:")), f"lynis show details {test}"
    )
    text = ": ".join(part for part in rest if not part.startswith("text:"))
    severity = Severity.MEDIUM if what == "warning" else Severity.INFO
    return Finding("host/lynis", severity, place, f"{test}: {text}", fix, test)


def _detail(place: Place, test: str, rest: list[str]) -> Finding:
    told = dict(pair.split(":", 1) for pair in rest[-1].split(";") if ":" in pair)
    name = told.get("field") or rest[0]
    text = (
        f"{test}: {name} is {told.get('value', '?')}, Lynis wants {told.get('prefval', '?')}: {told.get('desc', '?')}"
    )
    return Finding("host/lynis", Severity.INFO, place, text, f"lynis show details {test}", f"{test} {name}")


def _specific(findings: list[Finding]) -> tuple[Finding, ...]:
    """Leave out a suggestion whose test tells its details: they say the same, one by one."""
    detailed = {one.subject.partition(" ")[0] for one in findings if " " in one.subject}
    return tuple(one for one in findings if one.severity != Severity.INFO or one.subject not in detailed)


def _plain(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()[:_LONGEST]


class _Notes(msgspec.Struct, frozen=True):
    fail: tuple[str, ...] = ()
    warn: tuple[str, ...] = ()


class _Algorithm(msgspec.Struct, frozen=True):
    algorithm: str
    notes: _Notes


class _Cve(msgspec.Struct, frozen=True):
    name: str
    description: str = ""


class _Server(msgspec.Struct, frozen=True):
    target: str
    kex: tuple[_Algorithm, ...]
    key: tuple[_Algorithm, ...]
    enc: tuple[_Algorithm, ...]
    mac: tuple[_Algorithm, ...]
    cves: tuple[_Cve, ...] = ()


_FIX = "in /etc/ssh/sshd_config.d/00-ringfence.conf: name the algorithms that you want, without this one"


def ssh_audit(text: str, path: str) -> Said:
    """Take in what `ssh-audit -j` printed, of one server or of several."""
    try:
        told = msgspec.json.decode(text, type=_Server | tuple[_Server, ...])
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        why = "is no JSON that ssh-audit 3 prints; run `ssh-audit -j SERVER`"
        return Said(unanswered=(Unanswered(Place(path), why),))
    servers = told if isinstance(told, tuple) else (told,)
    findings = [one for server in servers for one in _of_server(server, path)]
    more = (Unanswered(Place(path), f"ssh-audit: {len(findings) - _MOST} findings more than a server has"),)
    return Said(tuple(findings[:_MOST]), more if len(findings) > _MOST else ())


def _of_server(server: _Server, path: str) -> Iterator[Finding]:
    where = _plain(server.target)
    for cve in server.cves:
        name = _plain(cve.name)
        text = f"{where}: {name}: {_plain(cve.description)}"
        yield Finding(
            "host/ssh-audit", Severity.HIGH, Place(path), text, "apt upgrade openssh-server", f"{where} {name}"
        )
    parts = {"key exchange": server.kex, "host key": server.key, "cipher": server.enc, "MAC": server.mac}
    for kind, offered in parts.items():
        for one in offered:
            yield from _of_algorithm(one, f"{where} {kind} {_plain(one.algorithm)}", path)


def _of_algorithm(one: _Algorithm, subject: str, path: str) -> Iterator[Finding]:
    notes = one.notes.fail or one.notes.warn
    if notes:
        severity = Severity.HIGH if one.notes.fail else Severity.LOW
        text = f"{subject}: {'; '.join(map(_plain, notes[:_FEW]))}"
        yield Finding("host/ssh-audit", severity, Place(path), text[: 2 * _LONGEST], _FIX, subject)
