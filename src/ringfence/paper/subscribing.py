"""What a socket that carries streams may be asked (Binance, web-socket-streams.md, "Live Subscribing"). Pure."""

import re
from dataclasses import dataclass, field

import msgspec

from ringfence.paper.call import Json

_MOST_STREAMS = 1024  # of one socket, documented
_COMBINED = "combined"
_LONGS = range(-(2**63), 2**63)
_TEXT_ID = re.compile(r"[a-zA-Z0-9_-]{1,36}", re.ASCII)  # documented: alphanumeric; names of clients have dashes too
_LISTS = {"SUBSCRIBE": True, "UNSUBSCRIBE": False}
_METHODS = (*_LISTS, "LIST_SUBSCRIPTIONS", "SET_PROPERTY", "GET_PROPERTY")
_NAMELESS = (2, "Invalid request: property name must be a string")
_TOO_MANY = (2, "Invalid request: too many parameters")


class _Wrong(Exception):
    """What is wrong with a frame."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.told: Json = {"code": code, "msg": text}


@dataclass(slots=True)
class Carried:
    """What one socket carries, in the order in which it was asked for; `combined`: each message says whose it is."""

    names: dict[str, None] = field(default_factory=dict)
    combined: bool = False

    def answer(self, text: bytes) -> Json:
        """Do what one frame asks for, and answer it."""
        number: Json = None
        try:
            frame = _frame(text)
            number = _id(frame)
            return {"result": self._done(_method(frame, len(text)), frame.get("params", [])), "id": number}
        except _Wrong as wrong:
            return {"error": wrong.told, "id": number}

    def _done(self, method: str, params: object) -> Json:
        if method in _LISTS:
            return self._change(_LISTS[method], params)
        if not isinstance(params, list):
            raise _Wrong(*_NAMELESS)
        if method == "LIST_SUBSCRIPTIONS":
            if params:
                raise _Wrong(*_TOO_MANY)
            return list(self.names)
        return self._property(method == "SET_PROPERTY", params)

    def _change(self, more: bool, params: object) -> Json:  # noqa: FBT001
        if not isinstance(params, list) or not all(isinstance(name, str) for name in params):
            raise _Wrong(2, "Invalid request: invalid stream")
        changed = self.names | dict.fromkeys(params)
        if not more:
            changed = {name: None for name in self.names if name not in params}
        if len(changed) > _MOST_STREAMS:
            raise _Wrong(2, f"Invalid request: more than {_MOST_STREAMS} streams")
        self.names = changed
        return None

    def _property(self, sets: bool, params: list[object]) -> Json:  # noqa: FBT001
        if not params or not isinstance(params[0], str):
            raise _Wrong(*_NAMELESS)
        if params[0] != _COMBINED:
            raise _Wrong(0, "Unknown property")
        values = params[1:]
        if len(values) > sets:
            raise _Wrong(*_TOO_MANY)
        if not sets:
            return self.combined
        if not values or not isinstance(values[0], bool):
            raise _Wrong(1, "Invalid value type: expected Boolean")
        self.combined = values[0]
        return None


def _frame(text: bytes) -> dict[str, object]:
    try:
        frame: object = msgspec.json.decode(text)
    except (msgspec.MsgspecError, RecursionError):
        frame = None
    if not isinstance(frame, dict):
        raise _Wrong(3, "Invalid JSON: expected value at line 1 column 1")
    return frame


def _id(frame: dict[str, object]) -> Json:
    number = frame.get("id", False)
    if number is None or (isinstance(number, str) and _TEXT_ID.fullmatch(number)):
        return number
    if isinstance(number, int) and not isinstance(number, bool) and number in _LONGS:
        return number
    raise _Wrong(2, "Invalid request: request ID must be an unsigned integer")


def _method(frame: dict[str, object], length: int) -> str:
    method = frame.get("method")
    if method is None:
        raise _Wrong(2, f"Invalid request: missing field `method` at line 1 column {length}")
    if not isinstance(method, str) or method not in _METHODS:
        names = ", ".join(f"`{name}`" for name in _METHODS)
        raise _Wrong(2, f"Invalid request: unknown variant {method!r:.100}, expected one of {names}")
    return method
