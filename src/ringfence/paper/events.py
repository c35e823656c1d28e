"""What an account hears of as it happens (Binance, user-data-stream.md). Pure.

Trades come before the balances that they changed, as on the real exchange.
"""

from collections.abc import Iterator

from ringfence.paper.accounts import Flow, Movement
from ringfence.paper.call import Json, money
from ringfence.paper.exchange import Exchange
from ringfence.paper.instruments import Instrument
from ringfence.paper.orders import ZERO, Order, Side, Status
from ringfence.paper.records import Execution

Event = dict[str, Json]
_FLOWS = {Flow.DEPOSIT: 1, Flow.WITHDRAWAL: -1, Flow.WALLET: -1}  # which way a balance went


class Events:
    """The events of all accounts since they were last asked for."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._moves = len(exchange.accounts.movements)
        exchange.records.take_news()

    def take(self, now: int) -> list[tuple[str, Event]]:
        """Each account's events, in the order in which they happened."""
        told = list(self._executions(now))
        fresh = self._exchange.accounts.movements[self._moves :]
        self._moves += len(fresh)
        people = self._exchange.people
        return [*told, *((move.account, _moved(move, now)) for move in fresh if move.account in people)]

    def _executions(self, now: int) -> Iterator[tuple[str, Event]]:
        assets: dict[str, dict[str, None]] = {}
        for step in self._exchange.records.take_news():
            account, symbol = step.order.wish.account, step.order.wish.symbol
            instrument = self._exchange.instruments[symbol]
            yield account, _execution(step, instrument, self._exchange.cancel_names.get(step.order.order_id), now)
            assets.setdefault(account, {}).update(dict.fromkeys((instrument.base, instrument.quote)))
        for account, changed in assets.items():
            yield account, self._position(account, list(changed), now)

    def _position(self, account: str, assets: list[str], now: int) -> Event:
        accounts = self._exchange.accounts
        rows: list[Json] = [
            {"a": asset, "f": money(accounts.free(account, asset)), "l": money(accounts.locked(account, asset))}
            for asset in assets
        ]
        return {"e": "outboundAccountPosition", "E": now, "u": now, "B": rows}


def _execution(step: Execution, instrument: Instrument, cancel_name: str | None, now: int) -> Event:
    order, wish, trade = step.order, step.order.wish, step.trade
    kind = _kind(step)
    ended = kind == "CANCELED"
    fee = ZERO if trade is None else trade.fee_of(order.order_id)
    asset = instrument.base if wish.side is Side.BUY else instrument.quote
    return {
        "e": "executionReport",
        "E": now,
        "s": wish.symbol,
        "c": (cancel_name or f"paper-{order.order_id}") if ended else wish.client_id,
        "S": wish.side.value,
        "o": wish.kind.value,
        "f": wish.tif.value,
        "q": money(wish.quantity or order.executed),
        "p": money(wish.price),
        "P": money(wish.trigger),
        "F": money(wish.visible),
        "g": order.list_id,
        "C": wish.client_id if ended else _former(step),
        "x": kind,
        "X": order.status.value,
        "r": "NONE",
        "i": order.order_id,
        "l": money(ZERO if trade is None else trade.quantity),
        "z": money(order.executed),
        "L": money(ZERO if trade is None else trade.price),
        "n": money(fee),
        "N": None if trade is None else asset,
        "T": order.updated,
        "t": -1 if trade is None else trade.trade_id,
        "I": order.updated,
        "w": order.working and order.open,
        "m": trade is not None and trade.maker_id == order.order_id,
        "M": False,
        "O": order.placed,
        "Z": money(order.executed_quote),
        "Y": money(ZERO if trade is None else trade.cost),
        "Q": money(wish.quote),
        "W": order.placed if order.working else -1,
        "V": wish.stp.value,
    }


def _kind(step: Execution) -> str:
    """What has just happened to it: the execution type."""
    if step.trade is not None:
        return "TRADE"
    match step.order.status:
        case Status.CANCELED:
            return "CANCELED"
        case Status.EXPIRED:
            return "EXPIRED"
        case Status.EXPIRED_IN_MATCH:
            return "TRADE_PREVENTION"
        case _:
            return "REPLACED" if _amended(step.before, step.order) else "NEW"


def _amended(before: Order | None, order: Order) -> bool:
    return before is not None and before.status is not Status.PENDING_NEW and before.wish != order.wish


def _former(step: Execution) -> str:
    """The name that an order had before it was amended, where it got another."""
    before = step.before
    return before.wish.client_id if before is not None and before.wish.client_id != step.order.wish.client_id else ""


def _moved(move: Movement, now: int) -> Event:
    sign = "-" if _FLOWS.get(move.flow, 1) < 0 else ""
    return {"e": "balanceUpdate", "E": now, "a": move.asset, "d": f"{sign}{money(move.amount)}", "T": move.time}
