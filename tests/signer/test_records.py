from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec.structs import replace

from ringfence.dialects.dialect import Answer
from ringfence.journal.store import Store
from ringfence.model.names import ClientId, OrderId
from ringfence.signer import records
from ringfence.signer.intent import Intent, State, settle
from tests.signer.test_ledger import AT_100, BUY, NOW, report

FIRST, SECOND = Answer(200, b'{"first":1}'), Answer(200, b'{"second":1}')


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    key = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    store = Store.open(tmp_path, "ringfence/journal", key, records.SCHEMA, lambda: (1_000, 1))
    store.begin()
    records.add_intent(store, BUY)
    yield store
    store.close()


def holds(position: str) -> records.Holds:
    return records.Holds(Decimal(position), Decimal(-5))


def known(store: Store) -> Intent:
    intent = records.by_client_id(store, BUY.account, BUY.client_id)
    assert intent is not None
    return intent


def test_what_became_of_an_order_is_one_row_with_the_entries_that_say_so(store: Store) -> None:
    resting = settle(BUY, report("1", "101", final=False), NOW, AT_100)
    filled = settle(resting, report("2", "202", final=True), NOW, AT_100)
    records.update_intent(store, resting, holds("1"), 10, FIRST)
    records.update_intent(store, filled, holds("2"), 12, None)
    assert known(store) == filled
    assert records.outcomes(store, BUY.seq) == [10, 12]
    assert records.positions(store) == [(BUY.bot, BUY.account, BUY.base, Decimal(2))]
    assert records.results(store) == [(BUY.bot, Decimal(-5))]
    assert records.find_answer(store, BUY.seq) == FIRST


def test_the_first_answer_is_the_one_that_is_repeated(store: Store) -> None:
    assert records.find_answer(store, BUY.seq) is None
    records.add_answer(store, [BUY.seq], FIRST)
    records.add_answer(store, [BUY.seq], SECOND)
    records.update_intent(store, settle(BUY, report("0", "0", final=False), NOW, AT_100), holds("0"), 10, SECOND)
    assert records.find_answer(store, BUY.seq) == FIRST


def test_an_order_that_has_ended_does_not_change_but_keeps_what_is_said_of_it(store: Store) -> None:
    filled = settle(BUY, report("2", "202", final=True), NOW, AT_100)
    records.update_intent(store, filled, holds("2"), 10, None)
    records.update_intent(store, replace(filled, state=State.OPEN), holds("2"), 11, FIRST)
    assert known(store) == filled
    assert records.outcomes(store, BUY.seq) == [10, 11]
    assert records.find_answer(store, BUY.seq) == FIRST


def test_an_exchange_id_that_another_intent_has_leaves_an_order_unknown_and_reserved(store: Store) -> None:
    other = replace(BUY, seq=8, client_id=ClientId("b"))
    records.add_intent(store, other)
    records.update_intent(store, replace(other, state=State.OPEN, order_id=OrderId("9")), holds("0"), 10, None)
    records.update_intent(store, settle(BUY, report("2", "202", final=True), NOW, AT_100), holds("2"), 11, FIRST)
    assert known(store) == BUY
    assert records.outcomes(store, BUY.seq) == [11]
    assert {intent.seq for intent in records.counting(store, NOW)} == {BUY.seq, other.seq}


def test_what_a_fill_lost_beyond_what_was_counted_is_written_down(store: Store) -> None:
    records.add_slippage(store, BUY.seq, Decimal("0.5"))
    records.add_slippage(store, BUY.seq + 1, Decimal("0.5"))  # an order that nobody knows
    store.commit()
    assert known(store).slipped == Decimal("0.5")
    (entry,) = [msgspec.json.decode(entry.text) for entry in store.entries(-1, 10)]
    assert (entry["kind"], entry["actor"], entry["intent"], entry["more"]) == ("loss", BUY.bot, BUY.seq, "0.5")
