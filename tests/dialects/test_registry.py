"""The list of dialects is what it says, and nothing else can be had from it."""

import pytest

from ringfence.dialects.registry import DIALECTS, dialect_of
from ringfence.errors import Misconfigured
from ringfence.model.names import ExchangeId


def test_every_dialect_goes_by_its_own_name() -> None:
    assert {name: dialect.name for name, dialect in DIALECTS.items()} == {name: name for name in DIALECTS}
    assert set(DIALECTS) == {"binance", "paper-binance"}


@pytest.mark.parametrize("name", ["", "Binance", "binance ", "paper", "binanceus", "../binance"])
def test_an_exchange_that_is_not_listed_has_no_dialect(name: str) -> None:
    with pytest.raises(Misconfigured) as refused:
        dialect_of(ExchangeId(name))
    assert refused.value.hint == "there are: binance, paper-binance"


def test_real_hosts_are_the_documented_ones_and_the_rehearsal_exchange_has_none() -> None:
    hosts = dialect_of(ExchangeId("binance")).hosts
    assert hosts == {f"api{which}.binance.com" for which in ("", "-gcp", "1", "2", "3", "4")}
    assert dialect_of(ExchangeId("paper-binance")).hosts == frozenset()
