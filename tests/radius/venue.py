"""The paper exchange's own matching engine, and two people on it who do what the thief wants.

Nobody else trades: every order of the captured bots is filled when the accomplice likes, as badly as its limit allows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from ringfence.model.action import PlaceList
from ringfence.model.facts import Instrument
from ringfence.model.names import Asset, ClientId, OrderId, Symbol
from ringfence.model.order import Order
from ringfence.model.reply import Report
from ringfence.paper import accounts, orders
from ringfence.paper.accounts import Accounts
from ringfence.paper.engine import Engine
from ringfence.paper.instruments import Instrument as Listed
from ringfence.paper.lists import Form, Lists
from ringfence.paper.records import Records
from ringfence.paper.refused import Refused

MAIN, THIEF, PUPPET = "main", "thief", "puppet"
_PEOPLE = (MAIN, THIEF, PUPPET)
_WEALTH = Decimal(10) ** 12
_AVERAGE = Decimal(100)
_LOT, _DUST = Decimal(1000), Decimal("0.01")
USDT = Asset("USDT")
STEP, TICK = Decimal("0.0001"), Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Truth:
    """What one trade did to the captured account, as the exchange knows it; `at` in milliseconds."""

    at: int
    symbol: Symbol
    order_id: int
    sign: int
    quantity: Decimal
    cost: Decimal
    base_fee: Decimal
    quote_fee: Decimal


def instrument(symbol: Symbol) -> Instrument:
    """Say how a symbol trades here: in fine steps, so that rounding hides nothing."""
    base, quote = symbol.split("/")
    sizes = (TICK, STEP, STEP, Decimal(10) ** 6, Decimal("0.01"))
    return Instrument(symbol, base + quote, Asset(base), Asset(quote), *sizes)


@dataclass(slots=True)
class Venue:
    """One exchange with the captured account, its accomplice, and a puppet to trade with."""

    instruments: Mapping[Symbol, Instrument]
    fee: Decimal
    engine: Engine = field(init=False)
    lists: Lists = field(init=False)
    trades: list[Truth] = field(default_factory=list)
    _seen: dict[str, int] = field(default_factory=dict)
    _names: int = 0

    def __post_init__(self) -> None:
        accounts.FEE_RATE = self.fee  # what this exchange takes; tests/radius/conftest.py puts the usual rate back
        wealth = Accounts()
        for person in _PEOPLE:
            wealth.open(person)
            for asset in {USDT, *(each.base for each in self.instruments.values())}:
                wealth.deposit(person, asset, _WEALTH, 0)
        big, coins = Decimal(10) ** 9, self.instruments.values()
        listed = {
            coin.native: Listed(
                coin.native, coin.base, coin.quote, coin.tick, coin.step, big, big, Decimal("0.01"), big,
                max_orders=10_000, max_waiting=10_000, max_amends=10_000,
            )
            for coin in coins
        }  # fmt: skip
        self.engine = Engine(listed, wealth, Records(frozenset((THIEF, PUPPET))))
        self.lists = Lists(self.engine)

    def place(self, order: Order, now: int) -> orders.Order:
        """Take on one order; raises `Refused`."""
        placed = self.engine.place(self._wish(order), _AVERAGE, now)
        self._react(order.symbol, now)
        return self.engine.records.get(placed.order.order_id)

    def place_list(self, asked: PlaceList, now: int) -> list[orders.Order]:
        """Take on a list; raises `Refused`."""
        wishes = tuple(self._wish(order) for order in asked.orders)
        made = self.lists.place(Form(asked.form.value), asked.client_id or "", wishes, _AVERAGE, now)
        self._react(asked.orders[0].symbol, now)
        return self.lists.legs(made)

    def cancel(self, order_id: int, now: int) -> bool:
        """Take an order off the book, and with it its list; False where there is nothing to cancel."""
        order = self.order(order_id)
        if order.open:
            self.engine.cancel(order, now)
            self._react(self._symbol(order), now)
        return order.open

    def amend(self, order_id: int, quantity: Decimal, now: int) -> None:
        """Make an order smaller, where it still may be."""
        order = self.order(order_id)
        if order.open and order.executed < quantity < order.wish.quantity:
            twin = self.lists.twin(order)
            if twin is not None:
                self.engine.amend(twin, quantity, twin.wish.client_id, now)
            self.engine.amend(order, quantity, order.wish.client_id, now)

    def fill(self, order_id: int, share: float, now: int) -> None:
        """Have the accomplice take an order that stands in the book; what is better for him goes first."""
        order = self.order(order_id)
        quantity = (order.left * Decimal(str(share))).quantize(STEP)
        if order.open and order.working and quantity > 0:
            self._trade(THIEF, self._symbol(order), order.wish.side.opposite, order.wish.price, quantity, now)

    def bait(self, order: Order, share: float, now: int) -> int:
        """Stand in the way of an order that is about to come, at its limit; the id of what stands there."""
        quantity = ((order.quantity or Decimal(0)) * Decimal(str(share))).quantize(STEP)
        if quantity <= 0 or order.price is None:
            return 0
        side = orders.Side(order.side.value).opposite
        return self._trade(THIEF, order.symbol, side, order.price, quantity, now, rests=True)

    def stand(
        self, who: str, symbol: Symbol, side: orders.Side, price: Decimal, now: int, quantity: Decimal = _LOT
    ) -> int:
        """Put an order of the accomplice into the book; its id."""
        return self._trade(who, symbol, side, price, quantity, now, rests=True)

    def unbait(self, order_id: int, now: int) -> None:
        """Step aside again."""
        try:
            order = self.order(order_id)
        except KeyError:
            return  # it was taken, and the house's closed orders are forgotten
        if order.open:
            self.engine.cancel(order, now)

    def print(self, symbol: Symbol, price: Decimal, now: int) -> None:
        """Let the two trade with each other, so that what waits for a price sees it."""
        price = max(price.quantize(TICK), TICK)
        stands = self._trade(PUPPET, symbol, orders.Side.SELL, price, _DUST, now, rests=True)
        self._trade(THIEF, symbol, orders.Side.BUY, price, _DUST, now)
        self.unbait(stands, now)

    def order(self, order_id: int) -> orders.Order:
        """How an order stands."""
        return self.engine.records.get(order_id)

    def report(self, order_id: int, *, fees: bool) -> Report:
        """Say how an order stands as Binance would; only the answer to a new order names what it paid."""
        order = self.order(order_id)
        symbol, trades = self._symbol(order), self.engine.records.fills.get(order_id, [])
        coin = self.instruments[symbol]
        asset = coin.base if order.wish.side is orders.Side.BUY else coin.quote
        paid = tuple((asset, trade.fee_of(order_id)) for trade in trades) if fees else None
        done = (order.executed, order.executed_quote, not order.open)
        name = ClientId(order.wish.client_id)
        return Report(symbol, OrderId(str(order_id)), name, order.wish.quantity, *done, paid)

    def _wish(self, order: Order) -> orders.Wish:
        kind, side = orders.Kind(order.kind.value), orders.Side(order.side.value)
        return orders.Wish(
            MAIN, self.instruments[order.symbol].native, side, kind, order.client_id or "",
            price=order.price or Decimal(0), quantity=order.quantity or Decimal(0), quote=order.quote or Decimal(0),
            tif=orders.Tif(order.tif.value) if order.tif else orders.Tif.GTC,
            trigger=order.trigger or Decimal(0), trailing=order.trailing or 0,
        )  # fmt: skip

    def _trade(
        self, who: str, symbol: Symbol, side: orders.Side, price: Decimal, quantity: Decimal, now: int,
        *, rests: bool = False,
    ) -> int:  # fmt: skip
        self._names += 1
        tif = orders.Tif.GTC if rests else orders.Tif.IOC
        native, name = self.instruments[symbol].native, f"{who}-{self._names}"
        wish = orders.Wish(who, native, side, orders.Kind.LIMIT, name, price=price, quantity=quantity, tif=tif)
        try:
            placed = self.engine.place(wish, _AVERAGE, now)
        except Refused:
            return 0
        self._react(symbol, now)
        return placed.order.order_id

    def _react(self, symbol: Symbol, now: int) -> None:
        native = self.instruments[symbol].native
        while self.lists.react(native, _AVERAGE, now) or self.engine.fire(native, now):
            pass
        self._note(symbol, native)

    def _note(self, symbol: Symbol, native: str) -> None:
        seen, fresh = self._seen.get(native, 0), []
        for trade in reversed(self.engine.records.public[native]):
            if trade.trade_id <= seen:
                break
            fresh.append(trade)
        for trade in reversed(fresh):
            self._seen[native] = trade.trade_id
            for account, order_id in ((trade.taker, trade.taker_id), (trade.maker, trade.maker_id)):
                if account == MAIN:
                    buys, fee = trade.side_of(order_id) is orders.Side.BUY, trade.fee_of(order_id)
                    none, sign = Decimal(0), 1 if buys else -1
                    fees = (fee, none) if buys else (none, fee)
                    amounts = (sign, trade.quantity, trade.cost)
                    self.trades.append(Truth(trade.time, symbol, order_id, *amounts, *fees))

    def _symbol(self, order: orders.Order) -> Symbol:
        return next(symbol for symbol, each in self.instruments.items() if each.native == order.wish.symbol)
