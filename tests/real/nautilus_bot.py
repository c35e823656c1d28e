"""A bot with nautilus_trader: run in its own environment. Reads what `point` said from its input, prints what happened.

It buys at the first quote, and stops when it has heard of its fill.
"""

import json
import sys
from decimal import Decimal
from typing import Any

import nautilus_trader
from msgspec.structs import replace
from nautilus_trader.adapters.binance import (
    BINANCE,
    BinanceLiveDataClientFactory,
    BinanceLiveExecClientFactory,
)
from nautilus_trader.config import InstrumentProviderConfig, LoggingConfig, TradingNodeConfig
from nautilus_trader.live.node import TradingNode
from nautilus_trader.model.enums import OrderSide
from nautilus_trader.model.identifiers import InstrumentId, TraderId
from nautilus_trader.trading.strategy import Strategy

BTC = InstrumentId.from_str("BTCUSDT.BINANCE")


class Buying(Strategy):  # type: ignore[misc]
    """Rest one order, take it away, buy another, and stop."""

    def __init__(self, did: list[str], stop: Any) -> None:
        super().__init__()
        self.did, self.stop_node = did, stop
        self.asked = False

    def on_start(self) -> None:
        self.subscribe_quote_ticks(BTC)

    def on_quote_tick(self, tick: Any) -> None:
        if self.asked:
            return
        self.asked = True
        self.did.append("quotes by WebSocket")
        instrument = self.cache.instrument(BTC)
        price = instrument.make_price(Decimal(str(tick.bid_price)) * Decimal("0.997"))
        quantity = instrument.make_qty(Decimal("0.001"))
        self.submit_order(self.order_factory.limit(BTC, OrderSide.BUY, quantity, price))

    def on_order_accepted(self, event: Any) -> None:
        order = self.cache.order(event.client_order_id)
        if order.is_open:
            self.did.append("heard that its order rests")
            self.cancel_order(order)

    def on_order_canceled(self, event: Any) -> None:
        self.did.append("cancelled")
        quantity = self.cache.instrument(BTC).make_qty(Decimal("0.001"))
        self.submit_order(self.order_factory.market(BTC, OrderSide.BUY, quantity))

    def on_order_filled(self, event: Any) -> None:
        self.did.append("bought")
        self.stop_node()

    def on_order_rejected(self, event: Any) -> None:
        self.did.append(f"rejected: {event.reason}")
        self.stop_node()


def main() -> None:
    """Trade, and say what came of it."""
    told: dict[str, Any] = {}
    exec(json.load(sys.stdin)["text"], told)  # noqa: S102  # what the owner is told to write, to the letter
    instruments = InstrumentProviderConfig(load_ids=frozenset({BTC}))
    config = TradingNodeConfig(
        trader_id=TraderId("REAL-001"),
        logging=LoggingConfig(log_level="WARNING", log_colors=False),
        data_clients={BINANCE: replace(told["data"], instrument_provider=instruments)},
        exec_clients={BINANCE: replace(told["execution"], instrument_provider=instruments)},
        timeout_connection=20.0,
    )
    node = TradingNode(config=config)
    did: list[str] = []
    node.trader.add_strategy(Buying(did, node.stop))
    node.add_data_client_factory(BINANCE, BinanceLiveDataClientFactory)
    node.add_exec_client_factory(BINANCE, BinanceLiveExecClientFactory)
    node.build()
    try:
        node.run()
    finally:
        node.dispose()
    print("SAID " + json.dumps({"version": nautilus_trader.__version__, "did": did}))


if __name__ == "__main__":
    main()
