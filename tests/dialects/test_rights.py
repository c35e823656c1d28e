"""What a key may do is said as it was told, with what to click; what was not told is never a pass."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.dialects.rights import accepted
from ringfence.model.facts import Role
from ringfence.model.finding import Finding, KeyRights, Level
from ringfence.model.reply import Limited, Missing, Rejected, Reply, Told, Unclear
from tests.dialects.binance.asks import DIALECT

DAY = 24 * 3600 * 1000
NOW = 1_800_000_000_000
SOUND: dict[str, Any] = {
    "ipRestrict": True,
    "createTime": NOW - DAY,
    "enableReading": True,
    "enableSpotAndMarginTrading": True,
    "enableWithdrawals": False,
    "enableInternalTransfer": False,
    "permitsUniversalTransfer": False,
    "enableMargin": False,
    "enableFutures": False,
    "enableVanillaOptions": False,
    "enablePortfolioMarginTrading": False,
}


GRAVE = ("enableWithdrawals", "enableInternalTransfer", "permitsUniversalTransfer")


def heard(**changes: object) -> KeyRights:
    body = {name: value for name, value in {**SOUND, **changes}.items() if value is not None}
    return DIALECT.hear_rights(200, json.dumps(body).encode(), NOW)


def findings(**changes: object) -> tuple[Finding, ...]:
    return heard(**changes).findings


def odd(**changes: object) -> list[Finding]:
    return [finding for finding in findings(**changes) if finding.level is not Level.OK]


def test_a_key_that_may_only_trade_from_here_passes() -> None:
    assert odd() == []
    assert Finding(Level.OK, "it cannot withdraw") in findings()


@pytest.mark.parametrize(
    ("name", "level", "says"),
    [
        ("enableWithdrawals", Level.CRITICAL, "it can withdraw"),
        ("enableInternalTransfer", Level.CRITICAL, "it can send money to other Binance accounts"),
        (
            "permitsUniversalTransfer",
            Level.CRITICAL,
            "it can move money between this account's wallets and sub-accounts",
        ),
        ("enableMargin", Level.WARNING, "it can borrow on margin"),
        ("enableFutures", Level.WARNING, "it can trade futures"),
    ],
)
def test_a_right_that_no_bot_needs_is_found_with_what_to_click(name: str, level: Level, says: str) -> None:
    [found] = odd(**{name: True})
    assert (found.level, found.text) == (level, says)
    assert "api-management" in found.fix
    assert "untick" in found.fix


@pytest.mark.parametrize("name", ["ipRestrict", "enableReading", "enableSpotAndMarginTrading"])
def test_a_right_that_is_missing_is_a_warning(name: str) -> None:
    [found] = odd(**{name: False})
    assert found.level is Level.WARNING
    assert found.text.startswith("it cannot ")


@pytest.mark.parametrize("name", SOUND)
@pytest.mark.parametrize("value", [None, "false", 0, [], "no"])
def test_a_member_that_was_not_told_is_unanswered_and_no_pass(name: str, value: object) -> None:
    [found] = odd(**{name: value})
    assert found.level is Level.UNANSWERED
    assert name in found.text


@pytest.mark.parametrize(("days", "level"), [(90, Level.OK), (91, Level.WARNING)])
def test_a_key_past_three_months_is_old(days: int, level: Level) -> None:
    assert [one.level for one in findings(createTime=NOW - days * DAY) if "days old" in one.text] == [level]


@pytest.mark.parametrize(("days", "level"), [(14, Level.OK), (13, Level.WARNING)])
def test_a_right_to_trade_that_ends_soon_is_said(days: int, level: Level) -> None:
    told = findings(tradingAuthorityExpirationTime=NOW + days * DAY)
    assert told[-1] == Finding(level, f"its right to trade ends in {days} days", told[-1].fix)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (0, b""),
        (504, b"{}"),
        (401, b'{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}'),
        (404, b"<html>"),
    ],
)
def test_an_answer_that_did_not_come_is_one_unanswered_question(status: int, body: bytes) -> None:
    rights = DIALECT.hear_rights(status, body, NOW)
    [found] = rights.findings
    assert found.level is Level.UNANSWERED
    assert rights.unfit is None


@pytest.mark.parametrize("body", [b"", b"[]", b"\xff", b'{"enableWithdrawals":false,"enableWithdrawals":true}'])
def test_an_answer_that_two_could_read_in_two_ways_answers_nothing(body: bytes) -> None:
    rights = DIALECT.hear_rights(200, body, NOW)
    assert {found.level for found in rights.findings} == {Level.UNANSWERED}
    assert rights.unfit is None


def test_nothing_speaks_against_a_key_whose_grave_rights_are_all_told_and_all_off() -> None:
    assert heard().unfit == ""
    for name in set(SOUND) - set(GRAVE):  # a warning, or a question left open, stops no order
        assert heard(**{name: None}).unfit == heard(**{name: True}).unfit == ""


@pytest.mark.parametrize("name", GRAVE)
def test_a_grave_right_of_which_nobody_told_leaves_it_open_whether_the_key_is_fit(name: str) -> None:
    assert heard(**{name: None}).unfit is None
    others = dict.fromkeys(set(GRAVE) - {name}, None)
    assert heard(**{name: True}, **others).unfit in {
        found.text for found in odd(**{name: True})
    }  # one that is told is enough


def test_all_that_speaks_against_a_key_is_named() -> None:
    assert heard(enableWithdrawals=True, enableInternalTransfer=True).unfit == (
        "it can withdraw, it can send money to other Binance accounts"
    )


def watching(**changes: object) -> KeyRights:
    body = {name: value for name, value in {**SOUND, **changes}.items() if value is not None}
    return DIALECT.hear_rights(200, json.dumps(body).encode(), NOW, Role.WATCH)


def test_a_key_that_only_reads_passes_as_one_that_only_reads() -> None:
    rights = watching(enableSpotAndMarginTrading=False)
    assert rights.unfit == ""
    assert {found.level for found in rights.findings} == {Level.OK}


OTHERS = sorted(set(SOUND) - {"ipRestrict", "enableReading", "createTime", "enableSpotAndMarginTrading"})


@pytest.mark.parametrize("name", OTHERS)
def test_any_right_but_to_read_speaks_against_a_key_that_is_to_read_alone(name: str) -> None:
    alone: dict[str, object] = {"enableSpotAndMarginTrading": False, name: True}
    assert watching(**alone).unfit
    assert watching(**{**alone, name: None}).unfit is None  # what was not told is no pass
    assert "untick" in next(found.fix for found in watching(**alone).findings if found.level is Level.CRITICAL)


def test_one_that_can_trade_is_no_key_to_read_with() -> None:
    assert watching().unfit == "it can trade on spot"
    assert "untick Enable Spot" in next(one.fix for one in watching().findings if one.level is Level.CRITICAL)


@pytest.mark.parametrize(
    ("body", "owner"),
    [
        (b'{"uid":354937868}', "354937868"),
        (b"{}", None),
        (b'{"uid":"1"}', "1"),
        (b'{"uid":-1}', None),
        (b'{"uid":1,"uid":2}', None),
        (b"", None),
    ],
)
def test_whose_account_an_answer_tells_of_is_a_plain_number_or_unknown(body: bytes, owner: str | None) -> None:
    assert DIALECT.hear_owner(body) == owner


WORDS = st.sampled_from(["", "false", "true", "no"])
VALUES: st.SearchStrategy[object] = st.none() | st.booleans() | st.integers(-1, 2) | WORDS | st.just([])


@given(st.fixed_dictionaries(dict.fromkeys(SOUND, VALUES)))
def test_only_three_plain_noes_make_a_key_fit(answer: dict[str, object]) -> None:
    rights = heard(**answer)
    assert (rights.unfit == "") is all(answer[name] is False for name in GRAVE)
    assert bool(rights.unfit) is any(answer[name] is True for name in GRAVE)


@given(st.integers(0, 999), st.binary(max_size=300))
def test_no_answer_at_all_makes_the_reading_raise_and_no_nonsense_makes_a_key_fit(status: int, body: bytes) -> None:
    assert DIALECT.hear_rights(status, body, NOW).unfit is None


REFUSED = "Invalid API-key, IP, or permissions for action."


@pytest.mark.parametrize(
    ("reply", "level"),
    [
        (Told(), Level.OK),
        (Rejected("-2015", REFUSED), Level.CRITICAL),
        (Limited(60, "too many requests"), Level.UNANSWERED),
        (Unclear("HTTP 502"), Level.UNANSWERED),
        (Missing("no such order"), Level.UNANSWERED),
    ],
)
def test_only_a_refusal_speaks_against_a_key_and_only_an_answer_for_it(reply: Reply, level: Level) -> None:
    assert accepted(reply).level is level
