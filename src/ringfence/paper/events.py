"""What an account hears of as it happens (Binance, user-data-stream.md). Pure.

Trades come before the balances that they changed, as on the real exchange.
"""

from collections.abc import Iterable, Iterator

from ringfence.paper.accounts import Flow, Movement
from ringfence.paper.call import Json, money
from ringfence.paper.exchange import Exchange
from ringfence.paper.lists import OrderList
from ringfence.paper.orders import ZERO, Kind, Order, Side, Status, Tif
from ringfence.paper.records import Execution

Event = dict[str, Json]
Told = tuple[str, Event]  # whose it is
_BETWEEN = frozenset({Flow.WALLET, Flow.STP_TRANSFER})  # flows whose far side is an account here
_UNFILLED = {Tif.IOC: "UNFILLED_IOC_QUANTITY_EXPIRED", Tif.FOK: "UNFILLED_FOK_ORDER_EXPIRED"}


class Events:
    """The events of all accounts since they were last asked for."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._moves = len(exchange.accounts.movements)
        self._executions = 0
        self._lists = len(exchange.lists.all)
        self._open: dict[int, list[Json]] = {}  # the orders of each list that is not done, as they were told
        exchange.records.take_news()

    def take(self, now: int) -> list[Told]:
        """Each account's events, in the order in which they happened."""
        steps = self._exchange.records.take_news()
        moves = [(account, move) for move in self._moved() for account in _sides(move) if self._known(account)]
        changed: dict[str, dict[str, None]] = {}
        for step in steps:
            instrument = self._exchange.instruments[step.order.wish.symbol]
            changed.setdefault(step.order.wish.account, {}).update({instrument.base: None, instrument.quote: None})
        for account, move in moves:
            changed.setdefault(account, {})[move.asset] = None
        return [
            *((step.order.wish.account, self._execution(step, now)) for step in steps),
            *self._list_events(now),
            *((account, _balance(move, account, now)) for account, move in moves),
            *((account, self._position(account, assets, now)) for account, assets in changed.items()),
        ]

    def _known(self, account: str) -> bool:
        return account in self._exchange.people

    def _moved(self) -> list[Movement]:
        fresh = self._exchange.accounts.movements[self._moves :]
        self._moves += len(fresh)
        return fresh

    def _position(self, account: str, assets: Iterable[str], now: int) -> Event:
        accounts = self._exchange.accounts
        rows: list[Json] = [
            {"a": asset, "f": money(accounts.free(account, asset)), "l": money(accounts.locked(account, asset))}
            for asset in assets
        ]
        return {"e": "outboundAccountPosition", "E": now, "u": now, "B": rows}

    def _list_events(self, now: int) -> Iterator[Told]:
        """What became of lists: each is told when it begins, when an order of it gets another name, and at its end."""
        lists = self._exchange.lists
        for made in lists.all[self._lists :]:
            self._open[made.list_id] = self._legs(made)
            yield made.account, _list(made, "EXEC_STARTED", "EXECUTING", self._open[made.list_id], now)
        self._lists = len(lists.all)
        for each in [each for each in lists.all if each.list_id in self._open]:
            legs = self._legs(each)
            if not lists.open(each):
                del self._open[each.list_id]
                yield each.account, _list(each, "ALL_DONE", "ALL_DONE", legs, now)
            elif legs != self._open[each.list_id]:
                self._open[each.list_id] = legs
                yield each.account, _list(each, "UPDATED", "EXECUTING", legs, now)

    def _legs(self, of: OrderList) -> list[Json]:
        legs = self._exchange.lists.legs(of)
        return [{"s": of.symbol, "i": order.order_id, "c": order.wish.client_id} for order in legs]

    def _execution(self, step: Execution, now: int) -> Event:
        self._executions += 1
        order, wish, kind = step.order, step.order.wish, _kind(step)
        cancelled = kind == "CANCELED"
        cancel = self._exchange.cancel_names.get(order.order_id) or f"paper-{order.order_id}"
        return {
            "e": "executionReport",
            "E": now,
            "s": wish.symbol,
            "c": cancel if cancelled else wish.client_id,
            "S": wish.side.value,
            "o": wish.kind.value,
            "f": wish.tif.value,
            "q": money(wish.quantity or order.executed),
            "p": money(wish.price),
            "P": money(wish.trigger),
            "F": money(wish.visible),
            "g": order.list_id,
            "C": wish.client_id if cancelled else _former(step),
            "x": kind,
            "X": order.status.value,
            "r": "NONE",
            "i": order.order_id,
            "T": order.updated,
            "I": self._executions,
            "w": order.working and order.open,
            "M": False,
            "O": order.placed,
            "z": money(order.executed),
            "Z": money(order.executed_quote),
            "Q": money(wish.quote),
            "V": wish.stp.value,
            **self._trade(step),
            **_sometimes(order),
            **(self._prevention(order) if kind == "TRADE_PREVENTION" else {}),
        }

    def _trade(self, step: Execution) -> Event:
        """The trade that has just happened, or that there was none."""
        order, trade = step.order, step.trade
        if trade is None:
            zero = money(ZERO)
            return {"l": zero, "L": zero, "Y": zero, "n": zero, "N": None, "t": -1, "m": False}
        instrument = self._exchange.instruments[order.wish.symbol]
        return {
            "l": money(trade.quantity),
            "L": money(trade.price),
            "Y": money(trade.cost),
            "n": money(trade.fee_of(order.order_id)),
            "N": instrument.base if order.wish.side is Side.BUY else instrument.quote,
            "t": trade.trade_id,
            "m": trade.maker_id == order.order_id,
        }

    def _prevention(self, order: Order) -> Event:
        """The match that did not happen, and what it took from the order."""
        match = self._exchange.records.prevented[order.order_id][-1]
        took = match.taker_id == order.order_id
        return {
            "v": match.prevented_id,
            "A": money(order.prevented),
            "B": money(match.taker_quantity if took else match.maker_quantity),
            "u": self._exchange.accounts.groups[order.wish.account],
            "U": match.maker_id if took else match.taker_id,
            "Cs": match.symbol,
        }


def _kind(step: Execution) -> str:
    """What has just happened to it: the execution type."""
    before, order = step.before, step.order
    if step.trade is not None:
        return "TRADE"
    if before is not None and before.prevented != order.prevented:
        return "TRADE_PREVENTION"
    if order.status in {Status.CANCELED, Status.EXPIRED}:
        return order.status.value
    amended = before is not None and before.status is not Status.PENDING_NEW and before.wish != order.wish
    return "REPLACED" if amended else "NEW"


def _former(step: Execution) -> str:
    """The name that an order had before it was amended, where it got another."""
    before = step.before
    return before.wish.client_id if before is not None and before.wish.client_id != step.order.wish.client_id else ""


def _sometimes(order: Order) -> Event:
    """What only some orders tell: a distance, since when it works, and why it is over."""
    told: Event = {}
    if order.wish.trailing:
        told["d"] = order.wish.trailing
    if order.working:
        told["W"] = order.placed
    if order.status is Status.EXPIRED:
        told["eR"] = _reason(order)
    return told


def _reason(order: Order) -> str:
    if order.wish.kind is Kind.MARKET:
        return "INSUFFICIENT_LIQUIDITY"
    return _UNFILLED.get(order.wish.tif, "OCO_TRIGGER")


def _list(of: OrderList, kind: str, status: str, orders: list[Json], now: int) -> Event:
    return {
        "e": "listStatus", "E": now, "s": of.symbol, "g": of.list_id, "c": of.form.contingency, "l": kind, "L": status,
        "r": "NONE", "C": of.client_id, "T": now, "O": orders,
    }  # fmt: skip


def _sides(move: Movement) -> tuple[str, ...]:
    """The accounts whose balances a movement changed."""
    return (move.account, move.other) if move.flow in _BETWEEN else (move.account,)


def _balance(move: Movement, account: str, now: int) -> Event:
    came = move.flow is Flow.DEPOSIT or (move.flow in _BETWEEN and account == move.other)
    return {
        "e": "balanceUpdate", "E": now, "a": move.asset, "d": f"{'' if came else '-'}{money(move.amount)}",
        "T": move.time,
    }  # fmt: skip
