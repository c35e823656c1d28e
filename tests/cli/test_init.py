import stat
import tomllib
from pathlib import Path

import pytest

from ringfence.policy.load import load as load_policy
from ringfence.settings import load
from ringfence.vault.record import RecordKind
from ringfence.vault.vault import Vault
from tests.cli.terminal import PASSPHRASE, ringfence, typed


def test_a_paper_deployment_is_what_every_part_reads(made: Path) -> None:
    settings = load(made)
    assert [listener.exchange for listener in settings.listeners] == ["paper-binance"]
    assert settings.paper is not None
    ports = [settings.listeners[0].port, settings.paper.port, settings.paper.plain_port]
    ports += [settings.paper.east_port, settings.paper.west_port]
    assert len(set(ports)) == 5
    policy = load_policy((made / "policy.toml").read_text())
    assert {account.exchange for account in policy.accounts.values()} == {"paper-binance"}


def test_its_vault_holds_the_paper_key_sealed_to_the_paper_port_and_a_bot(made: Path) -> None:
    settings = load(made)
    assert settings.paper is not None
    with Vault.open(settings.vault, lambda: bytearray(PASSPHRASE)) as vault:
        [account] = [record for record in vault.records if record.kind is RecordKind.EXCHANGE]
        [bot] = [record for record in vault.records if record.kind is RecordKind.VIRTUAL]
    assert (account.account, account.hosts) == ("main", (f"127.0.0.1:{settings.paper.port}",))
    assert (bot.bot, bot.account, bot.role) == ("grid", "main", "trade")


def test_nobody_else_may_look_into_any_of_it(made: Path) -> None:
    open_to_others = [path for path in (made, *made.iterdir()) if stat.S_IMODE(path.stat().st_mode) & 0o077]
    assert open_to_others == []


def test_a_second_init_changes_nothing_and_says_what_is_there(home: Path) -> None:
    before = {path: path.read_bytes() for path in home.iterdir() if path.is_file()}
    done = ringfence(home, "init", "--paper", secrets={"passphrase": b"another passphrase"})
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        f"error: there is already a deployment in {home}: ringfence.toml, policy.toml, vault\n"
        "hint: nothing was changed; give another --home, or move this one away\n"
    )
    assert {path: path.read_bytes() for path in home.iterdir() if path.is_file()} == before


def test_without_paper_there_is_no_account_and_no_bot(tmp_path: Path) -> None:
    done = ringfence(tmp_path / "h", "init", secrets={"passphrase": PASSPHRASE})
    assert done.code == 0
    assert "key add main --exchange binance" in done.out
    assert set(tomllib.loads((tmp_path / "h" / "ringfence.toml").read_text())) == {"listeners"}
    listed = ringfence(tmp_path / "h", "key", "list", "--json", secrets={"passphrase": PASSPHRASE})
    assert listed.json() == {"accounts": []}


def test_a_passphrase_that_is_too_short_leaves_nothing_behind_that_stops_a_second_try(tmp_path: Path) -> None:
    home = tmp_path / "h"
    first = ringfence(home, "init", secrets={"passphrase": b"short"})
    assert (first.code, first.err.splitlines()[0]) == (2, "error: a passphrase has at least 8 bytes")
    assert ringfence(home, "init", secrets={"passphrase": PASSPHRASE}).code == 0


def test_a_home_that_others_may_look_into_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "h"
    home.mkdir(mode=0o755)
    home.chmod(0o755)
    done = ringfence(home, "init", secrets={"passphrase": PASSPHRASE})
    assert (done.code, done.err) == (2, f"error: others may look into {home}\nhint: chmod 700 {home}\n")


def test_a_home_whose_sockets_would_have_too_long_a_path_is_refused(tmp_path: Path) -> None:
    home = tmp_path / ("h" * 100)
    done = ringfence(home, "init", secrets={"passphrase": PASSPHRASE})
    assert done.code == 2
    assert "is too long a path for unix sockets" in done.err
    assert not home.exists()


@pytest.mark.parametrize(
    ("again", "code", "said"),
    [(PASSPHRASE, 0, b"Next:"), (b"something else", 2, b"the two passphrases are not the same")],
)
def test_at_a_terminal_the_passphrase_is_asked_twice_and_never_shown(
    tmp_path: Path, again: bytes, code: int, said: bytes
) -> None:
    answers = ((b"new vault passphrase: ", PASSPHRASE), (b"the same again: ", again))
    ended, screen = typed(tmp_path / "h", "init", answers=answers)
    assert ended == code, screen
    assert said in screen
    assert PASSPHRASE not in screen
    assert b"something else" not in screen
