"""freqtrade reads what `adopt` writes, trades with it, and finds its directory as it was once that is undone.

Runs in `make test-real`; RINGFENCE_FREQTRADE may name the Python of an environment that has it.
"""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import ringfence
from tests.cli.test_adopt import tree
from tests.deployment import PASSPHRASE, Deployment
from tests.real.ground import python

BOT = Path(__file__).with_name("freqtrade_bot.py")

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]  # it imports pandas and much more, several times


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with Deployment.make(tmp_path_factory.mktemp("ft") / "h") as made:
        yield made


def freqtrade(*words: str) -> str:
    done = subprocess.run([python("freqtrade"), BOT, *words], capture_output=True, text=True, check=False, timeout=90)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_freqtrade_reads_and_trades_with_what_is_written_and_finds_all_as_it_was(
    deployment: Deployment, tmp_path: Path
) -> None:
    folder, config = tmp_path / "ft", str(tmp_path / "ft/user_data/config.json")
    freqtrade("write", str(folder), *deployment.real["main"])
    before = tree(folder)
    read: dict[str, Any] = json.loads(freqtrade("read", config))
    assert read["api_key"] == deployment.real["main"][0]

    words = ("adopt", str(folder), "--yes")
    adopted = ringfence(
        deployment.home, *words, "--bot", "grid", "--mode", "base-url", secrets={"passphrase": PASSPHRASE}
    )
    assert adopted.code == 0, adopted.err
    after: dict[str, Any] = json.loads(freqtrade("read", config))
    assert (after["api_key"], after["secret"]) == deployment.bots["grid"]
    assert after["ccxt_config"]["urls"]["api"]["private"].startswith(deployment.url)
    changed = ("api_key", "secret", "ccxt_config")
    assert {name: after[name] for name in after if name not in changed} == {
        name: read[name] for name in read if name not in changed
    }

    price = round(deployment.mid() * 0.98, 2)
    number = int(freqtrade("trade", str(price), config))
    code, order = deployment.call("GET", "/api/v3/order", symbol="BTCUSDT", orderId=number)
    assert (code, order["status"], float(order["price"])) == (200, "NEW", price)

    undone = ringfence(deployment.home, *words, "--undo", secrets={"passphrase": PASSPHRASE})
    assert undone.code == 0, undone.err
    assert tree(folder) == before
