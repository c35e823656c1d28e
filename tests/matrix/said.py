"""What a bot said to the program and what it heard: the first of the four things that the checker sees."""

import json
from dataclasses import dataclass
from typing import Any


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
        """Whether it asked for a new order."""
        return (self.method, self.path) == ("POST", "/api/v3/order")

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
    def code(self) -> str | None:
        """The program's own word for why not; None where it did not refuse."""
        answer = self.answer
        text = answer.get("msg", "") if isinstance(answer, dict) else ""
        parts = text.split(": ", 2)
        return parts[1] if parts[0] == "ringfence refused" and len(parts) == 3 else None

    @property
    def reason(self) -> str:
        """What the program said about it."""
        answer = self.answer
        return str(answer.get("msg", "")) if isinstance(answer, dict) else ""
