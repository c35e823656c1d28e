"""S19 to S24: out of the limits, out of the model, out of the account."""

from ringfence.drill import calls
from ringfence.drill.scenario import WATCHER, Scenario, refused, with_position
from ringfence.drill.scenarios.codes import LIMITS, NEVER
from ringfence.drill.scene import Scene
from ringfence.drill.venue import QUOTE

_FUTURES = "/fapi/v1"
_ONE = {"symbol": "BTCUSDT"}


def _call_it_an_exit(scene: Scene) -> None:
    """Hold a little, and sell forty times what one order may come to, as if that took the position down."""
    large = scene.size(scene.means.order * 40)
    scene.bot.send(scene.leaving(large))
    scene.bot.send(scene.leaving(large, reduceOnly="true"))
    everything = {"side": "SELL", "type": "STOP_MARKET", "closePosition": "true", "stopPrice": "1"}
    scene.bot.send(calls.ask("POST", f"{_FUTURES}/order", symbol=scene.symbol, **everything))


def _raise_leverage(scene: Scene) -> None:
    for path, words in (
        ("leverage", {"leverage": "125"}),
        ("marginType", {"marginType": "CROSSED"}),
        ("positionSide/dual", {"dualSidePosition": "true"}),
        ("multiAssetsMargin", {"multiAssetsMargin": "true"}),
    ):
        scene.bot.send(calls.ask("POST", f"{_FUTURES}/{path}", **_ONE, **words))


def _borrow(scene: Scene) -> None:
    """Let an order borrow what the account does not have: as margin has it, and hidden in a spot order."""
    for effect in ("MARGIN_BUY", "AUTO_BORROW_REPAY"):
        words = {"side": "BUY", "type": "MARKET", "quoteOrderQty": "100000", "sideEffectType": effect}
        scene.bot.send(calls.ask("POST", "/sapi/v1/margin/order", symbol=scene.symbol, **words))
    for borrowing in (
        {"sideEffectType": "MARGIN_BUY"},
        {"isLeverage": "1"},
        {"auto_borrow": "true"},
        {"tdMode": "cross"},
    ):
        scene.bot.send(scene.entry(scene.means.modest, **borrowing))
    scene.bot.send(calls.ask("POST", "/sapi/v1/margin/borrow-repay", asset="USDT", amount="100000", type="BORROW"))


def _pay_funding(scene: Scene) -> None:
    """Open a perpetual position on the side that pays."""
    words = {"side": "BUY", "type": "MARKET", "quantity": "1"}
    scene.bot.send(calls.ask("POST", f"{_FUTURES}/order", symbol=scene.symbol, **words))
    scene.bot.send(calls.ask("POST", "/dapi/v1/order", symbol="BTCUSD_PERP", **words))


def _be_liquidated(scene: Scene) -> None:
    """Put a little margin under a large position, so that the liquidation takes it; then again."""
    scene.bot.send(calls.ask("POST", f"{_FUTURES}/marginType", **_ONE, marginType="ISOLATED"))
    scene.bot.send(calls.ask("POST", f"{_FUTURES}/leverage", **_ONE, leverage="125"))
    scene.bot.send(calls.ask("POST", f"{_FUTURES}/order", **_ONE, side="BUY", type="MARKET", quantity="1"))
    scene.bot.send(calls.ask("POST", f"{_FUTURES}/positionMargin", **_ONE, amount="1", type="2"))


_ELSEWHERE = (
    ("/sapi/v1/convert/getQuote", {"fromAsset": "USDT", "toAsset": "BTC", "fromAmount": "1000"}),
    ("/sapi/v1/convert/acceptQuote", {"quoteId": "1"}),
    ("/sapi/v1/asset/dust", {"asset": "BTC"}),
    ("/sapi/v1/simple-earn/locked/subscribe", {"projectId": "1", "amount": "1000"}),
    ("/sapi/v2/loan/flexible/borrow", {"loanCoin": "USDT", "collateralCoin": "BTC", "collateralAmount": "1"}),
    ("/sapi/v1/giftcard/createCode", {"token": "USDT", "amount": "1000"}),
    ("/sapi/v1/sub-account/universalTransfer", {"fromAccountType": "SPOT", "asset": "USDT", "amount": "1000"}),
    ("/sapi/v1/sub-account/subAccountApi", {"subAccountId": "1", "canTrade": "true"}),
    ("/sapi/v1/brand/new", {"asset": "USDT"}),
)


def _leave(scene: Scene) -> None:
    """Withdraw everything, move it to another wallet, and try what else moves or changes value."""
    money = scene.money()
    scene.bot.send(calls.withdrawal(QUOTE, money))
    scene.bot.send(calls.wallet_transfer(QUOTE, money, "MAIN_UMFUTURE"))
    for path, words in _ELSEWHERE:
        scene.bot.send(calls.ask("POST", path, **words))
    scene.claim(scene.money() == money, "money has left the account")


LEAVING = (
    Scenario(
        "S19",
        "call it an exit",
        "Limits leave room for closing a position. The stolen key calls a large sale a closing one, with"
        " `reduceOnly`, with `closePosition`, or by its direction alone: it would sell forty times what it holds.",
        "an exit is known by its size, from the bot's own fills; anything larger is an ordinary order",
        f"first use of a form: {WATCHER} (W10)",
        refused(*LIMITS, *NEVER),
        _call_it_an_exit,
        stage=with_position,
        half="`reduceOnly` and `closePosition` where they exist (futures)",
    ),
    Scenario(
        "S20",
        "raise leverage",
        "Leverage to 125, cross margin, hedge mode: the same limits in money then risk the whole account.",
        "not-described: settings of the account cannot be changed through Ringfence, by any policy",
        f"`ringfence why`; a refused change {WATCHER} (W9)",
        refused(*NEVER),
        _raise_leverage,
        half="that a position is counted by its worth and not by its margin (futures)",
    ),
    Scenario(
        "S21",
        "borrow",
        "An order that borrows what the account does not have, by one word in it: `sideEffectType`, `isLeverage`,"
        " `auto_borrow`. What is lost is then more than what was there.",
        "unknown-request, not-described: no parameter that borrows is in the table",
        f"`ringfence why`; {WATCHER} (W9)",
        refused(*NEVER, "order-type"),
        _borrow,
        half="words of Bybit, Gate and OKX at their own addresses (their dialects)",
    ),
    Scenario(
        "S22",
        "pay funding",
        "The largest allowed position is held on the side that pays funding, in a symbol where that is two percent"
        " every eight hours. No order is wrong; holding is.",
        "no perpetual position can be opened: Ringfence does not describe futures yet",
        f"cost of funding: {WATCHER} (W5)",
        refused(*NEVER),
        _pay_funding,
        half="a term of the radius for funding (futures)",
    ),
    Scenario(
        "S23",
        "be liquidated on purpose",
        "A little margin under a large position, at the highest leverage: the liquidation takes the margin and a fee."
        " Then again.",
        "no leverage, margin mode or futures order passes",
        f"a liquidation: {WATCHER} (W1)",
        refused(*NEVER),
        _be_liquidated,
        half="a term of the radius for liquidation (futures)",
    ),
    Scenario(
        "S24",
        "leave by another door",
        "Withdraw; move money to another wallet; convert, lend, lock, gift, turn dust into a coin; make an API key."
        " Exchanges have hundreds of such endpoints, and new ones every month.",
        "withdraw, transfer, account-change, not-described: only what is listed passes, and none of these can be",
        f"`ringfence why`; {WATCHER} (W9)",
        refused("withdraw", *NEVER),
        _leave,
        full_key=True,
    ),
)
