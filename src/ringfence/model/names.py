"""Names that must not be mixed up: every id is a type of its own."""

from typing import NewType

BotName = NewType("BotName", str)
AccountName = NewType("AccountName", str)
ExchangeId = NewType("ExchangeId", str)  # "binance", "paper-binance"
Symbol = NewType("Symbol", str)  # unified, as policies write it: "BTC/USDT"
Asset = NewType("Asset", str)  # "USDT"
ClientId = NewType("ClientId", str)  # the order id that the client chose
OrderId = NewType("OrderId", str)  # the order id that the exchange chose
KeyId = NewType("KeyId", str)  # the public half of an API key, real or virtual

REHEARSAL = "paper-"
"""How the id of a rehearsal exchange begins; no real one's may."""
