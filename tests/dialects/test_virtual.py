"""A leaked virtual key is recognised, and nothing else is taken for one."""

import secrets
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.dialects.virtual import SHAPES, Half, mark, recognise, shape_of
from ringfence.errors import Misconfigured

_BASE62 = string.ascii_letters + string.digits
_BINANCE = shape_of("binance")


def _half(half: Half) -> str:
    body = "".join(secrets.choice(_BASE62) for _ in range(54))
    return body + mark(_BINANCE, half, body.encode()).decode()


def test_the_secret_half_keeps_more_than_two_hundred_bits_and_chance_has_less_than_one_in_2_to_the_32() -> None:
    for shape in SHAPES:
        assert len(set(shape.alphabet)) == len(shape.alphabet)
        assert len(shape.alphabet) ** (shape.length - shape.mark) > 2**200
        assert len(shape.alphabet) ** shape.mark > 2**32


@pytest.mark.parametrize(
    "around",
    ["{}", 'api_key = "{}"', "https://x/?k={}&t=1", "\\n{}\\n", "AAAA{}zzzz", "x" * 200 + "{}" + "y" * 200, "é{}é"],
)
def test_a_leaked_half_is_recognised_wherever_it_stands(around: str) -> None:
    assert recognise(around.format(_half("key"))) == "binance key"
    assert recognise(around.format(_half("secret"))) == "binance secret"


def test_one_wrong_character_is_no_virtual_key() -> None:
    key = _half("key")
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
    assert mark(_BINANCE, "key", b"a" * 54) != mark(_BINANCE, "secret", b"a" * 54)
    assert len({mark(_BINANCE, "key", b"a" * at + b"b" + b"a" * (53 - at)) for at in range(54)}) == 54


def test_a_key_that_was_given_out_is_recognised_by_every_later_version() -> None:
    assert mark(_BINANCE, "key", b"a" * 54) == b"godkGE3zSL"
    assert mark(_BINANCE, "secret", b"a" * 54) == b"wQI4MPkHq8"


@pytest.mark.parametrize("dialect", ["", "Binance", "kraken", "binance "])
def test_a_dialect_without_a_shape_is_named(dialect: str) -> None:
    with pytest.raises(Misconfigured, match="no virtual keys"):
        shape_of(dialect)
