"""ccxt for JavaScript orders, cancels and listens in every way that `point` prints for it."""

import json
import shutil
from pathlib import Path

import pytest

from ringfence.pointing.clients import Way
from tests.deployment import Deployment
from tests.real.ground import ROOT, bot, forms, insist_on, orders, point
from tests.real.seen import note

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

BOT = Path(__file__).with_name("ccxt_bot.mjs")
MODULES = ROOT / ".venv-ccxt-js" / "node_modules"
REST = ["ordered", "cancelled"]
STREAMS = ["market data by WebSocket", "ordered by WebSocket", "heard of it"]


@pytest.mark.parametrize("form", forms("ccxt-js"), ids=lambda form: form.name)
def test_a_bot_in_javascript_orders_and_listens(form: Way, there: Deployment, tmp_path: Path) -> None:
    insist_on("ccxt-js")
    if not MODULES.exists():
        pytest.fail("ccxt-js is not installed; `make test-real` does it")
    before = len(orders(there))
    said = point(there, "ccxt-js", form.mode.value)
    (tmp_path / "node_modules").symlink_to(MODULES)
    program = Path(shutil.copy(BOT, tmp_path))
    given = json.dumps({"text": said["text"], "price": round(there.mid() * 0.997, 2)})
    told = bot(said, tmp_path).run("node", program, given=given, seconds=90)
    seen = json.loads(told.rpartition("SAID ")[2])
    streams = [] if "ccxt.pro" not in said["text"] else STREAMS
    assert seen["did"] == REST + streams
    assert orders(there)[before:] == [("BUY", "CANCELED")] * (2 if streams else 1)
    assert there.real["main"][0] not in told
    version = json.loads((MODULES / "ccxt" / "package.json").read_text())["version"]
    note("ccxt-js", form.name, version, seen["did"])
