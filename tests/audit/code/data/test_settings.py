"""Files of settings, whatever they are written in, and those that are made to break their reader."""

import pytest

from ringfence.audit.code.data.settings import parsed
from ringfence.audit.code.data.tree import Tree, Unread, walk


def texts(path: str, text: str) -> dict[tuple[str, ...], Tree]:
    """List the texts of a file, each by its keys."""
    return {keys: node for keys, node in walk(parsed(path, text)) if isinstance(node, str)}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.json", '{"a": {"b": "x", "c": false}}'),
        ("a.json", '{"a": {"b": "x", // why\n /* so */ "c": false,},}'),
        ("a.toml", '[a]\nb = "x"\nc = false\n'),
        ("a.ini", "[a]\nb = x\nc: false\n"),
        ("a.cfg", "; why\n[a]\nb=x\n# so\nc=false\n"),
        ("a.conf", '{"a": {"b": "x", "c": false}}'),
    ],
)
def test_settings_are_the_same_in_every_language(path: str, text: str) -> None:
    assert texts(path, text) == {("a", "b"): "x", ("a", "c"): "false"}


def test_yaml_is_read_with_its_anchors_and_merges_and_makes_no_object() -> None:
    text = "x: &x {b: 1}\na:\n  <<: *x\n  c: !!python/object/apply:os.system [id]\n"
    assert texts("a.yaml", text)["", "a", "b"] == "1"


def test_a_value_that_goes_on_is_one() -> None:
    assert texts("a.ini", "[h]\nargs = (\n  'x',\n  'y')\n") == {("h", "args"): "(\n'x',\n'y')"}


def test_an_address_in_a_text_is_no_comment() -> None:
    assert texts("a.json", '{"a": "https://x.invalid/*", "b": "//", }') == {("a",): "https://x.invalid/*", ("b",): "//"}


def test_what_is_nested_without_end_is_refused() -> None:
    for path, text in (("a.json", "[" * 100_000), ("a.toml", "a = " + "[" * 100_000)):
        with pytest.raises(Unread):
            parsed(path, text)


def test_what_is_too_large_is_refused() -> None:
    with pytest.raises(Unread):
        parsed("a.json", " " * (9 << 20))


def test_anchors_within_anchors_do_not_grow() -> None:
    text = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 40))
    assert sum(1 for _ in walk(parsed("a.yaml", text))) < 2000


def test_a_table_that_holds_itself_ends() -> None:
    assert sum(1 for _ in walk(parsed("a.yaml", "a: &a {b: *a, c: x}\n"))) < 100


def test_more_settings_than_any_honest_file_has_are_refused() -> None:
    with pytest.raises(Unread):
        list(walk(parsed("a.json", "[" + "1," * 600_000 + "1]")))
