"""Every dialect there is, by exchange id: an explicit list, since whatever is here can trade."""

from collections.abc import Mapping
from typing import Final

from ringfence.dialects.binance.dialect import HOSTS, Binance
from ringfence.dialects.dialect import Dialect
from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId

DIALECTS: Final[Mapping[ExchangeId, Dialect]] = {
    ExchangeId("binance"): Binance("binance", HOSTS),
    ExchangeId("paper-binance"): Binance("paper-binance", frozenset()),
}


def dialect_of(exchange: ExchangeId) -> Dialect:
    """Return an exchange's dialect; raises `Misconfigured` where there is none."""
    dialect = DIALECTS.get(exchange)
    if dialect is None:
        raise Misconfigured(f"there is no exchange {exchange!r}", hint=f"there are: {', '.join(sorted(DIALECTS))}")
    return dialect
