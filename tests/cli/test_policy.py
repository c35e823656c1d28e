import hmac
from pathlib import Path
from typing import Any

import pytest

from ringfence.ipc.messages import AskApply, AskNonce, AskPolicy, AskStatus, Proof, proof_text
from ringfence.vault.record import RecordKind
from ringfence.vault.vault import Vault
from tests.cli.terminal import PASSPHRASE, STATUS, program, reply, ringfence, signer

_APPLIED = reply({"done": True, "digest": "ef" * 32, "seq": 9})
_NONE_YET = reply({**STATUS, "policy": None})


def _draft(home: Path) -> str:
    return (home / "policy.toml").read_text()


def _in_force(text: str) -> Any:
    return reply({"text": text, "digest": "ab" * 32, "seq": 7})


def test_a_draft_that_reads_well_shows_what_it_would_cost(home: Path) -> None:
    done = ringfence(home, "policy", "check")
    assert (done.code, done.err) == (0, "")
    assert "stealable" in done.out
    assert "the whole account" in done.out.lower()
    assert "1 bots, 2 symbols" in done.out


def test_both_figures_are_there_for_a_program(home: Path) -> None:
    [bot] = ringfence(home, "policy", "check", "--json").json()["bots"]
    assert bot["stealable"]["amount"] is None
    assert bot["gambleable"]["amount"] is None
    assert float(bot["if_confined"]["gambleable"]["amount"]) > float(bot["if_confined"]["stealable"]["amount"]) > 0


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('order_notional     = "500"', "order_notional     = 500", "line 20: bot.grid.limits.order_notional"),
        ("collar   ", "colar    ", "line 18: bot.grid.limits.colar is not a setting"),
        (
            "identical_fills ",
            "identical_fils  ",
            'bot.grid.limits.identical_fils is not a setting; did you mean "identical_fills"?',
        ),
        (
            'order_lifetime     = "7d"',
            'order_lifetime     = "7w"',
            "line 30: bot.grid.limits.order_lifetime must be a time",
        ),
        ("[bot.grid]", "[bot.grid", "line 10: "),
    ],
)
def test_a_draft_that_cannot_be_meant_names_file_and_line(home: Path, old: str, new: str, said: str) -> None:
    (home / "policy.toml").write_text(_draft(home).replace(old, new, 1))
    done = ringfence(home, "policy", "check")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {home}/policy.toml: line ")
    assert said in done.err


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_draft_that_cannot_be_read_is_an_error_and_no_traceback(home: Path, content: bytes | None) -> None:
    file = home / "other.toml"
    if content is not None:
        file.write_bytes(content)
    done = ringfence(home, "policy", "check", str(file))
    assert done.code == 2
    assert done.err.startswith(f"error: {file}")


@pytest.mark.parametrize(
    ("old", "new", "warning"),
    [
        ('"1500"', '"unlimited"', "bot grid: exposure is unlimited"),
        ('"500" ', '"6000"', "bot grid: order_notional is more than window_notional"),
        ('"500" ', '"2500"', "bot grid: order_notional is more than exposure"),
    ],
)
def test_what_is_seldom_meant_is_a_warning(home: Path, old: str, new: str, warning: str) -> None:
    (home / "policy.toml").write_text(_draft(home).replace(old, new, 1))
    done = ringfence(home, "policy", "check", "--json")
    assert any(said.startswith(warning) for said in done.json()["warnings"]), done.out


@pytest.mark.parametrize(("size", "warned"), [("1500", False), ("1500.01", True)])
def test_an_order_may_be_as_large_as_the_exposure_and_no_larger(home: Path, size: str, warned: bool) -> None:
    (home / "policy.toml").write_text(_draft(home).replace('"500"', f'"{size}"', 1))
    assert bool(ringfence(home, "policy", "check", "--json").json()["warnings"]) is warned


def test_the_first_policy_needs_no_passphrase(home: Path) -> None:
    with signer(home, AskStatus=_NONE_YET, AskApply=_APPLIED) as running:
        done = ringfence(home, "policy", "apply", "--yes")
    assert done.code == 0, done.err
    assert running.asked == [AskStatus(), AskApply(_draft(home), None)]
    assert "policy efefefefefef is in force, as entry 9" in done.out


def test_a_later_policy_is_shown_as_a_change_and_proven(home: Path) -> None:
    old = _draft(home).replace('"500"', '"400"', 1)
    with signer(home, AskPolicy=_in_force(old), AskApply=_APPLIED) as running:
        done = ringfence(home, "policy", "apply", "--yes", secrets={"passphrase": PASSPHRASE})
    assert done.code == 0, done.err
    assert "order_notional" in done.out
    assert "wider" in done.out
    assert "This lets more happen than now." in done.out
    assert [type(one) for one in running.asked] == [AskStatus, AskPolicy, AskNonce, AskApply]
    assert running.asked[-1] == AskApply(_draft(home), _proof(home, "apply", _draft(home).encode()))


def test_a_wrong_passphrase_applies_nothing(home: Path) -> None:
    old = _draft(home).replace('"500"', '"400"', 1)
    with signer(home, AskPolicy=_in_force(old), AskApply=_APPLIED) as running:
        done = ringfence(home, "policy", "apply", "--yes", secrets={"passphrase": b"wrong horse battery"})
    assert (done.code, done.err.splitlines()[0]) == (2, "error: wrong passphrase")
    assert not any(isinstance(one, AskApply) for one in running.asked)


def test_without_a_yes_nothing_is_applied(home: Path) -> None:
    with signer(home, AskStatus=_NONE_YET, AskApply=_APPLIED) as running:
        done = program(home, "policy", "apply")
    assert done.code == 2
    assert running.asked == [AskStatus()]


def test_a_draft_that_does_not_read_is_never_sent(home: Path) -> None:
    (home / "policy.toml").write_text("[bot.grid]\n")
    with signer(home, AskStatus=_NONE_YET, AskApply=_APPLIED) as running:
        assert ringfence(home, "policy", "apply", "--yes").code == 2
    assert running.asked == []


def test_the_policy_in_force_is_not_applied_again(home: Path) -> None:
    with signer(home, AskPolicy=_in_force(_draft(home)), AskApply=_APPLIED) as running:
        done = ringfence(home, "policy", "apply", "--yes")
    assert (done.code, done.err) == (2, "error: this policy is already in force\n")
    assert AskApply not in map(type, running.asked)


def test_the_policy_in_force_is_shown_as_it_was_written(home: Path) -> None:
    with signer(home, AskPolicy=_in_force(_draft(home))):
        done = ringfence(home, "policy", "show")
    assert done.out == f"# policy {'ab' * 6}, entry 7 of the journal\n{_draft(home)}"


def _proof(home: Path, command: str, content: bytes) -> Proof:
    nonce = bytes(32)  # what the fake signer gives
    with Vault.open(home / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        [owner] = [record for record in vault.records if record.kind is RecordKind.OWNER]
        with vault.reveal(owner.id) as key:
            return Proof(nonce, hmac.digest(bytes(key.view()), proof_text(nonce, command, content), "sha256"))
