"""A permission is for just the order that a person saw, once, and not for long."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ringfence.model.action import ListForm, Place, PlaceList
from ringfence.model.names import BotName, ClientId
from ringfence.signer.holds import GRANT_MS, Holds, held, unnamed
from ringfence.signer.orders import content_of
from tests.signer.test_ledger import BOT, NOW, ORDER

ACTION = Place(ORDER)
MEANT = content_of(BOT, unnamed(ACTION))


def holding(bot: BotName = BOT, content: str = MEANT) -> Holds:
    holds = Holds()
    holds.note(held(bot, content, "BUY 2 BTC/USDT", "too large", NOW))
    return holds


@pytest.mark.parametrize(("after", "allowed"), [(GRANT_MS - 1, True), (GRANT_MS, False)])
def test_a_permission_ends_after_ten_minutes(after: int, allowed: bool) -> None:
    holds = holding()
    assert holds.grant(MEANT[:8], NOW) is not None
    assert holds.allows(MEANT, NOW + after) is allowed


def test_it_is_for_one_order() -> None:
    holds = holding()
    holds.grant(MEANT[:8], NOW)
    holds.use(MEANT)
    assert not holds.allows(MEANT, NOW)
    assert holds.grant(MEANT[:8], NOW) is None


def test_nothing_is_allowed_that_was_not_held() -> None:
    assert Holds().grant("12345678", NOW) is None
    assert not holding().allows(MEANT, NOW)


CHANGED = [
    Place(replace(ORDER, quantity=Decimal("2.001"))),
    Place(replace(ORDER, price=Decimal("101.01"))),
    Place(replace(ORDER, side="SELL")),
    Place(replace(ORDER, tif=None)),
    Place(replace(ORDER, trigger=Decimal(1))),
    PlaceList(ListForm.OTO, (ORDER, ORDER), None),
]


@pytest.mark.parametrize("other", CHANGED)
def test_another_order_is_not_the_one_that_was_seen_s58(other: Place | PlaceList) -> None:
    assert content_of(BOT, unnamed(other)) != MEANT


def test_another_bot_is_not_the_one_that_was_seen() -> None:
    assert content_of(BotName("other"), unnamed(ACTION)) != MEANT


def test_the_same_order_under_another_name_is() -> None:
    assert content_of(BOT, unnamed(Place(replace(ORDER, client_id=ClientId("z"))))) == MEANT
    pair = PlaceList(ListForm.OTO, (ORDER, ORDER), ClientId("list"))
    assert unnamed(pair) == unnamed(replace(pair, client_id=None))


def test_a_bot_that_asks_and_asks_pushes_out_only_its_own() -> None:
    holds = holding()
    other = BotName("other")
    for number in range(100):
        holds.note(held(other, f"{number:08d}", "", "", NOW))
    assert MEANT[:8] in holds.held
    assert [name for name in holds.held if name != MEANT[:8]] == [f"{number:08d}" for number in range(80, 100)]


@pytest.mark.parametrize(("after", "told"), [(GRANT_MS - 1, False), (GRANT_MS, True)])
def test_a_person_is_told_of_a_bot_once_in_ten_minutes_s57(after: int, told: bool) -> None:
    holds = Holds()
    assert holds.worth_telling(BOT, NOW)
    assert holds.worth_telling(BOT, NOW + after) is told
    assert holds.worth_telling(BotName("other"), NOW)
