"""NautilusTrader trades on the rehearsal exchange and hears of it, by base URL."""

import json
from pathlib import Path

import pytest

from tests.deployment import Deployment
from tests.real.ground import bot, orders, point, python
from tests.real.seen import note

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]
BOT = Path(__file__).with_name("nautilus_bot.py")


def test_nautilus_trades_and_hears_of_it(there: Deployment, tmp_path: Path) -> None:
    said = point(there, "nautilus_trader", "base-url")
    told = bot(said, tmp_path).run(python("nautilus"), BOT, given=json.dumps(said), seconds=60)
    seen = json.loads(told.rpartition("SAID ")[2])
    assert orders(there) == [("BUY", "CANCELED"), ("BUY", "FILLED")]
    assert there.real["main"][0] not in told
    note("nautilus_trader", "base-url", seen["version"], list(dict.fromkeys(seen["did"])))
