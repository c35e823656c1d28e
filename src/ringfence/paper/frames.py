"""A call's frame, read strictly (Binance, web-socket-api.md, "Request format"). Pure.

Numbers keep the form in which they were written, since it is that form which is signed.
"""

import json
import re
from dataclasses import dataclass

import msgspec

from ringfence.paper.call import Json
from ringfence.paper.refused import Refused

_VERSION = "v3/"  # method names may begin with it, documented
_MEMBERS = frozenset({"id", "method", "params"})
_WHOLE = re.compile(r"-?[0-9]{1,19}", re.ASCII)
_LONGS = range(-(2**63), 2**63)


@dataclass(frozen=True, slots=True)
class Frame:
    """What is called, and every parameter as the text that is signed."""

    method: str
    params: dict[str, str]


class _Number(str):
    """A number as it was written."""

    __slots__ = ()


def members(text: bytes) -> dict[str, object]:
    """The members of a frame; raises `Refused` where it is none."""
    try:
        msgspec.json.decode(text)  # stricter than what keeps the form of numbers: no NaN, and no half a character
        frame: object = json.loads(text, parse_int=_Number, parse_float=_Number)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise Refused(-1135, "Invalid JSON Request") from None
    if not isinstance(frame, dict) or frame.keys() - _MEMBERS:
        raise Refused(-1135, "Invalid JSON Request")
    return frame


def number(frame: dict[str, object]) -> Json:
    """What the answer gives back: a whole number of 64 bits, a text, or nothing; raises `Refused`."""
    given = frame.get("id")
    if isinstance(given, _Number) and _WHOLE.fullmatch(given) and int(given) in _LONGS:
        return int(given)
    if given is None or (isinstance(given, str) and not isinstance(given, _Number)):
        return given
    raise Refused(-1135, "JSON sent for parameter 'id' is not valid")


def read(frame: dict[str, object]) -> Frame:
    """What is called; raises `Refused`."""
    method, params = frame.get("method"), frame.get("params", {})
    if not isinstance(method, str) or isinstance(method, _Number) or not isinstance(params, dict):
        raise Refused(-1135, "Invalid JSON Request")
    return Frame(method.removeprefix(_VERSION), {name: _text(value) for name, value in params.items()})


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return str(value)
    return json.dumps(value, separators=(",", ":"))
