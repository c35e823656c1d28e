"""What a bot said to the program and what it heard: the first of the four things that the checker sees."""

import json
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

PLACING = ("/api/v3/order", "/api/v3/order/cancelReplace", "/api/v3/orderList/oco", "/api/v3/orderList/oto")
_OTHERS = ("list", "orig", "cancel")  # client ids of what is there already, or of something else than an order
_REFUSED = re.compile(r"ringfence refused: ([a-z-]+): ")


def names_in(query: str) -> list[str]:
    """The client ids that a request gives to new orders."""
    pairs = [(name.lower(), value) for name, value in parse_qsl(query)]
    return [value for name, value in pairs if name.endswith("clientorderid") and not name.startswith(_OTHERS)]


@dataclass(frozen=True, slots=True)
class Said:
    """One request. Times are of the machine's boot clock, in ms; no `status`: the connection broke, or was silent."""

    bot: str
    method: str
    path: str
    query: str
    begun: int
    ended: int
    status: int | None
    body: str

    @property
    def order(self) -> bool:
        """Whether it asked for a new order, or for several."""
        return self.method == "POST" and self.path in PLACING

    @property
    def placed(self) -> list[dict[str, Any]]:
        """The orders that the answer says are there now, each as the exchange tells of it."""
        answer = self.answer
        if not self.order or not isinstance(answer, dict):
            return []
        told = answer.get("data", answer)
        if "newOrderResult" in told:
            return [told["newOrderResponse"]] if told["newOrderResult"] == "SUCCESS" else []
        return list(answer.get("orderReports", [answer])) if self.status == 200 else []

    @property
    def cancel(self) -> bool:
        """Whether it asked to take orders off the book."""
        return self.method == "DELETE"

    @property
    def answer(self) -> Any:
        """The JSON that was heard, or None."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def denied(self) -> bool:
        """Whether the answer says that these very bytes placed no order, and not only that they do not now."""
        answer = self.answer
        told = answer.get("data") if isinstance(answer, dict) else None
        return isinstance(told, dict) and told.get("newOrderResult") in {"NOT_ATTEMPTED", "FAILURE"}

    @property
    def code(self) -> str | None:
        """The program's own word for why not; None where it did not refuse."""
        found = _REFUSED.search(self.reason)
        return found[1] if found else None

    @property
    def reason(self) -> str:
        """What the program said about it."""
        answer = self.answer
        return str(answer.get("msg", "")) if isinstance(answer, dict) else ""
