from decimal import Decimal

import pytest

from ringfence.ipc.messages import Quote, Quotes
from ringfence.model.names import AccountName, Symbol
from ringfence.signer.clock import boot_ms
from ringfence.signer.market import Market
from ringfence.signer.world import MAX_CORRECTION_MS, MAX_SKEW_MS, World

MAIN, BTC = AccountName("main"), Symbol("BTC/USDT")


@pytest.mark.parametrize(
    ("offset", "trusted"),
    [(0, True), (MAX_SKEW_MS, True), (-MAX_SKEW_MS, True), (MAX_SKEW_MS + 1, False), (-MAX_SKEW_MS - 1, False)],
)
def test_a_clock_far_off_the_exchanges_is_not_trusted(offset: int, trusted: bool) -> None:
    world = World(offsets={MAIN: offset})
    assert (world.skewed(MAIN) is None) is trusted


def test_a_clock_that_was_never_compared_is_not_trusted() -> None:
    assert World().skewed(MAIN) is not None


@pytest.mark.parametrize(
    ("offset", "correction"),
    [(0, 0), (999, 999), (1_500, MAX_CORRECTION_MS), (-4_000, -MAX_CORRECTION_MS)],
)
def test_our_time_is_corrected_by_the_exchanges_but_never_by_much(offset: int, correction: int) -> None:
    assert World(offsets={MAIN: offset}).stamp(MAIN, 1_000_000) == 1_000_000 + correction


@pytest.mark.parametrize(
    "quote",
    [
        Quote(BTC, Decimal(0), Decimal(1), 3, 0.0),
        Quote(BTC, Decimal(-1), Decimal(1), 3, 0.0),
        Quote(BTC, Decimal("NaN"), Decimal(1), 3, 0.0),
        Quote(BTC, Decimal(1), Decimal("Infinity"), 3, 0.0),
        Quote(BTC, Decimal(1), Decimal(1), 3, boot_ms() / 1000 + 3600),
    ],
)
def test_a_price_that_cannot_be_is_no_price(quote: Quote) -> None:
    market = Market()
    market.take(Quotes((quote,)), 0)
    assert market.references == {}


def test_an_older_price_does_not_replace_a_newer_one() -> None:
    now, market = boot_ms() / 1000, Market()
    newer, older = (Quote(BTC, Decimal(price), Decimal(price), 3, at) for price, at in ((2, now), (1, now - 1)))
    market.take(Quotes((newer,)), 0)
    market.take(Quotes((older,)), 1)
    assert market.references[BTC].buy == 2
