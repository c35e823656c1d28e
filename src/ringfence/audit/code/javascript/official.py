"""Whose a host is. One door, so that the table behind it can be exchanged.

It must never resolve or reach a host.
"""

import re
from typing import Final

from ringfence.audit.code.javascript.values import HOLE

_HOST: Final = re.compile(r"(?:[a-zA-Z][a-zA-Z0-9+.]{1,11}:)?//(?:[^/\s@]{1,200}@)?(?P<host>[^/\s:?#]{1,253})")
_OFFICIAL: Final = (
    "binance.com",
    "binance.us",
    "binance.vision",
    "binancefuture.com",
    "bybit.com",
    "bytick.com",
    "okx.com",
    "kraken.com",
    "coinbase.com",
    "kucoin.com",
    "bitget.com",
    "gate.io",
    "gateio.ws",
    "gateapi.io",
    "gate.com",
    "htx.com",
    "huobi.pro",
    "mexc.com",
    "bitfinex.com",
    "bitstamp.net",
    "deribit.com",
    "bitmex.com",
    "crypto.com",
    "gemini.com",
    "hyperliquid.xyz",
    "hyperliquid-testnet.xyz",
    "bingx.com",
    "polymarket.com",
    "dydx.exchange",
    "dydx.trade",
)
_LOCAL: Final = ("localhost", "127.", "[::1]", "::1", "0.0.0.0", "10.", "192.168.", "host.docker.internal")  # noqa: S104 - read


def host_of(text: str) -> str:
    """Return the host that a URL names; empty where it cannot be told."""
    found = _HOST.match(text)
    return "" if found is None or HOLE in found["host"] else found["host"].lower().rstrip(".")


def exchange_of(host: str) -> str:
    """Return the domain of the exchange whose host it is; empty where it is none's."""
    return next((name for name in _OFFICIAL if host == name or host.endswith("." + name)), "")


def is_local(host: str) -> bool:
    """Say whether it is this machine or its own network."""
    return host.startswith(_LOCAL) or "." not in host or host.endswith((".local", ".internal"))


def imitated(host: str) -> str:
    """Return the exchange that a host imitates; empty where it imitates none."""
    if exchange_of(host) or is_local(host):
        return ""
    for label in host.split(".")[-2:-1]:
        parts = set(label.split("-"))
        for name in ("binance", "bybit", "kucoin", "kraken", "bitget", "coinbase", "hyperliquid", "polymarket"):
            if name in parts and len(parts) > 1:
                return name
    return ""
