"""Requests, symbols and instruments that the tests of this dialect share; keys are made up."""

import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from ringfence.dialects.binance.dialect import HOSTS, Binance
from ringfence.dialects.dialect import Algorithm, Dialect, Wire
from ringfence.dialects.signing import Key
from ringfence.model.facts import Instrument
from ringfence.model.names import Asset, KeyId, Symbol
from ringfence.model.request import Request

DIALECT: Final[Dialect] = Binance("binance", HOSTS)
VECTORS: Final = Path(__file__).parents[2] / "vectors" / "binance"
AT: Final = 1_700_000_000_123
KEY: Final = KeyId("VIRTUALKEY" + "0" * 54)
SECRET: Final = b"virtualsecret" + b"0" * 51
REAL_KEY: Final = KeyId("REALKEY" + "0" * 57)
REAL_SECRET: Final = b"realsecret" + b"0" * 54
SYMBOLS: Final = {"BTCUSDT": Symbol("BTC/USDT"), "LTCBTC": Symbol("LTC/BTC")}
BTC: Final = Instrument(
    symbol=Symbol("BTC/USDT"),
    native="BTCUSDT",
    base=Asset("BTC"),
    quote=Asset("USDT"),
    tick=Decimal("0.01"),
    step=Decimal("0.00001"),
    min_quantity=Decimal("0.00001"),
    max_quantity=Decimal(9000),
    min_notional=Decimal(5),
)
LTC: Final = replace(BTC, symbol=Symbol("LTC/BTC"), native="LTCBTC", base=Asset("LTC"), quote=Asset("BTC"))
INSTRUMENTS: Final = {BTC.symbol: BTC, LTC.symbol: LTC}


def by_hmac(secret: bytes) -> Key:
    """Hold a shared secret as the signer does."""
    return Key(Algorithm.HMAC, memoryview(secret))


def ask(line: str, query: str = "", body: str = "", headers: tuple[tuple[str, str], ...] = ()) -> Request:
    """Make a request of "METHOD /path" and its parameters; what ASCII cannot say goes out as UTF-8."""
    method, _, path = line.partition(" ")
    return Request(method, "127.0.0.1:8300", path, query.encode(), headers, body.encode())


def back(wire: Wire) -> Request:
    """Take what we would send for what a bot sent."""
    path, _, query = wire.target.partition("?")
    return Request(wire.method, "api.binance.com", path, query.encode(), wire.headers, wire.body)


def recorded() -> list[tuple[str, str, Request]]:
    """Return what real clients sent: client, method and path, request."""
    rows = tomllib.loads((VECTORS / "recorded.toml").read_text("utf-8"))["request"]
    return [
        (
            row["client"],
            row["ask"],
            ask(row["ask"], row["query"], row["body"], tuple((n, v) for n, v in row["headers"])),
        )
        for row in rows
    ]
