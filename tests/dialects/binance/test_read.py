"""What a bot's request means; and that every trick to make it mean something else reads as `Unknown`."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.dialects.binance.catalogue import CLASSES, MARKET, ORDERS, SIGNED
from ringfence.errors import Misread
from ringfence.model.action import (
    AccountChange,
    Action,
    Amend,
    Cancel,
    CancelAll,
    CancelList,
    ListForm,
    Place,
    PlaceList,
    Preview,
    Read,
    Replace,
    Transfer,
    Undescribed,
    Unknown,
    Withdraw,
)
from ringfence.model.names import ClientId, OrderId, Symbol
from ringfence.model.order import Kind, Order, OrderRef, Side, Tif
from ringfence.model.request import Request
from tests.dialects.binance.asks import DIALECT, SYMBOLS, ask, recorded

BTC = Symbol("BTC/USDT")
ORDER = "POST /api/v3/order"
CANCEL = "DELETE /api/v3/order"
LIMIT = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price=30000"
STAMP = "&recvWindow=10000&timestamp=1700000000123&signature=ab"
STOP = LIMIT.replace("=LIMIT", "=STOP_LOSS_LIMIT") + "&stopPrice=29000"
OCO = (
    "symbol=BTCUSDT&side=SELL&quantity=0.001&aboveType=LIMIT_MAKER&abovePrice=30000"
    "&belowType=STOP_LOSS_LIMIT&belowStopPrice=29000&belowPrice=28900&belowTimeInForce=GTC"
)
OTO = (
    "symbol=BTCUSDT&workingType=LIMIT&workingSide=BUY&workingPrice=30000&workingQuantity=0.001&workingTimeInForce=GTC"
    "&pendingType=MARKET&pendingSide=SELL&pendingQuantity=0.002"
)
OTOCO = (
    "symbol=BTCUSDT&workingType=LIMIT&workingSide=BUY&workingPrice=30000&workingQuantity=0.001&workingTimeInForce=GTC"
    "&pendingSide=SELL&pendingQuantity=0.001&pendingAboveType=LIMIT_MAKER&pendingAbovePrice=30000"
    "&pendingBelowType=STOP_LOSS&pendingBelowStopPrice=29000&pendingBelowClientOrderId=c&listClientOrderId=l"
)
REPLACE = LIMIT + "&cancelReplaceMode=STOP_ON_FAILURE&cancelOrderId=7"
AMEND = "symbol=BTCUSDT&orderId=7&newQty=0.5"
# All that any rule can permit.
NO_MORE = (Place, PlaceList, Preview, Replace, Amend, Cancel, CancelList, CancelAll, Read)


def read(line: str, query: str = "", body: str = "") -> Action:
    return DIALECT.read(ask(line, query, body), SYMBOLS)


def limit(**changes: object) -> Place:
    told: dict[str, object] = {
        "symbol": BTC,
        "side": Side.BUY,
        "kind": Kind.LIMIT,
        "quantity": Decimal("0.001"),
        "quote": None,
        "price": Decimal(30000),
        "tif": Tif.GTC,
        "client_id": None,
    }
    return Place(Order(**{**told, **changes}))  # type: ignore[arg-type]  # a table of fields


def maker(client_id: str | None = None, side: Side = Side.SELL) -> Order:
    return limit(side=side, kind=Kind.LIMIT_MAKER, tif=None, client_id=client_id).order


def waits(price: Decimal | None, side: Side = Side.SELL, client_id: str | None = None) -> Order:
    kind, tif = (Kind.STOP_LOSS, None) if price is None else (Kind.STOP_LOSS_LIMIT, Tif.GTC)
    return limit(side=side, kind=kind, price=price, tif=tif, trigger=Decimal(29000), client_id=client_id).order


MEANINGS: list[tuple[str, str, Action]] = [
    (ORDER, LIMIT, limit()),
    (ORDER, LIMIT.replace("GTC", "IOC"), limit(tif=Tif.IOC)),
    (ORDER, LIMIT.replace("GTC", "FOK"), limit(tif=Tif.FOK)),
    (ORDER, LIMIT.replace("BUY", "SELL"), limit(side=Side.SELL)),
    (ORDER, LIMIT + "&newClientOrderId=x-TKT5PX2F_1", limit(client_id="x-TKT5PX2F_1")),
    (ORDER, LIMIT + "&newOrderRespType=ACK", limit()),
    (ORDER, LIMIT + "&selfTradePreventionMode=NONE", limit()),
    (ORDER, LIMIT + "&selfTradePreventionMode=EXPIRE_BOTH", limit()),
    (ORDER, LIMIT + STAMP, limit()),
    (ORDER, LIMIT.replace("BTCUSDT", "DOGEUSDT"), limit(symbol="DOGEUSDT")),
    (ORDER, LIMIT.replace("LIMIT&timeInForce=GTC", "LIMIT_MAKER"), limit(kind=Kind.LIMIT_MAKER, tif=None)),
    (
        ORDER,
        "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=1.5",
        limit(side=Side.SELL, kind=Kind.MARKET, quantity=Decimal("1.5"), price=None, tif=None),
    ),
    (
        ORDER,
        "symbol=BTCUSDT&side=SELL&type=MARKET&quoteOrderQty=60",
        limit(side=Side.SELL, kind=Kind.MARKET, quantity=None, quote=Decimal(60), price=None, tif=None),
    ),
    (
        ORDER,
        LIMIT + "&selfTradePreventionMode=TRANSFER",
        Transfer("an order with selfTradePreventionMode=TRANSFER", "transfer.other"),
    ),
    (ORDER, LIMIT + "&selfTradePreventionMode=DECREMENT&strategyId=7&strategyType=1000001", limit()),
    (ORDER, LIMIT + "&icebergQty=0.0001", limit(visible=Decimal("0.0001"))),
    (
        ORDER,
        LIMIT.replace("LIMIT&timeInForce=GTC", "LIMIT_MAKER&icebergQty=0.001"),
        limit(kind=Kind.LIMIT_MAKER, tif=None, visible=Decimal("0.001")),
    ),
    (ORDER, STOP, limit(kind=Kind.STOP_LOSS_LIMIT, trigger=Decimal(29000))),
    (
        ORDER,
        STOP.replace("STOP_LOSS", "TAKE_PROFIT") + "&icebergQty=0.0001",
        limit(kind=Kind.TAKE_PROFIT_LIMIT, trigger=Decimal(29000), visible=Decimal("0.0001")),
    ),
    (
        ORDER,
        STOP + "&trailingDelta=200",
        limit(kind=Kind.STOP_LOSS_LIMIT, trigger=Decimal(29000), trailing=200),
    ),
    (ORDER, STOP.replace("stopPrice=29000", "trailingDelta=1"), limit(kind=Kind.STOP_LOSS_LIMIT, trailing=1)),
    (
        ORDER,
        "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quantity=1&stopPrice=29000",
        limit(side=Side.SELL, kind=Kind.STOP_LOSS, quantity=Decimal(1), price=None, tif=None, trigger=Decimal(29000)),
    ),
    (
        ORDER,
        "symbol=BTCUSDT&side=SELL&type=TAKE_PROFIT&quantity=1&trailingDelta=50",
        limit(side=Side.SELL, kind=Kind.TAKE_PROFIT, quantity=Decimal(1), price=None, tif=None, trailing=50),
    ),
    ("POST /api/v3/sor/order", LIMIT, limit(routed=True)),
    ("POST /api/v3/order/test", LIMIT, Preview(limit().order, rates=False)),
    ("POST /api/v3/order/test", LIMIT + "&computeCommissionRates=true", Preview(limit().order, rates=True)),
    ("POST /api/v3/sor/order/test", LIMIT + "&computeCommissionRates=false", Preview(limit().order, rates=False)),
    (
        "POST /api/v3/orderList/oco",
        OCO + "&listClientOrderId=l&aboveClientOrderId=a",
        PlaceList(ListForm.OCO, (maker("a"), waits(Decimal(28900))), ClientId("l")),
    ),
    (
        "POST /api/v3/order/oco",
        (
            "symbol=BTCUSDT&side=SELL&quantity=0.001&price=30000&limitClientOrderId=a"
            "&stopPrice=29000&stopLimitPrice=28900&stopLimitTimeInForce=GTC&limitStrategyId=3"
        ),
        PlaceList(ListForm.OCO, (maker("a"), waits(Decimal(28900))), None),
    ),
    (
        "POST /api/v3/order/oco",
        "symbol=BTCUSDT&side=BUY&quantity=0.001&price=30000&stopPrice=29000&stopClientOrderId=s",
        PlaceList(ListForm.OCO, (waits(None, Side.BUY, "s"), maker(None, Side.BUY)), None),
    ),
    (
        "POST /api/v3/orderList/oto",
        OTO,
        PlaceList(
            ListForm.OTO,
            (
                limit().order,
                limit(side=Side.SELL, kind=Kind.MARKET, quantity=Decimal("0.002"), price=None, tif=None).order,
            ),
            None,
        ),
    ),
    (
        "POST /api/v3/orderList/otoco",
        OTOCO,
        PlaceList(ListForm.OTOCO, (limit().order, maker(), waits(None, Side.SELL, "c")), ClientId("l")),
    ),
    (
        "POST /api/v3/order/cancelReplace",
        REPLACE,
        Replace(Cancel(OrderRef(BTC, OrderId("7"), None)), limit().order, insist=False),
    ),
    (
        "POST /api/v3/order/cancelReplace",
        LIMIT + "&cancelReplaceMode=ALLOW_FAILURE&cancelOrigClientOrderId=o&cancelNewClientOrderId=n&newClientOrderId=m"
        "&orderRateLimitExceededMode=CANCEL_ONLY",
        Replace(Cancel(OrderRef(BTC, None, ClientId("o")), ClientId("n")), limit(client_id="m").order, insist=True),
    ),
    (
        "PUT /api/v3/order/amend/keepPriority",
        AMEND + "&newClientOrderId=n",
        Amend(OrderRef(BTC, OrderId("7"), None), Decimal("0.5"), ClientId("n")),
    ),
    ("DELETE /api/v3/orderList", "symbol=BTCUSDT&orderListId=3", CancelList(BTC, OrderId("3"), None)),
    (
        "DELETE /api/v3/orderList",
        "symbol=BTCUSDT&listClientOrderId=l&newClientOrderId=n",
        CancelList(BTC, None, ClientId("l")),
    ),
    (CANCEL, "symbol=BTCUSDT&orderId=7", Cancel(OrderRef(BTC, OrderId("7"), None))),
    (CANCEL, "symbol=BTCUSDT&origClientOrderId=mine", Cancel(OrderRef(BTC, None, ClientId("mine")))),
    (
        CANCEL,
        "symbol=BTCUSDT&orderId=7&origClientOrderId=mine&newClientOrderId=bye",
        Cancel(OrderRef(BTC, OrderId("7"), ClientId("mine")), ClientId("bye")),
    ),
    ("DELETE /api/v3/openOrders", "symbol=BTCUSDT", CancelAll(BTC)),
    ("GET /api/v3/account", "omitZeroBalances=true", Read("account", (("omitZeroBalances", "true"),))),
    ("GET /api/v3/order", "symbol=BTCUSDT&orderId=7", Read("order", (("orderId", "7"),), BTC)),
    ("GET /api/v3/openOrders", "", Read("open-orders")),
    ("GET /api/v3/openOrders", "symbol=BTCUSDT", Read("open-orders", (), BTC)),
    ("GET /api/v3/allOrders", "limit=500&symbol=BTCUSDT", Read("all-orders", (("limit", "500"),), BTC)),
    (
        "GET /api/v3/myTrades",
        "symbol=BTCUSDT&startTime=1&fromId=2&limit=1000",
        Read("my-trades", (("startTime", "1"), ("fromId", "2"), ("limit", "1000")), BTC),
    ),
    ("GET /sapi/v1/capital/config/getall", "", Read("coins")),
    ("GET /sapi/v1/margin/allPairs", "", Read("margin-pairs")),
    ("GET /sapi/v1/margin/isolated/allPairs", "", Read("isolated-pairs")),
    ("GET /sapi/v1/account/apiRestrictions", "", Read("key-rights")),
    ("GET /sapi/v1/asset/tradeFee", "symbol=BTCUSDT", Read("trade-fee", (), BTC)),
    ("GET /api/v3/account/commission", "symbol=BTCUSDT", Read("commission", (), BTC)),
    ("GET /api/v3/rateLimit/order", "", Read("order-rate")),
    ("POST /sapi/v1/capital/withdraw/apply", "coin=BTC", Withdraw("POST /sapi/v1/capital/withdraw/apply")),
    ("POST /sapi/v1/localentity/withdraw/apply", "", Withdraw("POST /sapi/v1/localentity/withdraw/apply")),
    ("POST /sapi/v1/asset/transfer", "", Transfer("POST /sapi/v1/asset/transfer", "transfer.internal")),
    ("POST /sapi/v1/asset/dust", "", Transfer("POST /sapi/v1/asset/dust", "transfer.convert")),
    ("POST /sapi/v1/margin/apiKey", "", AccountChange("POST /sapi/v1/margin/apiKey", "apikey")),
    ("POST /fapi/v1/leverage", "symbol=BTCUSDT", AccountChange("POST /fapi/v1/leverage", "risk")),
    ("POST /fapi/v1/order", LIMIT, Undescribed("POST /fapi/v1/order", "trade.create")),
    ("GET /sapi/v1/soft-staking/set", "", Transfer("GET /sapi/v1/soft-staking/set", "transfer.earn")),
    ("GET /fapi/v1/klines", "", Undescribed("GET /fapi/v1/klines", "public")),
]


@pytest.mark.parametrize(("line", "text", "meaning"), MEANINGS)
@pytest.mark.parametrize("part", ["query", "body", "split"])
def test_a_request_means_the_same_wherever_its_parameters_stand(
    line: str, text: str, meaning: Action, part: str
) -> None:
    pairs = text.split("&")
    query, body = {
        "query": (text, ""),
        "body": ("", text),
        "split": ("&".join(pairs[:1]), "&".join(pairs[1:])),
    }[part]
    assert read(line, query, body) == meaning


NONSENSE: list[tuple[str, str, str, str]] = [
    ("quantity twice", ORDER, LIMIT + "&quantity=1000", ""),
    ("quantity twice, in disguise", ORDER, LIMIT + "&%71uantity=1000", ""),
    ("quantity in query and body", ORDER, LIMIT, "quantity=1000"),
    ("a value that goes on in the body (S42)", ORDER, LIMIT[: LIMIT.index("&price")], "0&price=5"),
    ("a value that goes on as a name (S42)", ORDER, LIMIT[: LIMIT.index("&price")], "0=1&price=5"),
    ("no quantity", ORDER, LIMIT.replace("&quantity=0.001", ""), ""),
    ("no price (S11)", ORDER, LIMIT.replace("&price=30000", ""), ""),
    ("no time in force", ORDER, LIMIT.replace("&timeInForce=GTC", ""), ""),
    ("no side", ORDER, LIMIT.replace("side=BUY&", ""), ""),
    ("no symbol", ORDER, LIMIT.replace("symbol=BTCUSDT&", ""), ""),
    ("a pegged price (S11)", ORDER, LIMIT + "&pegPriceType=MARKET_PEG", ""),
    ("an iceberg of more than all (S13)", ORDER, LIMIT + "&icebergQty=0.0011", ""),
    ("an iceberg that cannot rest (S13)", ORDER, LIMIT.replace("GTC", "IOC") + "&icebergQty=0.0001", ""),
    ("an iceberg at the market (S13)", ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&icebergQty=0.1", ""),
    ("a stop without a trigger", ORDER, LIMIT.replace("=LIMIT", "=STOP_LOSS_LIMIT"), ""),
    ("a stop without a limit's price", ORDER, STOP.replace("&price=30000", ""), ""),
    ("a stop by quote", ORDER, "symbol=BTCUSDT&side=SELL&type=STOP_LOSS&quoteOrderQty=1&stopPrice=2", ""),
    ("a price on a stop at the market", ORDER, STOP.replace("STOP_LOSS_LIMIT&timeInForce=GTC", "STOP_LOSS"), ""),
    ("a trail of nothing", ORDER, STOP + "&trailingDelta=0", ""),
    ("a trail of more than all", ORDER, STOP + "&trailingDelta=10001", ""),
    ("a trail of a part", ORDER, STOP + "&trailingDelta=1.5", ""),
    ("a pegged stop (S11)", ORDER, STOP + "&pegPriceType=PRIMARY_PEG&pegOffsetValue=1", ""),
    ("a pair with two sides", "POST /api/v3/orderList/oco", OCO + "&belowSide=BUY", ""),
    ("a pair with two sizes", "POST /api/v3/orderList/oco", OCO + "&belowQuantity=9", ""),
    ("a pair of one", "POST /api/v3/orderList/oco", OCO.partition("&belowType")[0], ""),
    ("a pegged pair (S11)", "POST /api/v3/orderList/oco", OCO + "&abovePegPriceType=MARKET_PEG", ""),
    ("a list with a leg too many (S16)", "POST /api/v3/orderList/oto", OTO + "&pendingAboveType=MARKET", ""),
    ("a chain without a size (S16)", "POST /api/v3/orderList/oto", OTO.replace("&pendingQuantity=0.002", ""), ""),
    ("an open-ended chain (S16)", "POST /api/v3/orderList/opo", OTO.replace("&pendingQuantity=0.002", ""), ""),
    ("an open-ended bracket (S16)", "POST /api/v3/orderList/opoco", OTOCO.replace("&pendingQuantity=0.001", ""), ""),
    ("an older pair by the newer names", "POST /api/v3/order/oco", OCO, ""),
    ("a replacement of nothing (S14)", "POST /api/v3/order/cancelReplace", REPLACE.partition("&cancelOrderId")[0], ""),
    ("a replacement without a mode (S14)", "POST /api/v3/order/cancelReplace", LIMIT + "&cancelOrderId=7", ""),
    (
        "a replacement with a condition",
        "POST /api/v3/order/cancelReplace",
        REPLACE + "&cancelRestrictions=ONLY_NEW",
        "",
    ),
    ("an amendment of the price (S15)", "PUT /api/v3/order/amend/keepPriority", AMEND + "&price=1", ""),
    ("an amendment of nothing", "PUT /api/v3/order/amend/keepPriority", AMEND.replace("&orderId=7", ""), ""),
    ("an amendment to nothing", "PUT /api/v3/order/amend/keepPriority", AMEND.replace("0.5", "0"), ""),
    ("a list cancelled without a name", "DELETE /api/v3/orderList", "symbol=BTCUSDT", ""),
    ("a trigger", ORDER, LIMIT + "&stopPrice=1", ""),
    ("a trailing stop", ORDER, LIMIT + "&trailingDelta=100", ""),
    ("an attached order (S18)", ORDER, LIMIT + "&takeProfit=31000&stopLoss=29000", ""),
    ("borrowing (S21)", ORDER, LIMIT + "&sideEffectType=MARGIN_BUY", ""),
    ("both sizes (S12)", ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&quoteOrderQty=9", ""),
    ("a quote size on a limit order (S12)", ORDER, LIMIT + "&quoteOrderQty=9", ""),
    ("a price on a market order", ORDER, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&price=1", ""),
    ("a time in force on a maker order", ORDER, LIMIT.replace("=LIMIT", "=LIMIT_MAKER"), ""),
    ("a side in small letters", ORDER, LIMIT.replace("BUY", "buy"), ""),
    ("an unknown time in force", ORDER, LIMIT.replace("GTC", "GTX"), ""),
    ("an unknown self-trade mode", ORDER, LIMIT + "&selfTradePreventionMode=DECREASE", ""),
    ("an unknown answer type", ORDER, LIMIT + "&newOrderRespType=SBE", ""),
    ("a quantity of zero", ORDER, LIMIT.replace("0.001", "0"), ""),
    ("a negative quantity", ORDER, LIMIT.replace("0.001", "-1"), ""),
    ("an exponent (S44)", ORDER, LIMIT.replace("0.001", "1e3"), ""),
    ("not a number (S44)", ORDER, LIMIT.replace("30000", "NaN"), ""),
    ("infinity (S44)", ORDER, LIMIT.replace("30000", "Infinity"), ""),
    ("an underscore (S44)", ORDER, LIMIT.replace("30000", "30_000"), ""),
    ("digits of another script (S44)", ORDER, LIMIT.replace("30000", "%D9%A3"), ""),
    ("a symbol in full width (S45)", ORDER, LIMIT.replace("BTCUSDT", "\uff22\uff34\uff23USDT"), ""),
    ("a symbol in small letters (S45)", ORDER, LIMIT.replace("BTCUSDT", "btcusdt"), ""),
    ("our own name of a symbol (S45)", ORDER, LIMIT.replace("BTCUSDT", "BTC%2FUSDT"), ""),
    ("a client id with a space", ORDER, LIMIT + "&newClientOrderId=a+b", ""),
    ("a client id of 37 letters", ORDER, LIMIT + "&newClientOrderId=" + "a" * 37, ""),
    ("a JSON body (S43)", ORDER, "", '{"symbol":"BTCUSDT","side":"BUY","type":"MARKET","quantity":"1"}'),
    ("a JSON body beside a query (S43)", ORDER, LIMIT, "{}"),
    ("an empty value", ORDER, LIMIT + "&newClientOrderId=", ""),
    ("a cancel of nothing", CANCEL, "symbol=BTCUSDT", ""),
    ("a cancel without a symbol", CANCEL, "orderId=7", ""),
    ("a cancel by no number", CANCEL, "symbol=BTCUSDT&orderId=x", ""),
    ("a cancel with a condition", CANCEL, "symbol=BTCUSDT&orderId=7&cancelRestrictions=ONLY_NEW", ""),
    ("a cancel of everything", "DELETE /api/v3/openOrders", "", ""),
    ("a read with a parameter that is not described", "GET /api/v3/account", "to=me", ""),
    ("a read with a word that is not a choice", "GET /api/v3/account", "omitZeroBalances=1", ""),
    ("a read past its limit", "GET /api/v3/myTrades", "symbol=BTCUSDT&limit=1001", ""),
    ("a method that the path does not have", "PUT /api/v3/order", LIMIT, ""),
    ("a method in small letters", "post /api/v3/order", LIMIT, ""),
    ("a method that means another", "PATCH /api/v3/order", LIMIT, ""),
    ("a path with a slash at the end (S46)", "POST /api/v3/order/", LIMIT, ""),
    ("a path with two slashes (S46)", "POST //api/v3/order", LIMIT, ""),
    ("a path in escapes (S46)", "POST /api/v3/%6frder", LIMIT, ""),
    ("a way up and down (S46)", "GET /api/v3/%2e%2e/%2e%2e/sapi/v1/capital/withdraw/apply", "", ""),
    ("a plain way up and down (S46)", "GET /api/v3/../../api/v3/account", "", ""),
    ("a path with parameters of its own (S46)", "GET /api/v3/account;x=1", "", ""),
    ("a whole address (S47)", "GET http://evil.example/api/v3/account", "", ""),
    ("a path with a null (S46)", "GET /api/v3/account\x00", "", ""),
    ("a path with a fragment", "GET /api/v3/account#", "", ""),
    ("a path of another case", "GET /API/v3/account", "", ""),
    ("a path that does not exist", "GET /api/v9/account", "", ""),
    ("market data with a signature", "GET /api/v3/depth", "symbol=BTCUSDT" + STAMP, ""),
    ("market data with an unknown parameter", "GET /api/v3/depth", "symbol=BTCUSDT&deep=1", ""),
]


@pytest.mark.parametrize(("why", "line", "query", "body"), NONSENSE, ids=[row[0] for row in NONSENSE])
def test_nonsense_is_unknown(why: str, line: str, query: str, body: str) -> None:
    assert isinstance(read(line, query, body), Unknown)


@pytest.mark.parametrize(("client", "line", "request_"), recorded(), ids=lambda v: v if isinstance(v, str) else "")
def test_what_real_clients_send_is_read_or_refused_by_its_class(client: str, line: str, request_: Request) -> None:
    public = DIALECT.read_public(request_)
    action = DIALECT.read(request_, SYMBOLS)
    path = line.partition(" ")[2]
    if line == ORDER:
        assert isinstance(action, Place)
    elif line == CANCEL:
        assert isinstance(action, Cancel)
    elif "withdraw" in path:
        assert isinstance(action, Withdraw)
    elif "transfer" in path:
        assert isinstance(action, Transfer)
    elif b"signature" in request_.query + request_.body:
        assert isinstance(action, Undescribed if path.startswith("/fapi") else Read)
    else:
        assert isinstance(public, Read) or isinstance(action, Undescribed)


def test_ids_of_our_own_form_are_recognised() -> None:
    own = DIALECT.client_id("abcdefghijklmnopqrstuv27")
    assert own == "rf-abcdefghijklmnopqrstuv27"
    assert DIALECT.is_own_client_id(own)
    assert DIALECT.is_own_client_id(ClientId("rf-"))
    for other in ("x-rf-1", "RF-1", "rf_1", "r"):
        assert not DIALECT.is_own_client_id(ClientId(other))


# What follows is for any request, not for those that somebody thought of.
LINES = [f"{method} {path}" for method, path in CLASSES]
DESCRIBED = {
    CANCEL,
    "DELETE /api/v3/openOrders",
    "DELETE /api/v3/orderList",
    "PUT /api/v3/order/amend/keepPriority",
    *(f"POST {path}" for path in ORDERS.paths.values()),
    *(f"POST {path}" for path in ORDERS.list_paths.values()),
    *(f"{m} {p}" for m, p in SIGNED),
    *(f"{m} {p}" for m, p in MARKET),
}
ALLOWED = [(line, text) for line, text, meaning in MEANINGS if isinstance(meaning, NO_MORE)]
NAMES = ["symbol", "quantity", "price", "orderId", "type", "side", "signature", "toAccount", "address", "zz"]
PAIRS = st.lists(st.tuples(st.sampled_from(NAMES), st.text("ABC019.%+-", min_size=1, max_size=8)), max_size=6)


@given(
    st.text(max_size=8) | st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.text(max_size=40) | st.sampled_from([line.partition(" ")[2] for line in LINES]),
    st.binary(max_size=120),
    st.binary(max_size=120),
)
def test_reading_never_raises(method: str, path: str, query: bytes, body: bytes) -> None:
    request = Request(method, "h", path, query, (), body)
    DIALECT.read(request, SYMBOLS)
    DIALECT.read_public(request)


@given(st.sampled_from(sorted(set(LINES) - DESCRIBED)), PAIRS, PAIRS)
def test_no_parameters_turn_a_refused_route_into_an_allowed_one(
    line: str, query: list[tuple[str, str]], body: list[tuple[str, str]]
) -> None:
    written = ["&".join(f"{name}={value}" for name, value in part) for part in (query, body)]
    assert not isinstance(read(line, *written), NO_MORE)


@given(st.sampled_from(ALLOWED), st.data())
def test_doubling_any_parameter_makes_a_request_unknown(case: tuple[str, str], data: st.DataObject) -> None:
    line, text = case
    pairs = [pair for pair in text.split("&") if pair]
    if not pairs:
        return
    name = data.draw(st.sampled_from(pairs)).partition("=")[0]
    again = f"{name}={data.draw(st.sampled_from(['1', 'BTCUSDT', 'SELL', 'a']))}"
    assert isinstance(read(line, text, again), Unknown)
    assert isinstance(read(line, f"{text}&{escaped(again)}"), Unknown)


@given(st.sampled_from(ALLOWED), st.data())
def test_moving_and_escaping_parameters_changes_nothing(case: tuple[str, str], data: st.DataObject) -> None:
    line, text = case
    pairs = data.draw(st.permutations([pair for pair in text.split("&") if pair]))
    cut = data.draw(st.integers(0, len(pairs)))
    query, body = ("&".join(escaped(pair) for pair in part) for part in (pairs[:cut], pairs[cut:]))
    assert read(line, query, body) == read(line, text)


@given(st.sampled_from(ALLOWED), st.from_regex(r"[A-Za-z][A-Za-z0-9_]{0,12}", fullmatch=True), st.sampled_from("1aB"))
def test_adding_a_parameter_never_makes_another_kind_of_request(case: tuple[str, str], name: str, value: str) -> None:
    line, text = case
    before, after = read(line, text), read(line, f"{text}&{name}={value}" if text else f"{name}={value}")
    assert isinstance(after, (type(before), Unknown, Transfer))


def escaped(pair: str) -> str:
    """Escape every letter of a name and of its value."""
    return "=".join("".join(f"%{ord(letter):02x}" for letter in side) for side in pair.split("=", 1))


@pytest.mark.parametrize("token", ["", "a" * 23, "a" * 25, "A" * 24, "1" * 24, "a" * 23 + "&"])
def test_an_id_is_made_of_no_other_token(token: str) -> None:
    with pytest.raises(Misread):
        DIALECT.client_id(token)
