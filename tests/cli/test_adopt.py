"""A real key out of a bot's files and back again: shown, sealed, written whole, and undone to the last byte."""

import json
import os
import re
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ringfence.adopt import dotenv
from ringfence.cli.main import main
from ringfence.dialects.virtual import recognise
from ringfence.jsonc import parse
from ringfence.passes import read as read_passes
from ringfence.settings import load
from ringfence.vault.vault import Vault
from tests.adopt.test_jsonc import values
from tests.cli.terminal import PASSPHRASE, Said, program, reply, ringfence, signer, typed

_OPEN = {"passphrase": PASSPHRASE}
BASE = ("--mode", "base-url")


@dataclass(frozen=True, slots=True)
class Bot:
    """A bot's directory, and the real key in it: one of the rehearsal exchange's own."""

    path: Path
    key: str
    secret: str

    def write(self, name: str, text: str) -> Path:
        at = self.path / name
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(text.replace("<K>", self.key).replace("<S>", self.secret), "utf-8", newline="")
        return at

    def config(self, name: str = "user_data/config.json") -> dict[str, Any]:
        text = (self.path / name).read_text("utf-8")
        found: dict[str, Any] = values(parse(name, text), text)
        return found


FREQTRADE = """// my bot
{
    "dry_run": false,
    "exchange": {
        "name": "binance",
        "api_key": "<K>", // the main account
        "secret": "<S>",
        "ccxt_config": {},
        "pair_whitelist": ["BTC/USDT",],
    },
    "telegram": {"token": "1234:telegram", "chat_id": "1"},
}
"""


@pytest.fixture
def bot(home: Path, tmp_path: Path) -> Bot:
    """The key of account main, which `init --paper` has sealed already."""
    held = json.loads((home / "paper" / "accounts.json").read_text())["main"]
    made = Bot(tmp_path / "bot", held["key"], held["secret"])
    made.write("user_data/config.json", FREQTRADE)
    return made


@pytest.fixture
def fresh(home: Path, bot: Bot) -> Bot:
    """The same with a key that is in no vault yet."""
    held = json.loads((home / "paper" / "accounts.json").read_text())["bare"]
    made = Bot(bot.path, held["key"], held["secret"])
    made.write("user_data/config.json", FREQTRADE)
    return made


def adopt(home: Path, bot: Bot, *more: str) -> Said:
    return ringfence(home, "adopt", str(bot.path), *BASE, "--yes", *more, secrets=_OPEN)


def undo(home: Path, bot: Bot, *more: str) -> Said:
    return ringfence(home, "adopt", str(bot.path), "--undo", "--yes", *more, secrets=_OPEN)


def tree(path: Path) -> dict[str, tuple[bytes, int, int]]:
    """Every file below a path: bytes, mode, time of the last change."""
    return {
        str(one.relative_to(path)): (one.read_bytes(), one.stat().st_mode, one.stat().st_mtime_ns)
        for one in sorted(path.rglob("*"))
        if one.is_file()
    }


def records(home: Path) -> set[str]:
    with Vault.open(home / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        return {record.id for record in vault.records}


def test_the_bot_gets_a_virtual_key_and_comes_here_and_all_else_stays(home: Path, bot: Bot) -> None:
    before = bot.config()
    text = (bot.path / "user_data/config.json").read_text()
    done = adopt(home, bot)
    assert done.code == 0, done.err
    after = bot.config()
    assert recognise(after["exchange"]["api_key"]) == "binance key"
    assert recognise(after["exchange"]["secret"]) == "binance secret"
    pointed = ringfence(
        home, "point", "freqtrade", "--bot", "freqtrade", *BASE, "--show-secret", "--json", secrets=_OPEN
    )
    assert pointed.json()["config"]["exchange"].items() <= after["exchange"].items()
    for changed in ("api_key", "secret", "ccxt_config"):
        after["exchange"][changed] = before["exchange"][changed]
    assert after == before
    now = (bot.path / "user_data/config.json").read_text()
    assert text.splitlines()[0] in now
    assert '"pair_whitelist": ["BTC/USDT",],' in now
    assert "bot-freqtrade" in records(home)


def test_at_a_listener_with_tls_it_is_told_what_to_trust_and_all_else_stays(home: Path, bot: Bot) -> None:
    settings, port = home / "ringfence.toml", load(home).listeners[0].port
    settings.write_text(settings.read_text().replace(f"port = {port}\n", f"port = {port}\ntls = true\n", 1))
    before = bot.config()
    done = adopt(home, bot)
    assert done.code == 0, done.err
    after = bot.config()
    exchange = after["exchange"]
    assert exchange["ccxt_config"]["hostname"] == f"ringfence@127.0.0.1:{port}"
    authority = str(load(home).authority)
    assert exchange.pop("ccxt_sync_config") == {"validateServerSsl": authority}
    assert exchange.pop("ccxt_async_config") == {"cafile": authority}
    for changed in ("api_key", "secret", "ccxt_config"):
        exchange[changed] = before["exchange"][changed]
    assert after == before


def passes(home: Path) -> dict[str, str]:
    return {one.bot: one.token for one in read_passes(load(home).passes)}


def test_by_default_it_comes_in_by_the_proxy_with_a_pass_of_its_own(home: Path, bot: Bot) -> None:
    before, others = tree(bot.path), passes(home)
    done = ringfence(home, "adopt", str(bot.path), "--yes", secrets=_OPEN)
    assert done.code == 0, done.err
    settings, after = load(home), bot.config()["exchange"]
    assert settings.proxy is not None
    proxy = f"http://freqtrade:{passes(home)['freqtrade']}@127.0.0.1:{settings.proxy.port}"
    assert after["ccxt_config"] == {"httpsProxy": proxy, "wssProxy": proxy}
    assert after["ccxt_sync_config"] == {"validateServerSsl": str(settings.authority)}
    assert after["ccxt_async_config"] == {"cafile": str(settings.authority)}
    assert settings.authority.is_file()
    assert passes(home)["freqtrade"] not in done.out
    assert undo(home, bot).code == 0
    assert (tree(bot.path), passes(home)) == (before, others)


def test_without_a_certificate_to_trust_no_bot_is_sent_to_the_proxy(home: Path, bot: Bot) -> None:
    load(home).authority.unlink()
    before, kept = tree(bot.path), records(home)
    done = ringfence(home, "adopt", str(bot.path), "--yes", secrets=_OPEN)
    assert (done.code, "`ringfence certificates` makes it" in done.err) == (2, True)
    assert (tree(bot.path), records(home)) == (before, kept)


def test_freqtrades_variables_take_the_proxy_too(home: Path, bot: Bot) -> None:
    bot.write("user_data/config.json", FREQTRADE.replace("<K>", "").replace("<S>", ""))
    at = bot.write(".env", "FREQTRADE__EXCHANGE__API_KEY=<K>\nFREQTRADE__EXCHANGE__SECRET=<S>\n")
    done = ringfence(home, "adopt", str(bot.path), "--yes", secrets=_OPEN)
    assert done.code == 0, done.err
    found = {one.name: one.value for one in dotenv.parse(at.read_text())}
    assert recognise(found["FREQTRADE__EXCHANGE__SECRET"]) == "binance secret"
    assert found["FREQTRADE__EXCHANGE__CCXT_CONFIG__wssProxy"].startswith("http://freqtrade:")
    assert found["FREQTRADE__EXCHANGE__CCXT_ASYNC_CONFIG__cafile"] == str(load(home).authority)


def test_no_secret_is_ever_shown(home: Path, bot: Bot) -> None:
    bot.write(".env", "BINANCE_API_KEY=<K>\nBINANCE_API_SECRET=<S>\nSMTP_PASSWORD=hunter2\n")
    done = adopt(home, bot)
    again = adopt(home, bot)
    back = undo(home, bot)
    said = done.out + done.err + again.out + again.err + back.out + back.err
    virtual = ringfence(home, "bot", "env", "grid", "--format", "json", secrets=_OPEN).json()
    for secret in (bot.key, bot.secret, virtual["secret"], "1234:telegram", "hunter2"):
        assert secret not in said
    assert re.search(r"[0-9A-Za-z]{60}", said) is None
    assert f"<{bot.key[:4]}…{bot.key[-4:]}>" in said


def test_adopting_again_says_so_and_changes_nothing(home: Path, bot: Bot) -> None:
    assert adopt(home, bot).code == 0
    before, vault = tree(bot.path), (home / "vault").read_bytes()
    again = adopt(home, bot)
    assert (again.code, "is adopted: what stands there is a virtual key" in again.out) == (0, True), again.err
    assert (tree(bot.path), (home / "vault").read_bytes()) == (before, vault)
    assert adopt(home, bot, "--json").json() == {"path": str(bot.path), "changed": False, "adopted": True}


def test_undoing_puts_everything_back_to_the_last_byte(home: Path, bot: Bot) -> None:
    bot.write("user_data/private.json", '{"exchange": {"key": "<K>", "secret": "<S>"}}')
    bot.write("user_data/config.json", FREQTRADE.replace('"dry', '"add_config_files": ["private.json"],\n    "dry', 1))
    bot.write(".env", "export FREQTRADE__EXCHANGE__KEY='<K>'\r\nFREQTRADE__EXCHANGE__SECRET=<S>\r\n")
    (bot.path / ".env").chmod(0o600)
    os.utime(bot.path / ".env", ns=(1, 1_234_567_890_123_456_789))
    before, kept = tree(bot.path), records(home)
    done = ringfence(home, "adopt", str(bot.path), "--yes", *BASE, secrets=_OPEN)
    assert "freqtrade's variables cannot hold ccxt's addresses" in done.err
    (bot.path / ".env").unlink()
    before.pop(".env")
    assert adopt(home, bot).code == 0
    assert tree(bot.path) != before
    assert undo(home, bot).code == 0
    assert tree(bot.path) == before
    assert records(home) == kept | {"adopted"}
    assert list((home / "adopted").iterdir()) == []


def test_what_is_kept_of_the_old_files_is_sealed_and_for_nobody_else(home: Path, bot: Bot) -> None:
    assert adopt(home, bot).code == 0
    [copy] = (home / "adopted").iterdir()
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    everything = b"".join(one.read_bytes() for one in home.rglob("*") if one.is_file() and one.parent.name != "paper")
    everything += b"".join(one.read_bytes() for one in bot.path.rglob("*") if one.is_file())
    for half in (bot.key, bot.secret):
        assert half.encode()[8:] not in everything.replace(bot.key.encode(), b"")  # the vault names the key it holds
    assert bot.secret.encode() not in everything


def test_a_copy_that_somebody_changed_or_moved_is_not_believed(home: Path, bot: Bot) -> None:
    assert adopt(home, bot).code == 0
    [copy] = (home / "adopted").iterdir()
    good = copy.read_bytes()
    for at in (0, 25, len(good) - 1):
        copy.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1 :])
        assert undo(home, bot).code == 4
    copy.write_bytes(good)
    other = Bot(bot.path.parent / "other", bot.key, bot.secret)
    other.write("user_data/config.json", FREQTRADE)
    assert adopt(home, other, "--bot", "second").code == 0
    [theirs] = [one for one in (home / "adopted").iterdir() if one != copy]
    copy.write_bytes(theirs.read_bytes())
    assert undo(home, bot).code == 4


def test_a_key_that_is_in_no_vault_yet_is_sealed_and_the_exchange_is_asked(home: Path, fresh: Bot) -> None:
    findings = {"account": "spare", "key": "abcd", "ok": True, "findings": []}
    with signer(home, AskReload=reply({"done": True}), AskKey=reply(findings)) as asked:
        done = adopt(home, fresh, "--account", "spare")
    assert done.code == 0, done.err
    assert "AskKey" in [type(one).__name__ for one in asked.asked]
    assert {"account-spare", "bot-freqtrade"} <= records(home)
    assert undo(home, fresh).code == 0
    assert "account-spare" in records(home)
    assert adopt(home, fresh, "--account", "spare").code == 0


def test_undoing_takes_the_real_key_out_only_where_its_owner_says_so(home: Path, fresh: Bot) -> None:
    assert adopt(home, fresh, "--account", "spare").code == 0
    assert undo(home, fresh, "--remove-key").code == 0
    assert not {"account-spare", "bot-freqtrade"} & records(home)


def test_a_key_that_was_there_before_is_never_taken_out(home: Path, bot: Bot) -> None:
    assert adopt(home, bot).code == 0
    assert undo(home, bot, "--remove-key").code == 0
    assert "account-main" in records(home)


def test_a_key_that_the_exchange_lets_withdraw_is_refused_and_nothing_is_changed(home: Path, fresh: Bot) -> None:
    finding = {"account": "spare", "level": "critical", "text": "it may withdraw", "fix": "untick it"}
    findings = {"account": "spare", "key": "abcd", "ok": False, "findings": [finding]}
    before, kept = tree(fresh.path), records(home)
    with signer(home, AskReload=reply({"done": True}), AskKey=reply(findings)):
        done = adopt(home, fresh, "--account", "spare")
    assert done.code == 2
    assert "is refused, and is out of the vault again" in done.err
    assert (tree(fresh.path), records(home)) == (before, kept | {"adopted"})
    assert list((home / "adopted").iterdir()) == []


def test_a_bot_that_is_there_already_keeps_its_key_and_outlives_the_undoing(home: Path, bot: Bot) -> None:
    held = ringfence(home, "bot", "env", "grid", "--format", "json", secrets=_OPEN).json()
    assert adopt(home, bot, "--bot", "grid").code == 0
    assert bot.config()["exchange"]["secret"] == held["secret"]
    assert undo(home, bot).code == 0
    assert "bot-grid" in records(home)


def test_the_old_key_is_gone_from_comments_and_from_where_it_stood_twice(home: Path, bot: Bot) -> None:
    twice = FREQTRADE.replace('"ccxt_config": {}', '"ccxt_async_config": {"apiKey": "<K>", "secret": "<S>"}')
    at = bot.write("user_data/config.json", twice + "// was: <S> / <K>\n")
    done = adopt(home, bot)
    assert done.code == 0, done.err
    assert bot.key not in at.read_text()
    assert bot.secret not in at.read_text()
    assert bot.config()["exchange"]["ccxt_async_config"]["secret"] == bot.config()["exchange"]["secret"]


def spelt(secret: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in secret)


REFUSED: dict[str, tuple[Callable[[Bot], object], str]] = {
    "two keys": (
        lambda bot: bot.write("user_data/config-b.json", FREQTRADE.replace("<K>", "K" * 64).replace("<S>", "S" * 64)),
        "more than one key",
    ),
    "a key twice": (
        lambda bot: bot.write("user_data/config.json", FREQTRADE.replace('"secret"', '"api_key": "x", "secret"')),
        "'api_key' is there twice",
    ),
    "half a key": (
        lambda bot: bot.write("user_data/config.json", FREQTRADE.replace("<S>", "")),
        "no secret of the exchange's shape",
    ),
    "spelt in another way": (
        lambda bot: bot.write("user_data/config.json", FREQTRADE.replace('"1"', f'"{spelt(bot.secret)}"')),
        "it is spelt in another way",
    ),
    "another exchange": (
        lambda bot: bot.write("user_data/config.json", FREQTRADE.replace('"binance"', '"kraken"')),
        "the bot's files say kraken",
    ),
    "a link": (
        lambda bot: (bot.path / ".env").symlink_to("user_data/config.json"),
        "is a symbolic link",
    ),
    "a pipe": (lambda bot: os.mkfifo(bot.path / ".env"), "is no regular file"),
    "not text": (lambda bot: (bot.path / "config.json").write_bytes(b'{"a": "\xff"}'), "is not text in UTF-8"),
    "a zero byte": (lambda bot: (bot.path / "config.json").write_bytes(b'{"a": "\0"}'), "has a zero byte in it"),
    "outside": (
        lambda bot: bot.write("config.json", '{"add_config_files": ["../h/ringfence.toml"]}'),
        "which is outside of",
    ),
    "code alone": (
        lambda bot: (
            bot.write("user_data/config.json", "{}"),
            bot.write("bot.py", "import ccxt\nx = ccxt.binance({'apiKey': '<K>',\n 'secret': '<S>'})\n"),
        ),
        "bot.py:2, ",
    ),
    "hummingbot": (
        lambda bot: (
            bot.write("user_data/config.json", "{}"),
            bot.write("conf/connectors/binance.yml", "connector: binance\nbinance_api_key: 7b2263\n"),
        ),
        "hummingbot keeps its keys under its own password",
    ),
    "nothing": (lambda bot: (bot.path / "user_data/config.json").unlink(), "no key of the exchange's shape"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_cannot_be_done_for_certain_is_refused_and_nothing_is_changed(home: Path, bot: Bot, what: str) -> None:
    prepare, why = REFUSED[what]
    prepare(bot)
    names = sorted(str(one) for one in bot.path.rglob("*"))
    contents = {one: one.read_bytes() for one in bot.path.rglob("*") if one.is_file()}
    done = adopt(home, bot)
    assert done.code == 2, done.out
    assert why in done.err
    assert sorted(str(one) for one in bot.path.rglob("*")) == names
    assert {one: one.read_bytes() for one in contents} == contents
    assert "bot-freqtrade" not in records(home)


def test_an_account_with_another_key_is_not_mistaken_for_this_one(home: Path, fresh: Bot) -> None:
    done = adopt(home, fresh)
    assert (done.code, "account main has another key" in done.err) == (2, True)


def test_a_path_with_dots_and_a_link_to_the_directory_mean_the_directory(home: Path, bot: Bot) -> None:
    (bot.path.parent / "alias").symlink_to("bot")
    assert adopt(home, Bot(bot.path / "user_data" / "..", bot.key, bot.secret)).code == 0
    done = undo(home, Bot(bot.path.parent / "alias", bot.key, bot.secret))
    assert done.code == 0, done.err
    assert bot.config()["exchange"]["api_key"] == bot.key


def test_a_file_that_was_changed_since_is_shown_and_not_written_over(home: Path, bot: Bot) -> None:
    assert adopt(home, bot).code == 0
    at = bot.path / "user_data/config.json"
    at.write_text(at.read_text().replace('"dry_run": false', '"dry_run": true'))
    again = adopt(home, bot)
    assert (again.code, "has changed since it was adopted" in again.err) == (2, True)
    done = undo(home, bot)
    assert (done.code, "changed since it was adopted" in done.err) == (2, True)
    assert '-    "dry_run": true,' in done.out
    assert bot.secret not in done.out
    assert undo(home, bot, "--force").code == 0
    assert bot.config()["dry_run"] is False


def test_what_was_never_adopted_cannot_be_undone(home: Path, bot: Bot) -> None:
    done = undo(home, bot)
    assert (done.code, "was not adopted here" in done.err) == (2, True)


def test_nothing_is_written_without_a_yes(home: Path, bot: Bot) -> None:
    before, kept = tree(bot.path), records(home)
    done = program(home, "adopt", str(bot.path), *BASE, secrets=_OPEN)
    assert (done.code, "there is no terminal" in done.err) == (2, True)
    code, screen = typed(
        home, "adopt", str(bot.path), *BASE, answers=((b"passphrase: ", PASSPHRASE), (b"write these files?", b"n"))
    )
    assert code != 0
    assert b"<virtual secret of freqtrade>" in screen
    assert (tree(bot.path), records(home)) == (before, kept)


def test_an_environment_file_is_pointed_too(home: Path, bot: Bot) -> None:
    (bot.path / "user_data/config.json").unlink()
    at = bot.write(".env", "# mine\r\nBINANCE_API_KEY=<K>\r\nBINANCE_API_SECRET='<S>'\r\nOPENAI_API_KEY=sk-1\r\n")
    done = adopt(home, bot, "--json")
    assert done.code == 0, done.err
    assert (done.json()["bot"], done.json()["client"]) == ("bot", "environment")
    lines = at.read_bytes().split(b"\r\n")
    assert (lines[0], lines[3]) == (b"# mine", b"OPENAI_API_KEY=sk-1")
    assert recognise(lines[1].decode()) == "binance key"
    assert recognise(lines[2].decode()) == "binance secret"


def test_passivbots_keys_are_taken_and_those_of_other_exchanges_stay(home: Path, bot: Bot) -> None:
    (bot.path / "user_data/config.json").unlink()
    other = {"exchange": "bybit", "key": "K" * 18, "secret": "S" * 36}
    bot.write("api-keys.json", json.dumps({"a": {"exchange": "binance", "key": "<K>", "secret": "<S>"}, "b": other}))
    done = adopt(home, bot)
    assert done.code == 0, done.err
    after = bot.config("api-keys.json")
    assert recognise(after["a"]["secret"]) == "binance secret"
    assert after["b"] == other


def test_what_still_holds_the_key_is_named(home: Path, bot: Bot) -> None:
    bot.write("user_data/logs/bot.log", "started with <K>\n")
    bot.write("user_data/config.json.bak", FREQTRADE)
    bot.write("script.py", "S = '<S>'\n")
    (bot.path / ".git").mkdir()
    done = adopt(home, bot)
    assert done.code == 0, done.err
    for left in (
        "bot.log still holds",
        "config.json.bak still holds",
        "script.py:1 has a literal",
        "is a git repository",
    ):
        assert left in done.out


# crashes: the process is killed in place of the n-th file that is put in its place
def crash_at(nth: int, home: Path, *arguments: str) -> bool:
    """Run a command in a process of its own, which dies at the n-th replacement; say whether it did."""
    reading, writing = os.pipe()
    os.write(writing, PASSPHRASE)
    os.close(writing)
    child = os.fork()
    if child == 0:
        count, replace = 0, os.replace

        def dying(*words: Any, **named: Any) -> None:
            nonlocal count
            count += 1
            if count == nth:
                os._exit(9)
            replace(*words, **named)

        os.replace = dying
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, 1)
        os.dup2(null, 2)
        try:
            main(["--home", str(home), *arguments, "--passphrase-fd", str(reading)])
        except SystemExit as ended:
            os._exit(int(ended.code or 0))
        finally:
            os._exit(99)
    os.close(reading)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in {0, 9}, code
    return code == 9


def prepared(fresh: Bot) -> dict[str, tuple[bytes, int, int]]:
    fresh.write("user_data/config-private.json", '{"exchange": {"key": "<K>", "secret": "<S>"}}')
    return tree(fresh.path)


def _deep(*steps: int) -> list[Any]:
    return [pytest.param(step, marks=pytest.mark.deep) for step in steps]


STEPS = range(1, 12)  # vault, copy, vault, digests, vault, passes, digests, copy, two files; one is not reached


@pytest.mark.parametrize("nth", STEPS)
def test_after_a_crash_at_any_step_it_is_finished_or_undone(home: Path, fresh: Bot, nth: int) -> None:
    before = prepared(fresh)
    words = ("adopt", str(fresh.path), *BASE, "--yes", "--account", "spare")
    assert crash_at(nth, home, *words) is (nth < STEPS[-1])
    again = ringfence(home, *words, secrets=_OPEN)
    assert again.code == 0, again.err
    for name in ("user_data/config.json", "user_data/config-private.json"):
        assert fresh.secret not in (fresh.path / name).read_text()
    assert undo(home, fresh, "--remove-key").code == 0
    assert tree(fresh.path) == before
    assert not {"account-spare", "bot-freqtrade"} & records(home)


@pytest.mark.parametrize("nth", [*_deep(3, 4, 5, 6, 7, 8, 9), 10])
def test_after_a_crash_at_any_step_it_can_be_undone_at_once(home: Path, fresh: Bot, nth: int) -> None:
    before = prepared(fresh)
    crash_at(nth, home, "adopt", str(fresh.path), *BASE, "--yes", "--account", "spare")
    assert undo(home, fresh, "--remove-key").code == 0
    assert tree(fresh.path) == before
    assert not {"account-spare", "bot-freqtrade"} & records(home)


@pytest.mark.parametrize("nth", [2, 4, *_deep(1, 3, 5, 6)])
def test_after_a_crash_while_undoing_it_is_undone_by_running_it_again(home: Path, fresh: Bot, nth: int) -> None:
    before = prepared(fresh)
    assert adopt(home, fresh, "--account", "spare").code == 0
    words = ("adopt", str(fresh.path), "--undo", "--yes", "--remove-key")
    if crash_at(nth, home, *words):
        assert ringfence(home, *words, secrets=_OPEN).code == 0
    assert tree(fresh.path) == before
    assert not {"account-spare", "bot-freqtrade"} & records(home)


def real(home: Path) -> None:
    settings = home / "ringfence.toml"
    settings.write_text(settings.read_text().replace('exchange = "paper-binance"', 'exchange = "binance"'))


def test_a_real_key_is_sealed_only_where_its_owner_insists(home: Path, fresh: Bot) -> None:
    real(home)
    before = tree(fresh.path)
    done = adopt(home, fresh, "--account", "spare")
    assert (done.code, "a real key needs a wall" in done.err) == (2, True)
    assert tree(fresh.path) == before
    assert adopt(home, fresh, "--account", "spare", "--unconfined").code == 0
    with Vault.open(home / "vault", lambda: bytearray(PASSPHRASE)) as vault:
        [account] = [record for record in vault.records if record.id == "account-spare"]
    assert account.exchange == "binance"
    assert "api.binance.com" in account.hosts
