"""Texts that strangers wrote to cost time or memory end soon, and say why."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps.parsed import DOTS, NESTING, Parsed, Unreadable, ini, table, toml, word, words, yaml_value
from tests.audit.deps.trees import NO_REASON, reason

BOMB = "a: &a [x,x]\n" + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)},*{chr(97 + n)}]\n" for n in range(24))


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (Parsed, "[" * 200_000),
        (Parsed, '{"a":' * 200_000),
        (Parsed, "1" * 10_000),
        (Parsed, "{"),
        (toml, "a = " + "[" * 200_000),
        (toml, "a." * 20_000 + "a = 1"),
        (toml, "x = {" + "a." * 20_000 + "a = 1}"),
        (toml, '"a".' * 20_000 + '"a" = 1'),
        (toml, "a = 1\na = 2"),
        (toml, "a" * (9 << 20)),
        (yaml_value, "[" * 200_000),
        (yaml_value, "- " * (NESTING + 2) + "x"),
        (yaml_value, "a: ]"),
        (ini, "[a\nb"),
    ],
)
def test_it_is_refused_and_soon(read: type[Parsed], text: str) -> None:
    start = time.monotonic()
    with pytest.raises(Unreadable):
        read(text)
    assert time.monotonic() - start < 5


def test_an_alias_is_the_same_value_and_never_a_copy_of_it() -> None:
    value = table(yaml_value(BOMB))
    assert len(value) == 25


def test_a_yaml_value_that_holds_itself_is_read_and_not_walked() -> None:
    value = table(yaml_value("a: &a\n  b: *a\n"))
    assert value["a"] is table(value["a"])["b"]


def test_keys_of_as_many_parts_as_an_honest_file_has_are_read() -> None:
    key = ".".join("a" * DOTS)
    assert toml(f"{key} = 1")


def test_a_key_that_stands_twice_is_told() -> None:
    assert Parsed('{"a": 1, "b": {"c": 1, "c": 2}}').twice == ["c"]


def test_what_is_not_of_the_kind_that_was_asked_for_is_empty() -> None:
    assert (table(["a"], "b"), words({"a": 1}), word(1)) == ({}, [], "")


@given(st.text(max_size=300))
def test_no_text_breaks_a_reader(text: str) -> None:
    for read in (Parsed, toml, yaml_value, ini):
        assert reason(lambda: read(text)) != NO_REASON  # noqa: B023 - called at once
