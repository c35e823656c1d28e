"""What this exchange is for: it must suffer every attack that it is later to be protected from."""

from decimal import Decimal

import pytest

from tests.paper.venue import ACCOMPLICE, ALL, BARE, MAIN, NOW, Venue, sign

START = Decimal(10_000)


def usdt(venue: Venue, account: str) -> Decimal:
    return venue.exchange.accounts.free(account, "USDT") + venue.exchange.accounts.locked(account, "USDT")


def test_a_market_order_on_a_thin_pair_hands_the_account_to_whoever_waits_there() -> None:
    """S01, S02: the accomplice asks 50 times the price, and the stolen key buys everything at market."""
    venue = Venue.make()
    assert venue.limit("SELL", "600", "20", by=ACCOMPLICE)[0] == 200
    before = venue.exchange.equity("bare")
    _, body = venue.order(BARE, symbol="VIAUSDT", side="BUY", type="MARKET", quoteOrderQty="9999")
    assert body["status"] == "FILLED"
    assert venue.exchange.equity("bare") < before * Decimal("0.1")
    assert usdt(venue, "accomplice") > START + 9000


def test_a_limit_order_may_name_fifty_times_the_price() -> None:
    venue = Venue.make()
    venue.limit("SELL", "400", "20", by=ACCOMPLICE)
    _, body = venue.limit("BUY", "499", "20", by=BARE, timeInForce="IOC")
    assert (body["status"], body["fills"][-1]["price"], body["fills"][-1]["qty"]) == (
        "FILLED",
        "20.00000000",
        "129.00000000",
    )


def test_a_loop_inside_the_spread_bleeds_the_account_into_another() -> None:
    """S03: buy dear from the accomplice and sell cheap to it, again and again."""
    venue = Venue.make()
    before = venue.exchange.equity("bare")
    for _ in range(20):
        venue.now += 1000
        venue.limit("SELL", "2000", "0.4035", by=ACCOMPLICE)
        venue.limit("BUY", "2000", "0.4035", by=BARE)
        venue.limit("BUY", "1990", "0.3965", by=ACCOMPLICE)
        venue.limit("SELL", "1990", "0.3965", by=BARE)
    assert before - venue.exchange.equity("bare") > 20 * 1990 * Decimal("0.006")


def test_trading_with_oneself_burns_fees_on_both_sides() -> None:
    """S05."""
    venue = Venue.make()
    venue.limit("BUY", "1000", "0.4", by=BARE, selfTradePreventionMode="NONE")
    _, body = venue.limit("SELL", "1000", "0.4", by=BARE, selfTradePreventionMode="NONE")
    assert body["code"] == -2010
    venue.exchange.accounts.deposit("bare", "VIA", Decimal(1000), NOW)
    before = venue.exchange.equity("bare")
    assert venue.limit("SELL", "1000", "0.4", by=BARE, selfTradePreventionMode="NONE")[1]["status"] == "FILLED"
    assert before - venue.exchange.equity("bare") == Decimal("0.8")


def test_transfer_as_self_trade_prevention_moves_money_to_a_member_of_the_group() -> None:
    """S06: a way to move value that is neither a withdrawal nor a transfer nor a trade."""
    venue = Venue.make(groups={"bare": 7, "accomplice": 7})
    venue.limit("SELL", "499", "20", by=ACCOMPLICE, selfTradePreventionMode="TRANSFER")
    sent = {"quantity": "499", "price": "20", "selfTradePreventionMode": "TRANSFER"}
    _, body = venue.limit("BUY", by=BARE, **sent)
    assert body["preventedMatches"][-1]["takerPreventedQuantity"] == "129.00000000"
    assert usdt(venue, "accomplice") == START + 129 * 20
    _, matches = venue.signed("GET", "/api/v3/myPreventedMatches", BARE, symbol="VIAUSDT")
    assert (matches[0]["selfTradePreventionMode"], matches[0]["tradeGroupId"]) == ("TRANSFER", 7)
    assert venue.signed("GET", "/api/v3/myTrades", ACCOMPLICE, symbol="VIAUSDT")[1] == []


def test_a_key_that_may_withdraw_sends_the_money_away() -> None:
    venue = Venue.make()
    sent = {"coin": "USDT", "address": "0xaccomplice", "amount": "10000"}
    status, body = venue.signed("POST", "/sapi/v1/capital/withdraw/apply", ALL, network="ETH", **sent)
    assert (status, set(body)) == (200, {"id"})
    assert venue.exchange.equity("main") == 0
    _, history = venue.signed("GET", "/sapi/v1/capital/withdraw/history", ALL)
    assert [(row["address"], row["amount"]) for row in history] == [("0xaccomplice", "10000")]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"amount": "10000.00000001"}, -4026),
        ({"coin": "DOGE"}, -4019),
        ({"address": ""}, -1102),
        ({"amount": "0"}, -1102),
        ({"amount": "-1"}, -1100),
    ],
)
def test_a_withdrawal_that_cannot_be_done_takes_nothing(change: dict[str, str], code: int) -> None:
    venue = Venue.make()
    sent = {"coin": "USDT", "address": "0xaccomplice", "amount": "100", **change}
    status, body = venue.signed("POST", "/sapi/v1/capital/withdraw/apply", ALL, **sent)
    assert (status, body["code"]) == (400, code)
    assert usdt(venue, "main") == START


@pytest.mark.parametrize("path", ["/sapi/v1/capital/withdraw/apply", "/sapi/v1/asset/transfer"])
def test_a_trading_key_can_neither_withdraw_nor_transfer(path: str) -> None:
    venue = Venue.make()
    sent = {"coin": "USDT", "asset": "USDT", "type": "MAIN_FUNDING", "address": "x", "amount": "1"}
    assert venue.signed("POST", path, MAIN, **sent)[1]["code"] == -2015
    assert usdt(venue, "main") == START


def test_a_transfer_takes_money_out_of_the_reach_of_spot_orders_and_stays_the_owners() -> None:
    venue = Venue.make()
    sent = {"asset": "USDT", "amount": "4000"}
    assert venue.signed("POST", "/sapi/v1/asset/transfer", ALL, type="MAIN_FUNDING", **sent)[0] == 200
    assert usdt(venue, "main") == 6000
    assert venue.exchange.equity("main") == START
    assert venue.signed("POST", "/sapi/v1/asset/transfer", ALL, type="FUNDING_MAIN", **sent)[0] == 200
    assert usdt(venue, "main") == START
    assert venue.signed("POST", "/sapi/v1/asset/transfer", ALL, type="FUNDING_MAIN", **sent)[1]["code"] == -5013


DISGUISES = [
    "/api/v3/%2e%2e/%2e%2e/sapi/v1/capital/withdraw/apply",
    "/api/v3/../../sapi/v1/capital/withdraw/apply",
    "//sapi/v1//capital/withdraw/apply",
    "/sapi/v1/./capital/withdraw/apply/",
    "/%73api/v1/capital/withdraw/%61pply",
]


@pytest.mark.parametrize("path", DISGUISES)
def test_a_disguised_path_reaches_what_it_means(path: str) -> None:
    """S46: the web server in front tidies the path, so a filter that compares text has been passed."""
    venue = Venue.make()
    query = f"coin=USDT&address=x&amount=10000&timestamp={NOW}"
    status, _ = venue.raw("POST", f"{path}?{query}&signature={sign(ALL.secret, query)}", ALL.key)
    assert status == 200
    assert venue.exchange.equity("main") == 0


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/api/v3/no-such", 404),
        ("/", 404),
        ("/../api/v3/ping", 400),
        ("http://127.0.0.1/api/v3/ping", 400),
        ("*", 400),
        ("/api/v3/ping;x=1", 404),
        ("/api/v3/ping%00", 404),
        ("/API/v3/ping", 404),
    ],
)
def test_a_path_that_is_not_there_is_not_there(target: str, status: int) -> None:
    assert Venue.make().raw("GET", target) == (status, None)


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD"])
def test_a_verb_that_an_endpoint_does_not_have_does_nothing(method: str) -> None:
    assert Venue.make().raw(method, "/api/v3/order")[0] == 404
