"""A draft is tried on what the demo's own bot has traded: on the rehearsal exchange, by real processes."""

import json
from pathlib import Path

import msgspec
import pytest

from ringfence.drill import honest
from ringfence.drill.deployment import Pointed
from tests.cli.terminal import Said, program
from tests.deployment import PASSPHRASE, POLICY, Deployment

pytestmark = pytest.mark.timeout(180)


def suggest(deployment: Deployment, name: str, text: str, *options: str) -> Said:
    file = deployment.home / name
    file.write_text(text)
    return program(deployment.home, "policy", "suggest", str(file), *options)


def test_limits_are_tried_on_the_trades_of_an_honest_bot(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "h") as deployment:
        before = suggest(deployment, "fits.toml", POLICY)
        env = program(deployment.home, "bot", "env", "grid", "--format", "ccxt", secrets={"passphrase": PASSPHRASE})
        for _ in range(2):
            honest.trade(msgspec.json.decode(env.out, type=Pointed))
        fits = suggest(deployment, "fits.toml", POLICY)
        tight = suggest(deployment, "tight.toml", POLICY.replace('= "500"', '= "100"').replace('"0.1%"', '"0.05%"'))
        told = suggest(deployment, "tight.toml", POLICY.replace('"5000"', '"200"'), "--json").json()
        window = next(row for row in told["rows"] if row["limit"] == "window_notional")
        enough = suggest(deployment, "enough.toml", POLICY.replace('"5000"', json.dumps(window["none"])))
        fills = sum(len(order["fills"]) for order in deployment.truth()["orders"])

    assert (before.code, before.err) == (0, "")
    assert "account main has no trades in BTC/USDT, ETH/USDT in the last 30 days" in before.out

    assert (fits.code, fits.err) == (0, "")
    assert f"30 days, 4 orders in {fills} fills; 2 of them exits" in fits.out
    assert "the draft would have refused none of 4 orders" in fits.out
    assert "fees: 0.1% at most" in fits.out

    assert (tight.code, tight.err) == (1, "")
    assert "order_notional refuses 2 of 2 orders" in tight.out
    assert f"the policy says 0.05%: {fills} fills paid more" in tight.out

    assert (window["refused"], window["judged"]) == (1, 2)
    assert float(window["none"]) >= float(window["most"]) > 200
    assert (enough.code, enough.err) == (0, "")
