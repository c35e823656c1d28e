"""The second factor's own commands."""

import json
from pathlib import Path

import pytest

from ringfence.ipc.messages import AskCode, AskReload, Failed
from ringfence.vault.record import RecordKind
from ringfence.vault.vault import Vault
from tests.cli.terminal import PASSPHRASE, Said, code_on, reply, ringfence, signer

_GIVEN = {"passphrase": PASSPHRASE}
_DONE = reply({"done": True})
_READ = reply({"done": True, "accounts": 1, "bots": 1})


def _names(home: Path) -> set[str]:
    kinds = {RecordKind.TOTP, RecordKind.RECOVERY}
    with Vault.open(home / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        return {record.key for record in vault.records if record.kind in kinds}


def _new(home: Path) -> Said:
    return ringfence(home, "second-factor", "new", "--json", secrets=_GIVEN)


def test_a_vault_from_before_gets_a_second_factor_and_shows_it_once(home: Path) -> None:
    assert _names(home) == set()
    done = _new(home)
    assert done.code == 0, done.err
    shown = done.json()
    assert shown["address"] == f"otpauth://totp/Ringfence%3Ah?secret={shown['secret']}&issuer=Ringfence"
    assert len(_names(home)) == 2
    again = _new(home)
    assert again.code == 2
    assert json.loads(again.out)["hint"] == "`ringfence second-factor renew` replaces it"


def test_a_running_signer_reads_a_new_one_at_once(home: Path) -> None:
    with signer(home, AskReload=_READ) as running:
        assert _new(home).code == 0
    assert running.asked == [AskReload()]


def test_renewing_takes_a_code_that_the_signer_judges(home: Path) -> None:
    _new(home)
    before = _names(home)
    with signer(home, AskCode=_DONE, AskReload=_READ) as running:
        done = ringfence(home, "second-factor", "renew", secrets={**_GIVEN, "code": b"123456"})
    assert done.code == 0, done.err
    assert "recovery code, good once" in done.out
    assert len(_names(home)) == 2
    assert not before & _names(home)
    asked = [one for one in running.asked if isinstance(one, AskCode)]
    assert [one.code for one in asked] == ["123456"]


@pytest.mark.parametrize("runs", [True, False])
def test_without_a_yes_of_the_signer_nothing_is_renewed(home: Path, runs: bool) -> None:
    _new(home)
    before = _names(home)
    if runs:
        with signer(home, AskCode=Failed("Misconfigured", "the code is wrong", None), AskReload=_READ):
            done = ringfence(home, "second-factor", "renew", secrets={**_GIVEN, "code": b"123456"})
    else:
        done = ringfence(home, "second-factor", "renew", secrets={**_GIVEN, "code": b"123456"})
    assert done.code == (2 if runs else 3)
    assert _names(home) == before


def test_where_there_is_none_there_is_nothing_to_renew_or_check(home: Path) -> None:
    for command in ("renew", "check"):
        done = ringfence(home, "second-factor", command, secrets={**_GIVEN, "code": b"123456"})
        assert (done.code, done.err.splitlines()[1]) == (2, "hint: `ringfence second-factor new` makes one")


def test_checking_tells_a_right_code_from_a_wrong_one_and_uses_none_up(home: Path) -> None:
    made = _new(home).out
    right = code_on(made.replace("\\u0026", "&"))
    wrong = f"{(int(right) + 1) % 1_000_000:06}"
    for code, ends in ((right, 0), (right, 0), (wrong, 1), ("no code", 1)):
        done = ringfence(home, "second-factor", "check", secrets={**_GIVEN, "code": code.encode()})
        assert done.code == ends, done
    told = ringfence(home, "second-factor", "check", "--json", secrets={**_GIVEN, "code": wrong.encode()})
    assert (told.code, told.json()) == (1, {"right": False})


def test_what_is_not_text_is_no_code(home: Path) -> None:
    _new(home)
    done = ringfence(home, "second-factor", "check", secrets={**_GIVEN, "code": b"\xff\xff"})
    assert (done.code, done.err.splitlines()[0]) == (2, "error: this is no code")


def test_a_wrong_passphrase_shows_nothing(home: Path) -> None:
    done = ringfence(home, "second-factor", "new", secrets={"passphrase": b"wrong horse battery"})
    assert (done.code, done.out) == (2, "")
    assert _names(home) == set()
