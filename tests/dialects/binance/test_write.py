"""What leaves is written anew: paths, names and constants are ours, and it reads back as what was meant."""

from decimal import Decimal
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ringfence.dialects.binance.catalogue import ORDERS
from ringfence.dialects.dialect import Sendable, Wire
from ringfence.errors import Misread
from ringfence.model.action import Amend, Cancel, CancelList, ListForm, Place, PlaceList, Preview, Read
from ringfence.model.names import ClientId, OrderId, Symbol
from ringfence.model.order import TRIGGERED, WITH_LIMIT, Kind, Order, OrderRef, SelfTrade, Side, Tif
from ringfence.model.request import Request
from ringfence.paper.signing import read as paper_reads
from tests.dialects.binance.asks import AT, BTC, DIALECT, INSTRUMENTS, SYMBOLS, back, recorded

ORDER = Order(
    BTC.symbol, Side.BUY, Kind.LIMIT, Decimal("0.00100000"), None, Decimal(30000), Tif.GTC, ClientId("rf-one")
)
STAMP = "recvWindow=5000&timestamp=1700000000123"


def write(action: Sendable) -> Wire:
    return DIALECT.write(action, INSTRUMENTS, AT)


def test_a_limit_order_carries_our_constants_in_our_order_s05() -> None:
    assert write(Place(ORDER)) == Wire(
        "POST",
        "/api/v3/order?symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=30000"
        f"&newClientOrderId=rf-one&newOrderRespType=FULL&selfTradePreventionMode=EXPIRE_TAKER&{STAMP}",
        (),
        b"",
    )


def test_a_maker_order_has_no_time_in_force() -> None:
    names = dict(parse_qsl(write(Place(replace(ORDER, kind=Kind.LIMIT_MAKER, tif=None))).target.partition("?")[2]))
    assert "timeInForce" not in names
    assert names["type"] == "LIMIT_MAKER"


STOP = replace(ORDER, kind=Kind.STOP_LOSS_LIMIT, trigger=Decimal(29000), client_id=ClientId("s"))
MAKER = replace(ORDER, kind=Kind.LIMIT_MAKER, tif=None)
MANNER = f"newOrderRespType=FULL&selfTradePreventionMode=EXPIRE_TAKER&{STAMP}"
PLAIN = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=30000"


@pytest.mark.parametrize("mode", SelfTrade)
def test_every_order_says_what_ends_where_it_would_meet_another_of_the_account(mode: SelfTrade) -> None:
    pair = PlaceList(ListForm.OCO, (MAKER, STOP), ClientId("list"))
    for action in (Place(ORDER), Preview(ORDER, rates=False), pair):
        assert f"&selfTradePreventionMode={mode.name}&" in DIALECT.write(action, INSTRUMENTS, AT, mode).target


@pytest.mark.parametrize(
    ("action", "method", "target"),
    [
        (
            Place(replace(STOP, trailing=200, visible=Decimal("0.0005"))),
            "POST",
            (
                "/api/v3/order?symbol=BTCUSDT&side=BUY&type=STOP_LOSS_LIMIT&timeInForce=GTC&quantity=0.001&price=30000"
                f"&stopPrice=29000&trailingDelta=200&icebergQty=0.0005&newClientOrderId=s&{MANNER}"
            ),
        ),
        (Place(replace(ORDER, routed=True)), "POST", f"/api/v3/sor/order?{PLAIN}&newClientOrderId=rf-one&{MANNER}"),
        (
            Preview(ORDER, rates=True),
            "POST",
            f"/api/v3/order/test?{PLAIN}&newClientOrderId=rf-one"
            + f"&{MANNER}".replace("&recv", "&computeCommissionRates=true&recv"),
        ),
        (
            PlaceList(ListForm.OCO, (MAKER, STOP), ClientId("rf-list")),
            "POST",
            (
                "/api/v3/orderList/oco?symbol=BTCUSDT&listClientOrderId=rf-list&side=BUY&aboveType=LIMIT_MAKER&quantity=0.001"
                "&abovePrice=30000&aboveClientOrderId=rf-one&belowType=STOP_LOSS_LIMIT&belowTimeInForce=GTC&belowPrice=30000"
                f"&belowStopPrice=29000&belowClientOrderId=s&{MANNER}"
            ),
        ),
        (
            PlaceList(ListForm.OTO, (ORDER, replace(STOP, side=Side.SELL, quantity=Decimal(2))), ClientId("l")),
            "POST",
            (
                "/api/v3/orderList/oto?symbol=BTCUSDT&listClientOrderId=l&workingSide=BUY&workingType=LIMIT"
                "&workingTimeInForce=GTC&workingQuantity=0.001&workingPrice=30000&workingClientOrderId=rf-one&pendingSide=SELL"
                "&pendingType=STOP_LOSS_LIMIT&pendingTimeInForce=GTC&pendingQuantity=2&pendingPrice=30000"
                f"&pendingStopPrice=29000&pendingClientOrderId=s&{MANNER}"
            ),
        ),
        (
            Amend(OrderRef(BTC.symbol, OrderId("7"), None), Decimal("0.50"), ClientId("rf-one")),
            "PUT",
            f"/api/v3/order/amend/keepPriority?symbol=BTCUSDT&orderId=7&newClientOrderId=rf-one&newQty=0.5&{STAMP}",
        ),
        (
            CancelList(BTC.symbol, OrderId("3"), ClientId("l")),
            "DELETE",
            f"/api/v3/orderList?symbol=BTCUSDT&listClientOrderId=l&{STAMP}",
        ),
    ],
)
def test_every_form_of_order_is_written_from_its_meaning(action: Sendable, method: str, target: str) -> None:
    assert write(action) == Wire(method, target, (), b"")


@pytest.mark.parametrize(
    ("form", "orders", "name"),
    [
        (ListForm.OCO, (MAKER, replace(STOP, side=Side.SELL)), "l"),
        (ListForm.OCO, (MAKER, replace(STOP, quantity=Decimal(2))), "l"),
        (ListForm.OCO, (MAKER, replace(STOP, symbol=Symbol("LTC/BTC"))), "l"),
        (ListForm.OCO, (MAKER, replace(STOP, client_id=None)), "l"),
        (ListForm.OCO, (MAKER, replace(STOP, kind=Kind.STOP_LOSS, price=None, tif=None)), "l"),
        (ListForm.OCO, (MAKER,), "l"),
        (ListForm.OCO, (MAKER, STOP, STOP), "l"),
        (ListForm.OCO, (MAKER, STOP), None),
        (ListForm.OTOCO, (ORDER, MAKER, replace(STOP, quantity=Decimal(2))), "l"),
    ],
)
def test_a_list_whose_orders_do_not_fit_together_is_not_written(
    form: ListForm, orders: tuple[Order, ...], name: str | None
) -> None:
    with pytest.raises((Misread, ValueError)):
        write(PlaceList(form, orders, None if name is None else ClientId(name)))


@pytest.mark.parametrize(
    ("action", "target"),
    [
        (Cancel(OrderRef(BTC.symbol, OrderId("7"), None)), f"/api/v3/order?symbol=BTCUSDT&orderId=7&{STAMP}"),
        (
            Cancel(OrderRef(BTC.symbol, None, ClientId("mine")), ClientId("bye")),
            f"/api/v3/order?symbol=BTCUSDT&origClientOrderId=mine&newClientOrderId=bye&{STAMP}",
        ),
        (
            Cancel(OrderRef(Symbol("XRP/USDT"), OrderId("7"), None)),
            f"/api/v3/order?symbol=XRPUSDT&orderId=7&{STAMP}",
        ),
        (Read("account"), f"/api/v3/account?{STAMP}"),
        (Read("my-trades", (("limit", "10"),), BTC.symbol), f"/api/v3/myTrades?symbol=BTCUSDT&limit=10&{STAMP}"),
        (Read("open-orders", (), Symbol("XRPUSDT")), f"/api/v3/openOrders?symbol=XRPUSDT&{STAMP}"),
    ],
)
def test_cancels_and_reads_do_not_wait_for_a_pinned_symbol(action: Read | Cancel, target: str) -> None:
    method = "DELETE" if isinstance(action, Cancel) else "GET"
    assert write(action) == Wire(method, target, (), b"")


def test_an_order_is_asked_for_by_either_id() -> None:
    ref = OrderRef(BTC.symbol, OrderId("7"), None)
    assert DIALECT.query(ref, INSTRUMENTS, AT).target == f"/api/v3/order?symbol=BTCUSDT&orderId=7&{STAMP}"
    ref = OrderRef(BTC.symbol, None, ClientId("rf-one"))
    assert DIALECT.query(ref, {}, AT).target == f"/api/v3/order?symbol=BTCUSDT&origClientOrderId=rf-one&{STAMP}"


def test_open_orders_of_all_symbols_are_asked_at_once() -> None:
    assert write(Read("open-orders")) == Wire("GET", f"/api/v3/openOrders?{STAMP}", (), b"")


def test_a_pinned_symbol_goes_by_its_pinned_name_s40() -> None:
    odd = {BTC.symbol: replace(BTC, native="XBTUSDT")}
    assert "symbol=XBTUSDT&" in DIALECT.write(Place(ORDER), odd, AT).target
    assert "symbol=XBTUSDT&" in DIALECT.write(Read("open-orders", (), BTC.symbol), odd, AT).target


@pytest.mark.parametrize(
    "order",
    [
        replace(ORDER, kind=Kind.MARKET, price=None, tif=None),
        replace(ORDER, kind=Kind.MARKET),
        replace(ORDER, price=None),
        replace(ORDER, quantity=None),
        replace(ORDER, quantity=None, quote=Decimal(5)),
        replace(ORDER, quote=Decimal(5)),
        replace(ORDER, tif=None),
        replace(ORDER, kind=Kind.LIMIT_MAKER),
        replace(ORDER, client_id=None),
        replace(ORDER, client_id=ClientId("a&symbol=X")),
        replace(ORDER, client_id=ClientId("")),
        replace(ORDER, quantity=Decimal(0)),
        replace(ORDER, quantity=Decimal(-1)),
        replace(ORDER, price=Decimal("NaN")),
        replace(ORDER, price=Decimal("Infinity")),
        replace(ORDER, symbol=Symbol("XRP/USDT")),
        replace(ORDER, trigger=Decimal(1)),
        replace(ORDER, trailing=1),
        replace(STOP, trigger=None),
        replace(STOP, trigger=Decimal(0)),
        replace(STOP, trailing=10_001),
        replace(STOP, kind=Kind.STOP_LOSS, price=None, tif=None),
        replace(STOP, kind=Kind.TAKE_PROFIT),
        replace(STOP, tif=None),
        replace(ORDER, visible=Decimal(1)),
        replace(ORDER, visible=Decimal("0.0001"), tif=Tif.IOC),
    ],
)
def test_an_order_that_is_not_whole_and_pinned_is_not_written(order: Order) -> None:
    with pytest.raises(Misread):
        write(Place(order))


@pytest.mark.parametrize(
    "action",
    [
        Read("withdraw"),
        Read("depth"),
        Read("account", (("to", "me"),)),
        Read("account", (), BTC.symbol),
        Read("order", (("orderId", "7&symbol=X"),), BTC.symbol),
        Read("open-orders", (), Symbol("a&b")),
        Cancel(OrderRef(BTC.symbol, None, None)),
        Cancel(OrderRef(BTC.symbol, OrderId("7&a=b"), None)),
        Cancel(OrderRef(Symbol("A/B/C"), OrderId("7"), None)),
    ],
)
def test_what_the_tables_do_not_describe_is_not_written(action: Read | Cancel) -> None:
    with pytest.raises(Misread):
        write(action)


@pytest.mark.parametrize("at", [-1, 10**16])
def test_a_time_that_cannot_be_is_not_written(at: int) -> None:
    with pytest.raises(Misread):
        DIALECT.write(Read("open-orders"), INSTRUMENTS, at)


AMOUNTS = st.decimals(min_value="0.00000001", max_value="999999999", places=8)
IDS = st.from_regex(r"[a-zA-Z0-9_-]{1,36}", fullmatch=True).map(ClientId)
PINNED = st.sampled_from(sorted(INSTRUMENTS))


@st.composite
def orders(draw: st.DrawFn) -> Order:
    kind = draw(st.sampled_from(sorted(set(Kind) - set(WITH_LIMIT))))
    quantity = draw(AMOUNTS)
    tif = draw(st.sampled_from(Tif)) if kind is not Kind.LIMIT_MAKER else None
    waits = draw(st.sampled_from(["price", "trail", "both"])) if kind in TRIGGERED else ""
    return Order(
        symbol=draw(PINNED),
        side=draw(st.sampled_from(Side)),
        kind=kind,
        quantity=quantity,
        quote=None,
        price=draw(AMOUNTS),
        tif=tif,
        client_id=draw(IDS),
        trigger=draw(AMOUNTS) if waits in {"price", "both"} else None,
        trailing=draw(st.integers(1, 10_000)) if waits in {"trail", "both"} else None,
        visible=quantity if tif in {None, Tif.GTC} and draw(st.booleans()) else None,
        routed=draw(st.booleans()),
    )


@st.composite
def lists(draw: st.DrawFn) -> PlaceList:
    form = draw(st.sampled_from(ListForm))
    legs = [replace(draw(orders()), symbol=BTC.symbol, routed=False, visible=None) for _ in ORDERS.legs[form]]
    if form.pair is not None:
        second = form.pair + 1
        legs[second] = replace(legs[second], side=legs[form.pair].side, quantity=legs[form.pair].quantity)
    return PlaceList(form, tuple(legs), draw(IDS))


NUMBERS = st.integers(0, 2**63 - 1).map(str).map(OrderId)
REFS = st.builds(OrderRef, PINNED, NUMBERS, st.none() | IDS) | st.builds(OrderRef, PINNED, st.none(), IDS)
READS = st.sampled_from(
    [
        Read("account", (("omitZeroBalances", "true"),)),
        Read("coins"),
        Read("open-orders"),
        Read("open-orders", (), BTC.symbol),
        Read("order", (("orderId", "7"), ("origClientOrderId", "mine")), BTC.symbol),
        Read("my-trades", (("orderId", "7"), ("startTime", "1"), ("limit", "1")), BTC.symbol),
        Read("trade-fee", (), Symbol("DOGEUSDT")),
    ]
)


AMENDS = st.builds(Amend, REFS, AMOUNTS, IDS)
PREVIEWS = st.builds(Preview, orders().map(lambda order: replace(order, routed=False)), st.booleans())
CANCELLED_LISTS = st.builds(CancelList, PINNED, st.none(), IDS)


@given(
    st.builds(Place, orders())
    | lists()
    | PREVIEWS
    | AMENDS
    | st.builds(Cancel, REFS, st.none() | IDS)
    | CANCELLED_LISTS
    | READS
)
def test_what_is_written_reads_back_as_the_same(action: Sendable) -> None:
    assert DIALECT.read(back(write(action)), SYMBOLS) == action


@pytest.mark.parametrize(("client", "line", "request_"), recorded(), ids=lambda v: v if isinstance(v, str) else "")
def test_what_real_clients_sent_is_written_anew_as_the_exchange_would_read_it(
    client: str, line: str, request_: Request
) -> None:
    """The second reader is the rehearsal exchange's: names and values as it finds them, in both."""
    meant = DIALECT.read(request_, SYMBOLS)
    if not isinstance(meant, Place | Cancel | Read):
        return
    if isinstance(meant, Place):
        named_ = meant.order.client_id or ClientId("rf-x")
        pinned = {
            meant.order.symbol: replace(BTC, symbol=meant.order.symbol, native=DIALECT.native(meant.order.symbol))
        }
        if meant.order.kind is Kind.MARKET:  # it leaves with a limit of ours, which nobody recorded
            return
        wire = DIALECT.write(Place(replace(meant.order, client_id=named_)), pinned, AT)
    else:
        wire = DIALECT.write(meant, INSTRUMENTS, AT)
    sent, ours = (dict(paper_reads(*each)) for each in ((request_.query, request_.body), _parts(wire)))
    for name in ("timestamp", "recvWindow", "signature", "newOrderRespType", "selfTradePreventionMode"):
        sent.pop(name, None)
        ours.pop(name, None)
    sent.setdefault("newClientOrderId", ours.get("newClientOrderId", ""))
    assert {name: _plain(value) for name, value in ours.items()} == {
        name: _plain(value) for name, value in sent.items() if value
    }


def _parts(wire: Wire) -> tuple[bytes, bytes]:
    return wire.target.partition("?")[2].encode(), wire.body


def _plain(value: str) -> str:
    """Take the idle zeros off an amount, which change nothing."""
    return value.rstrip("0").rstrip(".") if "." in value else value


@given(orders())
def test_nothing_of_what_is_written_stands_in_the_body_or_a_header(order: Order) -> None:
    wire = write(Place(order))
    assert (wire.body, wire.headers) == (b"", ())
    assert wire.target.isascii()
    assert " " not in wire.target
