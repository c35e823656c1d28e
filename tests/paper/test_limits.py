import pytest

from ringfence.paper.limits import Allowance
from tests.paper.venue import ACCOMPLICE, Venue

SMALL = Allowance(weight=10, orders_10s=3)


def test_a_request_is_counted_in_its_answer_and_the_count_begins_anew_each_minute() -> None:
    venue = Venue.make()
    venue.get("/api/v3/ping")
    venue.get("/api/v3/ticker/24hr")
    assert [reply.headers["X-MBX-USED-WEIGHT-1M"] for reply in venue.replies] == ["1", "81"]
    venue.now += 60_000
    venue.get("/api/v3/ping")
    assert venue.replies[-1].headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_too_much_weight_is_429_and_going_on_is_418_until_the_ban_is_over() -> None:
    venue = Venue.make(allowance=SMALL)
    statuses = [venue.get("/api/v3/ping")[0] for _ in range(31)]
    assert statuses == [200] * 10 + [429] * 20 + [418]
    assert venue.replies[10].headers["Retry-After"] == str(60 - (venue.now // 1000) % 60)
    assert venue.replies[-1].headers["Retry-After"] == "120"
    venue.now += 119_999
    assert venue.get("/api/v3/ping")[0] == 418
    venue.now += 1
    assert venue.get("/api/v3/ping")[0] == 200


def test_a_second_ban_is_longer() -> None:
    venue = Venue.make(allowance=SMALL)
    for _ in range(31):
        venue.get("/api/v3/ping")
    venue.now += 120_000
    for _ in range(31):
        venue.get("/api/v3/ping")
    assert venue.replies[-1].headers["Retry-After"] == "240"


def test_a_ban_is_for_an_address_and_bars_every_account_behind_it() -> None:
    """S25: a flood on a trading key also bars the owner's kill switch, if both come from one address."""
    venue = Venue.make(allowance=SMALL)
    for _ in range(31):
        venue.get("/api/v3/ping")
    assert venue.limit("BUY", "100", "0.3")[0] == 418
    assert venue.limit("BUY", "100", "0.3", by=ACCOMPLICE)[0] == 418
    venue.address = "127.0.0.2"
    assert venue.limit("BUY", "100", "0.3")[0] == 200


def test_both_doors_of_the_exchange_are_counted_together_and_other_venues_are_not() -> None:
    venue = Venue.make(allowance=SMALL)
    for _ in range(10):
        venue.get("/api/v3/ping")
    assert venue.raw("GET", "/api/v3/ping", listener="plain")[0] == 429
    assert venue.raw("GET", "/api/v3/ping", listener="east")[0] == 200


def test_an_account_may_send_so_many_orders_in_ten_seconds() -> None:
    venue = Venue.make(allowance=Allowance(orders_10s=3))
    venue.now -= venue.now % 10_000
    answers = [venue.limit("BUY", "100", "0.3") for _ in range(4)]
    assert [status for status, _ in answers] == [200, 200, 200, 429]
    assert answers[-1][1]["code"] == -1015
    assert venue.replies[2].headers["X-MBX-ORDER-COUNT-10S"] == "3"
    assert "Retry-After" not in venue.replies[3].headers
    assert venue.limit("BUY", "100", "0.3", by=ACCOMPLICE)[0] == 200
    venue.now += 10_000
    assert venue.limit("BUY", "100", "0.3")[0] == 200


@pytest.mark.parametrize("target", ["/api/v3/ticker/price?symbol=A&symbol=B", "/api/v3/depth?symbol=BTCUSDT&limit=x"])
def test_a_malformed_request_weighs_something_too(target: str) -> None:
    venue = Venue.make()
    venue.raw("GET", target)
    assert venue.replies[-1].headers["X-MBX-USED-WEIGHT-1M"] == "1"


def test_the_wallet_side_has_a_count_of_its_own() -> None:
    venue = Venue.make()
    venue.get("/api/v3/ping")
    venue.signed("GET", "/sapi/v1/capital/config/getall")
    assert venue.replies[-1].headers["X-SAPI-USED-IP-WEIGHT-1M"] == "10"
