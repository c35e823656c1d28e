"""A deployment that is cut off anywhere is finished or undone by doing it again; an honest bot trades in its place."""

import json
import re
import time
from pathlib import Path

import pytest

from tests.hostbox.box import PASSPHRASE, PROGRAM, Box, tree

pytestmark = [pytest.mark.host, pytest.mark.timeout(900)]

BOT = "/srv-bot"
HEARD = "/var/lib/ringfence-bots/grid/heard.json"
WATCHED = ("etc/systemd/system", "etc/ringfence", "opt", "usr/local")

_keys: dict[str, str] = {}


@pytest.fixture(scope="module", autouse=True)
def made(server: Box) -> None:
    """A deployment on paper, and an honest bot's code."""
    done = server.ringfence("init", "--paper", "--passphrase-fd", "0")
    assert done.code == 0, done.err
    found = re.search(r"key +(\w{64})\s+secret +(\w{64})", done.out)
    assert found is not None, done.out
    _keys.update(key=found[1], secret=found[2])
    server.put(f"{BOT}/bot.py", (Path(__file__).parent / "honest.py").read_text("utf-8"))
    server.put(f"{BOT}/.env", f"BOT_KEY={found[1]}\nBOT_SECRET={found[2]}\n", 0o600)


def cut_off(server: Box, command: list[str], words: str) -> None:
    """Run a command, and kill it once it says that it is about to do something."""
    with server.start(*command) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(PASSPHRASE)
        process.stdin.close()
        for line in process.stderr:
            if words in line:
                server.must("pkill", "-9", "-f", "ringfence.*deploy")
                break
    assert process.returncode != 0


DEPLOY = ("deploy", "--yes", "--passphrase-fd", "0", "--bot", "grid")


@pytest.mark.parametrize(
    "words",
    [
        "make user ringfence-courier",
        "copy Ringfence's code",
        "ringfence.toml",
        "seal the vault",
        "start ringfence-courier",
    ],
)
def test_a_deploy_that_is_killed_is_undone_whole(server: Box, words: str) -> None:
    before = tree(server.root, WATCHED)
    cut_off(server, server.checkout(*DEPLOY), words)
    done = server.ringfence("deploy", "--undo", "--yes")
    assert done.code == 0, done.err
    assert tree(server.root, WATCHED) == before
    assert "ringfence" not in server.text("/etc/passwd")


def test_a_deploy_that_is_killed_is_finished_by_doing_it_again(server: Box) -> None:
    for words in ("make group bot-grid", "wall.nft", "start ringfence-gateway"):
        cut_off(server, server.checkout(*DEPLOY), words)
    done = server.ringfence(*DEPLOY)
    assert done.code == 0, done.err
    assert "bot grid is confined" in done.out


def test_an_honest_bot_trades_unchanged_where_nothing_but_ringfence_can_be_reached(server: Box) -> None:
    server.must(PROGRAM, "policy", "apply", "--yes", "--passphrase-fd", "0", given=PASSPHRASE)
    text = server.text("/var/lib/ringfence/deploy.toml")
    command = f'command = ["/usr/bin/python3", "{BOT}/bot.py"]\ndirectory = "{BOT}"\nenvironment = "{BOT}/.env"\n'
    server.put("/var/lib/ringfence/deploy.toml", text.replace("[bot.grid]\n", f"[bot.grid]\n{command}"), 0o600)
    done = server.run(PROGRAM, "deploy", "--yes")
    assert done.code == 0, done.err + done.out
    where = server.root / HEARD.lstrip("/")
    for _ in range(200):
        if where.exists():
            break
        time.sleep(0.3)
    heard = json.loads(where.read_text("utf-8"))
    assert heard["order"][0] == 200, heard
    assert heard["order"][1]["symbol"] == "BTCUSDT"
    assert heard["withdrawal"][0] >= 400, heard
    assert server.run(PROGRAM, "canary", "grid").code == 0


def test_an_undo_that_is_killed_is_finished_by_doing_it_again(server: Box) -> None:
    for words in ("stop ringfence-signer", "remove user"):
        cut_off(server, server.checkout("deploy", "--undo", "--yes"), words)
    done = server.ringfence("deploy", "--undo", "--yes")
    assert done.code == 0, done.err
    assert not [path for path in tree(server.root, WATCHED) if "ringfence" in path]
    assert "ringfence" not in server.text("/etc/passwd")
