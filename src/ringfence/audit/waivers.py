"""Findings that somebody has answered for: a waiver each, with a reason and an end; and a baseline of what was known.

Both come from the owner and never from what is audited: a tree that could waive its own findings would.
"""

import datetime as dt
import tomllib
from fnmatch import fnmatchcase

import msgspec

from ringfence.audit.finding import Finding
from ringfence.errors import Misconfigured

LONGEST = dt.timedelta(days=366)
"""A waiver is looked at again at least every year (NIST SP 800-53, CA-5: a date by which)."""

_HINT = 'a waiver is [[waiver]] with rule = "code/tls-off", path = "tests/*", reason = "...", until = 2027-01-31'


class Waiver(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One rule at some paths (`*` and `?` as in a shell), or one finding by its fingerprint; until the end of a day."""

    reason: str
    until: dt.date
    rule: str = ""
    path: str = ""
    finding: str = ""

    def holds(self, today: dt.date) -> bool:
        """Say whether it has not ended."""
        return today <= self.until

    def covers(self, found: Finding) -> bool:
        """Say whether a finding is meant."""
        if self.finding:
            return found.fingerprint == self.finding
        return found.rule == self.rule and fnmatchcase(found.place.path, self.path)


class Baseline(msgspec.Struct, frozen=True):
    """What was found at an earlier time, by fingerprint."""

    fingerprints: frozenset[str]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    waiver: tuple[Waiver, ...] = ()


class _Found(msgspec.Struct, frozen=True):
    findings: tuple[Finding, ...]


def read(name: str, text: str, today: dt.date) -> tuple[Waiver, ...]:
    """Read a file of waivers; raises `Misconfigured` for one without a reason, a target or an end within a year."""
    try:
        waivers = msgspec.convert(tomllib.loads(text), _File).waiver
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise Misconfigured(f"{name}: {error}", hint=_HINT) from None
    for number, one in enumerate(waivers, 1):
        wrong = _wrong(one, today)
        if wrong:
            raise Misconfigured(f"{name}: waiver {number} {wrong}", hint=_HINT)
    return waivers


def baseline(name: str, data: bytes) -> Baseline:
    """Read a report that `--json` printed earlier; raises `Misconfigured` for what is none."""
    try:
        found = msgspec.json.decode(data, type=_Found).findings
    except msgspec.MsgspecError as error:
        hint = "write one with `ringfence audit ... --json > FILE`"
        raise Misconfigured(f"{name} is no report: {error}", hint=hint) from None
    return Baseline(frozenset(one.fingerprint for one in found))


def _wrong(one: Waiver, today: dt.date) -> str:
    if not one.reason.strip():
        return "gives no reason"
    if bool(one.finding) == bool(one.rule and one.path) or (one.finding and (one.rule or one.path)):
        return "names neither a finding nor a rule and a path, or both"
    return "" if one.until <= today + LONGEST else f"holds for more than {LONGEST.days} days"
