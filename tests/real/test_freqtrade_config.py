"""freqtrade reads what `adopt` writes, trades with it, and finds its directory as it was once that is undone.

Runs in `make test-real`; RINGFENCE_FREQTRADE may name the Python of an environment that has it.
"""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.cli.terminal import ringfence
from tests.cli.test_adopt import tree
from tests.deployment import PASSPHRASE, Deployment
from tests.real import ground

BOT = Path(__file__).with_name("freqtrade_bot.py")

pytestmark = [pytest.mark.real, pytest.mark.timeout(180)]  # it imports pandas and much more, several times


def freqtrade(*words: str) -> str:
    done = subprocess.run(
        [ground.python("freqtrade"), BOT, *words], capture_output=True, text=True, check=False, timeout=90
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("mode", ["proxy", "base-url"])
def test_freqtrade_trades_with_what_is_written_and_finds_all_as_it_was(
    there: Deployment, tmp_path: Path, mode: str
) -> None:
    folder, config = tmp_path / "ft", str(tmp_path / "ft/user_data/config.json")
    freqtrade("write", str(folder), *there.real["main"])
    before = tree(folder)
    read: dict[str, Any] = json.loads(freqtrade("read", config))
    assert read["api_key"] == there.real["main"][0]

    words = ("adopt", str(folder), "--yes")
    adopted = ringfence(there.home, *words, "--bot", "grid", "--mode", mode, secrets={"passphrase": PASSPHRASE})
    assert adopted.code == 0, adopted.err
    after: dict[str, Any] = json.loads(freqtrade("read", config))
    assert (after["api_key"], after["secret"]) == there.bots["grid"]
    pointed = ground.point(there, "freqtrade", mode)["config"]["exchange"]
    assert pointed.items() <= after.items()
    changed = {"api_key", "secret", *pointed} - {"name"}
    assert {name: after[name] for name in after if name not in changed} == {
        name: read[name] for name in read if name not in changed
    }

    price = round(there.mid() * 0.98, 2)
    trading = (str(ground.python("freqtrade")), str(BOT), "trade", str(price), config)
    tested = ringfence(there.home, "leaktest", "--json", "--", *trading)
    assert (tested.code, tested.json()["leaks"], tested.json()["mode"]) == (0, [], mode), tested.err
    [number] = [one["orderId"] for one in there.call("GET", "/api/v3/openOrders", symbol="BTCUSDT")[1]]
    code, order = there.call("GET", "/api/v3/order", symbol="BTCUSDT", orderId=number)
    assert (code, order["status"], float(order["price"])) == (200, "NEW", price)

    assert there.call("DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=number)[0] == 200

    undone = ringfence(there.home, *words, "--undo", secrets={"passphrase": PASSPHRASE})
    assert undone.code == 0, undone.err
    assert tree(folder) == before
