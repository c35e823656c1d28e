"""Lists of orders that hang together (Binance, rest-api.md, "Order lists"). Pure.

OCO     two orders of one side and size; once one trades, is triggered or is over, the other is cancelled
OTO     a working order; once it has filled whole, the pending one is placed; without that, it never is
OTOCO   a working order, and a pair that is placed once it has filled whole
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from ringfence.paper.engine import Engine
from ringfence.paper.orders import Order, Status, Wish
from ringfence.paper.refused import Refused


class Form(StrEnum):
    """How the orders of a list hang together."""

    OCO = "OCO"
    OTO = "OTO"
    OTOCO = "OTOCO"

    @property
    def contingency(self) -> str:
        """What answers call it."""
        return "OCO" if self is Form.OCO else "OTO"


@dataclass(frozen=True, slots=True)
class OrderList:
    """One list; `orders` in the order in which they were sent."""

    list_id: int
    form: Form
    client_id: str
    account: str
    symbol: str
    orders: tuple[int, ...]
    time: int


class Lists:
    """Every list of the exchange, and what its rules ask for after anything has happened."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.all: list[OrderList] = []

    def place(self, form: Form, client_id: str, wishes: tuple[Wish, ...], average: Decimal, now: int) -> OrderList:
        """Take on a list, all orders or none; raises `Refused`."""
        engine, list_id = self._engine, len(self.all) + 1
        for wish in wishes if form is Form.OCO else wishes[:1]:
            engine.check(wish, average)
        orders = [engine.pend(wish, list_id, now) for wish in wishes]
        ids = tuple(order.order_id for order in orders)
        made = OrderList(list_id, form, client_id, wishes[0].account, wishes[0].symbol, ids, now)
        self.all.append(made)
        if form is Form.OCO:
            engine.place_pair((orders[0], orders[1]), average, now)
        else:
            engine.place_pending(orders[0], average, now)
        return made

    def of(self, account: str) -> list[OrderList]:
        """An account's lists, oldest first."""
        return [each for each in self.all if each.account == account]

    def legs(self, of: OrderList) -> list[Order]:
        """How the orders of a list stand."""
        return [self._engine.records.get(order_id) for order_id in of.orders]

    def with_order(self, order: Order) -> OrderList | None:
        """The list that an order is part of."""
        return next((each for each in self.all if each.list_id == order.list_id), None)

    def twin(self, order: Order) -> Order | None:
        """The other of a pair that is not placed yet; one that is placed knows its other itself."""
        of = self.with_order(order)
        if of is None or of.form is not Form.OTOCO or order.status is not Status.PENDING_NEW:
            return None
        return next((each for each in self.legs(of)[1:] if each.order_id != order.order_id), None)

    def open(self, of: OrderList) -> bool:
        """Whether any of its orders may still trade."""
        return any(order.open for order in self.legs(of))

    def cancel(self, of: OrderList, now: int) -> None:
        """Cancel whatever is open of a list."""
        self._stop_all(self.legs(of), now)

    def react(self, symbol: str, average: Decimal, now: int) -> bool:
        """Do what the rules ask for now; whether anything was done."""
        done = False
        for each in self.all:
            if each.symbol == symbol and self.open(each):
                done |= self._one(each, average, now)
        return done

    def _one(self, each: OrderList, average: Decimal, now: int) -> bool:
        legs = self.legs(each)
        if any(order.status is Status.CANCELED for order in legs):
            return self._stop_all(legs, now)
        if each.form is Form.OCO:
            return False  # the engine itself lets one of a pair end the other
        working, pending = legs[0], legs[1:]
        if working.open:
            return False
        if working.status is not Status.FILLED:
            return self._stop_all(pending, now)
        if all(order.status is Status.PENDING_NEW for order in pending):
            return self._follow(pending, average, now)
        return False

    def _follow(self, pending: list[Order], average: Decimal, now: int) -> bool:
        """Place what waited for the working order; what is not taken on is over."""
        try:
            if len(pending) == 1:
                self._engine.place_pending(pending[0], average, now)
            else:
                self._engine.place_pair((pending[0], pending[1]), average, now)
        except Refused:
            self._stop_all(pending, now)
        return True

    def _stop_all(self, orders: Iterable[Order], now: int) -> bool:
        some = [order for order in orders if order.open]
        for order in some:
            self._engine.cancel(order, now)
        return bool(some)
