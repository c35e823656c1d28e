"""The matching engine: price-time priority, one order at a time, time as an argument. Pure.

It settles every match in `accounts` at once, so that an order can never be half done.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import takewhile

from ringfence.paper import prevention, triggers
from ringfence.paper.accounts import Accounts, Swap
from ringfence.paper.book import Book
from ringfence.paper.instruments import Instrument
from ringfence.paper.orders import (
    WAITING,
    ZERO,
    Kind,
    Order,
    Placed,
    Prevented,
    Side,
    Status,
    Stp,
    Tif,
    Trade,
    Wish,
)
from ringfence.paper.records import Records
from ringfence.paper.refused import Refused, failed_filter, insufficient


class Engine:
    """All books of the exchange."""

    def __init__(self, instruments: Mapping[str, Instrument], accounts: Accounts, records: Records) -> None:
        self.instruments = instruments
        self.accounts = accounts
        self.records = records
        self._books = {symbol: Book() for symbol in instruments}
        self._waiting: dict[str, list[int]] = {symbol: [] for symbol in instruments}

    def last(self, symbol: str) -> Decimal | None:
        """The price of the last trade."""
        trades = self.records.public[symbol]
        return trades[-1].price if trades else None

    def best(self, symbol: str, side: Side) -> Decimal | None:
        """The best price that someone bids (BUY) or asks (SELL)."""
        order_id = self._books[symbol].best(side)
        return None if order_id is None else self.records.get(order_id).wish.price

    def resting(self, symbol: str, side: Side) -> Iterator[Order]:
        """The orders of a side, best first."""
        return (self.records.get(order_id) for order_id in self._books[symbol].walk(side))

    def check(self, wish: Wish, average: Decimal, known: int = 0) -> None:
        """Raise `Refused` where an order would not be taken on; changes nothing. `known` is its own id, if any."""
        self.check_filters(wish, average, known)
        if any(order.wish.client_id == wish.client_id for order in self._others(wish, known)):
            raise Refused(-2010, "Duplicate order sent.")
        if wish.kind is Kind.LIMIT_MAKER and self._crossing(wish):
            raise Refused(-2010, "Order would immediately match and take.")
        if wish.kind is Kind.MARKET and wish.quote:
            self._check_liquidity(wish)
        last = self.last(wish.symbol)
        if wish.kind in WAITING and last is not None and triggers.at_once(wish, last):
            raise Refused(-2010, "Stop price would trigger immediately.")
        asset, amount = self._needed(wish)
        if self.accounts.free(wish.account, asset) < amount:
            raise insufficient()

    def check_filters(self, wish: Wish, average: Decimal, known: int = 0) -> None:
        """Raise `Refused` with the first filter of its symbol that an order does not pass."""
        others, instrument = self._others(wish, known), self.instruments[wish.symbol]
        instrument.check(wish, average, len(others))
        waiting = sum(each.wish.kind in WAITING and not each.working for each in others)
        if wish.kind in WAITING and waiting >= instrument.max_waiting:
            raise failed_filter("MAX_NUM_ALGO_ORDERS")

    def _others(self, wish: Wish, known: int) -> list[Order]:
        """What its account has open of its symbol, itself left out."""
        return [each for each in self.records.open_orders(wish.account, wish.symbol) if each.order_id != known]

    def place(self, wish: Wish, average: Decimal, now: int) -> Placed:
        """Take on an order and match it; raises `Refused` where it is not taken on."""
        self.check(wish, average)
        if wish.kind is not Kind.MARKET:
            self.accounts.lock(wish.account, *self._needed(wish))
        return self.records.placed(self._begin(self.records.new(wish, now, working=wish.kind not in WAITING), now))

    def pend(self, wish: Wish, list_id: int, now: int) -> Order:
        """Note an order of a list that is placed later; it holds nothing until then."""
        order = self.records.new(wish, now, Status.PENDING_NEW, working=False)
        return self.records.put(replace(order, list_id=list_id, holds=False))

    def place_pending(self, order: Order, average: Decimal, now: int) -> Order:
        """Place an order that was pending; raises `Refused` where it is not taken on."""
        wish = order.wish
        self.check(wish, average, order.order_id)
        if wish.kind is not Kind.MARKET:
            self.accounts.lock(wish.account, *self._needed(wish))
        working = wish.kind not in WAITING
        placed = replace(order, status=Status.NEW, working=working, holds=True, updated=now)
        return self._begin(self.records.put(placed), now)

    def place_pair(self, pair: tuple[Order, Order], average: Decimal, now: int) -> None:
        """Place two pending orders of which only one can fill, on the money of the dearer; raises `Refused`."""
        for order in pair:
            self.check(order.wish, average, order.order_id)
        dearer = max(pair, key=lambda order: self._needed(order.wish)[1])
        self.accounts.lock(dearer.wish.account, *self._needed(dearer.wish))
        for order, other in (pair, pair[::-1]):
            working = order.wish.kind not in WAITING
            placed = replace(order, status=Status.NEW, working=working, sibling=other.order_id, updated=now)
            self.records.put(replace(placed, holds=order is dearer))
        for order in pair:
            self._begin(self.records.get(order.order_id), now)

    def _claim(self, order: Order, now: int) -> Order:
        """Let one of a pair have the money for itself, and end the other: it trades, or its trigger was touched."""
        if not order.sibling:
            return order
        other = self.records.get(order.sibling)
        order = self.records.put(replace(order, sibling=0))
        if other.open:
            self._close(replace(other, sibling=0), Status.EXPIRED, now)
        if not order.holds:
            self.accounts.lock(order.wish.account, *self._needed(order.wish))
            order = self.records.put(replace(order, holds=True))
        return order

    def amend(self, order: Order, quantity: Decimal, client_id: str, now: int) -> Order:
        """Make an order smaller; it keeps its place in the book. Of a pair, the other one becomes as small."""
        smaller = self._smaller(replace(order, wish=replace(order.wish, client_id=client_id)), quantity, now)
        if order.sibling:
            return self._hold_again(order, smaller)
        if order.holds:
            self._release(order, order.wish.quantity - quantity)
        return self.records.put(smaller)

    def _smaller(self, order: Order, quantity: Decimal, now: int) -> Order:
        """An order of less; what the book shows of it stays, as far as there is that much."""
        visible = min(order.wish.visible, quantity)
        return replace(order, wish=replace(order.wish, quantity=quantity, visible=visible), updated=now)

    def _hold_again(self, before: Order, order: Order) -> Order:
        """Make the other of a pair as small, and hold their money anew, for whichever is the dearer now."""
        other = self.records.get(order.sibling)
        holder = before if before.holds else other
        self._release(holder, holder.left)
        other = self._smaller(other, order.wish.quantity, order.updated)
        dearer = max((order, other), key=lambda each: self._needed(each.wish)[1])
        self.accounts.lock(dearer.wish.account, *self._needed(dearer.wish))
        self.records.put(replace(other, holds=other is dearer))
        return self.records.put(replace(order, holds=order is dearer))

    def fire(self, symbol: str, now: int) -> bool:
        """Place the orders whose trigger the last trade has touched; whether there were any."""
        last, fired = self.last(symbol), False
        for order_id in tuple(self._waiting[symbol]) if last is not None else ():
            order = self.records.put(triggers.seen(self.records.get(order_id), last or ZERO))
            if triggers.due(order, last or ZERO):
                self._waiting[symbol].remove(order_id)
                order = self._claim(replace(order, working=True, updated=now), now)
                self._begin(self.records.put(order), now)
                fired = True
        return fired

    def _begin(self, order: Order, now: int) -> Order:
        """Let an order work, or wait for its trigger."""
        wish = order.wish
        if not order.working:
            last = self.last(wish.symbol)
            self._waiting[wish.symbol].append(order.order_id)
            return order if last is None else self.records.put(triggers.seen(order, last))
        if wish.tif is not Tif.FOK or self._fills_whole(wish):
            order = self._match(order, now)
        return self._finish(order, now)

    def cancel(self, order: Order, now: int) -> Order:
        """Take an open order out of the book."""
        return self._close(order, Status.CANCELED, now)

    def _match(self, order: Order, now: int) -> Order:
        while order.open:
            maker = next(iter(self._crossing(order.wish)), None)
            if maker is None:
                break
            amount = self._amount(order, maker)
            if amount <= ZERO:
                break
            if self._is_prevented(order.wish, maker):
                order = self._prevent(order, maker, amount, now)
            else:
                order = self._trade(order, maker, amount, now)
        return order

    def _finish(self, order: Order, now: int) -> Order:
        """Close what may not wait, let the rest stand in the book."""
        if not order.open:
            return order
        if order.wish.kind is not Kind.MARKET and order.wish.tif is Tif.GTC:
            self._books[order.wish.symbol].add(order)
            return order
        satisfied = bool(order.wish.quote) and order.executed > ZERO and bool(self._crossing(order.wish, first=True))
        return self._close(order, Status.FILLED if satisfied else Status.EXPIRED, now)

    def _trade(self, taker: Order, maker: Order, amount: Decimal, now: int) -> Order:
        price, cost = maker.wish.price, maker.wish.price * amount
        taker, maker = self._claim(taker, now), self._claim(maker, now)
        self._release(taker, amount)
        self._release(maker, amount)
        swap = self._swap(taker, maker, amount, cost)
        buyer_fee, seller_fee = self.accounts.settle(swap)
        bought = taker.wish.side is Side.BUY
        taker_fee, maker_fee = (buyer_fee, seller_fee) if bought else (seller_fee, buyer_fee)
        symbol = taker.wish.symbol
        self.records.add_trade(
            Trade(
                trade_id=self.records.trade_id(symbol), symbol=symbol, price=price, quantity=amount, cost=cost,
                time=now, taker_side=taker.wish.side, taker_id=taker.order_id, maker_id=maker.order_id,
                taker=taker.wish.account, maker=maker.wish.account, taker_fee=taker_fee, maker_fee=maker_fee,
            )
        )  # fmt: skip
        self._fill(maker, amount, cost, now)
        return self._fill(taker, amount, cost, now)

    def _fill(self, order: Order, amount: Decimal, cost: Decimal, now: int) -> Order:
        order = replace(
            order,
            executed=order.executed + amount,
            executed_quote=order.executed_quote + cost,
            status=Status.PARTIALLY_FILLED,
            updated=now,
        )
        return self._settled(order)

    def _prevent(self, taker: Order, maker: Order, amount: Decimal, now: int) -> Order:
        mode = prevention.effective(taker, maker)
        loss = prevention.loss(mode, taker, maker, amount)
        price = maker.wish.price
        taker, maker = self._claim(taker, now), self._claim(maker, now)
        self._release(taker, ZERO if taker.wish.quote else loss.taker)
        self._release(maker, loss.maker)
        if loss.moved:
            self.accounts.transfer(self._swap(taker, maker, amount, price * amount), now)
        self.records.add_prevented(
            Prevented(
                prevented_id=self.records.prevented_id(taker.wish.symbol), symbol=taker.wish.symbol, price=price,
                time=now, mode=mode, taker_id=taker.order_id, maker_id=maker.order_id,
                taker_quantity=loss.taker, maker_quantity=loss.maker, moved=loss.moved,
            )
        )  # fmt: skip
        if loss.maker:
            self._settled(replace(maker, prevented=maker.prevented + loss.maker, updated=now))
        if not loss.taker:
            return taker
        whole = mode in (Stp.EXPIRE_TAKER, Stp.EXPIRE_BOTH)
        spent = ZERO if not taker.wish.quote else taker.quote_left if whole else price * loss.taker
        lost = replace(
            taker,
            prevented=taker.prevented + loss.taker,
            prevented_quote=taker.prevented_quote + spent,
            updated=now,
        )
        return self._settled(lost)

    def _settled(self, order: Order) -> Order:
        """Store an order whose amounts changed; one with nothing left is done."""
        if order.left <= ZERO and order.quote_left <= ZERO:
            done = Status.EXPIRED_IN_MATCH if order.prevented else Status.FILLED
            self._drop(order)
            return self.records.put(replace(order, status=done))
        return self.records.put(order)

    def _close(self, order: Order, status: Status, now: int) -> Order:
        if order.holds:
            self._release(order, order.left)
        if order.order_id in self._waiting[order.wish.symbol]:
            self._waiting[order.wish.symbol].remove(order.order_id)
        self._drop(order)
        return self.records.put(replace(order, status=status, updated=now))

    def _drop(self, order: Order) -> None:
        """Take it out of the book, where it may never have been."""
        if order in self._books[order.wish.symbol]:
            self._books[order.wish.symbol].remove(order)

    def _release(self, order: Order, amount: Decimal) -> None:
        """Give back what a limit order held for `amount`."""
        wish, instrument = order.wish, self.instruments[order.wish.symbol]
        if wish.kind is Kind.MARKET:
            return
        if wish.side is Side.BUY:
            self.accounts.unlock(wish.account, instrument.quote, wish.price * amount)
        else:
            self.accounts.unlock(wish.account, instrument.base, amount)

    def _swap(self, taker: Order, maker: Order, amount: Decimal, cost: Decimal) -> Swap:
        instrument = self.instruments[taker.wish.symbol]
        buyer, seller = (taker, maker) if taker.wish.side is Side.BUY else (maker, taker)
        return Swap(buyer.wish.account, seller.wish.account, instrument.base, instrument.quote, amount, cost)

    def _crossing(self, wish: Wish, *, first: bool = True) -> list[Order]:
        """The resting orders that an order would meet, best first; only the `first` unless told otherwise."""
        found: list[Order] = []
        for maker in self.resting(wish.symbol, wish.side.opposite):
            beyond = maker.wish.price > wish.price if wish.side is Side.BUY else maker.wish.price < wish.price
            if wish.kind is not Kind.MARKET and beyond:
                break
            found.append(maker)
            if first:
                break
        return found

    def _amount(self, taker: Order, maker: Order) -> Decimal:
        """How much two orders would trade."""
        if not taker.wish.quote:
            return min(taker.left, maker.left)
        instrument = self.instruments[taker.wish.symbol]
        return min(maker.left, instrument.floor_quantity(taker.quote_left / maker.wish.price))

    def _is_prevented(self, wish: Wish, maker: Order) -> bool:
        return wish.stp is not Stp.NONE and self.accounts.same_owner(wish.account, maker.wish.account)

    def _reachable(self, wish: Wish) -> Iterator[Order]:
        """What an order takes at most: EXPIRE_MAKER goes past orders of its own, other modes spend it on them."""
        crossing = self._crossing(wish, first=False)
        if wish.stp is not Stp.EXPIRE_MAKER:
            return iter(crossing)
        return (maker for maker in crossing if not self._is_prevented(wish, maker))

    def _fills_whole(self, wish: Wish) -> bool:
        makers = takewhile(lambda maker: not self._is_prevented(wish, maker), self._reachable(wish))
        return sum((maker.left for maker in makers), ZERO) >= wish.quantity

    def _check_liquidity(self, wish: Wish) -> None:
        best = self.best(wish.symbol, wish.side.opposite)
        if best is None:
            raise Refused(-2010, "Order book liquidity is less than symbol minimum quantity.")
        if self.instruments[wish.symbol].floor_quantity(wish.quote / best) <= ZERO:
            raise failed_filter("LOT_SIZE")

    def _needed(self, wish: Wish) -> tuple[str, Decimal]:
        """The asset and the most of it that the order could take."""
        instrument = self.instruments[wish.symbol]
        asset = instrument.quote if wish.side is Side.BUY else instrument.base
        if wish.kind is not Kind.MARKET:
            return asset, wish.quantity * (wish.price if wish.side is Side.BUY else Decimal(1))
        return asset, self._market_need(wish)

    def _market_need(self, wish: Wish) -> Decimal:
        """What a market order takes, by walking the book that it would meet."""
        sized_in_kind = wish.quote if wish.side is Side.BUY else wish.quantity
        if sized_in_kind:
            return sized_in_kind
        left, needed = wish.quantity or wish.quote, ZERO
        for maker in self._reachable(wish):
            price = maker.wish.price
            amount = min(maker.left, left if wish.quantity else left / price)
            needed += amount * price if wish.quantity else amount
            left -= amount if wish.quantity else amount * price
            if left <= ZERO:
                break
        return needed
