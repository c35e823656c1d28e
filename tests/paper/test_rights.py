"""What a key may do, and what the exchange says of it."""

from dataclasses import replace
from typing import Any

import pytest

from ringfence.paper.keys import ApiKey, Right
from tests.paper.venue import ALL, HERE, MAIN, NOW, WATCH, Venue

PATH = "/sapi/v1/account/apiRestrictions"
# The members of the wallet documents, "Get API Key Permission", less the one that is there only where it was set.
MEMBERS = {
    "ipRestrict", "createTime", "enableReading", "enableWithdrawals", "enableInternalTransfer", "enableMargin",
    "enableFutures", "permitsUniversalTransfer", "enableVanillaOptions", "enableFixApiTrade", "enableFixReadOnly",
    "enableSpotAndMarginTrading", "enablePortfolioMarginTrading",
}  # fmt: skip


def told(key: ApiKey) -> tuple[int, Any]:
    venue = Venue.make()
    venue.exchange.keys.put(key)
    return venue.signed("GET", PATH, key)


def test_a_key_is_told_every_right_that_there_is() -> None:
    status, body = told(MAIN)
    assert (status, set(body)) == (200, MEMBERS)
    assert {name for name, value in body.items() if value is True} == {"enableReading", "enableSpotAndMarginTrading"}
    assert {name for name, value in told(ALL)[1].items() if value is True} == MEMBERS - {"createTime"}


@pytest.mark.parametrize("right", list(Right))
def test_each_right_is_told_by_its_own_name(right: Right) -> None:
    body = told(replace(WATCH, rights=frozenset({right})))[1]
    assert {name for name, value in body.items() if value is True} == {right.value}


def test_a_key_says_when_it_was_made_and_whether_it_is_bound_to_addresses() -> None:
    body = told(replace(MAIN, created=1_500_000_000_000, addresses=frozenset({HERE, "10.0.0.1"})))[1]
    assert (body["createTime"], body["ipRestrict"]) == (1_500_000_000_000, True)
    assert "10.0.0.1" not in str(body)


@pytest.mark.parametrize(("expires", "trades"), [(NOW + 1, True), (NOW, False), (NOW - 1, False)])
def test_the_right_to_trade_ends_at_its_time(expires: int, trades: bool) -> None:
    venue, key = Venue.make(), replace(MAIN, expires=expires)
    venue.exchange.keys.put(key)
    body = venue.signed("GET", PATH, key)[1]
    assert (body["tradingAuthorityExpirationTime"], body["enableSpotAndMarginTrading"]) == (expires, trades)
    assert (venue.limit("BUY", "100", "0.3", by=key)[0] == 200) is trades
    account = venue.signed("GET", "/api/v3/account", key)
    assert (account[0], account[1]["canTrade"], account[1]["canWithdraw"]) == (200, trades, True)


def test_what_is_unsaid_of_a_key_is_no_member_of_the_answer_and_holds_all_the_same() -> None:
    key = replace(ALL, unsaid=frozenset({"enableWithdrawals", "ipRestrict"}))
    status, body = told(key)
    assert (status, set(body)) == (200, MEMBERS - key.unsaid)
    venue = Venue.make()
    venue.exchange.keys.put(key)
    ask = {"coin": "USDT", "amount": "1", "address": "away"}
    assert venue.signed("POST", "/sapi/v1/capital/withdraw/apply", key, **ask)[0] == 200


def test_of_a_silent_key_nothing_is_told_and_it_trades_all_the_same() -> None:
    key = replace(MAIN, silent=True)
    status, body = told(key)
    assert (status, body["code"]) == (500, -1000)
    venue = Venue.make()
    venue.exchange.keys.put(key)
    assert venue.limit("BUY", "100", "0.3", by=key)[0] == 200
