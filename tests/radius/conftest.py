"""Time stands still here unless a bench moves it, and the exchange takes its usual fee again afterwards."""

from collections.abc import Iterator

import pytest

from ringfence.paper import accounts
from ringfence.signer import market, world
from tests.radius.bench import CLOCK


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the signer's own code the bench's clock."""
    usual = accounts.FEE_RATE
    monkeypatch.setattr(market, "boot_ms", CLOCK.boot)
    monkeypatch.setattr(world, "boot_ms", CLOCK.boot)
    yield
    accounts.FEE_RATE = usual
