"""The limits that need time, people or several bots, through real processes on the paper exchange."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ringfence.ipc.messages import AskAllow, AskHolds, AskLog, AskResume, AskWhy, Proof
from tests.deployment import POLICY, Deployment, Refused
from tests.scenarios.test_attacks import low, orders

LIMITED = (
    POLICY.replace('orders  = ["limit", ', 'orders  = ["limit", "stop-limit", ')
    + """
order_lifetime     = "10s"
identical_fills    = 3
hold_above         = "200"
slow_collar        = "10%"
order_share        = "50%"

[account.main.limits]
open_orders = 6
"""
)
MARKET = {"symbol": "BTCUSDT", "type": "MARKET"}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A running deployment whose policy has the limits that may be left out."""
    with Deployment.make(tmp_path_factory.mktemp("limited") / "home", policy=LIMITED) as it:
        it.wait(lambda: it.buy("0.0002", low(it))[0] == 200)  # until the account's worth is known
        yield it


def alarms(it: Deployment) -> list[str]:
    return [alarm["text"] for alarm in it.status()["alarms"]]


def resting(it: Deployment) -> list[Any]:
    return [order for order in orders(it) if order["status"] in {"NEW", "PARTIALLY_FILLED"}]


def sized(it: Deployment, worth: float) -> str:
    return f"{worth / it.mid():.5f}"


def test_an_order_that_is_too_old_leaves_the_book_s07(limited: Deployment) -> None:
    limited.wait(lambda: limited.buy("0.0002", low(limited))[0] == 200)
    began = time.monotonic()
    status, placed = limited.buy("0.0002", low(limited))
    assert status == 200
    limited.wait(lambda: placed["orderId"] not in {order["orderId"] for order in resting(limited)})
    assert 9 < time.monotonic() - began < 20
    status, found = limited.call("GET", "/api/v3/order", symbol="BTCUSDT", orderId=placed["orderId"])
    assert (status, found["status"]) == (200, "CANCELED")


def test_a_large_order_waits_for_a_person_and_passes_once_s58(limited: Deployment) -> None:
    limited.wait(lambda: limited.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.0003")[0] == 200)
    order = {**MARKET, "side": "BUY", "quantity": sized(limited, 250)}
    status, body = limited.call("POST", "/api/v3/order", **order)
    assert status == 400
    assert "held" in body["msg"]
    held = limited.ask(AskHolds())["held"][0]
    assert held["id"] in body["msg"]
    with pytest.raises(Refused):
        limited.ask(AskAllow(held["id"], Proof(b"\0" * 32, b"\0" * 32)))
    assert limited.call("POST", "/api/v3/order", **order)[0] == 400
    limited.ask(AskAllow(held["id"], limited.prove("allow", held["id"].encode())))
    other = limited.call("POST", "/api/v3/order", **{**order, "quantity": sized(limited, 260)})
    assert "held" in other[1]["msg"]
    assert limited.call("POST", "/api/v3/order", **order)[0] == 200
    assert "held" in limited.call("POST", "/api/v3/order", **order)[1]["msg"]
    assert any("waits for a person" in text for text in alarms(limited))


def test_a_proof_for_one_held_order_does_not_allow_another(limited: Deployment) -> None:
    def asked() -> bool:
        limited.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity=sized(limited, 300))
        return bool(limited.ask(AskHolds())["held"])

    limited.wait(asked)
    held = limited.ask(AskHolds())["held"][0]["id"]
    with pytest.raises(Refused):
        limited.ask(AskAllow(held, limited.prove("allow", b"00000000")))


def test_a_bot_that_fills_the_same_again_and_again_is_stopped_until_a_person_looks_i6(limited: Deployment) -> None:
    limited.wait(lambda: limited.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.0003")[0] == 200)
    assert limited.buy("0.0002", low(limited))[0] == 200
    quantity = sized(limited, 20)
    answers = [limited.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity=quantity) for _ in range(5)]
    assert [status for status, _ in answers[:4]] == [200] * 4  # the fourth is one too many, and is known by its fill
    assert "bot-stopped" in answers[4][1]["msg"]
    limited.wait(lambda: not resting(limited), 8)  # before its lifetime ends: what adds risk is taken off the book
    assert limited.call("POST", "/api/v3/order", **MARKET, side="SELL", quantity=quantity)[0] == 200
    limited.kill("signer")
    limited.start("signer")
    limited.wait(limited.warm)
    other = sized(limited, 30)
    limited.wait(
        lambda: "bot-stopped" in limited.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity=other)[1]["msg"]
    )
    with pytest.raises(Refused):
        limited.ask(AskResume(limited.prove("resume", b""), "grid"))  # a proof for all is none for one
    limited.ask(AskResume(limited.prove("resume", b"grid"), "grid"))
    limited.wait(lambda: limited.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity=other)[0] == 200)


def test_cancels_always_pass_and_too_many_let_nothing_new_rest_s10(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "home", policy=POLICY + "cancels_per_minute = 5\n") as it:
        for _ in range(5):
            assert it.buy("0.0002", low(it))[0] == 200
            assert it.call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")[0] == 200
        assert "cancels-per-minute" in it.buy("0.0002", low(it))[1]["msg"]


def test_a_limit_in_shadow_lets_pass_and_says_what_it_had_against_it(tmp_path: Path) -> None:
    shadow = POLICY.replace('role    = "trade"\n', 'role    = "trade"\nshadow_until = "2199-01-01Z"\n')
    with Deployment.make(tmp_path / "home", policy=shadow + 'hold_above = "1"\n') as it:
        status, placed = it.buy("0.0002", low(it))
        assert (status, placed["status"]) == (200, "NEW")
        (noted,) = it.ask(AskWhy("grid", 10))["refusals"]
        assert (noted["shadow"], noted["reasons"][0]["code"]) == (True, "held")
        assert it.bot_status()["refused"] == 0
        entries = [json.loads(entry["text"]) for entry in it.ask(AskLog(-1, 1000))["entries"]]
        (intent,) = [entry for entry in entries if entry["kind"] == "intent"]
        assert [each["code"] for each in intent["noted"]] == ["held"]
        it.apply(shadow.replace('shadow_until = "2199-01-01Z"\n', "") + 'hold_above = "1"\n')
        it.wait(it.warm)
        assert "held" in it.buy("0.0002", low(it))[1]["msg"]
