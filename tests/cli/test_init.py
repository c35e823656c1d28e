import stat
import tomllib
from pathlib import Path

from ringfence.policy.load import load as load_policy
from ringfence.settings import load
from ringfence.vault.record import RecordKind
from ringfence.vault.totp import recovery_hash
from ringfence.vault.vault import Vault
from tests.cli.terminal import PASSPHRASE, code_on, program, ringfence, typed


def test_a_paper_deployment_is_what_every_part_reads(made: Path) -> None:
    settings = load(made)
    assert [listener.exchange for listener in settings.listeners] == ["paper-binance"]
    assert settings.paper is not None
    ports = [settings.listeners[0].port, settings.paper.port, settings.paper.plain_port]
    ports += [settings.paper.east_port, settings.paper.west_port]
    assert settings.proxy is not None
    assert len({*ports, settings.proxy.port}) == 6
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
    assert set(tomllib.loads((tmp_path / "h" / "ringfence.toml").read_text())) == {"listeners", "proxy"}
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


_ASKED = ((b"new vault passphrase: ", PASSPHRASE), (b"the same again: ", PASSPHRASE))
_CODE = b"the code that the app shows"


def test_at_a_terminal_the_passphrase_is_asked_twice_and_never_shown(tmp_path: Path) -> None:
    ended, screen = typed(tmp_path / "h", "init", answers=(*_ASKED, (_CODE, b"")))
    assert ended == 0, screen
    assert b"Next:" in screen
    assert PASSPHRASE not in screen


def test_two_passphrases_that_differ_make_no_vault(tmp_path: Path) -> None:
    ended, screen = typed(tmp_path / "h", "init", answers=(_ASKED[0], (_ASKED[1][0], b"something else")))
    assert ended == 2, screen
    assert b"the two passphrases are not the same" in screen
    assert b"something else" not in screen
    assert not (tmp_path / "h" / "vault").exists()


def test_the_second_factor_is_shown_last_and_tried_at_once(tmp_path: Path) -> None:
    answers = (*_ASKED, (_CODE, b"000000"), (b"the code is wrong", lambda screen: code_on(screen.decode()).encode()))
    ended, screen = typed(tmp_path / "h", "init", answers=answers)
    assert ended == 0, screen
    shown = screen.decode()
    assert shown.index("Next:") < shown.index("otpauth://totp/Ringfence%3Ah?secret=") < shown.index("recovery code")
    assert "█" in shown  # a code for the app's camera
    assert "the code is right" in shown


def test_without_a_terminal_the_second_factor_is_shown_and_nothing_asked(tmp_path: Path) -> None:
    done = program(tmp_path / "h", "init", secrets={"passphrase": PASSPHRASE})
    assert (done.code, done.err) == (0, "")
    assert "otpauth://totp/" in done.out
    assert "recovery code, good once" in done.out
    given = {"passphrase": PASSPHRASE, "code": code_on(done.out).encode()}
    assert ringfence(tmp_path / "h", "second-factor", "check", secrets=given).code == 0


def test_a_rehearsal_has_no_second_factor_to_lose(made: Path) -> None:
    with Vault.open(made / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        assert not any(record.kind in {RecordKind.TOTP, RecordKind.RECOVERY} for record in vault.records)


def test_neither_the_recovery_code_nor_anything_that_leads_to_it_is_in_the_vault(tmp_path: Path) -> None:
    home = tmp_path / "h"
    done = program(home, "init", secrets={"passphrase": PASSPHRASE})
    recovery = done.out.split("good once")[1].split()[0]
    with Vault.open(home / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        [record] = [record for record in vault.records if record.kind is RecordKind.RECOVERY]
        with vault.reveal(record.id) as kept:
            assert bytes(kept.view()) == recovery_hash(recovery.replace("-", ""))
    assert len(recovery.replace("-", "")) * 5 >= 80
