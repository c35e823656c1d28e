"""Binance's own clients and the most used other one trade through Ringfence as they do without it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ringfence.dialects.dialect import Algorithm
from tests.deployment import POLICY, Deployment

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).with_name("sdks")
# binance-connector has the import name of python-binance, so it lives in an environment of its own (Makefile).
CONNECTOR = ROOT / ".venv-connector" / "bin" / "python"
CLIENTS = {"python_binance": Path(sys.executable), "connector": CONNECTOR, "sdk_spot": Path(sys.executable)}
FORMS = '"limit", "limit-maker", "market", "stop-limit"'

pytestmark = pytest.mark.timeout(180)


@pytest.fixture(scope="module", params=[Algorithm.HMAC, Algorithm.ED25519])
def exchange(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    policy = POLICY.replace('"limit", "limit-maker", "market"', FORMS)
    home = tmp_path_factory.mktemp("sdks") / "h"
    with Deployment.make(home, policy=policy, virtual=request.param) as made:
        yield made


def told(deployment: Deployment, client: str, secret: str | None = None) -> dict[str, Any]:
    key, own = deployment.bots["grid"]
    words = (deployment.url, key, secret or own, str(deployment.mid()))
    program = [str(CLIENTS[client]), str(PROGRAMS / f"{client}.py"), *words]
    done = subprocess.run(program, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_does_all_that_it_does_at_the_exchange(exchange: Deployment, client: str) -> None:
    said = told(exchange, client)
    assert (said["account"], said["markets"]) == ("SPOT", True)
    assert (said["limit"]["status"], said["query"], said["cancel"]) == ("NEW", "NEW", "CANCELED"), said
    assert said["limit"]["orderId"] in said["open"]
    assert said["replace"]["newOrderResult"] == "SUCCESS", said["replace"]
    assert (said["market"]["status"], said["sell"], said["trades"]) == ("FILLED", "FILLED", True), said
    assert len(said["oco"].get("orders", ())) == 2, said["oco"]
    assert said["leave"] == "CANCELED"
    assert said["test"] in ({}, {"additional_properties": {}}), said["test"]
    assert "raised" in said["far"]
    assert "collar: the price 900000" in said["far"]["text"]
    assert "raised" in said["withdraw"]


@pytest.mark.parametrize("client", CLIENTS)
def test_another_secret_is_an_ordinary_error_of_the_client(exchange: Deployment, client: str) -> None:
    own = exchange.bots["grid"][1]
    other = exchange.real["main-ed25519"][1] if own.startswith("-----BEGIN") else "x" * 64
    said = told(exchange, client, other)
    assert "signature: the signature does not fit" in said["account"]["text"], said["account"]
    assert "raised" in said["market"]
