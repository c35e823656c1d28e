"""When an order that waits for a price has seen it. Pure.

The last trade's price counts. A stop waits for the market to go against the order's side (a sale for it to fall), a
take-profit for it to come its way. One that trails waits for the market to turn by its distance from the best price
since it began, or since its trigger was touched where it has one too (Binance, faqs/trailing-stop-faq.md).
"""

from dataclasses import replace
from decimal import Decimal

from ringfence.paper.orders import ZERO, Kind, Order, Side, Wish

_BASIS_POINTS = Decimal(10_000)


def waits_below(wish: Wish) -> bool:
    """Whether the trigger lies below the market: that of a stop to sell, and of a take-profit to buy."""
    return (wish.kind is Kind.STOP_LOSS_LIMIT) is (wish.side is Side.SELL)


def touched(wish: Wish, last: Decimal) -> bool:
    """Whether the market has reached the trigger price."""
    return last <= wish.trigger if waits_below(wish) else last >= wish.trigger


def at_once(wish: Wish, last: Decimal) -> bool:
    """Whether it would be triggered as it comes, which the exchange refuses."""
    return bool(wish.trigger) and not wish.trailing and touched(wish, last)


def seen(order: Order, last: Decimal) -> Order:
    """Take a price in: what trails follows the market as far as it goes the order's way."""
    wish = order.wish
    if not wish.trailing or (wish.trigger and not order.best and not touched(wish, last)):
        return order
    further = max if waits_below(wish) else min
    return replace(order, best=further(order.best, last) if order.best else last)


def due(order: Order, last: Decimal) -> bool:
    """Whether the order is to be placed now."""
    wish = order.wish
    if not wish.trailing:
        return touched(wish, last)
    if order.best <= ZERO:
        return False
    away = wish.trailing / _BASIS_POINTS
    return last <= order.best * (1 - away) if waits_below(wish) else last >= order.best * (1 + away)
