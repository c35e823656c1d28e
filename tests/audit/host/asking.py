"""One check asked of a made-up server, the way the audit asks it: what it could not see comes out as unknown."""

from collections.abc import Mapping

from ringfence.audit.checked import Checked
from ringfence.audit.host import run
from ringfence.audit.host.checks.all import CHECKS
from ringfence.audit.host.expected import Expected
from tests.audit.host.fake import host

_BY_NAME = {check.rule.removeprefix("host/"): check for check in CHECKS}
NOBODY = Expected()


def ask(rule: str, texts: Mapping[str, str], expected: Expected = NOBODY, **more: object) -> Checked:
    """Ask one check, by the name of its rule; it must need no other."""
    assert _BY_NAME[rule].needs == ()
    (one,) = run.ask(host(texts, **more), expected, (_BY_NAME[rule],))
    assert "the check broke" not in one.evidence
    return one


def verdict(rule: str, texts: Mapping[str, str], expected: Expected = NOBODY, **more: object) -> str:
    """Ask one check how it comes out."""
    return ask(rule, texts, expected, **more).verdict.value
