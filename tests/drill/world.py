"""Small values for the drill's tests."""

import json
from decimal import Decimal

from ringfence.drill.attack import Attack
from ringfence.drill.calls import Call
from ringfence.drill.client import Answer
from ringfence.drill.measure import Effect
from ringfence.drill.thief import Thief
from ringfence.drill.verdict import Evidence, Result


def nothing(_thief: Thief) -> None:
    """Do nothing."""


def attack(**changed: object) -> Attack:
    """An attack that must be stopped, unless changed."""
    settings: dict[str, object] = {"id": "S00", "title": "take everything", "program": nothing, **changed}
    return Attack(**settings)  # type: ignore[arg-type]


def answer(http: int = 400, query: str = "symbol=ETHUSDT&type=LIMIT", **body: object) -> Answer:
    """One answer to an order."""
    return Answer(Call("POST", "/api/v3/order", query), http, json.dumps(body).encode())


def refused(code: str = "collar", text: str = "beyond the collar") -> Answer:
    """An answer in which Ringfence says no."""
    return answer(400, code=-1013, msg=f"ringfence refused: {code}: {text}")


def effect(lost: str = "0", **changed: object) -> Effect:
    """What a refused attack did, unless changed."""
    settings: dict[str, object] = {
        "orders": 0,
        "bought": Decimal(0),
        "cancelled": 0,
        "answers": (refused(),),
        **changed,
    }
    return Effect(lost=Decimal(lost), **settings)  # type: ignore[arg-type]


STOLEN = effect("9000", orders=1, bought=Decimal(10_000), answers=(answer(200, orderId=1),))


def result(guarded: Effect, bare: Effect = STOLEN, **changed: object) -> Result:
    """One attack that bites without Ringfence."""
    return Result(attack(**changed), bare, guarded)


def evidence(*results: Result, promised: str | None = "60", **changed: object) -> Evidence:
    """Evidence in which nothing but the results may be wrong, unless changed."""
    settings: dict[str, object] = {"journal_problems": (), "key_seen": False, **changed}
    return Evidence(results, None if promised is None else Decimal(promised), **settings)  # type: ignore[arg-type]
