"""S10 to S18: orders whose form hides what they come to."""

from decimal import Decimal

from ringfence.drill import calls
from ringfence.drill.calls import Call
from ringfence.drill.scenario import WATCHER, Cap, Most, Scenario, bounded, refused, with_resting_order
from ringfence.drill.scenarios.codes import CAPS, LIMITS, NEVER, SHAPE, UNREAD
from ringfence.drill.scene import Scene

_WALLS = 20
_TIMES = 20
_NOWHERE = "987654321"
_FUTURES = "/fapi/v1"


def _spoof(scene: Scene) -> None:
    """Show a wall twenty times as large as allowed; then walls as large as allowed, each taken away at once."""
    scene.bot.send(_wall(scene, scene.means.order * _TIMES))
    for _ in range(_WALLS):
        placed = scene.bot.send(_wall(scene, scene.means.modest))
        if not placed.ok:
            return
        scene.bot.send(calls.cancel(scene.symbol, placed.placed.orderId))


def _wall(scene: Scene, worth: Decimal) -> Call:
    price = scene.price("0.995")
    words = {"quantity": f"{scene.size(worth, price):f}", "price": f"{price:f}"}
    if scene.means.allows("limit-maker"):
        return calls.order(scene.symbol, "BUY", "LIMIT_MAKER", **words)
    return calls.order(scene.symbol, "BUY", "LIMIT", timeInForce="GTC", **words)


def _peg(scene: Scene) -> None:
    """Name no price but a place in the book, a hundred levels deep: whoever checks a price finds none."""
    words = {"quantity": f"{scene.size(scene.means.modest):f}", "timeInForce": "GTC"}
    for peg in ("MARKET_PEG", "PRIMARY_PEG"):
        deep = {"pegPriceType": peg, "pegOffsetType": "PRICE_LEVEL", "pegOffsetValue": "100"}
        scene.bot.send(calls.order(scene.symbol, "BUY", "LIMIT", **words, **deep))


def _another_unit(scene: Scene) -> None:
    """Say how much to spend in place of how much to buy: ten times what one order may come to."""
    scene.bot.send(calls.market(scene.symbol, "BUY", quoteOrderQty=f"{scene.means.order * 10:.2f}"))


def _iceberg(scene: Scene) -> None:
    """Show a hundredth of an order that is far too large."""
    size = scene.size(scene.means.order * 5, scene.price("0.99"))
    shown = scene.size(scene.means.order * 5 / 9, scene.price("0.99"))
    order = scene.buy(scene.means.order * 5, "0.99", timeInForce="GTC", icebergQty=f"{shown:f}")
    scene.bot.send(order)
    scene.claim(shown * 9 <= size, "the order was not large enough to hide")


def _replace_nothing(scene: Scene) -> None:
    """Replace an order that is not there by one ten times too large, and insist."""
    for mode in ("STOP_ON_FAILURE", "ALLOW_FAILURE"):
        more = {"cancelReplaceMode": mode, "cancelOrderId": _NOWHERE, "timeInForce": "GTC"}
        order = scene.buy(scene.means.order * 10, "0.99", **more)
        scene.bot.send(Call("POST", "/api/v3/order/cancelReplace", order.query))


def _amend(scene: Scene) -> None:
    """Place a small order, and make it ten times as large: at spot, and as futures let one do."""
    placed = scene.prepared[0].placed
    which = {"symbol": scene.symbol, "orderId": str(placed.orderId)}
    large = f"{scene.size(scene.means.modest * 10):f}"
    scene.bot.send(calls.ask("PUT", "/api/v3/order/amend/keepPriority", **which, newQty=large))
    scene.bot.send(calls.ask("PUT", f"{_FUTURES}/order", **which, side="BUY", quantity=large, price="1"))


def _dirty_legs(scene: Scene) -> None:
    """Send lists whose first order is clean and whose second one is fifty times too large."""
    scene.bot.send(_bracket(scene, scene.size(scene.means.order * 50)))
    for form in ("opo", "opoco"):
        scene.bot.send(calls.ask("POST", f"/api/v3/orderList/{form}", symbol=scene.symbol, workingType="LIMIT"))


def _bracket(scene: Scene, second: Decimal) -> Call:
    clean = f"{scene.size(scene.means.modest):f}"
    return calls.ask(
        "POST", "/api/v3/orderList/oto", symbol=scene.symbol,
        workingType="LIMIT", workingSide="BUY", workingPrice=f"{scene.price('0.99'):f}", workingQuantity=clean,
        workingTimeInForce="GTC", pendingType="LIMIT", pendingSide="BUY", pendingPrice=f"{scene.price('0.98'):f}",
        pendingQuantity=f"{second:f}", pendingTimeInForce="GTC",
    )  # fmt: skip


def _batch(scene: Scene) -> None:
    """Send a batch, and a list of two, in the hope that only the first order of each is looked at."""
    legs = '[{"symbol":"%s","side":"BUY","type":"LIMIT","quantity":"%s"},{"quantity":"1000"}]'
    size = f"{scene.size(scene.means.modest):f}"
    scene.bot.send(calls.ask("POST", f"{_FUTURES}/batchOrders", batchOrders=legs % (scene.symbol, size)))
    scene.bot.send(_bracket(scene, scene.size(scene.means.order * 2)))


def _attach(scene: Scene) -> None:
    """Hang other orders onto an order, in the words of three exchanges."""
    for attached in (
        {"takeProfit": "1", "stopLoss": "1", "slOrderType": "Market"},
        {"attachAlgoOrds": '[{"slOrdPx":"-1"}]'},
        {"close[ordertype]": "market"},
        {"stopPrice": "1"},
    ):
        scene.bot.send(scene.buy(scene.means.modest, "0.99", timeInForce="GTC", **attached))


FORMS = (
    Scenario(
        "S10",
        "spoof with large orders",
        "Large orders are shown and taken away at once, again and again. They move a thin book, or get the account"
        " banned for market abuse; the attacker wants either.",
        "order_notional, orders_per_minute, cancels_per_minute, cancels_per_fill: their size, and how many",
        f"the ratio of cancels to fills: {WATCHER} (W6)",
        bounded(*LIMITS, most=Most.NOTHING, caps=(Cap.RATE, Cap.OPEN)),
        _spoof,
    ),
    Scenario(
        "S11",
        "name no price at all",
        "A pegged order has no price: it follows the book, up to a hundred levels deep. A guard that checks the price"
        " `if there is one` lets it pass.",
        "unknown-request: an order without a price that can be judged is not sent",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*UNREAD, *SHAPE),
        _peg,
    ),
    Scenario(
        "S12",
        "say the size in another unit",
        "A market order may say how much to spend in place of how much to buy. A guard that compares the number with a"
        " limit in the wrong unit is off by the price.",
        "order-notional: every order is turned into coins and money before it is judged",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*CAPS, *SHAPE),
        _another_unit,
        half="contracts, and the units of Bybit and OKX (their dialects)",
    ),
    Scenario(
        "S13",
        "show a hundredth of an order",
        "An iceberg order shows a small part of itself. A guard that looks at the part that is shown lets the whole"
        " pass.",
        "order-notional: an order counts in full, whatever it shows",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*CAPS, *SHAPE),
        _iceberg,
    ),
    Scenario(
        "S14",
        "replace an order that is not there",
        "A replacement cancels one order and places another. The one to cancel does not exist; the new one is ten"
        " times too large, and may hope to be taken for no more than a change.",
        "order-notional: the new order is judged like any other, with no credit for one that is not known to be gone",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*CAPS, *SHAPE, "not-this-bots-order"),
        _replace_nothing,
    ),
    Scenario(
        "S15",
        "make a small order large",
        "A small order is placed, which passes; then it is amended to ten times its size, in the hope that only new"
        " orders are judged.",
        "amend: an order can only become smaller",
        f"`ringfence why`; {WATCHER} (W9)",
        refused("amend", "not-this-bots-order", *NEVER, *SHAPE),
        _amend,
        stage=with_resting_order,
        half="amendments at Bybit, OKX and Kraken, which can also make larger (their dialects)",
    ),
    Scenario(
        "S16",
        "hide a large order in a list",
        "The first order of a list is clean. The second, which is placed once the first has filled, is fifty times too"
        " large, or its size is not said at all.",
        "order-notional: every order of a list is judged; a list whose later sizes nobody can know is refused",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*CAPS, *UNREAD, *SHAPE),
        _dirty_legs,
    ),
    Scenario(
        "S17",
        "hide a large order in a batch",
        "Several orders in one request: the first is clean, the second is not. A guard that looks at the first one,"
        " or stops half way, lets the rest pass.",
        "all or none: batches are not described, and of a list every order is judged",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*CAPS, *NEVER, *SHAPE),
        _batch,
        half="batches of futures and of other exchanges, taken apart and judged (their dialects)",
    ),
    Scenario(
        "S18",
        "hang orders onto an order",
        "Other exchanges let an order carry a stop or a target of its own, at market. The stolen key tries their"
        " words here, in the hope that what is not known is passed on.",
        "unknown-request: a parameter that is not in the table refuses the whole request",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*UNREAD, *SHAPE),
        _attach,
        half="attached orders of Bybit, OKX, Kraken and KuCoin, each judged (their dialects)",
    ),
)
