"""Who has logged on to a connection, and whose events it hears."""

from ringfence.paper.keys import ApiKey, Right, Type
from tests.paper.caller import KEY, ORDER, SECRET, Caller, error
from tests.paper.venue import ACCOMPLICE, MAIN, NOW

GONE = {"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}
EMPTY = {
    "apiKey": None, "authorizedSince": None, "connectedSince": NOW, "returnRateLimits": True, "serverTime": NOW,
    "userDataStream": False,
}  # fmt: skip


def test_a_session_says_who_has_logged_on_and_forgets_it_again() -> None:
    caller = Caller()
    assert caller.call("session.status")["result"] == EMPTY
    caller.venue.now += 5
    on = {**EMPTY, "apiKey": KEY, "authorizedSince": NOW + 5, "serverTime": NOW + 5}
    assert caller.log_on()["result"] == on
    assert caller.call("session.status")["result"] == on
    assert caller.call("session.logout")["result"] == {**EMPTY, "serverTime": NOW + 5}
    assert caller.call("session.logout")["status"] == 200


def test_only_a_key_pair_of_one_kind_may_log_on() -> None:
    caller = Caller()
    assert error(caller.log_on(MAIN)) == (400, -4056)
    assert error(caller.call("session.logon")) == (401, -2014)
    assert caller.session.key is None


def test_a_call_in_a_session_needs_no_key_and_no_signature_and_a_time_all_the_same() -> None:
    caller = Caller()
    caller.log_on()
    assert caller.call("order.place", timestamp=NOW, **ORDER)["result"]["status"] == "NEW"
    assert error(caller.call("order.place", **ORDER)) == (400, -1102)
    assert error(caller.call("order.place", timestamp=NOW - 6000, **ORDER)) == (400, -1021)
    assert caller.signed("account.status", ACCOMPLICE)["result"]["balances"][0]["asset"] == "BTC"
    assert error(caller.call("account.status", timestamp=NOW, apiKey=MAIN.key)) == (400, -1102)
    caller.call("session.logout")
    assert error(caller.call("order.place", timestamp=NOW, **ORDER)) == (401, -2014)


def test_a_key_that_is_gone_ends_its_session_with_the_next_call() -> None:
    caller = Caller()
    caller.log_on()
    caller.call("userDataStream.subscribe")
    caller.venue.exchange.keys.revoke(KEY)
    assert caller.call("account.status", timestamp=NOW)["error"] == GONE
    assert caller.told[1:] == [{"subscriptionId": 0, "event": {"e": "eventStreamTerminated", "E": NOW}}]
    assert caller.call("session.status")["result"] == EMPTY


def test_a_session_goes_by_what_its_key_may_do_now() -> None:
    caller = Caller()
    caller.log_on()
    caller.venue.exchange.keys.put(ApiKey("pair", "main", KEY, SECRET, frozenset({Right.READ}), type=Type.ED25519))
    assert error(caller.call("order.place", timestamp=NOW, **ORDER)) == (401, -2015)
    assert caller.call("account.status", timestamp=NOW)["status"] == 200


# whose events are heard


def test_events_are_heard_by_a_signature_or_in_a_session_each_under_a_number_of_its_own() -> None:
    caller = Caller()
    assert error(caller.call("userDataStream.subscribe")) == (400, -1099)
    assert caller.signed("userDataStream.subscribe.signature")["result"] == {"subscriptionId": 0}
    assert caller.signed("userDataStream.subscribe.signature", ACCOMPLICE)["result"] == {"subscriptionId": 1}
    caller.log_on()
    assert caller.call("userDataStream.subscribe")["result"] == {"subscriptionId": 2}
    assert caller.call("session.status")["result"]["userDataStream"] is True
    assert caller.call("session.subscriptions")["result"] == [{"subscriptionId": number} for number in (0, 1, 2)]
    assert [each.account for each in caller.session.subscriptions.values()] == ["main", "accomplice", "main"]


def test_a_key_that_may_not_read_hears_nothing() -> None:
    caller = Caller()
    blind = ApiKey("blind", "main", "b" * 64, "s", frozenset({Right.TRADE}))
    caller.venue.exchange.keys.put(blind)
    assert error(caller.signed("userDataStream.subscribe.signature", blind)) == (401, -2015)
    assert not caller.session.subscriptions


def ended(caller: Caller) -> list[int]:
    assert all(told["event"] == {"e": "eventStreamTerminated", "E": NOW} for told in caller.told[1:])
    return [told["subscriptionId"] for told in caller.told[1:]]


def heard() -> Caller:
    """Two subscriptions by a signature, and one of a session."""
    caller = Caller()
    caller.signed("userDataStream.subscribe.signature")
    caller.signed("userDataStream.subscribe.signature")
    caller.log_on()
    caller.call("userDataStream.subscribe")
    return caller


def test_a_subscription_that_ends_says_so_and_its_number_is_not_given_again() -> None:
    caller = heard()
    assert caller.call("userDataStream.unsubscribe", subscriptionId=1)["result"] == {}
    assert ended(caller) == [1]
    assert error(caller.call("userDataStream.unsubscribe", subscriptionId=1)) == (400, -1163)
    assert caller.call("userDataStream.subscribe")["result"] == {"subscriptionId": 3}
    caller.call("userDataStream.unsubscribe")
    assert ended(caller) == [0, 2, 3]
    assert caller.call("session.subscriptions")["result"] == []


def test_logging_out_ends_what_was_heard_in_the_session_and_nothing_else() -> None:
    caller = heard()
    caller.call("session.logout")
    assert ended(caller) == [2]
    assert list(caller.session.subscriptions) == [0, 1]
