"""Symbols that the rehearsal exchange lists for a drill, besides its own. Pure."""

from collections.abc import Iterable

# One price for all: limits are in money, so what a coin is worth changes nothing. A tick is a basis point of it.
_MARKET = """\
[markets.{symbol}]
price = "100"
tick = "0.01"
step = "{step}"
max_price = "1000000"
spread = "0.0003"
depth = "1000000"
"""
_STEP, _OTHER_STEP = "0.001", "0.5"


def markets(symbols: Iterable[str], changed: str = "") -> str:
    """Write the file that says how the exchange begins; `changed` is one that trades in other steps now."""
    steps = {symbol: _OTHER_STEP if symbol == changed else _STEP for symbol in symbols}
    return "\n".join(_MARKET.format(symbol=symbol, step=step) for symbol, step in steps.items())
