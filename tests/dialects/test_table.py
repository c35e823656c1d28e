"""Reads as data: a table's names and types are all that can be read, and all that can be written."""

import re

import pytest

from ringfence.dialects.fields import Fields
from ringfence.dialects.table import Cost, Form, Native, Route, Several, Type, Whole, form, put, take
from ringfence.errors import Misread
from ringfence.model.action import Read
from ringfence.model.names import Symbol
from ringfence.model.request import Request

WORD = re.compile("[A-Z]{1,5}")
ROUTE = Route(
    "things",
    "GET",
    "/things",
    Cost(10),
    {"symbol": Native(WORD), "limit": Whole(100, 1), "kind": Form(re.compile("BIG|SMALL")), "names": Several(WORD, 3)},
)


def fields(query: str) -> Fields:
    return Fields(Request("GET", "h", "/things", query.encode(), (), b""))


@pytest.mark.parametrize(
    ("of", "text", "canonical"),
    [
        (Native(WORD), "ABC", "ABC"),
        (Whole(100, 1), "100", "100"),
        (Form(WORD), "ABC", "ABC"),
        (Several(WORD, 3), '["A","B"]', '["A","B"]'),
        (Several(WORD, 3), '[ "A",  "B" ]', '["A","B"]'),
        (Several(WORD, 3), '["\\u0041"]', '["A"]'),
        (Several(WORD, 3), '["A","B","C"]', '["A","B","C"]'),
        (Several(WORD, 3, bare=True), "A", "A"),
    ],
)
def test_a_value_of_its_type_has_one_way_to_be_written(of: Type, text: str, canonical: str) -> None:
    assert of.canonical("x", text) == canonical
    assert of.canonical("x", canonical) == canonical


@pytest.mark.parametrize(
    ("of", "text"),
    [
        (Native(WORD), "abc"),
        (Native(WORD), "ABC\n"),
        (Native(WORD), "ABCDEF"),
        (Whole(100, 1), "0"),
        (Whole(100, 1), "101"),
        (Whole(100, 1), "1.0"),
        (Whole(100, 1), "-1"),
        (Form(WORD), ""),
        (Several(WORD, 3), "A"),
        (Several(WORD, 3), "[]"),
        (Several(WORD, 3), '["A","A"]'),
        (Several(WORD, 3), '["A","B","C","D"]'),
        (Several(WORD, 3), '["A",1]'),
        (Several(WORD, 3), '["A",["B"]]'),
        (Several(WORD, 3), '{"A":"B"}'),
        (Several(WORD, 3), '["A"'),
        (Several(WORD, 3), "[" * 100_000),
        (Several(WORD, 3, bare=True), "A,B"),
    ],
)
def test_a_value_of_another_type_is_refused(of: Type, text: str) -> None:
    with pytest.raises(Misread):
        of.canonical("x", text)


def test_a_read_lists_its_fields_in_the_tables_order_and_its_symbol_under_our_name() -> None:
    read = take(ROUTE, fields("kind=BIG&limit=7&symbol=ABC"), {"ABC": Symbol("A/BC")})
    assert read == Read("things", (("limit", "7"), ("kind", "BIG")), Symbol("A/BC"))


def test_without_a_map_of_symbols_the_symbol_stays_a_field() -> None:
    assert take(ROUTE, fields("symbol=ABC"), None) == Read("things", (("symbol", "ABC"),), None)


def test_a_field_that_the_table_does_not_have_is_refused() -> None:
    with pytest.raises(Misread, match="depth: not described"):
        take(ROUTE, fields("limit=7&depth=5"), None)


@pytest.mark.parametrize(
    "fields_given",
    [
        (("depth", "5"),),
        (("limit", "101"),),
        (("limit", "7"), ("limit", "8")),
        (("kind", "BIG&admin=1"),),
        (("limit&x", "7"),),
    ],
)
def test_a_read_that_a_captured_peer_made_up_is_not_written(fields_given: tuple[tuple[str, str], ...]) -> None:
    with pytest.raises(Misread):
        put(ROUTE, Read("things", fields_given))


def test_a_read_is_written_in_the_tables_order_with_the_native_symbol() -> None:
    action = Read("things", (("kind", "BIG"), ("limit", "7")), Symbol("A/BC"))
    assert put(ROUTE, action, "ABC") == (("symbol", "ABC"), ("limit", "7"), ("kind", "BIG"))


def test_values_are_escaped_when_written() -> None:
    assert form((("names", '["A","B"]'), ("limit", "7"))) == "names=%5B%22A%22%2C%22B%22%5D&limit=7"


@pytest.mark.parametrize(
    ("cost", "action", "weight"),
    [
        (Cost(80), Read("x"), 80),
        (Cost(80, one=2), Read("x"), 80),
        (Cost(80, one=2), Read("x", (), Symbol("A/B")), 2),
        (Cost(80, one=2), Read("x", (("symbol", "AB"),)), 2),
        (Cost(80, one=2), Read("x", (("symbols", '["AB"]'),)), 80),
        (Cost(250, steps=((100, 5), (500, 25))), Read("x"), 5),
        (Cost(250, steps=((100, 5), (500, 25))), Read("x", (("limit", "100"),)), 5),
        (Cost(250, steps=((100, 5), (500, 25))), Read("x", (("limit", "101"),)), 25),
        (Cost(250, steps=((100, 5), (500, 25))), Read("x", (("limit", "501"),)), 250),
    ],
)
def test_a_read_weighs_what_its_route_says(cost: Cost, action: Read, weight: int) -> None:
    assert cost.of(action) == weight
