"""Client libraries, unmodified and pointed by what `point` prints, order and listen in every mode that it offers."""

import importlib.metadata
import json
import subprocess
import sys
from pathlib import Path

import pytest

from ringfence.pointing.clients import Way
from tests.deployment import Deployment
from tests.real.ground import ROOT, bot, forms, point
from tests.real.library_bot import BOTS
from tests.real.seen import note

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

PROGRAM = Path(__file__).with_name("library_bot.py")
CONNECTOR = ROOT / ".venv-connector" / "bin" / "python"
PACKAGES = {"ccxt-async": "ccxt", "ccxt-pro": "ccxt", "python-binance-async": "python-binance"}
CELLS = [pytest.param(name, form, id=f"{name}-{form.name}") for name in BOTS for form in forms(name)]


@pytest.mark.parametrize(("client", "form"), CELLS)
def test_a_library_orders_and_listens(client: str, form: Way, there: Deployment, tmp_path: Path) -> None:
    said = point(there, client, form.mode.value)
    price = round(there.mid() * 0.997, 2)
    program = CONNECTOR if client == "binance-connector" else Path(sys.executable)
    given = json.dumps({"client": client, "text": said["text"], "price": price})
    told = bot(said, tmp_path).run(program, PROGRAM, given=given, seconds=90)
    assert there.real["main"][0] not in told
    note(client, form.name, version(client), json.loads(told.rpartition("SAID ")[2]))


def version(client: str) -> str:
    name = PACKAGES.get(client, client)
    if client != "binance-connector":
        return importlib.metadata.version(name)
    ask = f"import importlib.metadata; print(importlib.metadata.version({name!r}))"
    return subprocess.run([CONNECTOR, "-c", ask], capture_output=True, text=True, check=True).stdout.strip()
