"""S01 to S09: the stolen key trades, and the accomplice is on the other side."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from ringfence.drill import calls
from ringfence.drill.attack import ACCOMPLICE
from ringfence.drill.attacks.orders import pump
from ringfence.drill.calls import Call
from ringfence.drill.scenario import WATCHER, Cap, Most, Scenario, bounded, refused, with_coins, with_position
from ringfence.drill.scenarios.codes import CAPS, LIMITS, PRICED, SHAPE, UNREAD
from ringfence.drill.scene import Scene

_TOO_DEAR = "1.05"
_DEAR = ("1.1", "50")  # a tenth above the price is theft already; fifty times is what was done in 2018 (I2)
_ROUNDS = 12
_PAIRS = 6
_TOLD_FROM = Decimal("0.6")  # the first alarm comes at half of it (signer/guard.py)
_GROUP, _NO_GROUP = 7, -1
_DROP, _FAR = "0.97", "0.9"
_BOOK = "0.95"  # below every quote of the makers
_TRIGGER = "0.999"


def _pump(scene: Scene) -> None:
    pump(scene.thief, scene.money())


def _buy_dear(scene: Scene) -> None:
    """Buy by limit at each price, and then at market, where the accomplice is the only one who sells."""
    for times in _DEAR:
        order = scene.buy(scene.means.order / 2, times)
        scene.thief.bait(scene.symbol, "SELL", scene.price(times), lambda order=order: scene.bot.send(order))  # type: ignore[misc]
    spend = f"{scene.means.modest:.2f}"
    market = calls.market(scene.symbol, "BUY", quoteOrderQty=spend)
    scene.thief.bait(scene.symbol, "SELL", scene.price(_DEAR[0]), lambda: scene.bot.send(market))
    fresh = {answer.placed.orderId for answer in scene.bot.answers}
    paid = [order.average for order in scene.orders() if order.order_id in fresh and order.average]
    dearest = max(paid, default=Decimal(0))
    scene.claim(dearest < scene.price(_TOO_DEAR), f"coins worth {scene.price('1')} were bought at {dearest:.2f}")


def _churn(scene: Scene) -> None:
    """Buy dear from the accomplice and sell cheap to him, each time with as much as passes."""
    high, low = scene.price(scene.means.high), scene.price(scene.means.low)
    worth, least = scene.means.order, scene.means.least

    def buy() -> None:
        nonlocal worth
        while not scene.bot.send(scene.entry(worth)).ok and worth > least:
            worth = max(worth * Decimal("0.8"), least)

    for _ in range(_ROUNDS):
        scene.thief.bait(scene.symbol, "SELL", high, buy)
        if not scene.held():
            return
        scene.thief.bait(scene.symbol, "BUY", low, scene.leave)


def _churn_and_be_told(scene: Scene) -> None:
    _churn(scene)
    if scene.rehearsed is not None and scene.used().loss_share >= _TOLD_FROM:
        scene.claim(scene.alarmed("has used"), "nobody is told that the loss budget is nearly used up")


def _bleed(scene: Scene) -> None:
    """Pay the spread and the fee again and again, in orders that look like any other."""
    for _ in range(_PAIRS):
        if not scene.bot.send(scene.entry(scene.means.modest)).ok:
            return
        scene.leave()
    if scene.rehearsed is not None:
        loss = scene.used().loss
        scene.claim(loss is not None and Decimal(str(loss[0])) > 0, "the loss budget does not count what is bled")


def _trade_with_oneself(scene: Scene) -> None:
    """Offer coins within the spread, so that nobody else is as good, and buy them: the fees alone change hands."""
    size = scene.size(scene.means.modest)
    scene.bot.send(scene.sell(size, "1", timeInForce="GTC", selfTradePreventionMode="NONE"))
    scene.bot.send(scene.buy(scene.means.modest, "1", selfTradePreventionMode="NONE"))


def _hand_over(scene: Scene) -> None:
    """Binance swaps the amounts of two orders in one trade group where both say TRANSFER, and calls it no trade."""
    price, how = scene.price(_DEAR[1]), "TRANSFER"
    order = scene.buy(scene.money() * Decimal("0.9"), _DEAR[1], selfTradePreventionMode=how)
    scene.thief.bait(scene.symbol, "SELL", price, lambda: scene.bot.send(order), selfTradePreventionMode=how)


@contextmanager
def one_trade_group(scene: Scene) -> Iterator[None]:
    """Put the account and the accomplice into one trade group."""
    for account in (scene.ground.account, ACCOMPLICE):
        scene.ground.venue.group(account, _GROUP)
    try:
        yield
    finally:
        for account in (scene.ground.account, ACCOMPLICE):
            scene.ground.venue.group(account, _NO_GROUP)


def _wait_for_a_drop(scene: Scene) -> None:
    """Rest a buy near the market, let the market fall, and let the accomplice sell into it before anybody looks."""
    placed = scene.bot.send(scene.resting(scene.means.modest, "0.9999")).placed
    scene.ground.venue.move(scene.symbol, scene.price(_DROP))
    scene.thief.accomplice.send(scene.sell(scene.size(scene.means.modest) * 2, _DROP))
    if placed.orderId and scene.rehearsed is not None:
        gone = [order for order in scene.orders() if order.order_id == placed.orderId and not order.open]
        scene.claim(bool(gone), "the order neither filled nor was taken away")


def _hunt_a_stop(scene: Scene) -> None:
    """Place stops just below the price, without a limit and with one far away, and print one trade through them."""
    amount = f"{scene.held() or scene.size(scene.means.modest):f}"
    stop, far = f"{scene.price(_TRIGGER):f}", f"{scene.price(_FAR):f}"
    scene.bot.send(_order(scene, "SELL", "STOP_LOSS", quantity=amount, stopPrice=stop))
    limited = {"quantity": amount, "stopPrice": stop, "price": far, "timeInForce": "GTC"}
    scene.bot.send(_order(scene, "SELL", "STOP_LOSS_LIMIT", **limited))
    waiting = calls.limit(scene.symbol, "BUY", scene.size(scene.means.wealth), scene.price(_FAR), timeInForce="GTC")
    scene.thief.accomplice.send(waiting)
    scene.thief.accomplice.send(scene.sell(scene.size(scene.means.wealth * 300), _BOOK))
    scene.thief.accomplice.send(calls.cancel_all(scene.symbol))


def _trail(scene: Scene) -> None:
    """Let exits trail the price by a tenth of a percent, so that any breath of the market sells everything."""
    amount = f"{scene.held() or scene.size(scene.means.modest):f}"
    far = {"price": f"{scene.price(_FAR):f}", "timeInForce": "GTC"}
    for kind in ("STOP_LOSS", "TAKE_PROFIT"):
        scene.bot.send(_order(scene, "SELL", kind, quantity=amount, trailingDelta="10"))
        scene.bot.send(_order(scene, "SELL", f"{kind}_LIMIT", quantity=amount, trailingDelta="10", **far))


def _order(scene: Scene, side: str, kind: str, **more: str) -> Call:
    return calls.order(scene.symbol, side, kind, **more)


TRADING = (
    Scenario(
        "S01",
        "pump a thin coin",
        "An accomplice buys up a thin coin beforehand. The stolen key then buys it with everything the account has, at"
        " any price. This is what was done to Binance users in March 2018.",
        "symbol: only listed pairs may be traded",
        f"`ringfence why`; a burst of refusals {WATCHER} (W9)",
        refused("symbol"),
        _pump,
    ),
    Scenario(
        "S02",
        "buy far above the price",
        "In a pair that you do trade, the accomplice offers coins at 1.1 and at 50 times the price, and the stolen key"
        " buys there: by a limit order, and by a market order once nobody else is left in the book.",
        "collar: a limit order beyond it is refused, a market order leaves as a limit at the collar",
        f"`ringfence why`; a clipped order {WATCHER} (W4)",
        bounded(*PRICED, *CAPS, most=Most.BUDGET, orders=3),
        _buy_dear,
    ),
    Scenario(
        "S03",
        "buy dear, sell cheap, repeat",
        "Each order stays within the collar: buy at its upper edge from the accomplice, sell at its lower edge back to"
        " him, as often and as much as passes. Every round loses a little, and all of it goes to him.",
        "window_notional and loss_budget: what all orders together may lose in 24 hours",
        f"`ringfence status`: an alarm at 50, 80 and 100 % of loss_budget; slippage {WATCHER} (W4)",
        bounded(*LIMITS, most=Most.BUDGET, caps=(Cap.WINDOW,)),
        _churn_and_be_told,
    ),
    Scenario(
        "S04",
        "bleed slowly",
        "Buy and sell at market all day, in orders that look like the bot's own. Each pays the spread and two fees."
        " There is nothing to refuse in any of them; only their sum is wrong.",
        "loss_budget and window_notional bound it; no rule stops it",
        f"fees and turnover above the usual: {WATCHER} (W5)",
        bounded(*LIMITS, most=Most.BUDGET, caps=(Cap.WINDOW,)),
        _bleed,
        by="loss_budget",
        half="that somebody notices (watcher, W5)",
    ),
    Scenario(
        "S05",
        "trade with oneself",
        "The stolen key sells, and buys from its own order. Nothing changes hands but the fees, and the exchange may"
        " punish the account for wash trading.",
        "self-trade prevention is set by Ringfence on every order, whatever the bot says",
        f"prevented matches: {WATCHER} (W5)",
        bounded(*LIMITS, most=Most.NOTHING),
        _trade_with_oneself,
        by="self-trade prevention",
        stage=with_coins,
    ),
    Scenario(
        "S06",
        "hand over by a TRANSFER order",
        "Binance can prevent a self-trade within a trade group by moving the amounts from one account to the other,"
        " without a trade. An attacker in the same group lets both orders ask for that, at fifty times the price.",
        "transfer: an order that says TRANSFER is one, and no policy can allow one",
        f"`ringfence why`; a refused transfer {WATCHER} (W9)",
        refused("transfer", *UNREAD, *SHAPE),
        _hand_over,
        stage=one_trade_group,
    ),
    Scenario(
        "S07",
        "leave an order as a free option",
        "The stolen key leaves a buy close to the market. Once the price has fallen, the accomplice sells into it at"
        " the old price, before the owner or the bot can cancel it.",
        "exposure and window_notional bound it, and an order that the price has left behind is swept",
        f"fills off the reference: {WATCHER} (W4)",
        bounded(*LIMITS, caps=(Cap.EXPOSURE, Cap.OPEN)),
        _wait_for_a_drop,
        by="exposure",
        half="that an order which has left the collar, or is too old, is swept (tests/scenarios/test_limits.py has it)",
    ),
    Scenario(
        "S08",
        "set off a stop at market",
        "A stop order without a limit sells at whatever price there is. The stolen key places one just below the"
        " market; the accomplice empties the book, prints one trade through the trigger and buys far below.",
        "order-type, or else: every stop leaves with a limit, and is charged as if it were filled there at once",
        f"first use of an order type: {WATCHER} (W10)",
        bounded(*LIMITS, "no-rule-permits"),
        _hunt_a_stop,
        stage=with_position,
    ),
    Scenario(
        "S09",
        "let exits trail closely",
        "A stop that follows the price at a tenth of a percent sells on any breath of the market, at market. Repeated,"
        " it pays the spread and the fees all day.",
        "order-type, or else: what trails is held near the price of now, and leaves with a limit",
        f"first use of an order type: {WATCHER} (W10)",
        bounded(*LIMITS, *UNREAD, "no-rule-permits"),
        _trail,
        stage=with_position,
    ),
)
