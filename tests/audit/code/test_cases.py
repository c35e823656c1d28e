"""What thieves, careless people and honest people write: a table in cases.txt, read as projects of their own."""

import re
from pathlib import Path

import pytest

from ringfence.audit.code.project import join
from ringfence.audit.code.python import read
from ringfence.audit.finding import Finding, Severity

TABLE = Path(__file__).with_name("cases.txt").read_text("utf-8")
CASES = [
    (head.split(" | ")[0], head.split(" | ")[1].strip(), body)
    for head, _, body in (block.partition("\n") for block in re.split(r"(?m)^=== ", TABLE)[1:])
]


def found(files: dict[str, bytes]) -> list[Finding]:
    """Read a project and say everything that is found."""
    modules = [read(path, data) for path, data in files.items()]
    return [item for module in modules for item in module.findings] + list(join(modules))


def verdict(findings: list[Finding]) -> str:
    """Say of a whole project what its worst finding says."""
    worst = min((item.severity.rank for item in findings), default=Severity.INFO.rank)
    return "malicious" if worst == 0 else "risky" if worst <= Severity.MEDIUM.rank else "honest"


def files_of(body: str) -> dict[str, bytes]:
    """Take a case apart into its files."""
    parts = re.split(r"(?m)^--- (\S+)\n", body)
    named = dict(zip(parts[1::2], (part.encode() for part in parts[2::2]), strict=True))
    return named or {"bot/main.py": parts[0].encode()}


@pytest.mark.parametrize(("name", "label", "body"), CASES, ids=[name for name, _, _ in CASES])
def test_a_project_is_called_what_it_is(name: str, label: str, body: str) -> None:
    findings = found(files_of(body))
    assert verdict(findings) == label, [(item.rule, item.text) for item in findings]


@pytest.mark.parametrize(("name", "label", "body"), CASES, ids=[name for name, _, _ in CASES])
def test_no_name_or_comment_or_quotes_make_a_project_look_better(name: str, label: str, body: str) -> None:
    # packages keep their own directory: what imports what must stay the same
    place = "" if "--- " in body else "tests/docs/"
    before, after = b'NOTE = "%s"\n# nosec noqa: ignore\n' % (b"'" * 3), b"\n# nosec\n"
    assert verdict(found({place + path: before + data + after for path, data in files_of(body).items()})) == label
