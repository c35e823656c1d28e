from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ringfence.cli.mint import mint
from ringfence.dialects.registry import dialect_of
from ringfence.ipc.messages import AskKey, AskReload, Failed, Reply
from ringfence.model.names import ExchangeId
from ringfence.vault.record import Record, RecordKind
from ringfence.vault.vault import Vault
from tests.cli.terminal import PASSPHRASE, STATUS, program, reply, ringfence, signer, typed
from tests.keypairs import Pair, ed25519_pair, rsa_pair

_KEY = b"k" * 64
_SECRET = b"s" * 64
_GIVEN = {"key": _KEY, "secret": _SECRET, "passphrase": PASSPHRASE}


def _records(home: Path) -> dict[str, Record]:
    with Vault.open(home / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        return {record.id: record for record in vault.records}


def _secret(home: Path, record_id: str) -> bytes:
    with Vault.open(home / "vault", lambda: bytearray(PASSPHRASE)) as vault, vault.reveal(record_id) as secret:
        return bytes(secret.view())


def _with_binance(home: Path) -> None:
    with (home / "ringfence.toml").open("a") as file:
        file.write('[listeners.binance]\nexchange = "binance"\nport = 18999\n')


def test_a_real_key_is_refused_before_any_secret_is_asked_for(home: Path) -> None:
    done = program(home, "key", "add", "real", "--exchange", "binance")
    assert (done.code, done.out) == (2, "")
    assert "one user" in done.err
    assert "the whole account" in done.err
    assert "--unconfined" in done.err


@pytest.mark.parametrize(
    ("held", "code"), [((True,), 0), ((True, True), 0), ((), 2), ((False,), 2), ((True, False), 2)]
)
def test_a_real_key_is_taken_where_every_bots_place_is_proven(home: Path, held: tuple[bool, ...], code: int) -> None:
    _with_binance(home)
    walls = [{"bot": f"b{n}", "held": each, "age_s": 1, "tried": 9} for n, each in enumerate(held)]
    with signer(
        home, AskStatus=reply(STATUS | {"walls": walls}), AskReload=reply({}), AskKey=Failed("Unreachable", "no", "")
    ):
        done = ringfence(home, "key", "add", "real", "--exchange", "binance", secrets=_GIVEN if code == 0 else {})
    assert done.code == code, done.err
    assert ("account-real" in _records(home)) == (code == 0)


def test_a_real_key_that_its_owner_insists_on_is_sealed_to_the_exchanges_own_hosts(home: Path) -> None:
    _with_binance(home)
    done = ringfence(home, "key", "add", "real", "--exchange", "binance", "--unconfined", secrets=_GIVEN)
    assert done.code == 0, done.err
    record = _records(home)["account-real"]
    assert record.kind is RecordKind.EXCHANGE
    assert set(record.hosts) == dialect_of(ExchangeId("binance")).hosts
    assert (record.exchange, record.account, record.role, record.key) == ("binance", "real", "trade", _KEY.decode())
    assert _secret(home, "account-real") == _SECRET


def test_neither_half_of_a_new_key_is_shown_whole(home: Path) -> None:
    _with_binance(home)
    done = ringfence(home, "key", "add", "real", "--exchange", "binance", "--unconfined", secrets=_GIVEN)
    assert _SECRET.decode() not in done.out + done.err
    assert _KEY.decode() not in done.out + done.err
    assert "kkkk…kkkk" in done.out


def test_a_paper_key_can_only_be_sealed_to_this_machine(home: Path) -> None:
    done = ringfence(home, "key", "add", "second", "--paper-account", "bare", secrets={"passphrase": PASSPHRASE})
    assert done.code == 0, done.err
    assert _records(home)["account-second"].hosts == _records(home)["account-main"].hosts
    assert all(host.startswith("127.0.0.1:") for host in _records(home)["account-second"].hosts)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("x",), "which exchange is the key for?"),
        (("x", "--exchange", "nowhere"), "there is no exchange 'nowhere'"),
        (("x", "--exchange", "binance", "--paper-account", "main"), "binance is not the rehearsal exchange"),
        (("X", "--exchange", "binance"), "'X' is no name for an account"),
        (("", "--exchange", "binance"), "'' is no name for an account"),
        (("../x", "--exchange", "binance"), "'../x' is no name for an account"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_any_secret_is_asked_for(
    home: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = program(home, "key", "add", *arguments)
    assert done.code == 2
    assert done.err.startswith(f"error: {said}")


def test_an_account_that_has_a_key_keeps_it(home: Path) -> None:
    before = _records(home)
    done = ringfence(home, "key", "add", "main", "--paper-account", "bare", secrets={"passphrase": PASSPHRASE})
    assert (done.code, done.err.splitlines()[0]) == (2, "error: account main already has a key")
    assert _records(home) == before


def test_a_virtual_key_is_not_taken_for_a_real_one(home: Path) -> None:
    _with_binance(home)
    key, secret = mint("binance")
    given = {**_GIVEN, "key": key.encode(), "secret": bytes(secret.view())}
    done = ringfence(home, "key", "add", "real", "--exchange", "binance", "--unconfined", secrets=given)
    assert (done.code, done.err.splitlines()[0]) == (2, "error: this is a virtual key, which no exchange knows")


def test_a_real_key_needs_a_listener_that_speaks_its_exchange(home: Path) -> None:
    done = ringfence(home, "key", "add", "real", "--exchange", "binance", "--unconfined", secrets=_GIVEN)
    assert (done.code, done.err.splitlines()[0]) == (2, "error: no listener speaks binance")
    assert "account-real" not in _records(home)


def test_an_account_with_bots_keeps_its_key_since_the_signer_could_not_start(home: Path) -> None:
    done = ringfence(home, "key", "remove", "main", "--yes", secrets={"passphrase": PASSPHRASE})
    assert (done.code, done.err.splitlines()[0]) == (2, "error: account main still has bots: grid")


def test_a_key_that_is_removed_is_gone_and_its_owner_is_told_to_revoke_it(home: Path) -> None:
    ringfence(home, "bot", "remove", "grid", "--yes", secrets={"passphrase": PASSPHRASE})
    done = ringfence(home, "key", "remove", "main", "--yes", secrets={"passphrase": PASSPHRASE})
    assert done.code == 0, done.err
    assert "revoke the key at the exchange" in done.out
    assert "account-main" not in _records(home)


@pytest.mark.parametrize(("answer", "code", "kept"), [(b"n", 1, True), (b"", 1, True), (b"y", 0, False)])
def test_at_a_terminal_only_a_yes_removes(home: Path, answer: bytes, code: int, kept: bool) -> None:
    asked: tuple[tuple[bytes, bytes], ...] = ((b"[y/N]: ", answer),)
    if not kept:
        asked = (*asked, (b"vault passphrase: ", PASSPHRASE))
    ended, screen = typed(home, "bot", "remove", "grid", answers=asked)
    assert ended == code, screen
    assert ("bot-grid" in _records(home)) is kept


def _checked(ok: bool, *findings: dict[str, str]) -> Reply:
    return reply({"account": "second", "ok": ok, "findings": findings})


OPEN = {"passphrase": PASSPHRASE}
FINE = {"level": "ok", "text": "it cannot withdraw", "fix": ""}
SILENT = {"level": "unanswered", "text": "how old it is was not told (createTime)", "fix": ""}
GENEROUS = {"level": "critical", "text": "it can withdraw", "fix": "API management: untick Enable Withdrawals, Save"}


def test_a_new_key_is_probed_by_a_running_signer(home: Path) -> None:
    with signer(home, AskReload=reply({"done": True}), AskKey=_checked(True, FINE, SILENT)) as running:
        done = ringfence(home, "key", "add", "second", "--paper-account", "bare", secrets=OPEN)
    assert done.code == 0, done.err
    assert "second: it cannot withdraw" in done.out
    assert "how old it is was not told (createTime) (unanswered)" in done.out
    assert running.asked == [AskReload(), AskKey("second")]
    assert "account-second" in _records(home)


def test_a_key_that_may_withdraw_is_refused_and_is_gone_again(home: Path) -> None:
    with signer(home, AskReload=reply({"done": True}), AskKey=_checked(False, GENEROUS)) as running:
        done = ringfence(home, "key", "add", "second", "--paper-account", "bare", secrets=OPEN)
    assert done.code == 2
    assert "second: it can withdraw" in done.out
    assert "API management: untick Enable Withdrawals, Save" in done.out
    assert "is refused, and is out of the vault again" in done.err
    assert running.asked == [AskReload(), AskKey("second"), AskReload()]
    assert "account-second" not in _records(home)


def test_a_probe_that_nobody_answers_is_said_and_the_key_stays(home: Path) -> None:
    lost = Failed("Unreachable", "binance did not answer: timeout", None)
    with signer(home, AskReload=reply({"done": True}), AskKey=lost):
        done = ringfence(home, "key", "add", "second", "--paper-account", "bare", secrets=OPEN)
    assert done.code == 0
    assert "not known yet: binance did not answer: timeout" in done.out
    assert "account-second" in _records(home)


def test_without_a_signer_it_is_said_that_the_next_one_probes(home: Path) -> None:
    done = ringfence(home, "key", "add", "second", "--paper-account", "bare", secrets=OPEN)
    assert done.code == 0
    assert "the next one asks what the key may do before it trades with it" in done.out


WATCH = ("key", "add", "main", "--read-only", "--paper-account", "main-watch")


def test_a_second_key_that_can_only_read_is_probed_as_one_and_listed_beside_the_first(home: Path) -> None:
    with signer(home, AskReload=reply({"done": True}), AskKey=_checked(True, FINE)) as running:
        done = ringfence(home, *WATCH, secrets=OPEN)
    assert done.code == 0, done.err
    assert "account main: read-only hmac-sha256 key" in done.out
    assert running.asked == [AskReload(), AskKey("main", "watch")]
    record = _records(home)["watch-main"]
    assert (record.kind, record.account, record.role) == (RecordKind.EXCHANGE, "main", "watch")
    [listed] = ringfence(home, "key", "list", "--json", secrets=OPEN).json()["accounts"]
    assert listed["key"].startswith(_records(home)["account-main"].key[:4])
    assert listed["read_only_key"].startswith(record.key[:4])


def test_a_read_only_key_that_can_do_more_is_refused_and_the_one_that_trades_stays(home: Path) -> None:
    with signer(home, AskReload=reply({"done": True}), AskKey=_checked(False, GENEROUS)):
        done = ringfence(home, *WATCH, secrets=OPEN)
    assert (done.code, "the read-only key of account main is refused" in done.err) == (2, True)
    assert "watch-main" not in _records(home)
    assert "account-main" in _records(home)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("other", "--paper-account", "main-watch"), "account other has no key"),
        (("main", "--paper-account", "main"), "this is the key with which account main trades"),
        (("main", "--exchange", "binance", "--unconfined"), "account main is on paper-binance, not on binance"),
    ],
)
def test_a_read_only_key_is_a_second_one_of_the_same_account(home: Path, words: tuple[str, ...], said: str) -> None:
    _with_binance(home)
    given = _GIVEN if "--exchange" in words else OPEN
    done = ringfence(home, "key", "add", *words, "--read-only", secrets=given)
    assert (done.code, done.err.splitlines()[0]) == (2, f"error: {said}")
    assert len(_records(home)) == len(_records(home).keys() - {"watch-main", "watch-other"})


def test_a_read_only_key_goes_alone_while_bots_trade_and_with_the_other_once_they_do_not(home: Path) -> None:
    assert ringfence(home, *WATCH, secrets=OPEN).code == 0
    again = ringfence(home, *WATCH, secrets=OPEN)
    assert again.err.splitlines()[0] == "error: account main already has a read-only key"
    remove = ("key", "remove", "main", "--yes")
    assert ringfence(home, *remove, "--read-only", secrets=OPEN).code == 0
    assert {"watch-main", "account-main"} & _records(home).keys() == {"account-main"}
    gone = ringfence(home, *remove, "--read-only", secrets=OPEN)
    assert gone.err.splitlines() == [
        "error: account main has no read-only key",
        "hint: ringfence key add main --read-only",
    ]
    assert ringfence(home, *WATCH, secrets=OPEN).code == 0
    assert ringfence(home, "bot", "remove", "grid", "--yes", secrets=OPEN).code == 0
    assert ringfence(home, *remove, secrets=OPEN).code == 0
    assert not {"watch-main", "account-main"} & _records(home).keys()


@pytest.mark.parametrize("pair", [ed25519_pair(bytes(32)), rsa_pair()], ids=["ed25519", "rsa"])
@pytest.mark.parametrize("by", ["file", "fd"])
def test_a_private_key_is_kept_by_its_kind_and_in_its_shortest_form(home: Path, pair: Pair, by: str) -> None:
    _with_binance(home)
    file = home / "key.pem"
    file.write_text(pair.secret)
    way = ("--secret-file", str(file)) if by == "file" else ()
    given = {"key": _KEY, "passphrase": PASSPHRASE} | ({} if way else {"secret": pair.secret.encode()})
    done = ringfence(home, "key", "add", "real", "--exchange", "binance", "--unconfined", *way, secrets=given)
    assert done.code == 0, done.err
    assert f"account real: {pair.ours.algorithm} key kkkk…kkkk" in done.out
    assert "its public half is SHA256:" in done.out
    assert _records(home)["account-real"].algorithm == pair.ours.algorithm
    assert _secret(home, "account-real") == bytes(pair.ours.held)


PUBLIC = f"-----BEGIN PUBLIC KEY-----\n{'MCow' * 15}\n-----END PUBLIC KEY-----\n"
SEALED = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4C\n-----END ENCRYPTED PRIVATE KEY-----\n"


def _pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (PUBLIC, "this is a public key"),
        (_pem(generate_private_key(SECP256R1())), "of a kind that no exchange here takes"),
        (rsa_pair(1024).secret, "an RSA key of 1024 bits is too short"),
        ("-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----\n", "no private key that can be read"),
        (
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMC4C\n-----END ENCRYPTED PRIVATE KEY-----\n",
            "a passphrase of its own",
        ),
    ],
)
def test_what_is_no_private_key_that_signs_is_refused_with_a_hint(home: Path, text: str, said: str) -> None:
    _with_binance(home)
    given = {"key": _KEY, "passphrase": PASSPHRASE, "secret": text.encode()}
    done = ringfence(home, "key", "add", "real", "--exchange", "binance", "--unconfined", secrets=given)
    assert done.code == 2
    assert said in done.err
    assert "hint: " in done.err
    assert "account-real" not in _records(home)


def test_what_a_running_signer_says_against_it_is_not_hidden(home: Path) -> None:
    with signer(home, AskReload=Failed("Broken", "the vault has gone back", None)):
        done = ringfence(home, "key", "add", "second", "--paper-account", "bare", secrets={"passphrase": PASSPHRASE})
    assert (done.code, done.err) == (4, "error: the vault has gone back\n")


def test_keys_are_listed_by_the_signer_or_else_by_the_vault_and_masked_by_both(home: Path) -> None:
    with signer(home):
        asked = ringfence(home, "key", "list", "--json").json()
    read = ringfence(home, "key", "list", "--json", secrets={"passphrase": PASSPHRASE}).json()
    assert [one["key"] for one in asked["accounts"]] == [STATUS["accounts"][0]["key"]]
    assert [set(one) for one in (*asked["accounts"], *read["accounts"])] == [
        {"account", "exchange", "key", "read_only_key"}
    ] * 2
    assert _records(home)["account-main"].key not in str(read)


@pytest.mark.parametrize(("ok", "code"), [(True, 0), (False, 1)])
def test_a_check_says_what_the_exchange_says_of_the_key(home: Path, ok: bool, code: int) -> None:
    findings = [{"level": "ok" if ok else "critical", "text": "invalid key\x1b[1m"}]
    with signer(home, AskKey=reply({"account": "main", "ok": ok, "findings": findings})) as running:
        done = ringfence(home, "key", "check", "main")
    assert (done.code, running.asked) == (code, [AskKey("main")])
    assert "main: invalid key\ufffd[1m" in done.out
