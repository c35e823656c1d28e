import json
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.errors import Broken
from ringfence.journal.canonical import encode
from ringfence.model.entry import EntryKind, Value

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (0, "0"),
        (-1, "-1"),
        (2**53 - 1, "9007199254740991"),
        (-(2**53) + 1, "-9007199254740991"),
        ("", '""'),
        ("plain /text", '"plain /text"'),
        ('"\\', '"\\"\\\\"'),
        ("\b\t\n\f\r", '"\\b\\t\\n\\f\\r"'),
        ("\x00\x1f", '"\\u0000\\u001f"'),
        ("\x7f", '"\x7f"'),  # RFC 8785 section 3.2.2.2: not a control character of JSON
        ("\u20ac", '"\\u20ac"'),
        ("\U0001f600", '"\\ud83d\\ude00"'),
        (EntryKind.INTENT, '"intent"'),
        ([], "[]"),
        ({}, "{}"),
        ([1, [True, None]], "[1,[true,null]]"),
        ({"b": 1, "a": {"d": 2, "c": 3}}, '{"a":{"c":3,"d":2},"b":1}'),
        ({"a": 1, "B": 2, "": 3}, '{"":3,"B":2,"a":1}'),
        (MappingProxyType({"a": 1}), '{"a":1}'),
    ],
)
def test_a_value_has_one_spelling(value: Value, expected: str) -> None:
    assert encode(value) == expected.encode("ascii")


def test_keys_are_sorted_by_utf_16_unit_and_not_by_code_point() -> None:
    assert encode({"\ufb33": 1, "\U0001f600": 2}) == b'{"\\ud83d\\ude00":2,"\\ufb33":1}'


@pytest.mark.parametrize(
    "value",
    [
        1.0,
        float("nan"),
        Decimal(1),
        Fraction(1),
        2**53,
        -(2**53),
        b"bytes",
        (1, 2),
        {1},
        object,  # a type, where a value should be
        "\ud800",
        {"\udfff": 1},
    ],
    ids=repr,
)
@pytest.mark.parametrize("inside", [False, True], ids=["alone", "nested"])
def test_what_json_cannot_carry_unchanged_is_refused(value: Value, inside: bool) -> None:
    with pytest.raises(Broken):
        encode({"deep": [value]} if inside else value)


@pytest.mark.parametrize("key", [1, None, True, b"a"])
def test_a_key_that_is_not_text_is_refused(key: str) -> None:
    with pytest.raises(Broken, match="cannot be a key"):
        encode({key: 1})


@pytest.mark.parametrize("depth", [32, 33])
def test_nesting_ends_at_thirty_two(depth: int) -> None:
    value: Value = []
    for _ in range(depth - 1):
        value = [value]
    if depth > 32:
        with pytest.raises(Broken, match="nested deeper"):
            encode(value)
    else:
        assert encode(value) == b"[" * depth + b"]" * depth


@given(VALUES)
def test_any_reader_of_json_reads_back_what_was_written(value: Value) -> None:
    assert json.loads(encode(value)) == value


@given(VALUES)
def test_the_text_is_ascii_without_control_characters(value: Value) -> None:
    assert all(0x20 <= byte <= 0x7F for byte in encode(value))


@given(st.dictionaries(TEXT, VALUES, max_size=6), st.data())
def test_the_order_in_which_keys_were_put_in_does_not_matter(value: dict[str, Value], data: st.DataObject) -> None:
    assert encode(dict(data.draw(st.permutations(list(value.items()))))) == encode(value)


@given(VALUES, VALUES)
def test_two_values_have_the_same_text_only_where_they_are_the_same(one: Value, other: Value) -> None:
    assert (encode(one) == encode(other)) == (repr_typed(one) == repr_typed(other))


def repr_typed(value: Value) -> str:
    """Spell a value so that 1 and True differ, and key order does not matter."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{key!r}:{repr_typed(value[key])}" for key in sorted(value)) + "}"
    return "[" + ",".join(map(repr_typed, value)) + "]" if isinstance(value, list) else repr(value)


@given(st.text(st.characters(max_codepoint=126)))
def test_of_ascii_text_it_is_what_the_standard_library_writes(text: str) -> None:
    assert encode(text).decode() == json.dumps(text)
