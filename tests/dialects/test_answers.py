"""An exchange's JSON is read in one way or not at all."""

import contextlib
import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.dialects.answers import parse, rows, said, shown
from ringfence.errors import Misread


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null x",
        b'{"a":1,"a":2}',
        b'{"a":1,"\\u0061":2}',
        b'{"a":{"b":1,"b":1}}',
        b'{"a":NaN}',
        b'{"a":Infinity}',
        b'{"a":-Infinity}',
        b"[" * 9 + b"]" * 9,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":"\xff"}',
        '{"a":1}'.encode("utf-16"),
        b"\xef\xbb\xbf{}",
    ],
    ids=range(15),
)
def test_what_two_readers_could_take_in_two_ways_is_refused(body: bytes) -> None:
    with pytest.raises(Misread):
        parse(body)


def test_eight_levels_are_read() -> None:
    assert parse(b"[" * 8 + b"]" * 8)


@pytest.mark.parametrize("body", [b"[]", b"1", b'"a"', b"null", b"true"])
def test_what_is_not_an_object_is_refused_where_one_is_needed(body: bytes) -> None:
    with pytest.raises(Misread):
        said(body)


def test_numbers_keep_every_digit() -> None:
    answer = said(b'{"text":"0.10","number":0.100000000000000005,"big":9223372036854775807}')
    assert answer.amount("text") == Decimal("0.10")
    assert answer.amount("number") == Decimal("0.100000000000000005")
    assert answer.whole("big", 2**63 - 1) == 2**63 - 1


@pytest.mark.parametrize("value", [b"-1", b"1e400", b"1e3", b"null", b"true", b"[]", b'"-0.1"', b'"NaN"'])
def test_an_amount_that_is_not_plain_is_refused(value: bytes) -> None:
    with pytest.raises(Misread):
        said(b'{"a":' + value + b"}").amount("a")


def test_a_member_that_is_missing_is_refused_and_null_counts_as_missing() -> None:
    answer = said(b'{"a":null}')
    assert not answer.has("a")
    assert not answer.has("b")
    for name in ("a", "b"):
        with pytest.raises(Misread):
            answer.text(name)


def test_a_list_of_anything_but_objects_is_refused() -> None:
    with pytest.raises(Misread):
        rows([{}, 1])
    with pytest.raises(Misread):
        said(b'{"a":{}}').rows("a")


def test_a_strangers_text_is_cut_and_made_plain() -> None:
    assert shown("a\x1b[31m\nü") == "a?[31m??"
    assert len(shown("x" * 1_000)) == 200


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_misread(body: bytes) -> None:
    with contextlib.suppress(Misread):
        said(body)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def texts(value: object) -> object:
    """Whole numbers as text, as whoever asks for a member gets them."""
    match value:
        case dict():
            return {name: texts(inner) for name, inner in value.items()}
        case list():
            return [texts(inner) for inner in value]
        case int() if not isinstance(value, bool):
            return str(value)
        case _:
            return value


def slowly(body: bytes) -> object:
    """What Python's own reader makes of an answer; the white space is not plain, so it takes the longer way."""
    return parse(b" " + body)


@given(VALUES, st.booleans())
def test_an_answer_means_the_same_by_the_short_and_by_the_long_way(value: object, plain: bool) -> None:
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=not plain).encode("utf-8", "surrogatepass")
    try:
        expected = slowly(body)
    except Misread:
        with pytest.raises(Misread):
            parse(body)
    else:
        assert texts(parse(body)) == expected


@given(st.binary(max_size=60) | st.text('[]{}",:0123456789.eE+-\\ua ntrlfs', max_size=60).map(str.encode))
def test_no_bytes_are_read_by_the_short_way_that_the_long_way_refuses(body: bytes) -> None:
    with contextlib.suppress(Misread):
        assert texts(parse(body)) == slowly(body)
