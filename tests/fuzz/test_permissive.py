"""Whatever is added, doubled or moved, a request never means more than it did, nor more than the exchange would do.

The second reader is the rehearsal exchange's, which is written from Binance's documents and shares no code with ours.
"""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.model.action import Action, Place, PlaceList, Unknown
from ringfence.model.names import ClientId
from ringfence.model.order import Kind, Order
from ringfence.paper.params import Params
from ringfence.paper.refused import Refused
from ringfence.paper.signing import read as paper_reads
from tests.dialects.binance.asks import AT, DIALECT, INSTRUMENTS, SYMBOLS, ask

ORDER = "POST /api/v3/order"
BASE = {
    "symbol": "BTCUSDT", "side": "BUY", "type": "LIMIT", "timeInForce": "GTC", "quantity": "0.001", "price": "30000",
    "newClientOrderId": "mine", "timestamp": "1700000000123", "signature": "ab",
}  # fmt: skip
NAMES = st.sampled_from([*BASE, "stopPrice", "quoteOrderQty", "icebergQty", "trailingDelta", "side ", "Quantity"])
VALUES = st.sampled_from(
    ["1", "0.001", "1000", "9e9", "SELL", "MARKET", "LIMIT", "STOP_LOSS_LIMIT", "IOC", "", "30000"]
)
PAIRS = st.lists(st.tuples(NAMES, VALUES), max_size=4)


@st.composite
def changed(draw: st.DrawFn) -> tuple[str, str]:
    """Change an order's parameters, and put each into the query or the body, some of them in escapes."""
    pairs = [(name, value) for name, value in BASE.items() if draw(st.integers(0, 9))]
    pairs += draw(PAIRS)
    places: tuple[list[str], list[str]] = ([], [])
    for name, value in draw(st.permutations(pairs)):
        text = f"{name}={value}"
        if draw(st.integers(0, 7)) == 0:
            text = "".join(f"%{ord(letter):02x}" for letter in name) + f"={value}"
        places[draw(st.integers(0, 1))].append(text)
    return "&".join(places[0]), "&".join(places[1])


@given(changed())
def test_what_we_understand_is_what_the_exchange_understands_or_nothing(parts: tuple[str, str]) -> None:
    query, body = parts
    meant = DIALECT.read(ask(ORDER, query, body), SYMBOLS)
    if not isinstance(meant, Place):
        assert isinstance(meant, Action)
        return
    theirs = paper_reads(query.encode(), body.encode())
    order = meant.order
    assert order.symbol == SYMBOLS[theirs["symbol"]]
    assert (order.side.value, order.kind.value) == (theirs["side"], theirs["type"])
    for amount, name in ((order.quantity, "quantity"), (order.quote, "quoteOrderQty"), (order.price, "price")):
        assert amount == (Decimal(theirs[name]) if name in theirs else None)
    assert order.trigger == (Decimal(theirs["stopPrice"]) if "stopPrice" in theirs else None)


@given(changed())
def test_what_leaves_is_understood_as_what_was_judged(parts: tuple[str, str]) -> None:
    meant = DIALECT.read(ask(ORDER, *parts), SYMBOLS)
    if not isinstance(meant, Place) or meant.order.price is None or meant.order.quote is not None:
        return
    order = named(meant.order)
    wire = DIALECT.write(Place(order), INSTRUMENTS, AT)
    theirs = Params(paper_reads(wire.target.partition("?")[2].encode(), b""))
    assert (theirs.text("side"), theirs.text("type")) == (order.side.value, order.kind.value)
    assert (theirs.amount("quantity"), theirs.amount("price")) == (order.quantity, order.price)
    assert theirs.amount("stopPrice") == order.trigger
    assert theirs.client_id("newClientOrderId") == order.client_id
    assert theirs.text("selfTradePreventionMode") == "EXPIRE_TAKER"


@given(changed(), st.tuples(NAMES, VALUES), st.booleans())
def test_one_more_parameter_never_makes_an_order_larger(
    parts: tuple[str, str], more: tuple[str, str], in_body: bool
) -> None:
    before = DIALECT.read(ask(ORDER, *parts), SYMBOLS)
    extra = f"{more[0]}={more[1]}"
    query, body = parts
    query, body = (query, f"{body}&{extra}".lstrip("&")) if in_body else (f"{query}&{extra}".lstrip("&"), body)
    after = DIALECT.read(ask(ORDER, query, body), SYMBOLS)
    if not isinstance(before, Place) or not isinstance(after, Place):
        assert isinstance(after, Place) is False or isinstance(before, Unknown)  # it was not whole before
        return
    assert (after.order.symbol, after.order.side, after.order.quantity, after.order.quote, after.order.price) == (
        before.order.symbol, before.order.side, before.order.quantity, before.order.quote, before.order.price,
    )  # fmt: skip


OCO = (
    "symbol=BTCUSDT&side=SELL&quantity=0.001&aboveType=LIMIT_MAKER&abovePrice=30000&aboveClientOrderId=a"
    "&belowType=STOP_LOSS_LIMIT&belowStopPrice=29000&belowPrice=28900&belowTimeInForce=GTC&belowClientOrderId=b"
    "&listClientOrderId=l"
)
LIST_NAMES = st.sampled_from(
    ["quantity", "aboveQuantity", "belowQuantity", "aboveStopPrice", "belowPrice", "abovePrice", "belowTrailingDelta",
     "aboveIcebergQty", "price", "stopPrice", "pendingQuantity", "belowType", "side", "belowSide", "aboveStrategyId"]
)  # fmt: skip


@given(
    st.lists(st.tuples(LIST_NAMES, VALUES), min_size=1, max_size=3), st.permutations(OCO.split("&")), st.integers(0, 14)
)
def test_more_parameters_never_make_an_order_of_a_list_larger(
    more: list[tuple[str, str]], pairs: list[str], cut: int
) -> None:
    whole = DIALECT.read(ask("POST /api/v3/orderList/oco", OCO), SYMBOLS)
    assert isinstance(whole, PlaceList)
    moved = DIALECT.read(ask("POST /api/v3/orderList/oco", "&".join(pairs[:cut]), "&".join(pairs[cut:])), SYMBOLS)
    assert moved == whole
    text = "&".join([OCO, *(f"{name}={value}" for name, value in more)])
    after = DIALECT.read(ask("POST /api/v3/orderList/oco", text), SYMBOLS)
    if not isinstance(after, PlaceList):
        assert isinstance(after, Unknown)
        return
    for one, other in zip(whole.orders, after.orders, strict=True):
        assert (one.side, one.kind, one.quantity, one.price) == (other.side, other.kind, other.quantity, other.price)
        assert one.trigger == other.trigger


def named(order: Order) -> Order:
    """Give an order the id that it would leave with."""
    assert order.kind is not Kind.MARKET
    return order if order.client_id is not None else replace(order, client_id=ClientId("rf-x"))


def test_the_second_reader_refuses_what_it_does_not_know() -> None:
    """It is a reader of its own, not ours under another name."""
    try:
        Params({"quantity": "1e3"}).amount("quantity")
    except Refused:
        return
    raise AssertionError
