"""Every exchange's WebSockets, by exchange id: an explicit list. Whoever holds a key does not load it."""

from collections.abc import Mapping
from typing import Final

from ringfence.dialects.binance.frames import BinanceFrames
from ringfence.dialects.frames import Frames
from ringfence.model.names import ExchangeId

FRAMES: Final[Mapping[ExchangeId, Frames]] = {
    ExchangeId("binance"): BinanceFrames(),
    ExchangeId("paper-binance"): BinanceFrames(),
}
