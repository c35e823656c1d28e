"""What happens between a bot's orders, through real processes: sweeping, warnings, stops, guardians, drift."""

import time
from pathlib import Path

import pytest

from ringfence.ipc.messages import AskResume
from tests.deployment import POLICY, Deployment
from tests.scenarios.test_attacks import low
from tests.scenarios.test_limits import LIMITED, MARKET, alarms, resting, sized


def test_a_fill_is_held_against_the_price_of_its_time(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "home", policy=POLICY) as it:
        it.paper("POST", "/price", {"symbol": "BTCUSDT", "freeze": True})
        it.wait(it.warm)
        price = round(it.mid() * 0.999)
        status, placed = it.buy("0.004", price)
        assert (status, placed["status"]) == (200, "NEW")
        reserved = float(it.bot_status()["loss"][0])
        assert reserved == pytest.approx(0.004 * price * (0.005 / 1.005 + 0.001), rel=0.02)
        it.paper("POST", "/price", {"symbol": "BTCUSDT", "jump": "-0.4"})
        # It was a gain when it was placed; now it is three tenths of a percent dear, and the fee. What is known of the
        # fill may come before the prices of its time do.
        expected = pytest.approx(0.004 * price * (0.003 + 0.001), rel=0.1)
        it.wait(lambda: float(it.bot_status()["loss"][0]) == expected)
        it.kill("signer")
        it.start("signer")
        assert float(it.bot_status()["loss"][0]) == expected


def test_without_prices_what_rests_is_swept_and_a_stop_stays_s56(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "home", policy=LIMITED.replace('"10s"', '"7d"')) as it:
        it.wait(lambda: it.buy("0.0002", low(it))[0] == 200)
        assert it.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity=sized(it, 60))[0] == 200
        trigger = round(it.mid() * 0.9)
        status, stop = it.call(
            "POST",
            "/api/v3/order",
            symbol="BTCUSDT",
            side="SELL",
            type="STOP_LOSS_LIMIT",
            timeInForce="GTC",
            quantity=sized(it, 50),
            price=round(trigger * 0.99),
            stopPrice=trigger,
        )
        assert status == 200
        it.kill("prices")
        it.wait(lambda: [order["orderId"] for order in resting(it)] == [stop["orderId"]], 60)
        it.start("prices")


GUARDED = POLICY + '\n[bot.stops]\naccount = "main"\nrole = "trade"\nguards = "grid"\n'


def test_a_bot_cannot_cancel_its_guardians_stop_s27(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "home", bots=("grid", "stops"), policy=GUARDED) as it:
        assert it.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.004")[0] == 200
        trigger = round(it.mid() * 0.9)
        order = {
            "symbol": "BTCUSDT",
            "side": "SELL",
            "type": "STOP_LOSS_LIMIT",
            "timeInForce": "GTC",
            "quantity": "0.00399",
            "price": round(trigger * 0.99),
            "stopPrice": trigger,
        }
        grid = it.bots.pop("grid")  # the first bot is the one that calls
        status, stop = it.call("POST", "/api/v3/order", **order)
        assert status == 200, stop
        assert it.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.001")[1]["msg"].count("exits-only")
        it.bots = {"grid": grid, **it.bots}
        mine = {"symbol": "BTCUSDT", "orderId": stop["orderId"]}
        assert "not-this-bots-order" in it.call("DELETE", "/api/v3/order", **mine)[1]["msg"]
        assert it.call("DELETE", "/api/v3/openOrders", symbol="BTCUSDT")[0] >= 400
        assert [each["orderId"] for each in resting(it)] == [stop["orderId"]]
        it.kill("signer")
        it.start("signer")
        it.wait(it.warm)
        assert "not-this-bots-order" in it.call("DELETE", "/api/v3/order", **mine)[1]["msg"]
        it.bots.pop("grid")
        assert it.call("DELETE", "/api/v3/order", **mine)[0] == 200


def test_a_symbol_that_trades_otherwise_than_was_pinned_can_only_be_left_s40(tmp_path: Path) -> None:
    with Deployment.make(tmp_path / "home", policy=POLICY) as it:
        assert it.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.002")[0] == 200
        it.paper("POST", "/relist", {"symbol": "BTCUSDT", "tick": "0.001"})
        it.kill("signer")
        it.start("signer")  # it compares when it starts, and every quarter of an hour
        it.wait(it.warm)
        it.wait(lambda: any("trades otherwise than was pinned: tick" in text for text in alarms(it)))
        status, body = it.buy("0.001", low(it))
        assert status == 400
        assert "instrument-drift" in body["msg"]
        assert it.call("POST", "/api/v3/order", **MARKET, side="SELL", quantity="0.00199")[0] == 200
        it.apply(POLICY + "# looked at\n")
        assert it.buy("0.001", round(it.mid() * 0.99))[0] == 200


def test_a_budget_that_runs_out_is_told_of_and_a_drawdown_stops_until_a_person_looks(tmp_path: Path) -> None:
    tight = POLICY.replace('"60"', '"2"').replace('"2%"', '"0.5%"') + 'drawdown_stop = "5"\n'

    def turned(it: Deployment) -> bool:
        """Buy and sell the same; each costs twice the fee and the spread."""
        bought = it.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.0005")[0] == 200
        return bought and it.call("POST", "/api/v3/order", **MARKET, side="SELL", quantity="0.00049")[0] == 200

    with Deployment.make(tmp_path / "home", policy=tight) as it:
        it.paper("POST", "/price", {"symbol": "BTCUSDT", "freeze": True})
        while turned(it):
            time.sleep(0.5)  # the guard looks twice a second
        told = [text for text in alarms(it) if "loss_budget" in text]
        assert [text.split(" of ")[0] for text in told] == ["bot grid has used 50%", "bot grid has used 80%"]
        assert "loss-budget" in it.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.003")[1]["msg"]
        it.apply(tight.replace('= "2"', '= "60"'))
        it.wait(it.warm)
        assert it.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.008")[0] == 200
        it.paper("POST", "/price", {"symbol": "BTCUSDT", "jump": "-1"})
        it.wait(lambda: any("may only leave: it is" in text for text in alarms(it)))
        it.paper("POST", "/price", {"symbol": "BTCUSDT", "jump": "1"})  # that it comes back lifts nothing
        it.wait(
            lambda: "bot-stopped" in it.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.001")[1]["msg"]
        )
        assert it.call("POST", "/api/v3/order", **MARKET, side="SELL", quantity="0.002")[0] == 200
        it.kill("signer")
        it.start("signer")
        assert "below its best" in it.bot_status()["stopped"]
        it.ask(AskResume(it.prove("resume", b"grid"), "grid"))
        it.wait(it.warm)
        it.wait(lambda: it.call("POST", "/api/v3/order", **MARKET, side="BUY", quantity="0.001")[0] == 200)
