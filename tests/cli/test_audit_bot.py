"""`ringfence audit bot`, typed as a user types it: what is said, how, and the code it exits with."""

import datetime as dt
import json
import os
import pwd
from pathlib import Path

import pytest

from ringfence.cli import auditing
from tests.audit.bot.setups import COMPOSE, OCTOBOT
from tests.audit.bot.trees import PASSWORD, SECRET, lay
from tests.cli.terminal import Said, ringfence

BROKEN = '{"dry_run": true, "api_server": {"enabled": true, "listen_ip_address": "0.0.0.0", "password": "test"}}'


@pytest.fixture
def bot(tmp_path: Path) -> Path:
    """An empty directory of a bot."""
    (tmp_path / "bot").mkdir()
    return tmp_path / "bot"


def audit(home: Path, *words: str | Path) -> Said:
    """Run the audit."""
    return ringfence(home, "audit", "bot", *map(str, words))


def test_a_careful_setup_passes_and_the_bots_are_named(tmp_path: Path, bot: Path) -> None:
    said = audit(tmp_path, lay(bot, COMPOSE))
    assert said.code == 0
    assert "nothing found" in said.out
    assert "bots that were found: freqtrade" in said.out


def test_what_is_wrong_is_said_with_its_line_and_what_to_write(tmp_path: Path, bot: Path) -> None:
    said = audit(tmp_path, lay(bot, {"config.json": BROKEN}))
    words = " ".join(said.out.split())
    assert said.code == 1
    assert "CRITICAL bot/api-exposed config.json:1" in words
    assert 'write "listen_ip_address": "127.0.0.1"' in words
    assert "openssl rand -hex 32" in words


def test_what_cannot_be_read_is_no_pass(tmp_path: Path, bot: Path) -> None:
    said = audit(tmp_path, lay(bot, {"config.json": "{", "docker-compose.yml": "services: {}"}))
    assert said.code == 5
    assert "NOT LOOKED AT" in said.out


def test_a_directory_without_a_bot_is_no_pass(tmp_path: Path, bot: Path) -> None:
    assert audit(tmp_path, bot).code == 5


def test_forms_for_programs_hold_the_same_and_no_secret(tmp_path: Path, bot: Path) -> None:
    lay(bot, {"config.json": BROKEN, ".env 644": "CONFIG_PASSWORD={password}\nBINANCE_API_SECRET={secret}\n"})
    sarif, html = tmp_path / "out.sarif", tmp_path / "out.html"
    said = audit(tmp_path, bot, "--json", "--sarif", sarif, "--html", html)
    told = {one["rule"] for one in said.json()["findings"]}
    assert {"bot/api-exposed", "bot/key-in-environment"} <= told
    assert {one["ruleId"] for one in json.loads(sarif.read_text())["runs"][0]["results"]} == told
    for text in (said.out, sarif.read_text(), html.read_text()):
        assert SECRET[:8] not in text
        assert PASSWORD[:8] not in text


def test_a_waiver_answers_for_a_finding(tmp_path: Path, bot: Path) -> None:
    lay(bot, OCTOBOT.replace('"127.0.0.1:5001:5001"', '"5001:5001"'))
    waivers = tmp_path / "mine.toml"
    until = auditing.now().date() + dt.timedelta(days=30)
    waivers.write_text(f'[[waiver]]\nrule = "bot/port-public"\npath = "*"\nreason = "a test"\nuntil = {until}\n')
    assert audit(tmp_path, bot).code == 1
    assert audit(tmp_path, bot, "--waivers", waivers).code == 0


def test_the_user_that_the_bot_runs_as_is_asked_about(tmp_path: Path, bot: Path) -> None:
    lay(bot, OCTOBOT)
    me = pwd.getpwuid(os.getuid()).pw_name
    assert audit(tmp_path, bot).code == 0
    said = audit(tmp_path, bot, "--user", me)
    assert said.code == 1
    assert "bot/strategies-writable" in said.out
    nobody = audit(tmp_path, bot, "--user", "no-such-user")
    assert nobody.code == 2
    assert "no user" in nobody.err


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    assert audit(tmp_path, tmp_path / "none").code == 2
