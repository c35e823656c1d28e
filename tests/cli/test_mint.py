"""Virtual keys look like the exchange's own, and no two are alike."""

import re

import pytest

from ringfence.cli.mint import mint
from ringfence.dialects.virtual import recognise
from ringfence.errors import Misconfigured


def _pair() -> tuple[str, str]:
    key, secret = mint("binance")
    with secret:
        return key, str(secret.view(), "ascii")


def test_both_halves_have_the_shape_of_binances_and_are_recognised_for_what_they_are() -> None:
    key, secret = _pair()
    for text in (key, secret):
        assert re.fullmatch("[0-9A-Za-z]{64}", text)
    assert (recognise(key), recognise(secret)) == ("binance key", "binance secret")


def test_no_two_keys_share_a_visible_part() -> None:
    keys = [half for _ in range(60) for half in _pair()]
    assert len(set(keys)) == len(keys)
    for at in range(64):  # 120 draws from 62 characters: no column is constant or close to it
        assert len({key[at] for key in keys}) > 30


@pytest.mark.parametrize("dialect", ["", "Binance", "kraken", "binance "])
def test_no_key_is_made_for_a_dialect_without_a_shape(dialect: str) -> None:
    with pytest.raises(Misconfigured, match="no virtual keys"):
        mint(dialect)
