"""How Binance spells symbols, ids and times, and where its calls by WebSocket are taken."""

import re
from collections.abc import Mapping

from ringfence.errors import Misread
from ringfence.model.facts import Instrument
from ringfence.model.names import Symbol

NATIVE = re.compile(r"[A-Z0-9._-]{1,20}", re.ASCII)  # documented: ^[A-Z0-9-_.]{1,20}$ (error -1100)
CLIENT_ID = re.compile(r"[a-zA-Z0-9_-]{1,36}", re.ASCII)  # documented: ^[a-zA-Z0-9-_]{1,36}$ (error -1100)
MOST_ID = 2**63 - 1  # order, trade and list ids are a Java long
MOST_TIME = 9_999_999_999_999_999  # 16 digits: times may be in microseconds
CALL_HOST = "ws-api.binance.com"
CALL_PATH = "/ws-api/v3"


def native(symbol: Symbol) -> str:
    """Say Binance's likely name of a symbol; raises `Misread` where it cannot have one."""
    name = symbol.replace("/", "", 1)
    if not NATIVE.fullmatch(name):
        raise Misread("symbol", "not a name that Binance can have")
    return name


def known_native(symbol: Symbol, instruments: Mapping[Symbol, Instrument]) -> str:
    """Say the pinned name of a symbol, or the likely one: cancels and reads must not wait for a pin."""
    pinned = instruments.get(symbol)
    return native(symbol) if pinned is None else pinned.native
