"""What a symbol is, and the filters that an order for it has to pass (Binance, filters.md). Pure.

PERCENT_PRICE is left out: the real one is so wide (5 times and a fifth of the average) that a thin pair
can be walked in steps anyway, and without it a rehearsal shows the theft in one order.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, ROUND_UP, Decimal

from ringfence.paper.orders import ZERO, Kind, Wish
from ringfence.paper.refused import failed_filter

PLACES = 8  # digits after the point of every asset here, as on Binance


@dataclass(frozen=True, slots=True)
class Instrument:
    """One symbol."""

    symbol: str
    base: str
    quote: str
    tick: Decimal
    step: Decimal
    max_price: Decimal
    max_quantity: Decimal
    min_notional: Decimal = Decimal(5)
    max_notional: Decimal = Decimal(9_000_000)
    max_orders: int = 200
    max_waiting: int = 5
    iceberg_parts: int = 10
    max_amends: int = 10

    def floor_quantity(self, quantity: Decimal) -> Decimal:
        """The largest tradable amount that is not more."""
        return quantity.quantize(self.step, ROUND_DOWN)

    def floor_price(self, price: Decimal) -> Decimal:
        """The nearest price on the grid, downwards."""
        return price.quantize(self.tick, ROUND_DOWN)

    def ceil_price(self, price: Decimal) -> Decimal:
        """The nearest price on the grid, upwards."""
        return price.quantize(self.tick, ROUND_UP)

    def check(self, wish: Wish, average: Decimal, open_orders: int) -> None:
        """Raise `Refused` with the first filter that the order does not pass; `average` values a market order."""
        if wish.kind is not Kind.MARKET:
            self._check_price(wish.price)
        if wish.trigger:
            self._check_price(wish.trigger)
        if not wish.quote:
            self._check_quantity(wish.quantity)
        notional = wish.quote or wish.quantity * (wish.price or average)
        if not self.min_notional <= notional <= self.max_notional:
            raise failed_filter("NOTIONAL")
        if wish.kind is not Kind.MARKET and open_orders >= self.max_orders:
            raise failed_filter("MAX_NUM_ORDERS")

    def _check_price(self, price: Decimal) -> None:
        if not self.tick <= price <= self.max_price or price % self.tick != ZERO:
            raise failed_filter("PRICE_FILTER")

    def _check_quantity(self, quantity: Decimal) -> None:
        if not self.step <= quantity <= self.max_quantity or quantity % self.step != ZERO:
            raise failed_filter("LOT_SIZE")
