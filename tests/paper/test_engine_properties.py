from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ringfence.paper.orders import Order, Side
from ringfence.paper.refused import Refused
from tests.paper.floor import PEOPLE, START, SYMBOL, Floor

ORDERS = st.fixed_dictionaries(
    {
        "who": st.sampled_from(PEOPLE),
        "side": st.sampled_from(["BUY", "SELL"]),
        "kind": st.sampled_from(["LIMIT", "LIMIT", "LIMIT_MAKER", "MARKET", "QUOTE", "CANCEL", "AMEND"]),
        "tif": st.sampled_from(["GTC", "IOC", "FOK"]),
        "stp": st.sampled_from(
            ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT", "TRANSFER", "TRANSFER"]
        ),
        "quantity": st.integers(1, 4000).map(lambda tenths: f"{Decimal(tenths) / 10:f}"),
        "price": st.integers(90, 110).map(lambda cents: f"{Decimal(cents) / 10:f}"),
    }
)
GROUPS = st.sampled_from([{}, {"ann": 1, "bob": 1}, {"ann": 1, "bob": 1, "cat": 1}])


def play(floor: Floor, sent: dict[str, str]) -> None:
    order = dict(sent)
    who, side, kind = order.pop("who"), order.pop("side"), order.pop("kind")
    oldest = floor.records.open_orders(who, SYMBOL)[:1]
    if kind == "AMEND":
        shrink(floor, oldest, Decimal(order["quantity"]))
        return
    if kind == "CANCEL":
        for each in oldest:
            floor.engine.cancel(each, floor.now)
        return
    if kind in ("MARKET", "QUOTE"):
        sized = {"quantity": order["quantity"]} if kind == "MARKET" else {"quote": order["quantity"]}
        floor.send(who, side, kind="MARKET", stp=order["stp"], **sized)
        return
    tif = order["tif"] if kind == "LIMIT" else "GTC"
    floor.send(who, side, order["quantity"], order["price"], kind=kind, tif=tif, stp=order["stp"])


def shrink(floor: Floor, orders: list[Order], quantity: Decimal) -> None:
    for each in orders:
        if each.executed + each.prevented < quantity < each.wish.quantity:
            amended = floor.engine.amend(each, quantity, each.wish.client_id, floor.now)
            assert (amended.order_id, amended.wish.quantity) == (each.order_id, quantity)


@given(st.lists(ORDERS, max_size=40), GROUPS)
def test_whatever_is_sent_no_value_is_made_or_lost_and_no_balance_goes_below_zero(
    sent: list[dict[str, str]], groups: dict[str, int]
) -> None:
    floor = Floor(**groups)
    for order in sent:
        before = {(who, asset): floor.balance(who, asset) for who in PEOPLE for asset in START}
        try:
            play(floor, order)
        except Refused:
            assert before == {(who, asset): floor.balance(who, asset) for who in PEOPLE for asset in START}
        for asset, amount in START.items():
            assert floor.accounts.total(asset) == amount * len(PEOPLE)
        for who in PEOPLE:
            assert all(min(floor.balance(who, asset)) >= 0 for asset in START)
    check_locks(floor)
    check_trades(floor)
    check_books(floor)


def check_locks(floor: Floor) -> None:
    """What is locked is what open orders need, to the last digit."""
    for who in PEOPLE:
        mine = floor.records.open_orders(who, SYMBOL)
        buys = sum(order.left * order.wish.price for order in mine if order.wish.side is Side.BUY)
        sells = sum(order.left for order in mine if order.wish.side is Side.SELL)
        assert (floor.accounts.locked(who, "USDT"), floor.accounts.locked(who, "VIA")) == (buys, sells)


def check_trades(floor: Floor) -> None:
    """No fill is worse than the order's limit, and none is more than was asked for."""
    for who in PEOPLE:
        for order in floor.records.kept(who, SYMBOL):
            fills = floor.records.fills[order.order_id]
            for trade in fills if order.wish.price else ():
                fair = (
                    trade.price <= order.wish.price if order.wish.side is Side.BUY else trade.price >= order.wish.price
                )
                assert fair
            assert sum(trade.quantity for trade in fills) == order.executed
            assert order.executed + order.prevented <= order.wish.quantity or order.wish.quote
            assert order.executed_quote <= order.wish.quote or order.wish.quantity


def check_books(floor: Floor) -> None:
    """The book is never crossed, and holds exactly the open orders."""
    bid, ask = floor.engine.best(SYMBOL, Side.BUY), floor.engine.best(SYMBOL, Side.SELL)
    assert bid is None or ask is None or bid < ask
    resting = {order.order_id for side in Side for order in floor.engine.resting(SYMBOL, side)}
    assert resting == {order.order_id for who in PEOPLE for order in floor.records.open_orders(who, SYMBOL)}


@given(st.lists(ORDERS, max_size=40))
def test_within_a_price_the_older_order_always_trades_first(sent: list[dict[str, str]]) -> None:
    floor = Floor()
    for order in sent:
        waiting = {side: [each.order_id for each in floor.engine.resting(SYMBOL, side)] for side in Side}
        count = len(floor.records.public[SYMBOL])
        try:
            play(floor, {**order, "stp": "NONE"})
        except Refused:
            continue
        for side in Side:
            ids = [
                trade.maker_id for trade in list(floor.records.public[SYMBOL])[count:] if trade.taker_side is not side
            ]
            assert ids == waiting[side][: len(ids)]
