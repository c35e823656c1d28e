"""How a symbol trades is compared with what was pinned, word by word (S40)."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ringfence.model.facts import Instrument
from ringfence.signer.questions import drift
from tests.policy.world import INSTRUMENT

CHANGED = [
    (INSTRUMENT, None),
    (replace(INSTRUMENT, tick=Decimal("0.010")), None),  # the same number
    (replace(INSTRUMENT, tick=Decimal("0.1")), "tick 0.01 to 0.1"),
    (replace(INSTRUMENT, step=Decimal(1), native="BTC2"), "native BTCUSDT to BTC2, step 0.001 to 1"),
    (None, "it is not traded now"),
]


@pytest.mark.parametrize(("now", "said"), CHANGED)
def test_a_drift_is_told_word_by_word(now: Instrument | None, said: str | None) -> None:
    assert drift(INSTRUMENT, now) == said
