"""Binance's routes, described reads, names of orders' parts and refusals, as the files beside this one have them."""

from typing import Final

from ringfence.dialects import catalogue
from ringfence.dialects.market import Market

_HERE: Final = "ringfence.dialects.binance"

CLASSES: Final = catalogue.classes(_HERE)
SIGNED, MARKET = catalogue.described(_HERE)
ORDERS: Final = catalogue.order_names(_HERE)
RIGHTS: Final = catalogue.rights(_HERE)
REFUSALS: Final = catalogue.refusals(_HERE)
MARKET_DATA: Final = Market(SIGNED, MARKET, "api.binance.com")
