"""OctoBot's own exchange layer orders and cancels, by each way that `point` prints for it."""

import json
from pathlib import Path

import pytest

from ringfence.pointing.clients import Way
from tests.deployment import Deployment
from tests.real.ground import bot, forms, orders, point, python
from tests.real.seen import note

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]
BOT = Path(__file__).with_name("octobot_bot.py")


@pytest.mark.parametrize("form", forms("octobot"), ids=lambda form: form.name)
def test_octobot_orders_and_cancels(form: Way, there: Deployment, tmp_path: Path) -> None:
    before, said = len(orders(there)), point(there, "octobot", form.mode.value)
    given = json.dumps({"text": said["text"], "price": f"{there.mid() * 0.997:.2f}"})
    told = bot(said, tmp_path).run(python("octobot"), BOT, given=given, seconds=90)
    seen = json.loads(told.rpartition("SAID ")[2])
    assert orders(there)[before:] == [("BUY", "CANCELED")]
    assert there.real["main"][0] not in told
    note("octobot", form.name, f"{seen['version']}, its exchange layer", seen["did"])
