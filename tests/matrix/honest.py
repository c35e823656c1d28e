"""A small run in which all is well, written by hand, for whoever wants to see the checker find what is not."""

import json
from decimal import Decimal
from typing import Any

from tests.matrix.checker.told import digest
from tests.matrix.evidence import Evidence, Row, Trouble
from tests.matrix.plan import Case, Fault, Victim, plan
from tests.matrix.said import Said

POLICY = """
[account.main]
fee = "0.1%"
[bot.a]
account = "main"
[bot.a.limits]
exit_collar       = "2%"
order_notional    = "500"
window_notional   = "1000"
exposure          = "600"
loss_budget       = "20"
open_orders       = 2
orders_per_minute = 4
"""
BAND = {symbol: (Decimal(100), Decimal(100)) for symbol in ("BTCUSDT", "ETHUSDT")}
TAKEN, RESTED, LEFT, NEVER = "a-1", "a-2", "a-3", "a-4"


def said(name: str, at: int, status: int | None, answer: object, **more: Any) -> Said:
    """Say what a bot said and heard."""
    query = f"newClientOrderId={name}&signature=x"
    return Said("a", "POST", "/api/v3/order", query, at, at + 5, status, json.dumps(answer), **more)


def refused(code: str, text: str = "no") -> dict[str, object]:
    """The program's own no."""
    return {"code": -1, "msg": f"ringfence refused: {code}: {text}"}


def intent(seq: int, name: str, at: int, side: str, quantity: str, lane: str = "ordinary") -> Row:
    """An entry that says what was decided."""
    words = {"symbol": "BTC/USDT", "side": side, "quantity": quantity, "price": "100", "client_id": name, "lane": lane}
    request = digest(said(name, at, None, ""))
    return {"kind": "intent", "seq": seq, "t_boot": at, "actor": "a", "request": request, **words}


def outcome(seq: int, of: int, state: str, executed: str, order_id: str | None) -> Row:
    """An entry that says what became of one."""
    words = {"intent": of, "state": state, "executed": executed, "order_id": order_id}
    return {"kind": "outcome", "seq": seq, "t_boot": 0, "actor": "a", **words}


def order(number: int, name: str, at: int, side: str, quantity: str, *steps: tuple[int, str, str]) -> Row:
    """An order as the exchange has it, each fill at 100; a step is (time, status, executed)."""
    history = [{"time": at, "status": "NEW", "executedQty": "0"}]
    history += [{"time": time, "status": status, "executedQty": executed} for time, status, executed in steps]
    executed, asset = history[-1]["executedQty"], "BTC" if side == "BUY" else "USDT"
    fee = Decimal(str(executed)) * (Decimal("0.001") if asset == "BTC" else Decimal("0.1"))
    fill = {"time": history[-1]["time"], "quoteQty": f"{Decimal(str(executed)) * 100}", "price": "100"}
    return {
        "orderId": number, "clientOrderId": name, "symbol": "BTCUSDT", "side": side, "price": "100",
        "quantity": quantity, "executed": executed, "status": history[-1]["status"], "history": history,
        "fills": [{**fill, "commission": f"{fee}", "commissionAsset": asset}] if Decimal(str(executed)) else [],
    }  # fmt: skip


def arrival(name: str, at: int) -> Row:
    """A request that came to the exchange."""
    return {"time": at, "method": "POST", "target": f"/api/v3/order?newClientOrderId={name}&signature=y"}


def yes(number: int, name: str, status: str, executed: str) -> dict[str, object]:
    """What the exchange answers to a new order."""
    return {"orderId": number, "clientOrderId": name, "status": status, "executedQty": executed}


def case(victim: Victim, fault: Fault) -> Case:
    """Some case with this fault."""
    return next(each for each in map(plan, range(1000)) if (each.victim, each.fault) == (victim, fault))


def honest() -> Evidence:
    """One order taken, one that rested and was cancelled, an exit, one that never arrived, and a refusal."""
    journal = (
        intent(0, TAKEN, 1000, "BUY", "3"),
        outcome(1, 0, "open", "0", "71"),
        outcome(2, 0, "final", "3", "71"),
        intent(3, RESTED, 2000, "BUY", "2"),
        outcome(4, 3, "open", "0", "72"),
        outcome(5, 3, "final", "0", "72"),
        intent(6, LEFT, 3000, "SELL", "2", lane="exit"),
        outcome(7, 6, "final", "2", "73"),
        intent(8, NEVER, 5000, "BUY", "1"),
        outcome(9, 8, "final", "0", None),
        {"kind": "start", "seq": 10, "t_boot": 7000, "actor": "signer"},
    )
    return Evidence(
        policy=POLICY,
        said=(
            said(TAKEN, 990, 200, yes(71, TAKEN, "FILLED", "3")),
            said(RESTED, 1990, 200, yes(72, RESTED, "NEW", "0")),
            said(LEFT, 2990, 200, yes(73, LEFT, "FILLED", "2")),
            said(NEVER, 4990, 504, refused("upstream", "the outcome of order a-4 is not known yet")),
            said("a-5", 8000, 400, refused("window-notional")),
        ),
        orders=(
            order(71, TAKEN, 1005, "BUY", "3", (1005, "FILLED", "3")),
            order(72, RESTED, 2005, "BUY", "2", (4000, "CANCELED", "0")),
            order(73, LEFT, 3005, "SELL", "2", (3005, "FILLED", "2")),
        ),
        requests=(arrival(TAKEN, 1005), arrival(RESTED, 2005), arrival(LEFT, 3005)),
        total_requests=3,
        journal=journal,
        unverified=(),
        band=BAND,
        troubles=(Trouble(case(Victim.COURIER, Fault.LOST), 4900, 6000, True),),
        probes=(said("probe-1", 6000, 200, yes(74, "probe-1", "NEW", "0")),),
    )
