"""Names that this server resolves for itself, from /etc/hosts, and which of them are an exchange's (hosts(5))."""

import ipaddress
from collections.abc import Iterator
from typing import Final, NamedTuple

from ringfence.audit.host.host import Host

EXCHANGES: Final = frozenset(
    {"binance.com", "binance.us", "binance.info", "binance.vision", "binancefuture.com", "bybit.com", "bybit.eu"}
    | {"bytick.com", "okx.com", "kraken.com", "coinbase.com", "kucoin.com", "bitget.com", "gate.com", "gate.io"}
    | {"gateapi.io", "gateio.ws", "hbdm.com", "htx.com", "huobi.com", "huobi.pro", "mexc.com", "bitfinex.com"}
    | {"bitstamp.net", "deribit.com", "bitmex.com", "crypto.com", "gemini.com", "hyperliquid.xyz", "bingx.com"}
    | {"whitebit.com", "bitvavo.com", "bithumb.com", "upbit.com", "bitmart.com", "poloniex.com", "phemex.com"}
    | {"dydx.exchange", "dydx.trade", "paradex.trade", "woox.io", "backpack.exchange", "alpaca.markets"}
)
"""Domains of exchanges and of everything below them (ccxt 4.5)."""


class Redirected(NamedTuple):
    """A name of an exchange that leads somewhere by a line of the file."""

    name: str
    address: str
    line: int

    @property
    def is_local(self) -> bool:
        """Say whether it leads to this machine."""
        try:
            return ipaddress.ip_address(self.address.partition("%")[0]).is_loopback
        except ValueError:
            return False

    def __str__(self) -> str:
        """Say it in a few words."""
        return f"{self.name} leads to {self.address} (line {self.line})"


def redirected(host: Host) -> Iterator[Redirected]:
    """Read the lines that name an exchange."""
    for number, line in enumerate((host.text("/etc/hosts") or "").splitlines(), 1):
        address, *names = line.partition("#")[0].split() or [""]
        yield from (Redirected(name, address, number) for name in names if _is_exchange(name))


def _is_exchange(name: str) -> bool:
    labels = name.lower().rstrip(".").split(".")
    return any(".".join(labels[start:]) in EXCHANGES for start in range(len(labels)))
