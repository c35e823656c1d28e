import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.audit.deps.semver import Semver, parse

# Semantic Versioning 2.0.0, rule 11, and its own example of an order.
ASCENDING = (
    "0.0.0-0",
    "0.0.0",
    "0.0.1",
    "0.9.0",
    "0.10.0",
    "1.0.0-0",
    "1.0.0-2",
    "1.0.0-10",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "2.0.0",
    "9007199254740991.0.0",
)


def read(text: str) -> Semver:
    found = parse(text)
    assert found is not None, text
    return found


def test_versions_are_in_the_standards_order() -> None:
    for one, two in itertools.combinations(map(read, ASCENDING), 2):
        assert one < two
        assert not two < one
        assert one != two


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "1.0",
        "1.0.0.0",
        "v1.0.0",
        "=1.0.0",
        " 1.0.0",
        "1.0.0\n",
        "01.0.0",
        "1.00.0",
        "1.0.-1",
        "1.0.0-",
        "1.0.0-a..b",
        "1.0.0-01",
        "1.0.0-ä",
        "1.0.0+",
        "1.0.0+a_b",
        "1.0.0+a..b",
        "\u0661.0.0",
        "9007199254740992.0.0",
        "1.0.0-" + "a" * 251,
    ],
)
def test_what_the_standard_does_not_describe_is_no_version(text: str) -> None:
    assert parse(text) is None


def test_the_longest_that_is_read_has_256_characters() -> None:
    assert parse("1.0.0-" + "a" * 250) is not None


def test_build_metadata_does_not_order() -> None:
    assert read("1.0.0+one.01") == read("1.0.0+two")


numbers = st.integers(0, 20)
identifiers = st.one_of(st.integers(0, 20).map(str), st.from_regex(r"[a-c-][0-9a-c-]{0,2}", fullmatch=True))
versions = st.builds(
    lambda core, before: ".".join(map(str, core)) + ("-" + ".".join(before) if before else ""),
    st.tuples(numbers, numbers, numbers),
    st.lists(identifiers, max_size=3),
)


@given(versions, versions, versions)
def test_the_order_is_one(one: str, two: str, three: str) -> None:
    first, second, third = sorted((read(one), read(two), read(three)))
    assert first <= second <= third
    assert first <= third
    assert (first == third) == (first == second == third)
