"""What the exchange remembers of orders and trades. Pure.

House accounts (the makers and the crowd that keep a market alive) re-quote all day: their closed orders are
forgotten at once, or a rehearsal would eat the memory. Everyone else's are kept for as long as the process runs.
"""

from collections import defaultdict, deque
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile

from ringfence.paper.orders import Order, Placed, Prevented, Side, Status, Trade, Wish

_TOUCHES = 5000  # a symbol; what a stream of changes looks back on: a second of quoting is a hundred
_PUBLIC_TRADES = 5000  # a symbol; what /api/v3/trades may look back on, several times its limit of 1000


@dataclass(frozen=True, slots=True)
class Change:
    """One step in the life of an order."""

    time: int
    status: Status
    executed: str


@dataclass(frozen=True, slots=True)
class Execution:
    """One step in the life of an order as its account hears of it: how it stood and stands, and the trade if any."""

    before: Order | None
    order: Order
    trade: Trade | None


@dataclass(frozen=True, slots=True)
class Touch:
    """An order stood otherwise than before, and with it what there is at its price."""

    version: int
    side: Side
    price: Decimal


@dataclass(frozen=True, slots=True)
class Amendment:
    """One time that an order became smaller: its number, its client ids and its quantities before and after."""

    execution_id: int
    time: int
    client_ids: tuple[str, str]
    quantities: tuple[Decimal, Decimal]


class Records:
    """All orders by id, and the ways to find them again."""

    def __init__(self, house: frozenset[str]) -> None:
        self._house = house
        self._next_order = 1
        self._version = 1
        self._news: list[Execution] = []
        self._next_trade: defaultdict[str, int] = defaultdict(int)
        self._next_prevented: defaultdict[str, int] = defaultdict(int)
        self._next_amendment = 0
        self._orders: dict[int, Order] = {}
        self._touched: defaultdict[str, deque[Touch]] = defaultdict(lambda: deque(maxlen=_TOUCHES))
        self._open: defaultdict[tuple[str, str], dict[int, None]] = defaultdict(dict)
        self._by_client: dict[tuple[str, str, str], int] = {}
        self.changes: defaultdict[int, list[Change]] = defaultdict(list)
        self.fills: defaultdict[int, list[Trade]] = defaultdict(list)
        self.amendments: defaultdict[int, list[Amendment]] = defaultdict(list)
        self.prevented: defaultdict[int, list[Prevented]] = defaultdict(list)
        self._first_fills: list[tuple[str, bool]] = []
        self.public: defaultdict[str, deque[Trade]] = defaultdict(lambda: deque(maxlen=_PUBLIC_TRADES))

    @property
    def version(self) -> int:
        """A number that rises with every change of an order."""
        return self._version

    def touched(self, symbol: str, version: int) -> frozenset[tuple[Side, Decimal]]:
        """The levels of a book that orders have touched after a version."""
        newest_first = takewhile(lambda touch: touch.version > version, reversed(self._touched[symbol]))
        return frozenset((touch.side, touch.price) for touch in newest_first if touch.price)

    def new(self, wish: Wish, now: int, status: Status = Status.NEW, *, working: bool = True) -> Order:
        """Give an order its id."""
        order = Order(self._next_order, wish, now, now, status, working=working)
        self._next_order += 1
        self.put(order)
        return order

    def put(self, order: Order) -> Order:
        """Store how an order stands now."""
        wish = order.wish
        mine = self._open[wish.account, wish.symbol]
        self._version += 1
        self._touched[wish.symbol].append(Touch(self._version, wish.side, wish.price))
        if wish.account not in self._house:
            self._tell(self._orders.get(order.order_id), order)
        self._orders[order.order_id] = order
        if order.open:
            mine[order.order_id] = None
            self._by_client[wish.account, wish.symbol, wish.client_id] = order.order_id
        else:
            mine.pop(order.order_id, None)
        if wish.account not in self._house:
            self.changes[order.order_id].append(Change(order.updated, order.status, f"{order.executed:f}"))
        elif not order.open:
            del self._orders[order.order_id]
            self._by_client.pop((wish.account, wish.symbol, wish.client_id), None)
        return order

    def get(self, order_id: int) -> Order:
        """An order that is known to exist."""
        return self._orders[order_id]

    def find(self, account: str, symbol: str, order_id: int | None, client_id: str | None) -> Order | None:
        """An account's order by either id; the newest one, where a client id was used again."""
        if order_id is None and client_id is not None:
            order_id = self._by_client.get((account, symbol, client_id))
        order = None if order_id is None else self._orders.get(order_id)
        if order is None or (order.wish.account, order.wish.symbol) != (account, symbol):
            return None
        return order if client_id in (None, order.wish.client_id) else None

    def open_orders(self, account: str, symbol: str) -> list[Order]:
        """An account's open orders of a symbol, oldest first."""
        return [self._orders[order_id] for order_id in self._open[account, symbol]]

    def kept(self, account: str, symbol: str | None = None) -> list[Order]:
        """Everything an account ever ordered, oldest first."""
        return [
            order
            for order in self._orders.values()
            if order.wish.account == account and symbol in (None, order.wish.symbol)
        ]

    def trade_id(self, symbol: str) -> int:
        """The next trade id of a symbol."""
        self._next_trade[symbol] += 1
        return self._next_trade[symbol]

    def prevented_id(self, symbol: str) -> int:
        """The next prevented-match id of a symbol."""
        self._next_prevented[symbol] += 1
        return self._next_prevented[symbol]

    def add_trade(self, trade: Trade) -> None:
        """Remember a trade: for the public, and for those of its two accounts that are not the house."""
        self.public[trade.symbol].append(trade)
        for account, order_id in ((trade.taker, trade.taker_id), (trade.maker, trade.maker_id)):
            if account not in self._house:
                if not self.fills[order_id]:
                    self._first_fills.append((account, order_id == trade.maker_id))
                self.fills[order_id].append(trade)

    def _tell(self, before: Order | None, order: Order) -> None:
        """Note a step that its account hears of; what the exchange only notes for itself is none."""
        traded = before is not None and order.executed != before.executed
        less = before is not None and order.prevented != before.prevented
        moved = less or before is None or before.status is not order.status or before.wish != order.wish
        if traded or (moved and order.status is not Status.PENDING_NEW):
            self._news.append(Execution(before, order, self.fills[order.order_id][-1] if traded else None))

    def take_news(self) -> list[Execution]:
        """What has happened to the people's orders since this was last asked."""
        taken, self._news = self._news, []
        return taken

    def take_first_fills(self) -> list[tuple[str, bool]]:
        """Whose orders have traded for the first time since this was last asked, and whether as makers."""
        taken, self._first_fills = self._first_fills, []
        return taken

    def add_prevented(self, match: Prevented) -> None:
        """Remember a match that did not happen."""
        for order_id in (match.taker_id, match.maker_id):
            self.prevented[order_id].append(match)

    def add_amendment(self, before: Order, after: Order) -> Amendment:
        """Remember that an order became smaller."""
        self._next_amendment += 1
        client_ids = (before.wish.client_id, after.wish.client_id)
        quantities = (before.wish.quantity, after.wish.quantity)
        amendment = Amendment(self._next_amendment, after.updated, client_ids, quantities)
        self.amendments[after.order_id].append(amendment)
        return amendment

    def placed(self, order: Order) -> Placed:
        """A new order together with what it did on arrival."""
        taken = tuple(trade for trade in self.fills.get(order.order_id, ()) if trade.taker_id == order.order_id)
        return Placed(order, taken, tuple(self.prevented.get(order.order_id, ())))
