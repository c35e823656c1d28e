"""Binance's routes, described reads and refusals, as the files beside this one have them."""

from typing import Final

from ringfence.dialects import catalogue

_HERE: Final = "ringfence.dialects.binance"

CLASSES: Final = catalogue.classes(_HERE)
SIGNED, MARKET = catalogue.described(_HERE)
REFUSALS: Final = catalogue.refusals(_HERE)
