"""Every key is found on the line where it stands, in any spelling that TOML allows."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ringfence.policy.lines import line_of, lines

DOCUMENT = '''\
# a comment with [brackets] and = signs
[account.main] # more
exchange = "binance"
note = """
[not.a.table]
x = 1
"""
[bot."odd name".limits]
collar = '0.5%'
list = [
  "a", # ]
  "]",
  { inner = 1, deep.er = "}" },
]
inline = { one = 1, two = { three = "," } }
"quoted \\u0061" = 1
dotted.key.here = 2
literal = \'\'\'
[[no]] \'\'\'
ends = """two quotes ""\"""
when = 1979-05-27T07:32:00Z
last = 1.5
[[array.of]]
item = 1
'''

KEYS = [
    (("account",), 2),
    (("account", "main"), 2),
    (("account", "main", "exchange"), 3),
    (("account", "main", "note"), 4),
    (("bot", "odd name", "limits"), 8),
    (("bot", "odd name", "limits", "collar"), 9),
    (("bot", "odd name", "limits", "list"), 10),
    (("bot", "odd name", "limits", "inline", "two", "three"), 15),
    (("bot", "odd name", "limits", "quoted a"), 16),
    (("bot", "odd name", "limits", "dotted", "key", "here"), 17),
    (("bot", "odd name", "limits", "literal"), 18),
    (("bot", "odd name", "limits", "ends"), 20),
    (("bot", "odd name", "limits", "when"), 21),
    (("bot", "odd name", "limits", "last"), 22),
    (("array", "of"), 23),
]


def test_the_document_of_this_test_is_toml() -> None:
    assert tomllib.loads(DOCUMENT)


@pytest.mark.parametrize("document", [DOCUMENT, DOCUMENT.replace("\n", "\r\n"), DOCUMENT.strip()])
@pytest.mark.parametrize(("path", "line"), KEYS)
def test_a_key_is_found_on_its_line(document: str, path: tuple[str, ...], line: int) -> None:
    assert lines(document)[path] == line


def test_what_looks_like_a_key_inside_a_string_is_none() -> None:
    found = lines(DOCUMENT)
    assert ("not",) not in found
    assert ("no",) not in found
    assert ("account", "main", "x") not in found


def test_a_key_that_is_nowhere_is_placed_at_the_closest_table_around_it() -> None:
    assert line_of(DOCUMENT, ("bot", "odd name", "limits", "missing")) == 8
    assert line_of(DOCUMENT, ("nowhere",)) == 1
    assert line_of("", ("nowhere",)) == 1


def test_what_stands_inside_a_list_is_placed_where_the_list_begins() -> None:
    assert line_of(DOCUMENT, ("bot", "odd name", "limits", "list", "inner")) == 10
    assert line_of(DOCUMENT, ("array", "of", "item")) == 23


names = st.text("abcdefgh-_1", min_size=1, max_size=6)
values = st.sampled_from(
    ['"x"', "1", "1.5", '["a", "]"]', "{ k = 1 }", "true", '"""\n[x]\n"""', "'#'", '[\n"]", # ]\n[1],\n]']
)


@given(st.dictionaries(names, st.dictionaries(names, values, max_size=4), max_size=4), st.integers(0, 3))
def test_keys_of_any_document_are_found_where_they_were_written(tables: dict[str, dict[str, str]], gap: int) -> None:
    text = ""
    expected: dict[tuple[str, ...], int] = {}
    for table, keys in tables.items():
        expected[(table,)] = text.count("\n") + 1
        text += f"[{table}]\n" + "# [c]\n" * gap
        for key, value in keys.items():
            expected[(table, key)] = text.count("\n") + 1
            text += f"{key} = {value}\n"
    tomllib.loads(text)
    found = lines(text)
    assert {path: found[path] for path in expected} == expected
