"""Virtual keys look like the exchange's own, and a leaked one is recognised."""

import re
import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Misconfigured
from ringfence.vault import virtual
from ringfence.vault.virtual import SHAPES, mint, recognise

_BASE62 = string.ascii_letters + string.digits


def _pair() -> tuple[str, str]:
    key, secret = mint("binance")
    with secret:
        return key, str(secret.view(), "ascii")


def test_both_halves_have_the_shape_of_binances() -> None:
    for text in _pair():
        assert re.fullmatch("[0-9A-Za-z]{64}", text)


def test_the_secret_half_keeps_more_than_two_hundred_bits_and_chance_has_less_than_one_in_2_to_the_32() -> None:
    for shape in SHAPES.values():
        assert len(set(shape.alphabet)) == len(shape.alphabet)
        assert len(shape.alphabet) ** (shape.length - shape.mark) > 2**200
        assert len(shape.alphabet) ** shape.mark > 2**32


def test_no_two_keys_share_a_visible_part() -> None:
    keys = [half for _ in range(60) for half in _pair()]
    assert len(set(keys)) == len(keys)
    for at in range(64):  # 120 draws from 62 characters: no column is constant or close to it
        assert len({key[at] for key in keys}) > 30


@pytest.mark.parametrize(
    "around",
    ["{}", 'api_key = "{}"', "https://x/?k={}&t=1", "\\n{}\\n", "AAAA{}zzzz", "x" * 200 + "{}" + "y" * 200, "é{}é"],
)
def test_a_leaked_half_is_recognised_wherever_it_stands(around: str) -> None:
    key, secret = _pair()
    assert recognise(around.format(key)) == "binance key"
    assert recognise(around.format(secret)) == "binance secret"


def test_one_wrong_character_is_no_virtual_key() -> None:
    key, _ = _pair()
    for at in range(64):
        other = next(letter for letter in _BASE62 if letter != key[at])
        assert recognise(key[:at] + other + key[at + 1 :]) is None


@given(st.text(alphabet=_BASE62, min_size=64, max_size=64))
def test_a_string_of_the_same_shape_is_not_taken_for_one(text: str) -> None:
    assert recognise(text) is None


def test_five_thousand_random_strings_hold_none() -> None:
    text = " ".join("".join(secrets.choice(_BASE62) for _ in range(64)) for _ in range(5_000))
    assert recognise(text) is None


@given(st.text(max_size=300))
def test_any_text_can_be_looked_at(text: str) -> None:
    assert recognise(text) is None


def test_the_mark_depends_on_every_character_and_on_which_half_it_is() -> None:
    shape = SHAPES["binance"]
    body = b"a" * 54
    assert virtual._mark("binance", "key", shape, body) != virtual._mark("binance", "secret", shape, body)
    assert len({virtual._mark("binance", "key", shape, b"a" * at + b"b" + b"a" * (53 - at)) for at in range(54)}) == 54


@pytest.mark.parametrize("shape", ["", "Binance", "kraken", "binance "])
def test_no_key_is_made_for_a_dialect_without_a_shape(shape: str) -> None:
    with pytest.raises(Misconfigured, match="no virtual keys"):
        mint(shape)
