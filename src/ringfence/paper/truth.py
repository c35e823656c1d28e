"""The whole truth, for whoever checks a rehearsal: more than any account could see. Pure."""

from collections.abc import Iterable

from ringfence.paper.accounts import Movement
from ringfence.paper.call import Json
from ringfence.paper.exchange import Exchange
from ringfence.paper.orders import Order, Trade
from ringfence.paper.shapes import own_trade, queried_order


def truth(exchange: Exchange, now: int, requests: int) -> Json:
    """Every account, movement and order of the people; amounts in plain digits, times in milliseconds."""
    return {
        "time": now,
        "requests": requests,
        "prices": {symbol: f"{market.path.price:f}" for symbol, market in exchange.markets.items()},
        "accounts": {name: _account(exchange, name) for name in exchange.people},
        "fees": {asset: f"{amount:f}" for asset, amount in exchange.accounts.fees.items()},
        "movements": [_movement(each) for each in _of_people(exchange)],
        "orders": [_order(exchange, order) for name in exchange.people for order in exchange.records.kept(name)],
    }


def _of_people(exchange: Exchange) -> Iterable[Movement]:
    return (each for each in exchange.accounts.movements if each.account.partition(":")[0] in exchange.people)


def _account(exchange: Exchange, name: str) -> Json:
    accounts = exchange.accounts
    return {
        "equity": f"{exchange.equity(name):f}",
        "group": accounts.groups[name],
        "balances": _balances(exchange, name),
        "wallets": {wallet: _balances(exchange, wallet) for wallet in accounts.wallets(name)},
    }


def _balances(exchange: Exchange, name: str) -> dict[str, Json]:
    accounts = exchange.accounts
    return {
        asset: {"free": f"{accounts.free(name, asset):f}", "locked": f"{accounts.locked(name, asset):f}"}
        for asset in accounts.assets(name)
    }


def _movement(each: Movement) -> Json:
    return {
        "time": each.time,
        "kind": each.flow.value,
        "account": each.account,
        "asset": each.asset,
        "amount": f"{each.amount:f}",
        "other": each.other,
    }


def _order(exchange: Exchange, order: Order) -> Json:
    """An order as Binance would show it, with its owner, its exact amounts, its history and its fills."""
    records = exchange.records
    return {
        **queried_order(order, records.prevented[order.order_id]),
        "account": order.wish.account,
        "quantity": f"{order.wish.quantity:f}",
        "executed": f"{order.executed:f}",
        "history": [
            {"time": step.time, "status": step.status.value, "executedQty": step.executed}
            for step in records.changes[order.order_id]
        ],
        "fills": [_fill(exchange, trade, order) for trade in records.fills[order.order_id]],
    }


def _fill(exchange: Exchange, trade: Trade, order: Order) -> Json:
    """A fill as myTrades would show it, with the account on the other side."""
    row = own_trade(trade, order.order_id, exchange.instruments[trade.symbol])
    counterparty = trade.taker if order.order_id == trade.maker_id else trade.maker
    return {**row, "counterparty": counterparty}
