"""Ask one check of a made-up server, as the audit does; and read the words of a group's rules."""

import tomllib
from importlib import resources

from ringfence.audit.finding import Severity
from ringfence.audit.host.answer import Answer, Check, Verdict, unknown
from ringfence.audit.host.expected import Expected
from ringfence.audit.host.host import Host
from ringfence.audit.host.source import Unseen

PASS, FAIL, UNKNOWN, NOTHING = Verdict.PASS, Verdict.FAIL, Verdict.UNKNOWN, Verdict.NOT_APPLICABLE
KEYS = {"severity", "title", "why", "fix", "reference", "example"}


def ask(checks: tuple[Check, ...], rule: str, server: Host, expected: Expected | None = None) -> Answer:
    """Ask the check that is about a rule; what it could not see is unknown."""
    check = next(each for each in checks if each.rule == f"host/{rule}")
    try:
        return check.ask(server, expected or Expected())
    except Unseen as unseen:
        return unknown(str(unseen))


def wordless(checks: tuple[Check, ...], group: str) -> list[str]:
    """List what is wrong with the words of a group: rules that have none, words of no rule, and keys amiss."""
    text = (resources.files("ringfence.audit.host.checks") / f"{group}.toml").read_text("utf-8")
    tables = tomllib.loads(text)
    named = [check.rule for check in checks]
    faults = [rule for rule in named if named.count(rule) > 1 or rule.removeprefix("host/") not in tables]
    faults += [rule for rule in tables if f"host/{rule}" not in named]
    faults += [rule for rule, table in tables.items() if set(table) != KEYS or not Severity(table["severity"])]
    low = {rule for rule, table in tables.items() if table["severity"] == "low"}
    return faults + [check.rule for check in checks if check.optional != (check.rule.removeprefix("host/") in low)]
