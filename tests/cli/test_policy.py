import hmac
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ringfence.ipc.messages import (
    AskApply,
    AskDrop,
    AskNonce,
    AskPolicy,
    AskStatus,
    Failed,
    Message,
    Proof,
    apply_content,
    proof_text,
)
from ringfence.vault.record import RecordKind
from ringfence.vault.vault import Vault
from tests.cli.terminal import PASSPHRASE, STATUS, program, reply, ringfence, signer

_APPLIED = reply({"done": True, "digest": "ef" * 32, "seq": 9})
_NONE_YET = reply({**STATUS, "policy": None, "first": True})


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
        ('order_notional     = "500"', "order_notional     = 500", "line 21: bot.grid.limits.order_notional"),
        ("collar   ", "colar    ", "line 19: bot.grid.limits.colar is not a setting"),
        (
            "identical_fills ",
            "identical_fils  ",
            'bot.grid.limits.identical_fils is not a setting; did you mean "identical_fills"?',
        ),
        (
            'order_lifetime     = "7d"',
            'order_lifetime     = "7w"',
            "line 31: bot.grid.limits.order_lifetime must be a time",
        ),
        ("[bot.grid]", "[bot.grid", "line 12: "),
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
        (
            '["BTC/USDT", "ETH/USDT"]',
            '{ most = 5, venues = 2, volume = "1000", listed = "30d" }',
            "bot grid: its class asks for fewer than 3 venues",
        ),
        (
            'role    = "trade"',
            'shadow_until = "2199-01-01Z"\nrole    = "trade"',
            "bot grid: the limits that may be left out refuse nothing",
        ),
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
    assert (done.code, done.err.splitlines()[0]) == (2, "error: this policy is already in force")
    assert AskApply not in map(type, running.asked)


def test_the_policy_in_force_can_be_pinned_anew_with_the_passphrase(home: Path) -> None:
    with signer(home, AskPolicy=_in_force(_draft(home)), AskApply=_APPLIED) as running:
        done = ringfence(home, "policy", "apply", "--pin", "--yes", secrets={"passphrase": PASSPHRASE})
    assert done.code == 0, done.err
    assert running.asked[-1] == AskApply(_draft(home), _proof(home, "apply", _draft(home).encode()))


def test_the_policy_in_force_is_shown_as_it_was_written(home: Path) -> None:
    with signer(home, AskPolicy=_in_force(_draft(home))):
        done = ringfence(home, "policy", "show")
    assert done.out == f"# policy {'ab' * 6}, entry 7 of the journal\n{_draft(home)}"


# a change of real money
_REAL = {"passphrase": PASSPHRASE}
_WAITS = reply({"done": False, "digest": "ef" * 32, "seq": 9, "due": 1_700_003_600_000, "now": 1_700_000_000_000})


@pytest.fixture
def real(home: Path) -> Path:
    """A deployment whose policy is for real money, and whose vault has a second factor."""
    (home / "policy.toml").write_text(_draft(home).replace('"paper-binance"', '"binance"'))
    assert ringfence(home, "second-factor", "new", secrets=_REAL).code == 0
    return home


def _narrower(home: Path) -> str:
    return _draft(home).replace('"500" ', '"400" ', 1)


def test_what_narrows_is_sent_without_any_proof(real: Path) -> None:
    wide = _draft(real).replace('"500" ', '"600" ', 1)
    with signer(real, AskPolicy=_in_force(wide), AskApply=_APPLIED) as running:
        done = ringfence(real, "policy", "apply", "--yes")
    assert done.code == 0, done.err
    assert "It comes into force at once, and needs no passphrase." in done.out
    assert running.asked[-1] == AskApply(_draft(real), None)


def test_what_widens_takes_passphrase_and_code_and_says_that_it_waits(real: Path) -> None:
    with signer(real, AskPolicy=_in_force(_narrower(real)), AskApply=_WAITS) as running:
        done = ringfence(real, "policy", "apply", "--yes", secrets={**_REAL, "code": b"123 456\n"})
    assert done.code == 0, done.err
    assert "It needs the vault's passphrase and a code of the second factor, and then waits 1h." in done.out
    assert "policy efefefefefef is NOT in force yet: it comes into force in 1 h, at 2023-11-14" in done.out
    content = apply_content(_draft(real), "123 456")
    assert running.asked[-1] == AskApply(_draft(real), _proof(real, "apply", content), "123 456")


def test_without_a_second_factor_what_widens_is_not_even_asked_for(home: Path) -> None:
    (home / "policy.toml").write_text(_draft(home).replace('"paper-binance"', '"binance"'))
    with signer(home, AskPolicy=_in_force(_narrower(home)), AskApply=_WAITS) as running:
        done = ringfence(home, "policy", "apply", "--yes", secrets=_REAL)
    assert done.code == 2
    assert done.err.endswith("hint: `ringfence second-factor new` makes one\n")
    assert AskApply not in map(type, running.asked)


def test_what_the_signer_refuses_ends_with_1_and_its_hint(real: Path) -> None:
    no = Failed("Misconfigured", "the code is wrong, or was used before", "each works once")
    with signer(real, AskPolicy=_in_force(_narrower(real)), AskApply=no):
        done = ringfence(real, "policy", "apply", "--yes", secrets={**_REAL, "code": b"123456"})
    assert (done.code, done.err) == (1, "error: the code is wrong, or was used before\nhint: each works once\n")


def test_where_the_policy_in_force_cannot_be_read_everything_is_wider(real: Path) -> None:
    lost = reply({**STATUS, "policy": None, "first": False})
    with signer(real, AskStatus=lost, AskApply=_WAITS) as running:
        done = ringfence(real, "policy", "apply", "--yes", secrets={**_REAL, "code": b"123456"})
    assert done.code == 0, done.err
    assert isinstance(running.asked[-1], AskApply)
    assert running.asked[-1].code == "123456"


@pytest.mark.parametrize(
    ("old", "code", "said"),
    [
        (lambda text: text, 0, "no setting changes"),
        (lambda text: text + "# reviewed", 0, "no setting changes"),
        (lambda text: text.replace('"500" ', '"400" ', 1), 1, "This lets more happen than now."),
        (lambda text: text.replace('"500" ', '"600" ', 1), 1, "needs no passphrase"),
    ],
)
def test_a_difference_has_an_exit_code_of_its_own(real: Path, old: Callable[[str], str], code: int, said: str) -> None:
    with signer(real, AskPolicy=_in_force(old(_draft(real)))) as running:
        done = ringfence(real, "policy", "diff")
    assert (done.code, done.err) == (code, "")
    assert said in done.out
    assert [type(one) for one in running.asked] == [AskStatus, AskPolicy]


def test_a_difference_is_there_for_a_program_in_settings_and_in_money(real: Path) -> None:
    old = _draft(real).replace('"40" ', '"20" ', 1)
    with signer(real, AskPolicy=_in_force(old)):
        done = ringfence(real, "policy", "diff", "--json")
    assert done.code == 1
    found = done.json()
    assert (found["wider"], found["wait_ms"]) == (True, 3_600_000)
    [setting] = found["settings"]
    assert setting == {"what": "bot.grid.limits.loss_budget", "before": "20", "after": "40", "effect": "wider"}
    assert {figure["what"] for figure in found["figures"]} == {"bot.grid stealable in a day"}


def test_a_draft_that_cannot_be_meant_has_no_difference(real: Path) -> None:
    (real / "policy.toml").write_text("[bot.grid]\n")
    assert ringfence(real, "policy", "diff").code == 2


def _pending(text: str) -> Message:
    change = {"seq": 9, "text": text, "base": 7, "at": 1_700_000_000_000, "due": 1_700_003_600_000}
    return reply({"change": change, "now": 1_700_001_800_000})


def test_what_waits_is_shown_with_the_time_left_and_what_it_changes(real: Path) -> None:
    with signer(real, AskPolicy=_in_force(_narrower(real)), AskPending=_pending(_draft(real))):
        done = ringfence(real, "policy", "pending")
        told = ringfence(real, "policy", "pending", "--json").json()["change"]
    assert (done.code, done.err) == (0, "")
    assert "bot.grid.limits.order_notional" in done.out
    assert "asked for 30 minutes ago, as entry 9 of the journal; it comes into force in 30 min" in done.out
    assert (told["seq"], told["wider"], told["settings"][0]["after"]) == (9, True, "500")


def test_where_nothing_waits_that_is_said(real: Path) -> None:
    with signer(real, AskPending=reply({"change": None, "now": 1})):
        assert ringfence(real, "policy", "pending").out == "no policy waits\n"
        assert ringfence(real, "policy", "pending", "--json").json() == {"change": None}


def test_cancelling_needs_nothing(real: Path) -> None:
    with signer(real, AskDrop=reply({"done": True, "seq": 9})) as running:
        done = ringfence(real, "policy", "cancel")
    assert (done.code, running.asked) == (0, [AskDrop()])
    assert "the one in force stays" in done.out


def test_the_status_tells_of_what_waits(real: Path) -> None:
    waits = reply({**STATUS, "change": {"seq": 9, "at": 0, "due": STATUS["now"] + 59 * 60_000}})
    with signer(real, AskStatus=waits, AskPolicy=_in_force(_draft(real))):
        assert "a wider one waits, 59 min left" in ringfence(real, "status").out


@pytest.mark.parametrize(("exchange", "told"), [("binance", True), ("paper-binance", False)])
def test_the_status_says_where_real_money_has_no_second_factor(home: Path, exchange: str, told: bool) -> None:
    accounts = [{**STATUS["accounts"][0], "exchange": exchange}]
    none = reply({**STATUS, "accounts": accounts, "second_factor": False})
    with signer(home, AskStatus=none, AskPolicy=_in_force(_draft(home))):
        assert ("no second factor" in ringfence(home, "status").out) is told


def _proof(home: Path, command: str, content: bytes) -> Proof:
    nonce = bytes(32)  # what the fake signer gives
    with Vault.open(home / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        [owner] = [record for record in vault.records if record.kind is RecordKind.OWNER]
        with vault.reveal(owner.id) as key:
            return Proof(nonce, hmac.digest(bytes(key.view()), proof_text(nonce, command, content), "sha256"))
