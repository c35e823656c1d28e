"""What a socket that carries streams may be asked (Binance, web-socket-streams.md, "Live Subscribing"). Pure."""

import json
from dataclasses import dataclass, field

from ringfence.paper.call import Json

_MOST_STREAMS = 1024  # of one socket, documented
_COMBINED = "combined"


@dataclass(slots=True)
class Carried:
    """What one socket carries, in the order in which it was asked for; `combined`: each message says whose it is."""

    names: dict[str, None] = field(default_factory=dict)
    combined: bool = False

    def answer(self, text: bytes) -> Json:
        """Do what one frame asks for, and answer it."""
        try:
            frame: object = json.loads(text)
        except (ValueError, RecursionError):
            frame = None
        if not isinstance(frame, dict):
            return {"error": {"code": 3, "msg": "Invalid JSON: expected value at line 1 column 1"}}
        number, method, params = frame.get("id"), frame.get("method"), frame.get("params", [])
        if method in _LISTS and isinstance(params, list) and all(isinstance(name, str) for name in params):
            return self._changed(_LISTS[method], params, number)
        if method == "LIST_SUBSCRIPTIONS":
            return {"result": list(self.names), "id": number}
        if method == "GET_PROPERTY" and params == [_COMBINED]:
            return {"result": self.combined, "id": number}
        if method == "SET_PROPERTY" and params in ([_COMBINED, True], [_COMBINED, False]):
            self.combined = params[1]
            return {"result": None, "id": number}
        return _invalid(f"unknown request {method!r}"[:100], number)

    def _changed(self, more: bool, names: list[str], number: Json) -> Json:  # noqa: FBT001
        changed = self.names | dict.fromkeys(names)
        if not more:
            changed = {name: None for name in self.names if name not in names}
        if len(changed) > _MOST_STREAMS:
            return _invalid(f"more than {_MOST_STREAMS} streams", number)
        self.names = changed
        return {"result": None, "id": number}


_LISTS = {"SUBSCRIBE": True, "UNSUBSCRIBE": False}


def _invalid(why: str, number: Json) -> Json:
    return {"error": {"code": 2, "msg": f"Invalid request: {why}"}, "id": number}
