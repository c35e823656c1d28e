"""From a request to what it means, by a dialect's tables: the part that every dialect has alike. Never raises.

Method and path must equal a line of the tables to the letter, so no prefix, escape or double slash can lead past
them (docs/explanation/attacks.md, S46).
"""

from collections.abc import Callable, Mapping

import msgspec

from ringfence.dialects.answers import shown
from ringfence.dialects.catalogue import Routes, classed
from ringfence.dialects.fields import Fields
from ringfence.dialects.table import take
from ringfence.errors import Misread
from ringfence.model.action import Action, Transfer, Unknown
from ringfence.model.names import Symbol
from ringfence.model.request import Request

Symbols = Mapping[str, Symbol]
Reader = Callable[[Fields, Symbols], Action]
Where = tuple[str, str]


class Tables(msgspec.Struct, frozen=True):
    """What a dialect knows, by method and path.

    `writes` are what changes something, each with its reader; `refused` what is known and never read, and why; `signed`
    and `market` the described reads; `classes` every private route by what it does; `timed` what any request carries.
    """

    writes: Mapping[Where, Reader]
    refused: Mapping[Where, str]
    signed: Routes
    market: Routes
    classes: Mapping[Where, str]
    timed: tuple[str, ...]

    def read(self, request: Request, symbols: Symbols) -> Action:
        """Say what a request means; what cannot be read is `Unknown`, and `Unknown` is refused."""
        where = (request.method, request.path)
        try:
            if where in self.writes:
                return self._whole(request, symbols, self.writes[where])
            if where in self.refused:
                return Unknown(f"{request.method} {request.path}: {self.refused[where]}")
            if where in self.signed:
                return self._whole(request, symbols, lambda fields, known: take(self.signed[where], fields, known))
            if where in self.market:
                self._whole(request, symbols, lambda fields, _: take(self.market[where], fields, None))
                return Unknown("market data is not asked with a signature")
        except Misread as error:
            return Unknown(f"{request.method} {request.path}: {error}")
        kind = self.classes.get(where)
        if kind is None:
            return Unknown(f"{shown(request.method)} {shown(request.path)} is not in the catalogue")
        return classed(*where, kind)

    def _whole(self, request: Request, symbols: Symbols, reader: Reader) -> Action:
        fields = Fields(request)
        fields.skip(*self.timed)
        action = reader(fields, symbols)
        if not isinstance(action, Transfer):  # refused for what it is, whatever else it carries
            fields.done()
        return action
