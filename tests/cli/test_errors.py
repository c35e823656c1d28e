import json
from pathlib import Path

import pytest

from ringfence.ipc.messages import Failed, Reply
from tests.cli.terminal import PASSPHRASE, program, ringfence, signer

_ASKING = [
    ("status",),
    ("why",),
    ("order", "show", "1"),
    ("log", "show"),
    ("policy", "show"),
    ("radius",),
    ("key", "check", "main"),
]


@pytest.mark.parametrize(
    "command", [*_ASKING, ("halt",), ("run",), ("resume",), ("key", "list"), ("bot", "list"), ("policy", "check")]
)
def test_without_a_deployment_every_command_says_so(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = ringfence(tmp_path / "none", *command)
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: there is no deployment in {tmp_path / 'none'}\nhint: run `ringfence init` first\n"


@pytest.mark.parametrize("command", _ASKING)
def test_without_a_signer_a_question_says_how_to_start_one(home: Path, command: tuple[str, ...]) -> None:
    done = ringfence(home, *command)
    assert (done.code, done.out) == (3, "")
    assert done.err == "error: the signer is not running\nhint: start it with `ringfence run`\n"


def test_with_json_an_error_is_json_too(home: Path) -> None:
    done = ringfence(home, "status", "--json")
    assert (done.code, done.err) == (3, "")
    assert done.json() == {"error": "the signer is not running", "hint": "start it with `ringfence run`"}


@pytest.mark.parametrize(
    ("kind", "code"), [("Misconfigured", 2), ("Unreachable", 3), ("Broken", 4), ("Misread", 1), ("SystemExit", 1)]
)
def test_what_the_signer_refuses_keeps_its_class_and_exit_code(home: Path, kind: str, code: int) -> None:
    with signer(home, AskPolicy=Failed(kind, "not so", "try this")):
        done = ringfence(home, "radius")
    assert (done.code, done.err) == (code, "error: not so\nhint: try this\n")


def test_a_signer_that_hangs_up_is_unreachable(home: Path) -> None:
    with signer(home):
        done = ringfence(home, "radius")
    assert (done.code, done.err.splitlines()[0]) == (3, "error: the signer hung up")


@pytest.mark.parametrize("body", [b"{}", b"[1]", b"not json", b'{"bots": [{"bot": 1}]}'])
def test_an_answer_that_cannot_be_read_is_an_error_and_no_traceback(home: Path, body: bytes) -> None:
    with signer(home, AskPolicy=Reply(body)):
        done = ringfence(home, "radius")
    assert done.code == 4
    assert done.err.startswith("error: the signer's answer cannot be read: ")
    assert "Traceback" not in done.err


def test_a_failure_cannot_steer_the_terminal(home: Path) -> None:
    with signer(home, AskPolicy=Failed("Broken", "gone\x1b[2J\r\nhint: all is well", "\x9b31m")):
        done = ringfence(home, "radius")
    assert done.err == "error: gone\ufffd[2J\ufffd\ufffdhint: all is well\nhint: \ufffd31m\n"


def test_a_settings_file_that_cannot_be_meant_names_the_key(home: Path) -> None:
    (home / "ringfence.toml").write_text('[listeners.paper]\nexchange = "paper-binance"\nport = 80\n')
    done = ringfence(home, "status")
    assert (done.code, done.err) == (2, f"error: {home}/ringfence.toml: port is not a port from 1024 to 65535\n")


def test_a_wrong_passphrase_is_said_in_words(home: Path) -> None:
    done = ringfence(home, "bot", "env", "grid", secrets={"passphrase": b"wrong horse battery"})
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: wrong passphrase\n")


@pytest.mark.parametrize("given", [b"", b"\n", b"x" * 2000])
def test_an_empty_or_endless_passphrase_is_refused(home: Path, given: bytes) -> None:
    done = ringfence(home, "bot", "env", "grid", secrets={"passphrase": given})
    assert done.code == 2
    assert "the vault passphrase that came through descriptor" in done.err


@pytest.mark.parametrize("command", [("bot", "env", "grid"), ("key", "list"), ("bot", "list")])
def test_without_a_terminal_and_a_descriptor_no_passphrase_is_taken_from_anywhere(
    home: Path, command: tuple[str, ...]
) -> None:
    done = program(home, *command)
    assert (done.code, done.err.splitlines()[0]) == (2, "error: there is no terminal to ask for the passphrase")


def test_a_descriptor_that_is_not_open_is_said_in_words(home: Path) -> None:
    done = ringfence(home, "bot", "env", "grid", "--passphrase-fd", "77")
    assert done.code == 2
    assert done.err == "error: the vault passphrase cannot be read from descriptor 77: Bad file descriptor\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ("key", "add", "main", "--secret", "s3cr3t"),
        ("key", "add", "main", "--key", "s3cr3t"),
        ("key", "add", "main", "--passphrase", "s3cr3t"),
        ("bot", "env", "grid", "--passphrase", "s3cr3t"),
        ("resume", "--passphrase", "s3cr3t"),
        ("run", "--passphrase", "s3cr3t"),
        ("init", "--passphrase", "s3cr3t"),
        ("key", "add", "main", "--secret-fd", "s3cr3t"),
    ],
)
def test_no_secret_can_be_given_as_an_argument(home: Path, arguments: tuple[str, ...]) -> None:
    done = program(home, *arguments)
    assert done.code == 2
    assert "No such option" in done.err or "Invalid value for" in done.err


def test_what_is_asked_before_something_irreversible_needs_a_yes_or_a_terminal(home: Path) -> None:
    done = program(home, "bot", "remove", "grid", secrets={"passphrase": PASSPHRASE})
    assert (done.code, done.err.splitlines()[-1]) == (2, "hint: add --yes if you mean it")


def test_json_is_for_programs_of_any_terminal(home: Path) -> None:
    with signer(home, AskPolicy=Failed("Broken", "\x1b]0;owned\x07", None)):
        done = ringfence(home, "radius", "--json")
    assert done.out.isascii()
    assert "\x1b" not in done.out
    assert json.loads(done.out) == {"error": "\x1b]0;owned\x07", "hint": None}


def test_the_program_itself_ends_with_the_errors_code_and_prints_no_traceback(tmp_path: Path) -> None:
    done = program(tmp_path / "none", "status")
    assert (done.code, done.out) == (2, "")
    assert done.err == f"error: there is no deployment in {tmp_path / 'none'}\nhint: run `ringfence init` first\n"
