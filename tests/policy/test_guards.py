"""A bot that guards another may only take that one's positions down."""

import pytest
from msgspec.structs import replace

from ringfence.errors import Misconfigured
from ringfence.model.action import Cancel, Place
from ringfence.model.decision import Code
from ringfence.model.names import BotName, ClientId
from ringfence.model.order import Kind, Order, OrderRef, SelfTrade, Side, Tif
from ringfence.policy.bound import radius
from ringfence.policy.engine import decide
from ringfence.policy.load import load
from ringfence.policy.together import account_radius
from tests.policy.world import BTC, CALM, TEXT, D, holding, market

GUARDED = TEXT + '\n[bot.stops]\naccount = "main"\nrole = "trade"\nguards = "grid"\n'
POLICY = load(GUARDED)
GUARD = POLICY.bots[BotName("stops")]
WARD = POLICY.bots[BotName("grid")]
LONG = replace(CALM, holding=holding("1"))


def stop(quantity: str) -> Order:
    limit = D("89.6")
    return Order(BTC, Side.SELL, Kind.STOP_LOSS_LIMIT, D(quantity), None, limit, Tif.GTC, None, trigger=D(90))


def codes(order: Order) -> tuple[Code, ...]:
    return tuple(reason.code for reason in decide(Place(order), LONG, GUARD).because)


def test_it_has_its_wards_symbols_and_limits_and_any_order() -> None:
    assert (GUARD.symbols, GUARD.limits, set(GUARD.kinds)) == (WARD.symbols, WARD.limits, set(Kind))
    assert (GUARD.books, WARD.books) == (WARD.name, WARD.name)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (stop("1"), ()),
        (market(Side.SELL, "1"), ()),
        (market(Side.SELL, "1.001"), (Code.EXITS_ONLY,)),
        (market(Side.BUY, "0.001"), (Code.EXITS_ONLY,)),
    ],
)
def test_it_places_only_exits(order: Order, expected: tuple[Code, ...]) -> None:
    assert codes(order) == expected


def test_what_cannot_be_priced_is_no_exit() -> None:
    blind = replace(LONG, reference=None)
    because = decide(Place(market(Side.SELL, "1")), blind, GUARD).because
    assert {reason.code for reason in because} == {Code.EXITS_ONLY, Code.PRICE}


def test_it_may_cancel() -> None:
    assert decide(Cancel(OrderRef(BTC, None, ClientId("a"))), CALM, GUARD).allowed


def test_its_figure_is_that_of_its_ward_with_any_type_of_order() -> None:
    """A stop that waits while the market moves away is given away by it, whatever types the ward may use."""
    every = radius(replace(WARD, kinds=tuple(Kind)), confined=True)
    assert radius(GUARD, confined=True) == every
    account = POLICY.accounts[GUARD.account]
    together = account_radius(account, POLICY.bots.values(), confined=True)
    assert [bound.amount for bound in together] == [bound.amount for bound in every]
    assert together[0].amount > radius(WARD, confined=True)[0].amount  # type: ignore[operator]  # both have one
    assert radius(GUARD, confined=False)[0].amount is None


MISTAKES = [
    ('guards = "grid"', 'guards = "gird"', "must be the name of another bot"),
    ('guards = "grid"', 'guards = "eyes"', "must be the name of another bot"),
    ('guards = "grid"', 'guards = "stops"', "must be the name of another bot"),
    ('guards = "grid"', 'guards = "grid"\nsymbols = ["BTC/USDT"]', "has no meaning for a bot that only guards another"),
    ('role = "trade"\nguards', 'role = "watch"\nguards', "has no meaning for a bot that only"),
    ('[bot.stops]\naccount = "main"', '[bot.stops]\naccount = "other"', "must be the name of another bot"),
]


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES)
def test_a_guard_that_cannot_be_meant_is_an_error(old: str, new: str, said: str) -> None:
    other = '[account.other]\nexchange = "binance"\ncurrency = "USDT"\nfee = "0.1%"\n'
    with pytest.raises(Misconfigured, match=said):
        load(other + GUARDED.replace(old, new))


@pytest.mark.parametrize("mode", ["expire-maker", "expire-both"])
def test_what_lets_a_bot_end_orders_that_rest_has_no_guardian(mode: str) -> None:
    text = GUARDED.replace('currency = "USDT"\n', f'currency = "USDT"\nself_trade = "{mode}"\n')
    with pytest.raises(Misconfigured, match=r"bot.stops.guards has no meaning while self_trade"):
        load(text)


def test_the_mode_of_self_trades_is_one_for_the_account() -> None:
    text = TEXT.replace('currency = "USDT"\n', 'currency = "USDT"\nself_trade = "expire-both"\nread_share = "5%"\n')
    (account,) = load(text).accounts.values()
    assert (account.self_trade, account.read_share) == (SelfTrade.EXPIRE_BOTH, D("0.05"))
    (account,) = load(TEXT).accounts.values()
    assert (account.self_trade, account.read_share) == (SelfTrade.EXPIRE_TAKER, D("0.3"))
