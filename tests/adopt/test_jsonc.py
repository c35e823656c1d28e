"""JSON as freqtrade reads it: what is taken, what is refused, and that changes in place change nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.adopt.edits import apply
from ringfence.adopt.merging import merged
from ringfence.errors import Misconfigured
from ringfence.jsonc import Bare, Node, Rows, Table, Text, parse


def values(node: Node, text: str) -> Any:
    match node:
        case Text(value=value):
            return value
        case Bare(start=start, end=end):
            return json.loads(text[start:end])
        case Rows(rows=rows):
            return [values(row, text) for row in rows]
        case Table(members=members):
            return {one.name.value: values(one.value, text) for one in members}


READ = [
    ("{}", {}),
    ('\ufeff{"a": 1}', {"a": 1}),
    ('{"a": "b",}', {"a": "b"}),
    ('{"a": [1, 2,],}', {"a": [1, 2]}),
    ('// one\n{ /* two */ "a" /* { */ : // "x": 1,\n 1 }\n// end', {"a": 1}),
    ('{"a": "// no comment", "b": "/* nor this */"}', {"a": "// no comment", "b": "/* nor this */"}),
    ('{"a": "quote \\" and \\u00e9"}', {"a": 'quote " and \u00e9'}),
    ('{\r\n"a": -1.5e3,\r\n"b": true, "c": null}\r\n', {"a": -1500.0, "b": True, "c": None}),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_what_freqtrade_reads_is_read(text: str, expected: Any) -> None:
    assert values(parse("f", text), text) == expected


WRONG = [
    ('{"a": 1, "a": 2}', "'a' is there twice"),
    ('{"x": {"a": 1, "\\u0061": 2}}', "'a' is there twice"),
    ('{"a": 1} {"b": 2}', "something comes after the end"),
    ("[]", "an object was expected"),
    ('{"a" 1}', "a colon was expected"),
    ('{"a": 1 "b": 2}', "a comma or } was expected"),
    ('{"a": [1 2]}', "a comma or ] was expected"),
    ("{,}", "a name was expected"),
    ('{"a": "open}', "this is no string"),
    ('{"a": "line\nbreak"}', "this is no string"),
    ('{"a": "\\x"}', "this is no string"),
    ("{'a': 1}", "a name was expected"),
    ('{"a": /* never closed }', "a value was expected"),
    ("", "a value was expected"),
    ('{"a":' + "[" * 40 + "]" * 40 + "}", "more than 32 levels deep"),
]


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_what_is_no_json_or_is_ambiguous_is_refused_with_its_line(text: str, why: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        parse("config.json", text)
    assert why in str(raised.value)
    assert "config.json: line " in str(raised.value)


def test_ten_thousand_brackets_end_in_a_refusal_and_not_in_a_crash() -> None:
    with pytest.raises(Misconfigured):
        parse("f", '{"a":' + "[" * 10_000)


def set_in(text: str, wanted: dict[str, Any], anchor: str = "") -> str:
    return apply(text, merged(text, parse("f", text), wanted, anchor))


MERGED = [
    ("{}", {"a": "b"}, '{"a": "b"}'),
    ('{"a": "old", "b": 1}', {"a": "new"}, '{"a": "new", "b": 1}'),
    ('{"b": 1,}', {"a": "new"}, '{"a": "new", "b": 1,}'),
    ('{\n  "b": 1 // one\n}', {"a": "x"}, '{\n  "a": "x",\n  "b": 1 // one\n}'),
    ('{\r\n  "b": 1\r\n}', {"a": "x"}, '{\r\n  "a": "x",\r\n  "b": 1\r\n}'),
    ('{\n\t"b": 1\n}', {"a": {"c": "d"}}, '{\n\t"a": {\n\t\t"c": "d"\n\t},\n\t"b": 1\n}'),
    ('{"a": {"b": "c"}}', {"a": {"b": "d", "e": "f"}}, '{"a": {"e": "f", "b": "d"}}'),
    ('{\n    "a": {},\n}', {"a": {"b": "c"}}, '{\n    "a": {\n        "b": "c"\n    },\n}'),
    ('{"a": 5}', {"a": {"b": "c"}}, '{"a": {"b": "c"}}'),
]


@pytest.mark.parametrize(("text", "wanted", "after"), MERGED)
def test_values_are_set_in_place_and_the_rest_stays(text: str, wanted: dict[str, Any], after: str) -> None:
    assert set_in(text, wanted) == after


def test_new_values_come_before_the_member_that_is_named() -> None:
    text = '{\n  "name": "x",\n  // the key\n  "key": "k"\n}'
    assert set_in(text, {"a": "b"}, "key") == '{\n  "name": "x",\n  // the key\n  "a": "b",\n  "key": "k"\n}'


_PLAIN = st.recursive(
    st.text(max_size=8) | st.integers(0, 9),
    lambda inner: st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
_OBJECTS = st.dictionaries(st.text(max_size=4), _PLAIN, max_size=4)


def _over(before: Any, wanted: dict[str, Any]) -> dict[str, Any]:
    made = dict(before)
    for name, value in wanted.items():
        deeper = isinstance(value, dict) and isinstance(made.get(name), dict)
        made[name] = _over(made[name], value) if deeper else value
    return made


@given(_OBJECTS, _OBJECTS, st.sampled_from([None, 2, 4, "\t"]))
def test_after_setting_values_the_document_has_them_and_all_that_it_had(
    before: dict[str, Any], wanted: dict[str, Any], indent: int | str | None
) -> None:
    assert json.loads(set_in(json.dumps(before, indent=indent), wanted)) == _over(before, wanted)


def test_a_name_that_is_there_twice_is_told_twice_to_who_asks_for_it() -> None:
    members = parse("f", '{"a": 1, "\\u0061": 2}', twice=True).members
    assert [one.name.value for one in members] == ["a", "a"]
    with pytest.raises(Misconfigured):
        parse("f", '{"a": 1, "\\u0061": 2}')
