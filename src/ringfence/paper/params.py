"""Parameters as Binance reads them: typed, and every one of them has to be read. Pure.

The legal ranges are the ones that Binance's own error texts name.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from ringfence.paper.instruments import PLACES
from ringfence.paper.orders import Side, Tif
from ringfence.paper.refused import Refused, illegal, missing

_AMOUNT = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
_SYMBOL = r"^[A-Z0-9-_.]{1,20}$"
_CLIENT_ID = r"^[\.A-Z\:/a-z0-9_-]{1,36}$"
_WHOLE = r"^[0-9]{1,20}$"
_LONG = 2**63 - 1
Choice = TypeVar("Choice", bound=StrEnum)
_BAD_CHOICE = {Side: (-1117, "Invalid side."), Tif: (-1115, "Invalid timeInForce.")}
_SIGNING = frozenset({"timestamp", "recvWindow", "signature"})


class Params:
    """The parameters of one request; `finish` refuses what nobody asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._read = set(_SIGNING & set(values))

    def has(self, name: str) -> bool:
        """Whether it was sent."""
        return name in self._values

    def text(self, name: str) -> str | None:
        """A parameter as it was sent, None where it was not; an empty one is refused."""
        value = self._values.get(name)
        if value is None:
            return None
        self._read.add(name)
        if not value:
            raise Refused(-1105, f"Parameter '{name}' was empty.")
        return value

    def need(self, name: str) -> str:
        """A parameter that has to be there."""
        if not self._values.get(name):
            raise missing(name)
        self._read.add(name)
        return self._values[name]

    def symbol(self, name: str = "symbol") -> str | None:
        """A symbol by its exact name."""
        return self._legal(name, _SYMBOL)

    def client_id(self, name: str) -> str | None:
        """A client order id."""
        return self._legal(name, _CLIENT_ID)

    def amount(self, name: str) -> Decimal | None:
        """A price or an amount, in plain digits with at most eight after the point."""
        text = self._legal(name, _AMOUNT)
        if text is None:
            return None
        if len(text.partition(".")[2].rstrip("0")) > PLACES:
            raise Refused(-1111, f"Parameter '{name}' has too much precision.")
        return Decimal(text)

    def whole(self, name: str) -> int | None:
        """A whole number that fits in 64 bits."""
        text = self._legal(name, _WHOLE)
        if text is not None and int(text) > _LONG:
            raise Refused(-1108, f"Parameter '{name}' overflowed.")
        return None if text is None else int(text)

    def flag(self, name: str) -> bool:
        """Whether it was sent as true; what is neither true nor false is refused."""
        text = self.text(name)
        if text not in (None, "true", "false"):
            raise Refused(-1130, f"Data sent for parameter '{name}' is not valid.")
        return text == "true"

    def choice(self, name: str, kind: type[Choice]) -> Choice | None:
        """One of the words of an enumeration."""
        text = self.text(name)
        if text is None:
            return None
        if text not in list(kind):
            code, why = _BAD_CHOICE.get(kind, (-1130, f"Data sent for parameter '{name}' is not valid."))
            raise Refused(code, why)
        return kind(text)

    def finish(self) -> None:
        """Raise `Refused` where something was sent that this endpoint does not read."""
        if len(self._read) < len(self._values):
            sent, read = len(self._values), len(self._read)
            raise Refused(
                -1104, f"Not all sent parameters were read; read '{read}' parameter(s) but was sent '{sent}'."
            )

    def _legal(self, name: str, pattern: str) -> str | None:
        text = self.text(name)
        if text is not None and not re.fullmatch(pattern.strip("^$"), text, re.ASCII):
            raise illegal(name, pattern)
        return text
