"""The resting orders of one symbol, in the order in which they trade. Pure."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from decimal import Decimal

from ringfence.paper.orders import Order, Side


class Book:
    """Best price first and, within a price, the oldest first: order ids rise with time, so they are the clock."""

    def __init__(self) -> None:
        self._sides: dict[Side, list[tuple[Decimal, int]]] = {Side.BUY: [], Side.SELL: []}
        self._ids: set[int] = set()

    def __contains__(self, order: Order) -> bool:
        return order.order_id in self._ids

    def add(self, order: Order) -> None:
        """Let an order rest."""
        self._ids.add(order.order_id)
        insort(self._sides[order.wish.side], _rank(order))

    def remove(self, order: Order) -> None:
        """Take a resting order out."""
        self._ids.remove(order.order_id)
        side = self._sides[order.wish.side]
        del side[bisect_left(side, _rank(order))]

    def best(self, side: Side) -> int | None:
        """The id of the order that trades next on that side."""
        return self._sides[side][0][1] if self._sides[side] else None

    def walk(self, side: Side) -> Iterator[int]:
        """All ids of a side, best first."""
        return (order_id for _, order_id in self._sides[side])


def _rank(order: Order) -> tuple[Decimal, int]:
    return (order.wish.price if order.wish.side is Side.SELL else -order.wish.price, order.order_id)
