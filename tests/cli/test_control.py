from pathlib import Path

import msgspec
import pytest

from ringfence.cli import control
from ringfence.cli.answers import Status, read
from ringfence.errors import Broken, Misconfigured, Unreachable
from ringfence.ipc.messages import AskHalt, AskReload, AskStatus, Failed, Nonce
from ringfence.settings import Settings, load
from tests.cli.terminal import STATUS, reply, signer


@pytest.fixture
def settings(home: Path) -> Settings:
    return load(home)


def test_a_reply_is_the_document_as_it_came(settings: Settings) -> None:
    with signer(settings.home):
        assert msgspec.json.decode(control.ask(settings, AskStatus())) == STATUS


@pytest.mark.parametrize(
    ("kind", "error"), [("Misconfigured", Misconfigured), ("Unreachable", Unreachable), ("Broken", Broken)]
)
def test_a_failure_is_raised_as_what_it_is(settings: Settings, kind: str, error: type[Exception]) -> None:
    with signer(settings.home, AskHalt=Failed(kind, "no", "hint")), pytest.raises(error, match=r"^no$"):
        control.ask(settings, AskHalt())


def test_a_nonce_is_no_answer_to_a_command_and_no_answer_is_a_nonce(settings: Settings) -> None:
    with signer(settings.home, AskHalt=Nonce(b"n"), AskNonce=reply({})):
        with pytest.raises(Broken):
            control.ask(settings, AskHalt())
        with pytest.raises(Broken):
            control.nonce(settings)


def test_a_nonce_is_handed_on(settings: Settings) -> None:
    with signer(settings.home, AskNonce=Nonce(b"once")):
        assert control.nonce(settings) == b"once"


def test_a_vault_that_nobody_has_open_needs_no_telling(settings: Settings) -> None:
    assert control.reload(settings) is False


def test_a_signer_that_does_not_confirm_a_reload_may_go_on_with_a_key_that_was_removed(settings: Settings) -> None:
    with signer(settings.home) as running, pytest.raises(Unreachable, match="may not have read the vault"):
        control.reload(settings)
    assert running.asked == [AskReload()]


def test_a_signer_whose_exchange_is_away_is_not_one_that_is_not_running(settings: Settings) -> None:
    with signer(settings.home, AskReload=Failed("Unreachable", "no", None)), pytest.raises(Unreachable):
        control.reload(settings)


def test_a_socket_that_a_dead_signer_left_is_nobody(settings: Settings) -> None:
    with signer(settings.home):
        pass
    assert settings.socket("owner").exists()
    with pytest.raises(Unreachable, match="not running"):
        control.ask(settings, AskStatus())


@pytest.mark.parametrize("missing", ["switch", "journal", "bots", "warm_up"])
def test_a_status_that_lacks_something_is_not_filled_in(missing: str) -> None:
    told = {key: value for key, value in STATUS.items() if key != missing}
    with pytest.raises(Broken, match="cannot be read"):
        read(msgspec.json.encode(told), Status)


def test_a_status_that_says_more_than_we_know_is_read() -> None:
    assert read(msgspec.json.encode({**STATUS, "tomorrow": 1}), Status).switch == "trading"


@pytest.mark.parametrize(
    ("cause", "kind"), [(PermissionError(), Unreachable), (FileNotFoundError(), control.NotRunning)]
)
def test_a_socket_that_is_not_ours_to_use_is_not_a_signer_that_does_not_run(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, cause: OSError, kind: type[Exception]
) -> None:
    async def connect(*_: object) -> None:
        """The kernel says no to whoever is not root; the tests may be root."""
        raise Unreachable("nobody listens") from cause

    monkeypatch.setattr(control, "connect", connect)
    with pytest.raises(Unreachable) as refused:
        control.ask(settings, AskStatus())
    assert type(refused.value) is kind
