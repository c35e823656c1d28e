"""The schema for editors has every key that the loader knows, and takes what it takes."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from ringfence.policy.load import ACCOUNT_LIMITS, FOR_TRADERS, KINDS, LIMITS, REQUIRED
from ringfence.policy.schema import schema
from ringfence.policy.symbols import CLASS

SCHEMA: Any = schema()
NAMES = "^[a-z][a-z0-9-]{0,31}$"
ACCOUNT: Any = SCHEMA["properties"]["account"]["patternProperties"][NAMES]
BOT: Any = SCHEMA["properties"]["bot"]["patternProperties"][NAMES]


def test_every_key_is_there_and_no_other() -> None:
    assert list(BOT["properties"]["limits"]["properties"]) == list(LIMITS)
    assert BOT["properties"]["limits"]["required"] == list(REQUIRED)
    assert list(ACCOUNT["properties"]["limits"]["properties"]) == list(ACCOUNT_LIMITS)
    assert set(BOT["properties"]) == {"account", "role", "guards", "tunnels", *FOR_TRADERS}
    assert BOT["properties"]["orders"]["items"]["enum"] == list(KINDS)
    assert set(SCHEMA["properties"]) == {"account", "bot", "change"}


def tables(node: object) -> list[Mapping[str, Any]]:
    """Find every table of the schema."""
    found = []
    if isinstance(node, Mapping):
        found += [node] if node.get("type") == "object" else []
        found += [table for inner in node.values() for table in tables(inner)]
    return found


def test_no_table_takes_a_key_that_is_not_there() -> None:
    assert tables(SCHEMA)
    for table in tables(SCHEMA):
        assert table["additionalProperties"] is False or table["additionalProperties"]["type"] == "string"


def test_a_class_of_symbols_has_the_keys_that_the_loader_knows() -> None:
    listed, classed = BOT["properties"]["symbols"]["anyOf"]
    assert (listed["type"], list(classed["properties"])) == ("array", list(CLASS))
    assert classed["required"] == list(CLASS[:-1])
    assert (classed["properties"]["most"]["maximum"], classed["properties"]["venues"]["maximum"]) == (100, 9)


VALUES = [
    ("collar", "0.5%", True),
    ("collar", "0.5", False),
    ("order_minimum", "10", True),
    ("order_minimum", "1e3", False),
    ("order_minimum", "-5", False),
    ("order_lifetime", "7d", True),
    ("order_lifetime", "7w", False),
]


@pytest.mark.parametrize(("key", "text", "taken"), VALUES)
def test_a_value_is_taken_where_the_loader_takes_it(key: str, text: str, taken: bool) -> None:
    pattern = BOT["properties"]["limits"]["properties"][key]["pattern"]
    assert (re.search(pattern, text) is not None) is taken


def test_a_cap_may_be_unlimited_in_words_and_a_narrower_limit_may_not() -> None:
    limits = BOT["properties"]["limits"]["properties"]
    assert {"const": "unlimited"} in limits["exposure"]["anyOf"]
    assert "anyOf" not in limits["drawdown_stop"]
