"""Symbols that the rehearsal exchange lists for a drill, besides its own. Pure."""

from collections.abc import Iterable

# One price for all: limits are in money, so what a coin is worth changes nothing. A tick is a basis point of it.
_MARKET = """\
[markets.{symbol}]
price = "100"
tick = "0.01"
step = "0.001"
max_price = "1000000"
spread = "0.0003"
depth = "1000000"
"""


def markets(symbols: Iterable[str]) -> str:
    """Write the file that says how the exchange begins."""
    return "\n".join(_MARKET.format(symbol=symbol) for symbol in symbols)
