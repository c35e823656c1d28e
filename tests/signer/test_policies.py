from pathlib import Path

import msgspec
import pytest

from ringfence.errors import Broken
from ringfence.model.entry import EntryKind
from ringfence.policy.load import load
from ringfence.signer import policies, records
from ringfence.signer.past import Past
from tests.deployment import POLICY
from tests.signer.test_writer import open_store


def test_a_policy_put_into_the_state_by_hand_does_not_come_into_force(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.begin()
    store.append(EntryKind.POLICY, "owner", {"text": POLICY})
    wide = POLICY.replace('"5000"', '"5000000"')
    for text, seq in ((wide, 0), (POLICY, 1), (POLICY, 0)):
        records.put(store, "policy", msgspec.json.encode(policies.Kept(text, seq, 0)).decode())
        if (text, seq) == (POLICY, 0):
            found = policies.restore(store, Past(seq=0))
            assert found is not None
            assert found.policy == load(POLICY)
        else:
            with pytest.raises(Broken):
                policies.restore(store, Past(seq=seq))


def test_damaged_state_is_no_policy(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.begin()
    records.put(store, "policy", "{")
    with pytest.raises(Broken):
        policies.restore(store, Past(seq=0))


def test_without_a_policy_there_is_none(tmp_path: Path) -> None:
    assert policies.restore(open_store(tmp_path), Past()) is None
